"""Make years of plausible dossiers in bulk, for measuring: consistent with every constraint, with codes and series that go on.

Follows the same table as the services (workflow.py) by a few fixed courses, and the same deadlines; rows go in by COPY, sent by a
thread of their own while the next ones are being made. Memory stays bounded: days are made one after another, and applicants come,
return a few times, and are forgotten.
"""

import itertools
import random
from bisect import bisect_right
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import accumulate

from django.db import connection, transaction
from django.utils import timezone

from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import to_local
from desk import rollups
from desk.services.tickets import series_of
from dossiers import ledger, tracking
from dossiers.bulk import NULL, Sender, Stream, bare, next_id, put_series, reach_ids, reserve
from dossiers.demo.plans import WEIGHTS
from dossiers.history_course import (
    DAY_S,
    Calendar,
    Followed,
    Plan,
    course_of,
    follow,
    plan_of_version,
    times,
)
from dossiers.history_desk import DESK_TABLES, HOURS, PERIOD, SHIFT, TICKET, VisitRows, plan_of
from dossiers.history_open import columns_of
from dossiers.history_people import Person, newcomers
from dossiers.history_proof import faults
from dossiers.history_tables import (
    COMPONENT,
    DOCUMENT,
    DOSSIER,
    EVENT,
    TABLES,
    component_template,
    end_of,
    span,
    staff_of,
)
from dossiers.history_visits import WALK_S, Day, Work
from dossiers.numbering import code_key, format_code
from procedures import catalogue
from procedures.catalogue import OfficeInForce

# Below this many, taking indexes off and putting them back costs more than keeping them.
BARE_FROM = 5000
CHUNK = 2000
KNOWN_PEOPLE = 600
CHANNELS = ((0.6, "desk"), (0.92, "online"), (1.0, "post"))
# Mean wait in seconds of the first and of the last day of a history.
LEVEL_FIRST, LEVEL_LAST = 1500, 480


def load(*, count: int, first: date, last: date, seed: int, is_bare: bool | None = None) -> dict[str, int]:
    """Write `count` dossiers between two days in one transaction; return how many rows of each kind.

    Raises DomainError when nothing can be received, or when the proof at the end finds a fault; nothing is written then.
    """
    held, office = _desk()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;"
                " SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL synchronous_commit = off;"
                " LOCK TABLE dossiers_dossier, digitization_document, accounts_applicant, desk_ticket IN EXCLUSIVE MODE"
            )
        cutoff = min(timezone.now(), end_of(last, office.calendar))
        history = _History(held, office, count, seed, first=first, last=last, cutoff=cutoff)
        if count >= BARE_FROM if is_bare is None else is_bare:
            with bare((*TABLES, *DESK_TABLES)):
                history.write()
                # The trigger that writes the ledger was off with the others.
                ledger.write(history.first_dossier, history.next_dossier - 1)
        else:
            history.write()
        while rollups.fold(limit=100_000):
            pass
        if found := faults(history.first_dossier, history.rows.next_id - history.tickets, history.org_code):
            raise DomainError(
                f"Dữ liệu lịch sử sai, đã bỏ tất cả: {'; '.join(found)}.", code="history_fault", status=409
            )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return dict(history.written)


def _desk() -> tuple[catalogue.Catalogue, OfficeInForce]:
    held = catalogue.current()
    office = held.office(None)
    if not any(each.versions for each in held.each()):
        sentence = "Chưa có thủ tục nào được công bố. Hãy chạy import_procedures --bundled --apply trước."
        raise DomainError(sentence, code="no_procedures", status=409)
    return held, office


class _History:
    """The writing of one load."""

    def __init__(
        self, held: catalogue.Catalogue, office: OfficeInForce, count: int, seed: int, *, first: date, last: date, cutoff: datetime
    ) -> None:  # fmt: skip
        self.office, self.count, self.org_code = office, count, office.org_code
        self.calendar = self._calendar(office, first, last)
        self.days = [place for place, day in enumerate(self.calendar.working) if day <= last]
        if not self.days:
            raise DomainError("Khoảng thời gian không có ngày làm việc nào.", code="no_working_day")
        self.cutoff = self._moment(cutoff)
        self.staff = staff_of(office.row)
        self.procedures = [each for each in held.each() if each.row.is_active and each.versions]
        self.weights = list(accumulate(WEIGHTS.get(each.row.key, 1) for each in self.procedures))
        self.plans: dict[int, Plan | None] = {}
        self.template = component_template()
        self.written: Counter[str] = Counter()
        self.first_dossier = self.next_dossier = reserve("dossiers_dossier", count)
        # A second load with the same seed is another one: ids of papers must not come twice.
        self.rng = random.Random(f"{seed} {self.first_dossier}")  # noqa: S311  (repeatable data, no secret)
        self.applicant_ids = itertools.count(next_id("accounts_applicant"))
        self.people = newcomers(self.rng, self.applicant_ids)
        self.known: dict[bool, list[Person]] = {True: [], False: []}
        self.desk = plan_of(office.row, self.staff.clerks)
        self.rows = VisitRows(
            self.desk, next_id("desk_ticket"), self._series("ticket"), lambda: self.rng.getrandbits(79)
        )
        self.tickets = 0
        self.clerk_of: dict[int, int] = {}
        self.streams = {
            "applicants": Stream("accounts_applicant", Person.COLUMNS), "documents": Stream("digitization_document", DOCUMENT),
            "tickets": Stream("desk_ticket", TICKET), "periods": Stream("desk_period", PERIOD), "shifts": Stream("desk_shift", SHIFT),
            "hours": Stream("desk_waitdelta", HOURS), "dossiers": Stream("dossiers_dossier", DOSSIER),
            "events": Stream("dossiers_dossierevent", EVENT), "components": Stream("dossiers_component", COMPONENT),
            "series": Stream("numbering_series", ("key", "last")),
        }  # fmt: skip

    def _calendar(self, office: OfficeInForce, first: date, last: date) -> Calendar:
        calendar = office.calendar
        days = span(first, last + timedelta(days=200))
        return Calendar(
            calendar, [day for day in days if day.year in calendar.years and calendar.is_working(day)]
        )

    def _moment(self, at: datetime) -> int:
        local = to_local(at)
        place = bisect_right(self.calendar.working, local.date()) - 1
        is_that_day = self.calendar.working[place] == local.date()
        return place * DAY_S + (
            local.hour * 3600 + local.minute * 60 + local.second if is_that_day else DAY_S - 1
        )

    def _series(self, kind: str) -> dict[str, int]:
        """Lock and return the series of dossier or ticket numbers that begin on the days of this load."""
        head = (
            f"dossier:{self.org_code}:"
            if kind == "dossier"
            else series_of(self.office.row.pk, "", "").rstrip(":") + ":"
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT key, last FROM numbering_series WHERE starts_with(key, %s) ORDER BY key FOR UPDATE",
                [head],
            )
            return dict(cursor.fetchall())

    def write(self) -> None:
        """Write day after day, so that the numbers of a day follow one another."""
        share, rest = divmod(self.count, len(self.days))
        numbers = self._series("dossier")
        with Sender() as sender:
            for place in self.days:
                self._day(
                    place,
                    share + (place * rest // len(self.days) != (place + 1) * rest // len(self.days)),
                    numbers,
                )
                if len(self.streams["dossiers"].lines) >= CHUNK:
                    self._flush(sender)
            for person in (*self.known[True], *self.known[False]):
                self._forget(person)
            self._flush(sender)
        put_series(numbers | self.rows.series)
        reach_ids("desk_ticket", self.rows.next_id)
        reach_ids("accounts_applicant", next(self.applicant_ids))

    def _flush(self, sender: Sender) -> None:
        rows = self.rows
        for name, lines in (
            ("tickets", rows.tickets),
            ("periods", rows.periods),
            ("shifts", rows.shifts),
            ("hours", rows.hours),
        ):
            self.streams[name].lines.extend(lines)
            lines.clear()
        for name, stream in self.streams.items():
            self.written[name] += len(stream.lines)
            sender.send(stream)

    def _day(self, place: int, count: int, numbers: dict[str, int]) -> None:
        """Write what was received on one day, the visits first."""
        rng, calendar = self.rng, self.calendar
        day = calendar.working[place]
        key = f"dossier:{self.org_code}:{day:%Y-%m-%d}"
        begun = []
        for received in sorted(calendar.instant(rng, place) for _each in range(count)):
            roll = rng.random()
            channel = next(name for limit, name in CHANNELS if roll < limit)
            begun.append((received, channel, self._plan(day)))
        self._visits(place, begun)
        for number, (received, channel, plan) in enumerate(begun, numbers.get(key, 0) + 1):
            numbers[key] = number
            self._dossier(format_code(self.org_code, day, number), received, channel, plan)

    def _plan(self, day: date) -> Plan:
        """Draw a procedure and return its version of that day made ready."""
        procedure = self.procedures[bisect_right(self.weights, self.rng.random() * self.weights[-1])]
        version = procedure.version_on(day)
        plan = None
        if version is not None:
            if version.row.pk not in self.plans:
                self.plans[version.row.pk] = plan_of_version(
                    procedure, version, self.staff, self.office.row.unit_id
                )
            plan = self.plans[version.row.pk]
        if plan is None:
            raise DomainError(
                f"Ngày {day:%d/%m/%Y} chưa có bản thủ tục nào có hiệu lực.",
                code="no_version_in_force",
                status=409,
            )
        return plan

    def _visits(self, place: int, begun: list[tuple[int, str, Plan]]) -> None:
        """Lay out the visits in which the desk's dossiers of a day came; the counters take turns."""
        day, desk, rng = self.calendar.working[place], self.desk, self.rng
        level = LEVEL_FIRST + (LEVEL_LAST - LEVEL_FIRST) * place / len(self.days) - WALK_S
        laid = Day(
            self.calendar.sessions[place],
            clerks=len(desk.clerks),
            level_s=level * rng.uniform(0.8, 1.2),
            rng=rng,
        )
        works = [
            Work(received % DAY_S, 0, desk.by_field.get(plan.field_id, len(desk.services) - 2), [self.next_dossier + number])
            for number, (received, channel, plan) in enumerate(begun)
            if channel == "desk"
        ]  # fmt: skip
        for number, work in enumerate(works):
            work.clerk = number % len(desk.clerks)
        laid.receive(works)
        if laid.visits:
            last = laid.visits[-1]
            laid.give_up(last.called, last.service)
        before = self.rows.next_id
        self.rows.ticket_of.clear()
        self.rows.add_day(day, laid.visits)
        opens, closes = self.calendar.sessions[place][0][0], self.calendar.sessions[place][-1][1]
        self.rows.add_shifts(day, laid.visits, opens=opens, closes=closes)
        self.clerk_of = {work.keys[0]: desk.clerks[work.clerk] for work in works}
        self.tickets += self.rows.next_id - before

    def _person(self, by_citizen: bool) -> Person:
        """Return somebody who was here lately, or somebody new; two thirds of the visits are by people who come again."""
        known = self.known[by_citizen]
        if known and self.rng.random() < 0.66:
            return known[int(self.rng.random() * len(known))]
        person = next(self.people[by_citizen])
        self.streams["applicants"].lines.append(person.row())
        if len(known) < KNOWN_PEOPLE:
            known.append(person)
        else:
            place = int(self.rng.random() * KNOWN_PEOPLE)
            self._forget(known[place])
            known[place] = person
        return person

    def _forget(self, person: Person) -> None:
        lines = self.streams["series"].lines
        lines += [f"document:{person.number}:{kind}\t{last}" for kind, last in person.papers.items()]

    def _dossier(self, code: str, received: int, channel: str, plan: Plan) -> None:
        dossier, rng = self.next_dossier, self.rng
        self.next_dossier += 1
        person = self._person(plan.is_by_citizens)
        clerk = self.clerk_of.get(dossier) or self.staff.clerks[dossier % len(self.staff.clerks)]
        name = course_of(rng.random())
        _due, after = self.calendar.due(received, plan.limit, is_paused=False)
        moments = times(rng, self.calendar, received, after, is_asked=name == "asked")
        found = follow(
            plan, name, moments, self.calendar, dossier=dossier, received=received, clerk=clerk, channel=channel, cutoff=self.cutoff,
            events=self.streams["events"].lines,
        )  # fmt: skip
        at = self.calendar.written(received)
        self._write(dossier, code, at, channel, clerk, plan, person, found, received)
        self._papers(dossier, plan, person, at, clerk)

    def _write(
        self, dossier: int, code: str, at: str, channel: str, clerk: int, plan: Plan, person: Person, found: Followed,
        received: int,
    ) -> None:  # fmt: skip
        mark = tracking.hash_of(tracking.token_of(code, 1)).hex
        self.streams["dossiers"].lines.append(
            f"{dossier}\t{code}\t{code_key(code)}\t{self.office.row.pk}\t{plan.unit}\t{plan.procedure}\t{plan.version}\t{plan.case}\t{channel}"
            f"\t{found.status}\t{found.outcome}\t{found.step}\t{found.acts}\t{person.pk}\t{person.name}\t{person.phone}\t\t{person.address}"
            f"\tdesk\t{{}}\t{found.assignee or NULL}\t{clerk}\t{at}\t{found.due}\t{found.first_due}\t{found.finished}\t{found.returned}"
            f"\t{int(found.pause is not None)}\t0\t{mark}\t1\t{at}\t{self.rows.ticket_of.get(dossier, NULL)}"
            f"\t{columns_of(found, plan, self.calendar, received)}"
        )

    def _papers(self, dossier: int, plan: Plan, person: Person, at: str, clerk: int) -> None:
        documents, components = self.streams["documents"].lines, self.streams["components"].lines
        for paper in plan.papers:
            key, number = paper.type_code, 0
            document = person.latest.get(key) if paper.is_reusable else None
            is_held = document is not None
            if document is None:
                # The bits of a random UUID of version 4 (RFC 9562).
                bits = self.rng.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62) | 0x4 << 76 | 0x2 << 62
                number = person.papers[key] = person.papers.get(key, 0) + 1
                document = person.latest[key] = f"{bits:032x}"
                code = self.template.format(owner=person.number, origin=plan.origin, type=key, nn=number)
                documents.append(
                    f"{document}\t{person.pk}\t{paper.kind}\tcomponent\t{paper.name}\tpaper\t\t{code}\t{person.number}\t{plan.origin}\t{key}"
                    f"\t{number}\t{at}\t{clerk}\t{at}"
                )
            way, held = ("reused", "t") if is_held else (paper.way, "f")
            components.append(
                f"{dossier}\t{paper.need}\t{paper.position}\t{paper.name}\t{way}\t{paper.copies}\t{document}\t{held}"
            )
