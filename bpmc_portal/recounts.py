"""What can be counted again: each app registers how its stored figures are proven, and one command asks them all."""

from collections.abc import Callable, Iterator
from typing import Any

Difference = dict[str, Any]
Recount = Callable[[int], Iterator[Difference]]

_RECOUNTS: dict[str, Recount] = {}


def recount(name: str) -> Callable[[Recount], Recount]:
    """Register a naive recount: a generator of differences of one year, ready for JSON, that never holds a whole year in memory."""

    def register(function: Recount) -> Recount:
        _RECOUNTS[name] = function
        return function

    return register


def differences(year: int) -> Iterator[Difference]:
    """Yield every difference of a year, by the name of its figure; nothing when all agree."""
    for name, function in sorted(_RECOUNTS.items()):
        for found in function(year):
            yield {"indicator": name, **found}
