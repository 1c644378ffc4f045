"""The figures of waiting: folded as they change, and counted again from the periods to prove it.

A change is a row written with the act that made it; folding moves rows into their hour in one transaction, so a killed worker leaves
either the row or its sum. Readers add the hours and what is not folded yet, so every screen says the same at once.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from django.db import connection, transaction

from bpmc_portal import recounts
from bpmc_portal.lib.vietnamese import local_date, to_local
from desk.models import DayClosing, Period, PeriodKind, Service, Ticket, TicketStatus
from desk.models.ticket import WAITS, Origin
from desk.waits import FIFTEEN, THIRTY, seconds

SUMMED = (
    "visits", "wait_s", "over_15", "over_30", "served", "serve_s", "no_shows", "cancelled", "unserved", "forecasts", "forecast_hits",
)  # fmt: skip
_KEY = "office_id, service_id, day, hour"
_FOLD = f"""
WITH picked AS (
  DELETE FROM desk_waitdelta WHERE id IN (SELECT id FROM desk_waitdelta ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING *
), folded AS (
  INSERT INTO desk_waithour AS h ({_KEY}, {", ".join(SUMMED)}, wait_max_s)
  SELECT {_KEY}, {", ".join(f"sum({name})" for name in SUMMED)}, max(wait_max_s) FROM picked GROUP BY {_KEY} ORDER BY {_KEY}
  ON CONFLICT (service_id, day, hour) DO UPDATE SET
  {", ".join(f"{name} = h.{name} + excluded.{name}" for name in SUMMED)}, wait_max_s = greatest(h.wait_max_s, excluded.wait_max_s)
)
SELECT count(*) FROM picked
"""  # noqa: S608  (column names of this module)
_BOTH = f"""
SELECT {{group}} {", ".join(f"coalesce(sum({name}), 0)::bigint" for name in SUMMED)}, coalesce(max(wait_max_s), 0) FROM (
  SELECT {_KEY}, {", ".join(SUMMED)}, wait_max_s FROM desk_waithour WHERE office_id = %(office)s AND day BETWEEN %(first)s AND %(last)s
  UNION ALL
  SELECT {_KEY}, {", ".join(SUMMED)}, wait_max_s FROM desk_waitdelta WHERE office_id = %(office)s AND day BETWEEN %(first)s AND %(last)s
) both_of_them {{tail}}
"""  # noqa: S608


@dataclass
class Figures:
    """Sums of a span of days; times in whole seconds."""

    visits: int = 0
    wait_s: int = 0
    over_15: int = 0
    over_30: int = 0
    served: int = 0
    serve_s: int = 0
    no_shows: int = 0
    cancelled: int = 0
    unserved: int = 0
    forecasts: int = 0
    forecast_hits: int = 0
    wait_max_s: int = 0

    @property
    def average_wait_s(self) -> int | None:
        """Return the mean wait a visit in whole seconds, rounded half up; None without a visit."""
        return (2 * self.wait_s + self.visits) // (2 * self.visits) if self.visits else None

    @property
    def average_serve_s(self) -> int | None:
        """Return the mean time of service a visit; None without one."""
        return (2 * self.serve_s + self.served) // (2 * self.served) if self.served else None


def fold(limit: int = 1000) -> int:
    """Move up to `limit` changes into their hours and return how many: cost follows the changes, not the history. Safe to repeat."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FOLD, [limit])
        count: int = cursor.fetchone()[0]
    return count


def of_days(office_id: int, first: date, last: date | None = None) -> Figures:
    """Return the sums of an office's days: the one source of every average wait that is shown."""
    return _rows(office_id, first, last, group="", tail="")[0][1]


def by_service(office_id: int, day: date) -> dict[int, Figures]:
    """Return the sums of a day by service id."""
    rows = _rows(office_id, day, None, group="service_id,", tail="GROUP BY service_id ORDER BY service_id")
    return {key[0]: figures for key, figures in rows}


def by_hour(office_id: int, first: date, last: date | None = None) -> dict[tuple[date, int], Figures]:
    """Return the sums by local day and hour."""
    rows = _rows(office_id, first, last, group="day, hour,", tail="GROUP BY day, hour ORDER BY day, hour")
    return {(key[0], key[1]): figures for key, figures in rows}


def _rows(
    office_id: int, first: date, last: date | None, *, group: str, tail: str
) -> list[tuple[tuple[Any, ...], Figures]]:
    names = [each.name for each in fields(Figures)]
    with connection.cursor() as cursor:
        cursor.execute(
            _BOTH.format(group=group, tail=tail), {"office": office_id, "first": first, "last": last or first}
        )
        rows = cursor.fetchall()
    return [
        (row[: -len(names)], Figures(**dict(zip(names, row[-len(names) :], strict=True)))) for row in rows
    ]


def recount(office_id: int, day: date) -> dict[tuple[int, int], Figures]:
    """Count a day again from tickets and periods, naively and without the roll-up; by (service id, hour).

    For proof, not for pages: it reads every turn that started or ended on that day.
    """
    found: dict[tuple[int, int], Figures] = {}
    turns = Ticket.objects.filter(office=office_id).prefetch_related("periods").order_by("pk")
    for ticket in turns.filter(started_at__date=day) | turns.filter(finished_at__date=day):
        chain = sorted(ticket.periods.all(), key=lambda each: (each.started_at, each.pk))
        if (
            ticket.started_at is not None
            and ticket.origin != Origin.DIRECT
            and local_date(ticket.started_at) == day
        ):
            start = next(place for place, each in enumerate(chain) if each.kind == PeriodKind.SERVING)
            key = (_service_at(ticket, chain[start:]), to_local(ticket.started_at).hour)
            _count_wait(found.setdefault(key, Figures()), ticket, chain[:start])
        if ticket.finished_at is not None and local_date(ticket.finished_at) == day:
            key = (ticket.service_id, to_local(ticket.finished_at).hour)
            _count_end(found.setdefault(key, Figures()), ticket, chain)
    return {key: value for key, value in sorted(found.items()) if any(asdict(value).values())}


def _service_at(ticket: Ticket, chain: list[Period]) -> int:
    """Return the service that the turn belonged to when this rest of its chain began: a later transfer moves no figure."""
    left = [each.moved_from_id for each in chain if each.moved_from_id is not None]
    return left[0] if left else ticket.service_id


def _count_wait(sums: Figures, ticket: Ticket, before: list[Period]) -> None:
    waited = seconds(
        (each.started_at, each.ended_at) for each in before if each.kind in WAITS and each.ended_at
    )
    sums.visits += 1
    sums.wait_s += waited
    sums.wait_max_s = max(sums.wait_max_s, waited)
    sums.over_15 += waited > FIFTEEN
    sums.over_30 += waited > THIRTY
    if ticket.low_s is not None and ticket.high_s is not None:
        sums.forecasts += 1
        sums.forecast_hits += ticket.low_s <= waited <= ticket.high_s


def _count_end(sums: Figures, ticket: Ticket, chain: list[Period]) -> None:
    if ticket.status == TicketStatus.FINISHED and not ticket.is_forced:
        sums.served += 1
        sums.serve_s += seconds(
            (each.started_at, each.ended_at)
            for each in chain
            if each.kind == PeriodKind.SERVING and each.ended_at
        )
    sums.no_shows += ticket.status == TicketStatus.NO_SHOW
    sums.cancelled += ticket.status == TicketStatus.CANCELLED
    sums.unserved += ticket.status == TicketStatus.UNSERVED


@dataclass(frozen=True)
class Difference:
    """An hour of a service whose stored sums and recount disagree: the sums that differ, by name."""

    service: str
    hour: int
    stored: dict[str, int]
    counted: dict[str, int]


def compared(office_id: int, day: date) -> list[Difference]:
    """Return where the hours of a day, with what is not folded yet, and its recount disagree; empty when they agree."""
    counted = recount(office_id, day)
    rows = _rows(
        office_id,
        day,
        None,
        group="service_id, hour,",
        tail="GROUP BY service_id, hour ORDER BY service_id, hour",
    )
    stored = {(key[0], key[1]): figures for key, figures in rows}
    codes = dict(Service.objects.filter(office=office_id).values_list("pk", "code"))
    found = []
    for key in sorted(stored.keys() | counted.keys()):
        ours, naive = asdict(stored.get(key, Figures())), asdict(counted.get(key, Figures()))
        names = [name for name in ours if ours[name] != naive[name]]
        if names:
            here, there = ({name: sums[name] for name in names} for sums in (ours, naive))
            found.append(Difference(codes[key[0]], key[1], here, there))
    return found


def differences(office_id: int, day: date) -> list[str]:
    """Return the same in words, one line each."""
    return [
        f"{each.service} {each.hour}h: {each.stored} ≠ {each.counted}" for each in compared(office_id, day)
    ]


@recounts.recount("desk.waits")
def of_year(year: int) -> Iterator[dict[str, Any]]:
    """Yield the differences of the closed days of a year, in order of day and office; one day at a time."""
    closed = DayClosing.objects.filter(day__year=year).order_by("day", "office")
    for office_id, code, day in closed.values_list("office_id", "office__code", "day").iterator():
        for each in compared(office_id, day):
            yield {
                "office": code, "day": f"{day}", "service": each.service, "hour": each.hour, "stored": each.stored,
                "counted": each.counted,
            }  # fmt: skip
