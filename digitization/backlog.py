"""How far the digitisation of the results in force is, unit by unit, and when it will be done at the pace of the last working days."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any

from django.db import connection

from bpmc_portal import recounts
from digitization.models import Document, RegisterCount, RegisterDay

# Days of the pace, and how many of them must have brought something before it is called a pace.
PACE_DAYS = 20
FEWEST_DAYS = 5
# Beyond this a forecast says nothing that anybody can plan with.
FARTHEST = 2500
MOST_FAULTS = 99


@dataclass(frozen=True)
class Funnel:
    """Results in force by how far they came. Each stage holds the later ones too, so a stage less the next is what waits there."""

    paper: int = 0
    scanned: int = 0
    signed: int = 0
    stored: int = 0

    @property
    def all(self) -> int:
        """All results in force: the denominator of I01."""
        return self.paper + self.scanned + self.signed + self.stored

    @property
    def at_least_scanned(self) -> int:
        """Those that have a scan: the numerator of I01."""
        return self.scanned + self.signed + self.stored

    @property
    def at_least_signed(self) -> int:
        """Those whose scan is validly signed."""
        return self.signed + self.stored

    def __add__(self, other: "Funnel") -> "Funnel":
        """Add two funnels, stage by stage."""
        return Funnel(
            self.paper + other.paper, self.scanned + other.scanned, self.signed + other.signed, self.stored + other.stored
        )  # fmt: skip


def by_unit(unit_ids: Sequence[int]) -> dict[int, Funnel]:
    """Return the funnel of each unit that has a register, from the sums: one statement, at most four rows a unit."""
    found: dict[int, dict[str, int]] = {}
    counts = RegisterCount.objects.filter(unit_id__in=unit_ids).order_by("unit_id", "state")
    for unit_id, state, results in counts.values_list("unit_id", "state", "results"):
        found.setdefault(unit_id, {})[state] = results
    return {unit_id: Funnel(**counts) for unit_id, counts in found.items() if any(counts.values())}


def forecast(
    unit_ids: Sequence[int], waiting: int, *, today: date, is_working: Callable[[date], bool]
) -> date | None:
    """Return the day on which the rest will be stored at the pace of the last 20 working days before today.

    None without enough data: fewer than 5 of these days brought anything, or the pace is nil, or the day is too far to mean anything.
    Today when nothing waits.
    """
    if not waiting:
        return today
    days = _working_days(today, is_working)
    sums = RegisterDay.objects.filter(unit_id__in=unit_ids, day__gte=days[-1], day__lt=today)
    brought: dict[date, int] = {}
    for day, results in sums.order_by("day").values_list("day", "results"):
        brought[day] = brought.get(day, 0) + results
    total = sum(brought.values())
    if sum(results > 0 for results in brought.values()) < FEWEST_DAYS or total <= 0:
        return None
    needed = ceil(waiting * PACE_DAYS / total)
    if needed > FARTHEST:
        return None
    day = today
    while needed:
        day += timedelta(days=1)
        needed -= is_working(day)
    return day


def _working_days(today: date, is_working: Callable[[date], bool]) -> list[date]:
    found: list[date] = []
    day = today
    while len(found) < PACE_DAYS:
        day -= timedelta(days=1)
        if is_working(day):
            found.append(day)
    return found


def faults(unit_ids: Sequence[int]) -> dict[str, int]:
    """Count what is wrong with the scans of results in force, each up to MOST_FAULTS + 1. Three statements, each on an index of its fault."""
    scans = Document.objects.filter(
        source=Document.Source.LEGACY, legacy__unit_id__in=unit_ids, legacy__is_in_force=True
    )
    kinds = {
        "unread": scans.filter(reading=Document.Reading.FAILED),
        "broken": scans.filter(signed=Document.Signed.BROKEN),
        "no_holder": scans.filter(holder=None),
    }
    return {name: rows.order_by()[: MOST_FAULTS + 1].count() for name, rows in kinds.items()}


_RECOUNT = """
SELECT u.code, x.state, x.stored, x.counted FROM (
  SELECT coalesce(s.unit_id, c.unit_id) AS unit_id, coalesce(s.state, c.state) AS state, coalesce(s.results, 0) AS stored,
    coalesce(c.results, 0) AS counted
  FROM digitization_registercount s FULL JOIN (
    SELECT unit_id, state, count(*) AS results FROM digitization_legacyresult WHERE is_in_force GROUP BY unit_id, state
  ) c ON (s.unit_id, s.state) = (c.unit_id, c.state)
  UNION ALL
  SELECT coalesce(s.unit_id, c.unit_id), coalesce(s.day, c.day)::text, coalesce(s.results, 0), coalesce(c.results, 0)
  FROM digitization_registerday s FULL JOIN (
    SELECT unit_id, (stored_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day, count(*) AS results
    FROM digitization_legacyresult WHERE stored_at IS NOT NULL GROUP BY unit_id, day
  ) c ON (s.unit_id, s.day) = (c.unit_id, c.day)
) x JOIN accounts_unit u ON u.id = x.unit_id WHERE x.stored <> x.counted ORDER BY u.code, x.state
"""


@recounts.recount("digitization.register")
def differences(_year: int) -> Iterator[dict[str, Any]]:
    """Yield where the sums and a naive count of the register disagree: by unit and state, and by unit and day of storing."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT)
        rows = cursor.fetchall()
    for unit, part, stored, counted in rows:
        yield {"unit": unit, "part": part, "stored": stored, "counted": counted}
