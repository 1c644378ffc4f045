"""The grammar of separator sheets, and how a stack falls apart at them. Pure.

A sheet bears a QR code of `MC1:<place>`. The place is opaque here: `<dossier code>:<position>` or `<procedure key>:<component code>`,
which the dossiers resolve (dossiers/services/filing.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

PREFIX = "MC1:"
LONGEST_PLACE = 120


@dataclass(frozen=True)
class Leaf:
    """What was seen on one page: the place its QR names ("" for none), whether it is white, whether it could not be drawn."""

    number: int
    place: str = ""
    is_blank: bool = False
    is_unread: bool = False


@dataclass(frozen=True)
class Sorted:
    """What a page is ("page", "separator" or "blank"), the number of its run from 1, and the run's place ("" when unknown)."""

    number: int
    kind: str
    run: int
    place: str
    is_unread: bool


def payload_of(place: str) -> str:
    """Return what the QR code of a separator says."""
    return PREFIX + place


def place_of(text: str) -> str:
    """Return the place a QR code names, "" for a code that is no separator's."""
    place = text.removeprefix(PREFIX) if text.startswith(PREFIX) else ""
    return place if len(place) <= LONGEST_PLACE and place.isprintable() else ""


def sort(leaves: Iterable[Leaf]) -> Iterator[Sorted]:
    """Yield what each page is, in order.

    The white page right after a separator is its back. A page that could not be drawn may have been a separator, so the run ends
    before it and what follows has no place until the next separator: a page that waits is better than one in a stranger's paper.
    """
    run, place, may_be_back, is_lost = 1, "", False, False
    for leaf in leaves:
        if leaf.place:
            run, place, may_be_back, is_lost = run + 1, leaf.place, True, False
            yield Sorted(leaf.number, "separator", run, place, False)
            continue
        if leaf.is_blank and may_be_back:
            may_be_back = False
            yield Sorted(leaf.number, "blank", run, place, False)
            continue
        if leaf.is_unread:
            run, place, is_lost = run + 1, "", True
        may_be_back = False
        yield Sorted(leaf.number, "page", run, place, is_lost)
