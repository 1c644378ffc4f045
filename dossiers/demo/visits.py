"""Who came to the desk of the demo world, on every day until now: written in bulk, as the acts would have written it.

Every dossier of the desk was handed in during a visit; others came for a result, for advice, by appointment, or never turned up.
"""

import random
from collections import defaultdict, deque
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

from django.db import connection

from bpmc_portal.lib.vietnamese import local_date, to_local
from desk.models import Appointment, DayClosing
from desk.rollups import Figures
from desk.waits import ANY_BUCKET, FORECAST_DAYS, Sample, bucket_of, ranges
from dossiers.bulk import Stream, next_id, put_series, reach_ids
from dossiers.demo.people import People
from dossiers.demo.plans import midnight
from dossiers.history_desk import HOURS, PERIOD, SHIFT, SUMS, TICKET, DeskPlan, Promise, Sums, VisitRows
from dossiers.history_visits import HOUR, WALK_S, Day, Session, Work
from dossiers.models import Dossier
from procedures.deadlines import WorkingCalendar

# Mean wait in seconds at the beginning of these years: the plan asks for 30 minutes, then for 15.
LEVELS = ((2021, 1680), (2022, 1300), (2023, 980), (2024, 740), (2025, 570), (2026, 480), (2027, 450))
LIVELY_DAYS, PROMISED_DAYS, BOOKED_DAYS = 25, 45, 15
LIVELY_VISITS, QUIET_VISITS = 24, 2
# What is still under way when the demo begins needs this long before the present.
PRESENT = timedelta(minutes=42)
TWO_DOSSIERS = timedelta(minutes=10)
_COLLECTED = """
SELECT e.at, e.actor_id FROM dossiers_dossierevent e JOIN dossiers_dossier d ON d.id = e.dossier_id
WHERE e.action = 'return_result' AND d.return_method = 'desk' AND d.office_id = %s ORDER BY e.at, e.id
"""
_LINK = """
UPDATE dossiers_dossier d SET ticket_id = v.ticket FROM unnest(%s::bigint[], %s::bigint[]) AS v(dossier, ticket) WHERE d.id = v.dossier
"""


@dataclass
class _Done:
    """What was done at the counters on one day."""

    received: list[Work] = field(default_factory=list)
    collected: list[Work] = field(default_factory=list)


class _Machine:
    """What the ticket machine promises: the middle half of the waits of the 20 working days before."""

    def __init__(self) -> None:
        self.seen: deque[list[tuple[int, Sample]]] = deque(maxlen=FORECAST_DAYS)
        self.known: dict[tuple[int, int, int], tuple[int, int]] = {}

    def learn(self) -> int:
        """Make the promises anew and return how many there are."""
        self.known = {}
        for service in sorted({service for day in self.seen for service, _sample in day}):
            for each in ranges(sample for day in self.seen for mine, sample in day if mine == service):
                self.known[service, each.hour, each.bucket] = (each.low_s, each.high_s)
        return len(self.known)

    def promise(self, service: int, hour: int, ahead: int) -> Promise:
        """Return the range told to who takes a number now."""
        return self.known.get((service, hour, bucket_of(ahead))) or self.known.get(
            (service, hour, ANY_BUCKET)
        )


def write_visits(
    plan: DeskPlan, people: People, calendar: WorkingCalendar, days: list[date], *, now: datetime
) -> None:
    """Write the visits of the working days, and of today until shortly before `now`; give every desk dossier its ticket.

    Writes nothing of the present, see present.py. Needs the dossiers to stand already.
    """
    writer = _Writer(plan, people, calendar, now)
    writer.write_days([day for day in days if day < local_date(now)])
    writer.write_today()
    writer.save()


class _Writer:
    """The years of one desk as they are written down."""

    def __init__(self, plan: DeskPlan, people: People, calendar: WorkingCalendar, now: datetime) -> None:
        self.plan, self.people, self.calendar, self.now = plan, people, calendar, now
        self.rng = random.Random("visits")  # noqa: S311  (a repeatable world, no secret)
        self.done = _work(plan)
        self.rows = VisitRows(plan, next_id("desk_ticket"), {}, lambda: self.rng.randrange(10**24))
        self.machine = _Machine()
        self.first_booking = next_id("desk_appointment")
        self.bookings: list[Appointment] = []
        self.closings: list[DayClosing] = []
        # Counter 1 is Lan's, and free in the present for who tries the demo.
        self.places = range(len(plan.clerks))

    def write_days(self, days: list[date]) -> None:
        """Write the working days before today, the oldest first."""
        for place, day in enumerate(days):
            before = len(days) - place
            sessions = [(_second(opens), _second(closes)) for opens, closes in self.calendar.sessions(day)]
            made = self.machine.learn() if before <= PROMISED_DAYS else 0
            filled = self._fill(day, sessions, extra=LIVELY_VISITS if before <= LIVELY_DAYS else QUIET_VISITS)
            booked = self._book(day, filled) if before <= BOOKED_DAYS else {}
            sums = self._add(day, filled, booked)
            self.rows.add_shifts(day, filled.visits, opens=sessions[0][0], closes=sessions[-1][1])
            self._close(day, sums, made)

    def write_today(self) -> None:
        """Write who came and went today. Where the calendar has the desk closed the demo opens it for three hours."""
        today, until = local_date(self.now), to_local(self.now - PRESENT)
        self.machine.learn()
        self.places = range(1, len(self.plan.clerks))
        if local_date(until) != today:
            return
        ends = _second(until)
        real = self.calendar.sessions(today) if self.calendar.is_working(today) else ()
        sessions = [
            (_second(opens), min(_second(closes), ends)) for opens, closes in real if _second(opens) < ends
        ]
        if sum(end - start for start, end in sessions) < HOUR:
            sessions = [(max(ends - 3 * HOUR, 0), ends)]
        spent = sum(end - start for start, end in sessions) / (8 * HOUR)
        self._add(today, self._fill(today, sessions, extra=8 + int(LIVELY_VISITS * spent)), {})

    def _fill(self, day: date, sessions: list[Session], *, extra: int) -> Day:
        """Lay one day out: those with dossiers first, then others where a counter is free."""
        done = self.done.pop(day, _Done())
        level = (_level(day) - WALK_S) * self.rng.uniform(0.7, 1.3)
        filled = Day(sessions, clerks=len(self.plan.clerks), level_s=level, rng=self.rng)
        filled.receive(done.received)
        for work in (each for each in done.collected if each.clerk in self.places):
            filled.short(work.at - 100, work.clerk, self.plan.results, 130)
        for _each in range(extra):
            self._come(filled)
        return filled

    def _come(self, filled: Day) -> None:
        """Let one visitor come who hands nothing in."""
        rng, services = self.rng, range(len(self.plan.services))
        opens, closes = rng.choice(filled.sessions)
        # Each half of the day begins busier than it ends.
        at = opens + int((closes - opens) * min(rng.random(), rng.random() + 0.3))
        service, clerk, fate = rng.choice(services), rng.choice(self.places), rng.random()
        if fate < 0.03:
            filled.give_up(at, service)
        elif fate < 0.07:
            filled.miss(at, clerk, service)
        elif fate < 0.11:
            filled.pass_on(at, clerk, rng.choice(self.places), service, (service + 1) % len(services))
        else:
            filled.short(at, clerk, service, rng.randint(100, 560))

    def _book(self, day: date, filled: Day) -> dict[int, int]:
        """Add the appointments of a day; return their ids by the identity of the visit."""
        booked = {}
        for minutes in (8 * 60 + 30, 9 * 60 + 30, 10 * 60, 14 * 60 + 30, 15 * 60):
            if self.rng.random() > 0.7:
                continue
            slot, service = minutes * 60, self.rng.randrange(len(self.plan.services))
            visit = filled.short(
                slot + self.rng.randint(20, 200), self.rng.choice(self.places), service, 400, slot=slot
            )
            status = Appointment.Status.ARRIVED if visit else self.rng.choice(("missed", "cancelled"))
            row = self._booking(day, slot, service, status)
            if visit is not None and row.pk is not None:
                booked[id(visit)] = row.pk
        return booked

    def _booking(self, day: date, slot: int, service: int, status: str) -> Appointment:
        who = self.rng.choice(self.people.citizens)
        row = Appointment(
            pk=self.first_booking + len(self.bookings), office_id=self.plan.office, service_id=self.plan.services[service],
            slot_at=midnight(day) + timedelta(seconds=slot), name=who.name, phone="+84" + who.phone[1:], status=status,
            code=f"{self.rng.randrange(10**6):06d}", token=f"{self.rng.randrange(10**24):024d}",
            booked_at=midnight(day) - timedelta(days=self.rng.randint(1, 4), hours=self.rng.randint(7, 13)),
        )  # fmt: skip
        self.bookings.append(row)
        return row

    def _add(self, day: date, filled: Day, booked: dict[int, int]) -> Sums:
        promise = self.machine.promise if self.machine.known else None
        self.machine.seen.append([])
        return self.rows.add_day(
            day, filled.visits, promise=promise, appointments=booked, seen=self.machine.seen[-1]
        )

    def _close(self, day: date, sums: Sums, made: int) -> None:
        """Note what the closing of the night noted."""
        figures = Figures()
        for row in sums.values():
            for name, value in zip(SUMS, row, strict=True):
                known = getattr(figures, name)
                setattr(figures, name, max(known, value) if name == "wait_max_s" else known + value)
        missed = sum(
            each.status == "missed" and local_date(each.slot_at) == day for each in self.bookings[-9:]
        )
        self.closings.append(
            DayClosing(
                office_id=self.plan.office, day=day, closed_at=midnight(day) + timedelta(days=1, hours=3, seconds=4),
                figures=asdict(figures)
                | {"left": [], "forgotten_counters": [], "missed_appointments": missed, "differences": [], "forecasts_made": made},
            )
        )  # fmt: skip

    def save(self) -> None:
        """Send everything: appointments before the tickets that are theirs."""
        Appointment.objects.bulk_create(self.bookings)
        rows = self.rows
        for table, columns, lines in (
            ("desk_ticket", TICKET, rows.tickets), ("desk_period", PERIOD, rows.periods), ("desk_shift", SHIFT, rows.shifts),
            ("desk_waithour", HOURS, rows.hours),
        ):  # fmt: skip
            Stream(table, columns).send(lines)
        DayClosing.objects.bulk_create(self.closings)
        put_series(rows.series)
        reach_ids("desk_ticket", rows.next_id)
        reach_ids("desk_appointment", self.first_booking + len(self.bookings))
        with connection.cursor() as cursor:
            cursor.execute(_LINK, [list(rows.ticket_of), list(rows.ticket_of.values())])


def _work(plan: DeskPlan) -> dict[date, _Done]:
    """Return what was done at the counters by day: dossiers received, results handed out."""
    places = {clerk: place for place, clerk in enumerate(plan.clerks)}
    found: dict[date, _Done] = defaultdict(_Done)
    last: dict[int, tuple[int, datetime, Work]] = {}
    received = Dossier.objects.filter(channel="desk", received_at__isnull=False, office=plan.office)
    rows = received.order_by("received_at", "pk")
    for pk, at, clerk, who, kind in rows.values_list(
        "pk", "received_at", "received_by", "applicant", "procedure__field"
    ):
        if clerk is None or at is None:
            continue
        place = places[clerk]
        before = last.get(place)
        if before is not None and before[0] == who and at - before[1] <= TWO_DOSSIERS:
            # The same person again at the same counter: one visit with two dossiers.
            before[2].keys.append(pk)
            before[2].more = int((at - before[1]).total_seconds())
            continue
        work = Work(_second(at), place, plan.by_field.get(kind, len(plan.services) - 2), [pk])
        found[local_date(at)].received.append(work)
        last[place] = (who, at, work)
    with connection.cursor() as cursor:
        cursor.execute(_COLLECTED, [plan.office])
        for at, clerk in cursor.fetchall():
            if clerk in places:
                found[local_date(at)].collected.append(Work(_second(at), places[clerk], plan.results))
    return found


def _level(day: date) -> float:
    """Return the mean wait of that time in seconds; it falls year by year."""
    passed = day.year + (day.timetuple().tm_yday - 1) / 366
    for (since, high), (until, low) in pairwise(LEVELS):
        if passed < until:
            return high + (low - high) * (passed - since)
    return LEVELS[-1][1]


def _second(at: datetime) -> int:
    """Return the second of the local day."""
    local = to_local(at)
    return local.hour * HOUR + local.minute * 60 + local.second
