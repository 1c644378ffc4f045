"""Find procedures by what people type: everyday names, no marks, a keyboard left on TELEX or VNI, codes. Pure, in memory.

The catalogue holds a few hundred procedures, so a search reads them all; folding is remembered, which leaves under a millisecond.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from bpmc_portal.lib.names import fold, search_keys
from procedures.catalogue import Catalogue, ProcedureInForce

MAX_QUERY = 120
# Words that people say around the thing they look for; dropped when the whole sentence finds nothing.
_FILLERS = frozenset(
    [
        "toi",
        "muon",
        "xin",
        "can",
        "lam",
        "cho",
        "o",
        "dau",
        "thu",
        "tuc",
        "ho",
        "so",
        "ve",
        "va",
        "hoac",
        "cua",
        "co",
        "duoc",
        "bi",
        "nhu",
        "the",
        "nao",
        "gi",
        "giup",
        "de",
        "phai",
        "nop",
        "i",
        "want",
        "to",
        "apply",
        "for",
        "a",
        "an",
        "the",
        "how",
        "get",
        "my",
        "of",
        "in",
    ]
)
_NOT_CODE = re.compile(r"[^0-9a-z]")
_WORDS = re.compile(r"[0-9a-z]+")


@lru_cache(maxsize=8192)
def _folded(text: str) -> str:
    return " ".join(_WORDS.findall(fold(text)))


def search(query: str, catalogue: Catalogue) -> list[ProcedureInForce]:
    """Return the procedures in use that fit, best first; all of them, in the order of fields, when nothing was typed.

    Tried in turn until something is found: the words as typed, with TELEX or VNI keys undone, without filler words, and at
    last whatever has more than half of the words.
    """
    active = [procedure for procedure in catalogue.each() if procedure.row.is_active]
    if not query.strip():
        return sorted(active, key=lambda each: (each.row.field.name, each.row.key))
    for words, score in _attempts(query[:MAX_QUERY]):
        scored = [(score(procedure, words), procedure) for procedure in active]
        found = [pair for pair in scored if pair[0] > 0]
        if found:
            return [
                procedure for _score, procedure in sorted(found, key=lambda pair: (-pair[0], pair[1].row.key))
            ]
    return []


Score = Callable[[ProcedureInForce, tuple[str, ...]], float]


def _attempts(query: str) -> Iterator[tuple[tuple[str, ...], Score]]:
    spellings = [words for key in search_keys(query) if (words := tuple(_WORDS.findall(key)))]
    for words in spellings:
        yield words, _score
    shorter = [kept for words in spellings if (kept := tuple(word for word in words if word not in _FILLERS))]
    for words in shorter:
        yield words, _score
    for words in shorter:
        if len(words) > 2:
            yield words, _partial_score


def _score(procedure: ProcedureInForce, words: tuple[str, ...]) -> float:
    """Return 0 unless every word begins a word of the procedure; more for its code, its name, its everyday names."""
    typed = "".join(words)
    codes = [
        _NOT_CODE.sub("", fold(code))
        for code in (procedure.row.key, procedure.row.national_code or "")
        if code
    ]
    if typed in codes:
        return 100
    if len(typed) >= 4 and any(typed in code for code in codes):
        return 50
    name = _folded(procedure.row.name)
    aliases = [_folded(alias) for alias in procedure.row.aliases]
    phrase = " ".join(words)
    if phrase in aliases:
        return 40
    if phrase in name:
        return 30 + (5 if name.startswith(phrase) else 0)
    if any(phrase in alias for alias in aliases):
        return 25
    if _has_all(name, words):
        return 20
    everything = " ".join([name, *aliases, _folded(procedure.row.field.name), _folded(procedure.row.key)])
    return 10 if _has_all(everything, words) else 0


def _partial_score(procedure: ProcedureInForce, words: tuple[str, ...]) -> float:
    text = " ".join([_folded(procedure.row.name), *(_folded(alias) for alias in procedure.row.aliases)])
    share = sum(f" {word}" in f" {text}" for word in words) / len(words)
    return share if share > 0.5 else 0


def _has_all(text: str, words: tuple[str, ...]) -> bool:
    padded = f" {text}"
    return all(f" {word}" in padded for word in words)
