"""Names and free text: cleaned for storing, folded for searching, keyed for sorting.

Two keyboards write one name in many ways (composed or not, TELEX or VNI, Ð or Ɖ for Đ), and letters of
other alphabets look the same to the eye. What is stored is always NFC, Latin, and visible.
"""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from bpmc_portal.lib.identifiers import InvalidIdentifier

MAX_NAME = 200

# Keyboards of other countries and OCR write these for Đ; in a Vietnamese register they are nothing else.
_D_WITH_STROKE = str.maketrans({"Ð": "Đ", "Ɖ": "Đ", "ð": "đ", "ɖ": "đ"})
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_PUNCTUATION = str.maketrans("’ʼ‘`´‐‑–—", "'''''----")
_UNDECOMPOSED_LETTERS = frozenset("đĐøØłŁæÆœŒßẞþÞħĦıŋŊəƏŧŦ")
_MARKS_OF_NAMES = frozenset("'-., ")
_MARKS_OF_ORGANISATIONS = _MARKS_OF_NAMES | frozenset('0123456789&()/"“”:;+*#!@_%«»')
_LOOK_ALIKE_SCRIPTS = {"CYRILLIC": "Kirin", "GREEK": "Hy Lạp"}
_FOLDED_LETTERS = str.maketrans(
    {"đ": "d", "ð": "d", "ɖ": "d", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
)


def clean_name(text: str) -> str:
    """Return a person's name as it is stored: NFC, single spaces, Latin letters only.

    Raises InvalidIdentifier with code name_empty, name_too_long, name_invisible, name_lookalike or
    name_character.
    """
    return _clean(text, _MARKS_OF_NAMES)


def clean_organisation_name(text: str) -> str:
    """Return an organisation's name as it is stored; digits and business punctuation are welcome."""
    return _clean(text, _MARKS_OF_ORGANISATIONS)


def _clean(text: str, marks: frozenset[str]) -> str:
    name = unicodedata.normalize("NFC", text.translate(_FULL_WIDTH).translate(_D_WITH_STROKE))
    name = " ".join(name.translate(_PUNCTUATION).split())
    if not name:
        raise InvalidIdentifier("name_empty", _("Chưa nhập tên. Hãy nhập đúng như trên giấy tờ."))
    if len(name) > MAX_NAME:
        sentence = _("Tên dài %(length)d ký tự, nhiều nhất là %(limit)d. Hãy rút gọn.")
        raise InvalidIdentifier("name_too_long", sentence % {"length": len(name), "limit": MAX_NAME})
    for at, char in enumerate(name):
        if not (char in marks or _is_latin(char) or _is_second_mark(name, at)):
            raise _refusal(char)
    if not any(char.isalpha() for char in name):
        raise InvalidIdentifier("name_character", _("Tên phải có chữ cái. Hãy nhập đúng như trên giấy tờ."))
    return name


def _is_latin(char: str) -> bool:
    """Accept an ASCII letter under any marks, and the few letters of Latin alphabets that do not decompose.

    Wider ranges let in phonetic letters such as ɡ and ɑ, which nobody can tell from g and a.
    """
    base = unicodedata.normalize("NFD", char)[0]
    return (base.isascii() and base.isalpha()) or char in _UNDECOMPOSED_LETTERS


def _is_second_mark(name: str, at: int) -> bool:
    """Accept one mark that has no composed form with its letter, as foreign names need; a stack of them not."""
    mark = "\u0300" <= name[at] <= "\u0333"
    return mark and at > 0 and _is_latin(name[at - 1])


def _refusal(char: str) -> InvalidIdentifier:
    name, point = unicodedata.name(char, ""), f"U+{ord(char):04X}"
    if unicodedata.category(char)[0] in "CZ":
        sentence = _("Tên có ký tự không nhìn thấy được (%(point)s). Hãy xóa ô này rồi gõ lại, không dán.")
        return InvalidIdentifier("name_invisible", sentence % {"point": point})
    for script, label in _LOOK_ALIKE_SCRIPTS.items():
        if script in name:
            sentence = _("Tên có chữ “%(char)s” của bảng chữ %(script)s (%(point)s). Hãy gõ lại chữ này.")
            values = {"char": char, "script": label, "point": point}
            return InvalidIdentifier("name_lookalike", sentence % values)
    if unicodedata.category(char)[0] == "L":
        sentence = _(
            "Tên có chữ “%(char)s” (%(point)s) ngoài bảng chữ La-tinh. Hãy gõ tên như dòng chữ La-tinh "
            "trên hộ chiếu."
        )
        return InvalidIdentifier("name_lookalike", sentence % {"char": char, "point": point})
    sentence = _("Tên có ký tự “%(char)s” (%(point)s) không dùng trong tên. Hãy xóa ký tự này.")
    return InvalidIdentifier("name_character", sentence % {"char": char, "point": point})


def clean_text(text: str, max_length: int) -> str:
    """Return free text as it is stored: NFC, trimmed, lines ended by newline, nothing invisible but tabs.

    Zero-width and direction marks come along unseen when text is pasted; they are dropped. Control characters
    do not, and are refused. Raises InvalidIdentifier with code text_control or text_too_long.
    """
    kept = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(char for char in kept if char.isascii() or unicodedata.category(char) != "Cf").strip()
    odd = next(
        (char for char in kept if char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cs")), None
    )
    if odd is not None:
        sentence = _("Nội dung có ký tự điều khiển (U+%(point)04X). Hãy xóa ô này rồi gõ lại.")
        raise InvalidIdentifier("text_control", sentence % {"point": ord(odd)})
    if len(kept) > max_length:
        sentence = _("Nội dung dài %(length)d ký tự, nhiều nhất là %(limit)d. Hãy rút gọn.")
        raise InvalidIdentifier("text_too_long", sentence % {"length": len(kept), "limit": max_length})
    # Dropping an invisible character can bring a letter and its mark together.
    return unicodedata.normalize("NFC", kept)


def fold(text: str) -> str:
    """Return the search key: lower case, no marks, đ as d, single spaces. Idempotent; NFC and NFD agree."""
    if text.isascii():
        return " ".join(text.lower().split())
    # Case folding before and after: compatibility forms can hide capitals, folding can uncover marks.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).casefold()
    bare = "".join(char for char in folded if unicodedata.category(char) not in ("Mn", "Cf"))
    return " ".join(bare.translate(_PUNCTUATION).translate(_FOLDED_LETTERS).split())


_SYLLABLE = re.compile(
    r"(?:b|ch?|d|gh?|gi|h|kh?|l|m|n|ngh?|nh|ph?|qu|r|s|th?|tr|v|x)?"
    r"(?!aa|ee|oo)[aeiouy](?!aa|ee|oo)[aeiouy]{0,2}(?:ch?|m|ng?|nh|p|t)?"
)
_TONE_KEYS = "sfrxjz"
_BRACKET_KEYS = str.maketrans("[]", "ou")


def undo_telex_vni(text: str) -> str:
    """Return the search key of text typed with the Vietnamese keyboard switched off.

    "nguyeenx vawn" and "nguye6n4 va8n" both give "nguyen van". A word that would not become a Vietnamese
    syllable stays as it was.
    """
    return " ".join(_undo_word(word) for word in fold(text).split())


def _undo_word(word: str) -> str:
    if _SYLLABLE.fullmatch(word):
        return word
    has_digits = any(char.isdigit() for char in word)
    undone = re.sub(r"(?<=[a-z0-9])[0-9]", "", word) if has_digits else _undo_telex(word)
    return undone if _SYLLABLE.fullmatch(undone) else word


def _undo_telex(word: str) -> str:
    """Replay the keys of one word, keeping the bare letters they leave."""
    letters = ""
    for key in word.translate(_BRACKET_KEYS):
        has_vowel = any(letter in "aeiouy" for letter in letters)
        marks_tone = key in _TONE_KEYS and has_vowel
        marks_d = key == "d" and letters.startswith("d")
        # "ngoẹo" and "ngoáo" really have two o's.
        marks_roof = key in "aeo" and key in letters and not (key == "o" and letters.endswith(("oa", "oe")))
        marks_horn = key == "w" and any(letter in "aou" for letter in letters)
        if marks_tone or marks_d or marks_roof or marks_horn:
            continue
        letters += "u" if key == "w" else key
    return letters


def search_keys(query: str) -> tuple[str, ...]:
    """Return the keys to search by, in order: as typed, then with TELEX or VNI keys undone if that differs."""
    plain = fold(query)
    undone = undo_telex_vni(plain)
    return (plain,) if undone == plain else (plain, undone)


# The Vietnamese alphabet puts ă â after a, đ after d, and so on: a tilde sorts after every plain letter.
_EXTRA_LETTERS = {
    ("a", "\u0306"): "a~",
    ("a", "\u0302"): "a~~",
    ("e", "\u0302"): "e~",
    ("o", "\u0302"): "o~",
    ("o", "\u031b"): "o~~",
    ("u", "\u031b"): "u~",
}
_LETTER_MARKS = "\u0306\u0302\u031b"
_TONE_ORDER = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}


def sort_key(name: str, *, given_name_first: bool = True) -> str:
    """Return a string whose plain byte order (collation C) is the order of a Vietnamese name list.

    The given name, last, decides first, then family and middle names. Each word counts by its letters (a ă â
    b … d đ …), then by its tone (ngang, huyền, hỏi, ngã, sắc, nặng), before the next word is looked at. Names of
    organisations are read from the front.
    """
    words = unicodedata.normalize("NFD", name.translate(_D_WITH_STROKE).casefold()).split()
    if given_name_first:
        words = words[-1:] + words[:-1]
    return "".join(_word_key(word) for word in words)


def _word_key(word: str) -> str:
    """Return "letters tones ": the spaces sort below all letters, so a shorter word goes first."""
    letters, tones = [""], ""
    for char in word:
        if char in _LETTER_MARKS and (letters[-1], char) in _EXTRA_LETTERS:
            letters[-1] = _EXTRA_LETTERS[letters[-1], char]
        elif unicodedata.combining(char):
            tones += _TONE_ORDER.get(char, "6")
        elif char == "đ":
            letters.append("d~")
        elif char.isalnum():
            letters.append(char.translate(_FOLDED_LETTERS))
    return f"{''.join(letters)} {tones} "


def initials(name: str) -> str:
    """Shorten a name where strangers can read it: "N. T. M. N."."""
    return " ".join(f"{word[0].upper()}." for word in unicodedata.normalize("NFC", name).split())
