"""When to open one more counter. Pure: what is expected is given, nothing is read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# How long before the crowded hour the counter should be open, so that the queue is not there first.
AHEAD_MIN = 15
HOURS_LOOKED_AHEAD = 3


@dataclass(frozen=True)
class Expected:
    """What the waits of one service are expected to be in one hour: the middle half in seconds, from how many samples."""

    hour: int
    low_s: int
    high_s: int
    samples: int


@dataclass(frozen=True)
class Advice:
    """Open one more counter before `before` (local "09:45"), because `hour` is expected to wait `wait_s`."""

    hour: int
    wait_s: int
    before: str


def wait_by_hour(expected: Iterable[Expected]) -> dict[int, int]:
    """Return the wait to expect by hour: the middle of each service's range, weighted by how many visitors it was seen with."""
    sums: dict[int, tuple[int, int]] = {}
    for each in expected:
        total, samples = sums.get(each.hour, (0, 0))
        sums[each.hour] = (total + (each.low_s + each.high_s) // 2 * each.samples, samples + each.samples)
    return {hour: total // samples for hour, (total, samples) in sorted(sums.items()) if samples}


def advise(
    waits: dict[int, int],
    *,
    hour: int,
    target_s: int,
    open_counters: int,
    counters: int,
    hours: Sequence[int] | None = None,
) -> Advice | None:
    """Return the first of the next hours whose expected wait is above the target, when a counter is left to open.

    The rule: forecast > target → one counter more. Its assumption: this day is like the last 20 working days at that hour, with as
    many visitors and as many counters open as then; so it says that the usual staffing falls short, not how many counters it takes.
    `hours` are those in which the desk works.
    """
    if open_counters >= counters:
        return None
    for later in range(hour + 1, hour + 1 + HOURS_LOOKED_AHEAD):
        is_worked = hours is None or later in hours
        if is_worked and waits.get(later, 0) > target_s:
            return Advice(later, waits[later], f"{later - 1:02d}:{60 - AHEAD_MIN:02d}")
    return None
