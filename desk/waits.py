"""Arithmetic of waiting. Pure: instants and durations are given, nothing is read.

A wait is the sum of the periods in which the visitor waited for the desk. Closed hours are left out of it (domain.md, I03), but
only those in which nobody was served: who is called during the lunch break was not kept waiting by a closed desk.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import quantiles

from bpmc_portal.lib.vietnamese import local_date
from procedures.deadlines import CalendarMissing, WorkingCalendar

# Lower bounds of the classes of "people ahead" that a forecast tells apart: 0, 1–2, 3–5, 6–10, 11 and more.
BUCKETS = (1, 3, 6, 11)
ANY_BUCKET = -1
LEAST_SAMPLES = 5
FORECAST_DAYS = 20
FIFTEEN, THIRTY = 15 * 60, 30 * 60


def bucket_of(ahead: int) -> int:
    """Return the class of a number of people ahead."""
    return bisect_right(BUCKETS, ahead)


def seconds(spans: Iterable[tuple[datetime, datetime]]) -> int:
    """Return the sum of spans in whole seconds, rounded down once."""
    return sum((end - start for start, end in spans), timedelta()) // timedelta(seconds=1)


def closed_spans(
    calendar: WorkingCalendar, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the closed hours inside a wait that began at `since` and was ended by a call at `until`.

    A closed span counts only when the desk opened again before the call; a year without a calendar has none.
    """
    day, last = local_date(since), local_date(until)
    closed_from = since
    try:
        while day <= last:
            for opens, closes in calendar.sessions(day):
                if opens > until:
                    return
                if opens > closed_from:
                    yield closed_from, opens
                closed_from = max(closed_from, closes)
            day += timedelta(days=1)
    except CalendarMissing:
        return


@dataclass(frozen=True)
class Sample:
    """One finished wait: the local hour of taking, people ahead then, seconds waited."""

    hour: int
    ahead: int
    wait_s: int


@dataclass(frozen=True)
class Range:
    """What half of the visitors waited: from P25 to P75, in seconds, and from how many samples."""

    hour: int
    bucket: int
    low_s: int
    high_s: int
    samples: int


def ranges(samples: Iterable[Sample]) -> list[Range]:
    """Return the ranges that have at least five samples, by hour and by class of people ahead; -1 is the whole hour."""
    grouped: dict[tuple[int, int], list[int]] = {}
    for each in samples:
        for bucket in (bucket_of(each.ahead), ANY_BUCKET):
            grouped.setdefault((each.hour, bucket), []).append(each.wait_s)
    return [
        Range(hour, bucket, *middle_half(waited), len(waited))
        for (hour, bucket), waited in sorted(grouped.items())
        if len(waited) >= LEAST_SAMPLES
    ]


def middle_half(waited: Sequence[int]) -> tuple[int, int]:
    """Return P25 and P75 widened to whole minutes, as they are told: "6–9 phút" holds 6:00 to 9:00."""
    low, _median, high = quantiles(waited, n=4, method="inclusive")
    return int(low // 60) * 60, max(-(-int(high) // 60), 1) * 60


def working_days_before(calendar: WorkingCalendar, day: date, count: int = FORECAST_DAYS) -> date:
    """Return the first of the `count` working days that end with `day`; calendar days where no calendar is loaded."""
    first, found = day, 0
    while found < count:
        try:
            found += calendar.is_working(first)
        except CalendarMissing:
            found += 1
        if found < count:
            first -= timedelta(days=1)
    return first
