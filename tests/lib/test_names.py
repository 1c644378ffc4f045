"""Vietnamese names: one person, one spelling; found however they are typed; listed as a class list is."""

import random
import unicodedata
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.names import (
    clean_name,
    clean_organisation_name,
    clean_text,
    fold,
    initials,
    search_keys,
    sort_key,
    undo_telex_vni,
)

quick = settings(deadline=None)

NAMES = [
    "Nguyễn Thị Minh Nguyệt",
    "Đặng Hữu Nghĩa",
    "Trần Quốc Toản",
    "Lê Thị Hồng Gấm",
    "Phạm Văn Đồng",
    "H'Hen Niê",
    "Y Blim Niê Kdăm",
    "Ksor Phước",
]


def refusal(name: str) -> InvalidIdentifier:
    with pytest.raises(InvalidIdentifier) as refused:
        clean_name(name)
    return refused.value


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_composed_and_decomposed_names_are_one_name(
    name: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"]
) -> None:
    typed = unicodedata.normalize(form, name)
    assert clean_name(typed) == name
    assert fold(typed) == fold(name)
    assert sort_key(typed) == sort_key(name)
    assert initials(typed) == initials(name)


@pytest.mark.parametrize("typed", ["Ðặng Hữu Nghĩa", "Ɖặng Hữu Nghĩa", "Đặng Hữu Nghĩa"])
def test_three_letters_that_look_like_d_with_stroke_are_one(typed: str) -> None:
    assert clean_name(typed) == "Đặng Hữu Nghĩa"
    assert fold(typed) == "dang huu nghia"
    assert sort_key(typed) == sort_key("Đặng Hữu Nghĩa")
    assert clean_name("võ vũ ðức ɖạt") == "võ vũ đức đạt"


@pytest.mark.parametrize(
    "typed",
    [
        "  Lê   Lợi ",
        "Lê\u00a0Lợi",
        "Lê\u3000Lợi",
        "\tLê\u2009Lợi\r\n",
        "Lê\u2028Lợi",
        "\uff2cê L\u1ee3i",
    ],
)
def test_all_kinds_of_spaces_and_widths_collapse(typed: str) -> None:
    assert clean_name(typed) == "Lê Lợi"


@pytest.mark.parametrize(
    "name",
    [
        "Sinéad O'Connor",
        "Jean-Luc Picard",
        "José Ángel Núñez",
        "Łukasz Żółć",
        "Søren Ærø",
        "Martin Luther King Jr.",
        "İsmail Işık",
        "Müller-Lüdenscheidt",
        "Dvořák",
        "Nguyễn",
        "Ḥasan",
        "M\u0304ai",
    ],
)
def test_foreign_names_are_welcome_as_in_the_passport(name: str) -> None:
    assert clean_name(name) == name


def test_curly_apostrophes_and_long_dashes_become_plain() -> None:
    assert clean_name("O’Brien–Smith") == "O'Brien-Smith"


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("", "name_empty", "Chưa nhập tên"),
        (" \u00a0\t", "name_empty", "Chưa nhập tên"),
        ("A" * 201, "name_too_long", "201"),
        ("Lê\x00Lợi", "name_invisible", "U+0000"),
        ("Lê\x1bLợi", "name_invisible", "U+001B"),
        ("Lê\u200bLợi", "name_invisible", "U+200B"),
        ("Lê\u200dLợi", "name_invisible", "U+200D"),
        ("Lê\u00adLợi", "name_invisible", "U+00AD"),
        ("\ufeffLê Lợi", "name_invisible", "U+FEFF"),
        ("Lê \u202eiợL", "name_invisible", "U+202E"),
        ("Lê \u2066Lợi", "name_invisible", "U+2066"),
        ("Lê \ud800", "name_invisible", "U+D800"),
        ("Lê \ue000", "name_invisible", "U+E000"),
        ("Nguyễn Vаn", "name_lookalike", "“а” của bảng chữ Kirin"),
        ("Αn", "name_lookalike", "“Α” của bảng chữ Hy Lạp"),
        ("Hɡa", "name_lookalike", "U+0261"),
        ("Lɑn", "name_lookalike", "U+0251"),
        ("𝐋ê", "name_lookalike", "U+1D40B"),
        ("阮文安", "name_lookalike", "hộ chiếu"),
        ("Lê 2", "name_character", "“2”"),
        ("Lê 😀", "name_character", "U+1F600"),
        ("<b>Lê</b>", "name_character", "“<”"),
        ("Z\u0308\u0308\u0308algo", "name_character", "U+0308"),
        ("\u0301Lê", "name_character", "U+0301"),
        ("L\u034fê", "name_character", "U+034F"),
        ("-.-", "name_character", "chữ cái"),
    ],
)
def test_what_cannot_be_a_name_is_refused_by_name(name: str, code: str, words: str) -> None:
    refused = refusal(name)
    assert refused.code == code
    assert words in refused.sentence
    assert refused.field is None


def test_two_hundred_letters_are_not_too_many() -> None:
    assert len(clean_name("Ệ" * 200)) == 200
    assert len(clean_name(unicodedata.normalize("NFD", "Ệ" * 200))) == 200


def test_organisations_have_digits_and_marks() -> None:
    name = "Công ty TNHH MTV Dệt 19/5 (Hà Nội) & Con – “Đối tác”"
    assert clean_organisation_name(name) == name.replace("–", "-")
    with pytest.raises(InvalidIdentifier):
        clean_organisation_name("Công ty Аnpha")
    with pytest.raises(InvalidIdentifier):
        clean_organisation_name("123")


@quick
@given(st.text(max_size=60))
def test_a_clean_name_is_clean_already(text: str) -> None:
    try:
        name = clean_name(text)
    except InvalidIdentifier:
        return
    assert clean_name(name) == name
    assert unicodedata.is_normalized("NFC", name)
    assert all(unicodedata.category(char)[0] not in "C" for char in name)


@quick
@given(st.text(max_size=80))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@quick
@given(st.text(alphabet=st.characters(max_codepoint=0x1EFF), max_size=40))
def test_folding_does_not_mind_the_normal_form(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ĐẶNG HỮU NGHĨA", "dang huu nghia"),
        ("  Nguyễn\u00a0Thị  ", "nguyen thi"),
        ("ＮＧＵＹỄＮ", "nguyen"),
        ("Łukasz Søren", "lukasz soren"),
        ("O’Brien", "o'brien"),
        ("İstanbul", "istanbul"),
        ("Lê\u200b Lợi", "le loi"),
        ("G09-LĐ06", "g09-ld06"),
        ("hoà", "hoa"),
        ("hòa", "hoa"),
    ],
)
def test_the_search_key_is_what_a_hurried_clerk_types(text: str, key: str) -> None:
    assert fold(text) == key


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        # Words of the first prototype.
        ("nguyeenx vawn", "nguyen van"),
        ("ddawngj huwux nghiax", "dang huu nghia"),
        ("nguye6n4 thi5", "nguyen thi"),
        ("tranaf", "tran"),
        ("hoangf", "hoang"),
        ("phuwowng", "phuong"),
        ("leej", "le"),
        ("nguyenx", "nguyen"),
        ("quyeets ddinhj", "quyet dinh"),
        ("buif", "bui"),
        ("hoaf", "hoa"),
        ("minh", "minh"),
        ("lan", "lan"),
        # Tone typed inside, hook without a vowel, late d, brackets, words with two real o's.
        ("nguyeexn", "nguyen"),
        ("tofan", "toan"),
        ("nhwng thw tw", "nhung thu tu"),
        ("uwowcs", "uoc"),
        ("dinhd", "dinh"),
        ("d][ngf", "duong"),
        ("ngoeoj", "ngoeo"),
        ("ngoaos", "ngoao"),
        ("khuyur", "khuyu"),
        ("truwowngf giangr", "truong giang"),
        ("NGUYEENX", "nguyen"),
        ("nguyênx", "nguyen"),
        ("xuaan tuaasn", "xuan tuan"),
        ("d9a85ng hu74u", "dang huu"),
        ("thuy3 tie6n1", "thuy tien"),
        # Not Vietnamese syllables: left alone.
        ("g07", "g07"),
        ("alexander james", "alexander james"),
        ("0912345678", "0912345678"),
        ("900-211014-0127", "900-211014-0127"),
    ],
)
def test_telex_and_vni_keys_are_undone(typed: str, key: str) -> None:
    assert undo_telex_vni(typed) == key
    assert key in search_keys(typed)


@pytest.mark.parametrize("name", NAMES[:5])
def test_a_correctly_typed_name_has_one_key(name: str) -> None:
    assert search_keys(name) == (fold(name),)


def test_what_was_typed_is_searched_first() -> None:
    assert search_keys("Boong xoong") == ("boong xoong", "bong xong")


TELEX_MARKS = {"\u0302": None, "\u0306": "w", "\u031b": "w"}
TELEX_TONES = {"\u0300": "f", "\u0309": "r", "\u0303": "x", "\u0301": "s", "\u0323": "j"}


def as_telex(word: str, *, tone_last: bool) -> str:
    keys, tone = "", ""
    for char in unicodedata.normalize("NFD", word.lower().replace("đ", "dd")):
        if char in TELEX_TONES:
            tone = TELEX_TONES[char]
            keys += "" if tone_last else tone
        elif char in TELEX_MARKS:
            keys += TELEX_MARKS[char] or keys[-1]
        else:
            keys += char
    return keys + (tone if tone_last else "")


SYLLABLES = [
    "nguyễn",
    "trần",
    "lê",
    "phạm",
    "hoàng",
    "huỳnh",
    "phan",
    "vũ",
    "võ",
    "đặng",
    "bùi",
    "đỗ",
    "hồ",
    "ngô",
    "dương",
    "lý",
    "đoàn",
    "trương",
    "đinh",
    "lâm",
    "phùng",
    "mai",
    "tô",
    "trịnh",
    "đào",
    "hà",
    "cao",
    "lương",
    "thái",
    "châu",
    "tạ",
    "nguyệt",
    "minh",
    "thị",
    "văn",
    "hữu",
    "nghĩa",
    "quốc",
    "toản",
    "gấm",
    "đồng",
    "phước",
    "khuê",
    "quỳnh",
    "giang",
    "giữa",
    "gìn",
    "khuya",
    "khuỷu",
    "nghiêng",
    "thuở",
    "yến",
    "yêu",
    "oanh",
    "uyên",
    "ước",
    "ưu",
    "ái",
    "ấu",
    "ổi",
    "úy",
    "quyết",
    "thoại",
    "ngoằn",
    "xuyến",
    "nhường",
    "triều",
]


@pytest.mark.parametrize("tone_last", [True, False])
@pytest.mark.parametrize("word", SYLLABLES)
def test_any_syllable_typed_in_telex_is_found(word: str, tone_last: bool) -> None:
    assert fold(word) in search_keys(as_telex(word, tone_last=tone_last))


def shuffled(listed: list[str]) -> list[str]:
    return random.Random(654).sample(listed, len(listed))


def test_names_are_listed_as_the_alphabet_goes() -> None:
    listed = [
        "An",
        "Ăn",
        "Ân",
        "Bình",
        "Cúc",
        "Dũng",
        "Đông",
        "Em",
        "Ên",
        "Oanh",
        "Ốc",
        "Ơn",
        "Uy",
        "Ước",
        "Y",
    ]
    assert sorted(shuffled(listed), key=sort_key) == listed


def test_tones_follow_their_school_order() -> None:
    listed = ["Ma", "Mà", "Mả", "Mã", "Má", "Mạ", "Man", "Mâm"]
    assert sorted(shuffled(listed), key=sort_key) == listed


def test_the_given_name_decides_before_the_family_name() -> None:
    listed = [
        "Lê Thị An",
        "Nguyễn Văn An",
        "Lê Án",
        "Trần Thị Ân",
        "Đỗ Bình",
        "Nguyễn Bình",
        "Nguyễn Văn Bình",
        "Trần Dũng",
        "Lê Đông",
    ]
    assert sorted(shuffled(listed), key=sort_key) == listed


def test_organisations_are_listed_from_the_front() -> None:
    listed = ["Công ty An Bình", "Công ty Ánh Dương", "Công ty Đại Nam", "Doanh nghiệp An"]
    assert sorted(shuffled(listed), key=lambda name: sort_key(name, given_name_first=False)) == listed


def test_the_sort_key_orders_the_same_in_bytes() -> None:
    keys = [sort_key(name) for name in (*NAMES, "An", "Łukasz", "Ngô 2", "Дмитрий")]
    assert sorted(keys) == sorted(keys, key=str.encode)
    assert all(key.isprintable() for key in keys)


@quick
@given(st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=3).map(" ".join))
def test_case_and_forms_do_not_change_the_place_in_a_list(name: str) -> None:
    assert sort_key(name) == sort_key(name.upper()) == sort_key(unicodedata.normalize("NFD", name.title()))


def test_initials_hide_a_name_from_strangers() -> None:
    assert initials("Nguyễn Thị Minh Nguyệt") == "N. T. M. N."
    assert initials("  đặng  ánh ") == "Đ. Á."
    assert initials("") == ""


def test_free_text_keeps_its_lines_and_loses_what_nobody_sees() -> None:
    typed = "\ufeff Dòng một\r\nDòng\u200b hai\u202e\r\tthụt vào\u00ad  "
    assert clean_text(typed, 100) == "Dòng một\nDòng hai\n\tthụt vào"
    assert clean_text("e\u200b\u0302", 10) == "ê"
    assert clean_text("", 10) == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\x00b", "text_control"),
        ("a\x07b", "text_control"),
        ("\ud800", "text_control"),
        ("abcdef", "text_too_long"),
    ],
)
def test_free_text_with_control_characters_or_too_long_is_refused(text: str, code: str) -> None:
    with pytest.raises(InvalidIdentifier) as refused:
        clean_text(text, 5)
    assert refused.value.code == code


@quick
@given(st.text(max_size=60))
def test_clean_text_is_clean_already(text: str) -> None:
    try:
        kept = clean_text(text, 100)
    except InvalidIdentifier:
        return
    assert clean_text(kept, 100) == kept
    kept.encode()
