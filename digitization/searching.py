"""Find papers by words that stand on them, with or without marks. The rows in sight come from the caller (dossiers/documents.py)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import QuerySet, Value

from bpmc_portal.lib import names
from digitization.models import Document, Page

LONGEST = 200_000  # letters of one page; PostgreSQL takes a megabyte
MOST_WORDS = 12
SIZE = 20
BEFORE, AFTER = 60, 140  # letters of a snippet around its first word
_NOT_WORD = re.compile(r"[^0-9a-z]+")
_TOKEN = re.compile(r"\w+")


@dataclass(frozen=True)
class Found:
    """One page that has the words; `pieces` are (text, whether it was looked for)."""

    page: Page
    pieces: list[tuple[str, bool]]


@dataclass(frozen=True)
class Answer:
    """A page of results, the newest first; `older` is the key of the next one, None at the end."""

    found: list[Found]
    older: int | None


def words_of(text: str) -> list[str]:
    """Return the words without marks, small, letters and digits only."""
    return [word for word in _NOT_WORD.sub(" ", names.fold(text[:LONGEST])).split() if word]


def vector_of(text: str) -> SearchVector:
    """Return what is stored to search a page by."""
    return SearchVector(Value(" ".join(words_of(text))), config="simple")


def search(text: str, *, among: QuerySet[Document], before: int | None = None) -> Answer:
    """Find pages that have all these words; the last one may be unfinished. One statement.

    `before` is the key of the last page seen. Words in quotes stand together, in that order.
    """
    query = _query(text)
    if query is None:
        return Answer([], None)
    rows = Page.objects.filter(search=query, document__in=among.values("pk"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    related = ("document__document_type", "document__holder")
    pages = list(rows.select_related(*related).defer("search").order_by("-pk")[: SIZE + 1])
    shown = pages[:SIZE]
    wanted = words_of(text)
    return Answer(
        [Found(page, snippet(page.text, wanted)) for page in shown],
        shown[-1].pk if len(pages) > SIZE else None,
    )


def _query(text: str) -> SearchQuery | None:
    """Return the query of what was typed, None when there is no word in it. Only bare words reach PostgreSQL's grammar."""
    parts, left = [], MOST_WORDS
    for place, piece in enumerate(text[:300].split('"')):
        words = words_of(piece)[:left]
        left -= len(words)
        if words:
            parts.append((" <-> " if place % 2 else " & ").join(words))
    if not parts:
        return None
    is_open = text[:300].rstrip()[-1:].isalnum()
    return SearchQuery(" & ".join(f"({part})" for part in [*parts[:-1], parts[-1] + (":*" if is_open else "")]), config="simple", search_type="raw")  # fmt: skip


def snippet(text: str, wanted: Sequence[str]) -> list[tuple[str, bool]]:
    """Return the part of the text around the first word looked for, cut where such words begin and end."""
    hits = [found.span() for found in _TOKEN.finditer(text) if _is_hit(found.group(), wanted)]
    first = hits[0][0] if hits else 0
    start, end = max(first - BEFORE, 0), min(max(first - BEFORE, 0) + BEFORE + AFTER, len(text))
    # Whole words: the text is cut at white space.
    if start and (space := re.search(r"\s", text[start:first])):
        start += space.end()
    if end < len(text):
        end = start + len(re.sub(r"\S+$", "", text[start:end])) or end
    pieces = [(re.sub(r"\s+", " ", piece), is_hit) for piece, is_hit in _pieces(text, hits, start, end)]
    return [*([("… ", False)] if start else []), *pieces, *([("…", False)] if end < len(text) else [])]


def snippet_all(text: str, query: str) -> list[tuple[str, bool]]:
    """Return the whole text, cut where words looked for begin and end."""
    wanted = words_of(query)
    hits = [found.span() for found in _TOKEN.finditer(text) if _is_hit(found.group(), wanted)]
    return _pieces(text, hits, 0, len(text))


def _pieces(text: str, hits: Sequence[tuple[int, int]], start: int, end: int) -> list[tuple[str, bool]]:
    inside = [span for span in hits if span[1] <= end]
    edges = [start, *(edge for span in inside for edge in span), end]
    pieces = [(text[one:other], place % 2 == 1) for place, (one, other) in enumerate(pairwise(edges))]
    return [piece for piece in pieces if piece[0]]


def _is_hit(token: str, wanted: Sequence[str]) -> bool:
    folded = words_of(token)
    return bool(wanted) and any(word in wanted or word.startswith(wanted[-1]) for word in folded)
