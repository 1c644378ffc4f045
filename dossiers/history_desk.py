"""Write visits as rows of COPY: tickets, their chains, the hours they are folded into, shifts, and the series of their numbers."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from bpmc_portal.accounts.models import Office
from desk.models import Counter, Queue, Rank, Service
from desk.services.setup import establish
from desk.services.tickets import number_words, series_of
from desk.waits import FIFTEEN, THIRTY, Sample
from dossiers.bulk import NULL
from dossiers.history_visits import Visit

TICKET = (
    "id", "office_id", "service_id", "appointment_id", "day", "prefix", "serial", "number", "token", "origin", "status", "priority", "rank",
    "place", "ready_at", "wait_from", "passed_over", "counter_id", "clerk_id", "issued_at", "called_at", "first_called_at", "calls",
    "started_at", "finished_at", "is_forced", "absences", "ahead", "low_s", "high_s", "wait_s",
)  # fmt: skip
PERIOD = ("ticket_id", "kind", "started_at", "ended_at", "counter_id", "actor_id", "note", "moved_from_id")
SHIFT = ("counter_id", "user_id", "service_ids", "opened_at", "closed_at", "closing")
SUMS = (
    "visits", "wait_s", "wait_max_s", "over_15", "over_30", "served", "serve_s", "no_shows", "cancelled", "unserved", "forecasts",
    "forecast_hits",
)  # fmt: skip
HOURS = ("office_id", "service_id", "day", "hour", *SUMS)
(
    VISITS,
    WAIT_S,
    WAIT_MAX_S,
    OVER_15,
    OVER_30,
    SERVED,
    SERVE_S,
    NO_SHOWS,
    CANCELLED,
    _UNSERVED,
    FORECASTS,
    HITS,
) = range(12)
DESK_TABLES = ("desk_ticket", "desk_period")
Promise = tuple[int, int] | None
Sums = dict[tuple[int, int], list[int]]


@dataclass(frozen=True)
class DeskPlan:
    """A desk in plain numbers: places in these tuples stand for counters with their clerks, and for services."""

    office: int
    counters: tuple[int, ...]
    clerks: tuple[int, ...]
    services: tuple[int, ...]
    prefixes: tuple[str, ...]
    by_field: dict[int, int]
    results: int
    priority_prefix: str


def plan_of(office: Office, clerks: Sequence[int]) -> DeskPlan:
    """Return the plan of an office with its clerks at counters 1, 2, 3 …; a desk without a queue is set up."""
    establish(office)
    services = list(
        Service.objects.filter(office=office).order_by("position", "code").prefetch_related("fields")
    )
    counters = list(
        Counter.objects.filter(office=office, is_active=True).order_by("number").values_list("pk", flat=True)
    )
    places = min(len(counters), len(clerks))
    codes = [each.code for each in services]
    return DeskPlan(
        office=office.pk, counters=tuple(counters[:places]), clerks=tuple(clerks[:places]),
        services=tuple(each.pk for each in services), prefixes=tuple(each.prefix for each in services),
        by_field={each.pk: place for place, service in enumerate(services) for each in service.fields.all()},
        results=codes.index("nhan-ket-qua") if "nhan-ket-qua" in codes else len(codes) - 1,
        priority_prefix=Queue.objects.get(pk=office.pk).priority_prefix,
    )  # fmt: skip


@cache
def clock_words() -> tuple[str, ...]:
    """Return how each second of a day is written after its date."""
    return tuple(f" {at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}+07" for at in range(86_400))


class VisitRows:
    """Lines of COPY for the visits of days that follow one another."""

    def __init__(
        self, plan: DeskPlan, first_id: int, last_numbers: dict[str, int], tokens: Callable[[], int]
    ) -> None:
        self.plan, self.next_id, self.tokens = plan, first_id, tokens
        # Series of numbers, those that stood there before and those that were given here.
        self.series = last_numbers
        self.tickets: list[str] = []
        self.periods: list[str] = []
        self.shifts: list[str] = []
        self.hours: list[str] = []
        # Ticket by dossier.
        self.ticket_of: dict[int, int] = {}

    def add_day(
        self, day: date, visits: Sequence[Visit], *, promise: Callable[[int, int, int], Promise] | None = None,
        appointments: dict[int, int] | None = None, seen: list[tuple[int, Sample]] | None = None,
    ) -> Sums:  # fmt: skip
        """Write a day's visits in the order of taking and return the sums by (service id, hour).

        `promise` tells what the machine promised for (service, hour, ahead); `appointments` gives ids by the
        identity of a visit; `seen` takes what a forecast learns from.
        """
        ordered = sorted(visits, key=lambda each: (each.issued, each.called))
        text, words = f"{day}", clock_words()
        ahead = _ahead(ordered)
        sums: Sums = {}
        for place, visit in enumerate(ordered):
            promised = promise(visit.first_service, visit.ready // 3600, ahead[place]) if promise else None
            self._ticket(text, words, visit, ahead[place], promised, (appointments or {}).get(id(visit)))
            self._chain(text, words, visit)
            self._count(visit, promised, sums)
            if seen is not None and visit.started >= 0:
                seen.append((visit.service, Sample(visit.ready // 3600, ahead[place], visit.wait)))
            for key in visit.keys:
                self.ticket_of[key] = self.next_id
            self.next_id += 1
        self._sums(text, sums)
        return sums

    def add_shifts(self, day: date, visits: Sequence[Visit], *, opens: int, closes: int) -> None:
        """Write a shift a counter that served somebody: from before opening to after the last visitor."""
        text, words = f"{day}", clock_words()
        wanted = "{" + ",".join(map(str, self.plan.services)) + "}"
        for place, (counter, clerk) in enumerate(zip(self.plan.counters, self.plan.clerks, strict=True)):
            seen = [link for visit in visits for link in visit.links if link[3] == place]
            if seen:
                start = min(opens, min(link[1] for link in seen)) - 240 - 37 * place
                end = max(closes, max(link[2] for link in seen)) + 120 + 41 * place
                self.shifts.append(
                    f"{counter}\t{clerk}\t{wanted}\t{text}{words[start]}\t{text}{words[end]}\t{{}}"
                )

    def _ticket(
        self,
        day: str,
        words: tuple[str, ...],
        visit: Visit,
        ahead: int,
        promised: Promise,
        booked: int | None,
    ) -> None:
        plan = self.plan
        prefix = plan.priority_prefix if visit.priority else plan.prefixes[visit.first_service]
        key = series_of(plan.office, day, prefix)
        serial = self.series[key] = self.series.get(key, 0) + 1
        rank = Rank.PRIORITY if visit.priority else Rank.ORDINARY if visit.slot < 0 else Rank.APPOINTMENT
        origin = "booking" if visit.slot >= 0 else "kiosk"
        ready = day + words[visit.ready]
        is_done = visit.status == "finished"
        counter = plan.counters[visit.clerk] if is_done else NULL
        clerk = plan.clerks[visit.clerk] if visit.clerk >= 0 else NULL
        first = next((link[1] for link in visit.links if link[0] == "called"), -1)
        called, first_called, started = (
            day + words[at] if at >= 0 else NULL for at in (visit.called, first, visit.started)
        )
        low, high = promised or (NULL, NULL)
        self.tickets.append(
            f"{self.next_id}\t{plan.office}\t{plan.services[visit.service]}\t{booked or NULL}\t{day}\t{prefix}\t{serial}"
            f"\t{number_words(prefix, serial)}\t{self.tokens():024d}\t{origin}\t{visit.status}\t{visit.priority}\t{rank}\t{ready}\t{ready}\t{ready}"
            f"\t0\t{counter}\t{clerk}\t{day}{words[visit.issued]}\t{called}\t{first_called}\t{visit.calls}\t{started}"
            f"\t{day}{words[visit.finished]}\tf\t{2 if visit.status == 'no_show' else 0}\t{ahead}\t{low}\t{high}\t{visit.wait if is_done else NULL}"
        )

    def _chain(self, day: str, words: tuple[str, ...], visit: Visit) -> None:
        plan, ticket = self.plan, self.next_id
        for kind, start, end, place, note, left in visit.links:
            counter, actor = (plan.counters[place], plan.clerks[place]) if place >= 0 else (NULL, NULL)
            if (place < 0 and kind not in ("early", "waiting")) or left >= 0:
                actor = plan.clerks[visit.clerk]
            moved = plan.services[left] if left >= 0 else NULL
            self.periods.append(
                f"{ticket}\t{kind}\t{day}{words[start]}\t{day}{words[end]}\t{counter}\t{actor}\t{note}\t{moved}"
            )

    def _count(self, visit: Visit, promised: Promise, sums: Sums) -> None:
        """Add a turn to its hours, as the acts would have noted it."""
        services = self.plan.services
        if visit.started >= 0:
            row = sums.setdefault((services[visit.first_service], visit.started // 3600), [0] * len(SUMS))
            row[VISITS] += 1
            row[WAIT_S] += visit.wait
            row[WAIT_MAX_S] = max(row[WAIT_MAX_S], visit.wait)
            row[OVER_15] += visit.wait > FIFTEEN
            row[OVER_30] += visit.wait > THIRTY
            if promised:
                row[FORECASTS] += 1
                row[HITS] += promised[0] <= visit.wait <= promised[1]
        row = sums.setdefault((services[visit.service], visit.finished // 3600), [0] * len(SUMS))
        if visit.status == "finished":
            row[SERVED] += 1
            row[SERVE_S] += sum(link[2] - link[1] for link in visit.links if link[0] == "serving")
        else:
            row[NO_SHOWS if visit.status == "no_show" else CANCELLED] += 1

    def _sums(self, day: str, sums: Sums) -> None:
        office = self.plan.office
        for (service, hour), row in sums.items():
            self.hours.append("\t".join(map(str, (office, service, day, hour, *row))))


def _ahead(ordered: Sequence[Visit]) -> list[int]:
    """Return how many waited for the same service, in the same or a preferred class, when each visitor came."""
    issued: dict[tuple[int, bool], list[int]] = {}
    left: dict[tuple[int, bool], list[int]] = {}
    for visit in ordered:
        key = (visit.first_service, bool(visit.priority))
        issued.setdefault(key, []).append(visit.issued)
        left.setdefault(key, []).append(next(link[2] for link in visit.links if link[0] == "waiting"))
    for moments in left.values():
        moments.sort()
    found = []
    for visit in ordered:
        keys = (
            [(visit.first_service, True)]
            if visit.priority
            else [(visit.first_service, False), (visit.first_service, True)]
        )
        came = sum(bisect_left(issued.get(key, []), visit.issued) for key in keys)
        found.append(max(0, came - sum(bisect_right(left.get(key, []), visit.issued) for key in keys)))
    return found
