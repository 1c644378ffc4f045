"""Make years of plausible dossiers in bulk, for measuring: consistent with every constraint, with codes and series that go on.

Follows the same table as the services (workflow.py) by a few fixed courses, and the same deadline function; rows go in by COPY.
Memory stays bounded: days are made one after another, and applicants come, return a few times, and are forgotten.
"""

import json
import random
import uuid
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from django.db import connection, transaction
from django.utils import timezone

from bpmc_portal.errors import DomainError
from digitization import codes
from dossiers import tracking
from dossiers.bulk import Stream, bare, plain, reserve
from dossiers.demo.plans import BY_CITIZENS, WEIGHTS
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
from dossiers.numbering import code_key, format_code
from procedures import catalogue
from procedures.catalogue import OfficeInForce, ProcedureInForce, Version
from procedures.deadlines import Pause, TimeLimit, Unit, compute_due

# Below this many, taking indexes off and putting them back costs more than keeping them.
BARE_FROM = 5000
CHUNK = 4000
KNOWN_PEOPLE = 600
_PAUSE = "Yêu cầu bổ sung"


@dataclass(frozen=True)
class Moment:
    """One act of a course: what, from, to, when, by whom, at the desk or not, on which steps."""

    action: str
    source: str
    target: str
    at: datetime
    actor: int
    unit: int
    steps: tuple[int | None, int | None]
    reason: str
    data: str


def load(*, count: int, first: date, last: date, seed: int, is_bare: bool | None = None) -> dict[str, int]:
    """Write `count` dossiers between two days in one transaction; return how many rows of each kind.

    Raises DomainError when nothing can be received, or when the proof at the end finds a fault; nothing is written then.
    """
    held, office = _desk()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
            )
            cursor.execute("SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL synchronous_commit = off")
            cursor.execute(
                "LOCK TABLE dossiers_dossier, digitization_document, accounts_applicant IN EXCLUSIVE MODE"
            )
        history = _History(
            held, office, count, seed, cutoff=min(timezone.now(), end_of(last, office.calendar))
        )
        if count >= BARE_FROM if is_bare is None else is_bare:
            with bare(TABLES):
                history.write(first, last)
        else:
            history.write(first, last)
        if found := faults(history.first_dossier, history.org_code):
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
        self, held: catalogue.Catalogue, office: OfficeInForce, count: int, seed: int, *, cutoff: datetime
    ) -> None:
        self.held, self.office, self.count, self.cutoff = held, office, count, cutoff
        self.calendar, self.org_code = office.calendar, office.org_code
        self.staff = staff_of(office.row)
        self.procedures = [each for each in held.each() if each.row.is_active and each.versions]
        self.weights = [WEIGHTS.get(each.row.key, 1) for each in self.procedures]
        self.template = component_template()
        self.written: Counter[str] = Counter()
        self.first_dossier = self.next_dossier = reserve("dossiers_dossier", count)
        # A second load with the same seed is another one: ids of papers must not come twice.
        self.rng = random.Random(f"{seed} {self.first_dossier}")  # noqa: S311  (repeatable data, no secret)
        self.people = newcomers(self.rng)
        self.known: dict[bool, deque[Person]] = {True: deque(), False: deque()}
        self.days: dict[date, int] = {}
        self.working: list[date] = []
        self.due = lru_cache(maxsize=50_000)(self._due)
        self.applicants = Stream("accounts_applicant", Person.COLUMNS)
        self.documents = Stream("digitization_document", DOCUMENT)
        self.dossiers = Stream("dossiers_dossier", DOSSIER)
        self.events = Stream("dossiers_dossierevent", EVENT)
        self.components = Stream("dossiers_component", COMPONENT)
        self.pauses = Stream("dossiers_clockpause", ("dossier_id", "started_at", "ended_at", "reason"))
        self.series = Stream("numbering_series", ("key", "last"))

    def write(self, first: date, last: date) -> None:
        """Write day after day, so that the numbers of a day follow one another."""
        self.working = [day for day in span(first, last + timedelta(days=200)) if self._is_known_working(day)]
        days = [day for day in self.working if day <= last]
        if not days:
            raise DomainError("Khoảng thời gian không có ngày làm việc nào.", code="no_working_day")
        self.days = {day: index for index, day in enumerate(self.working)}
        share, rest = divmod(self.count, len(days))
        last_numbers = self._taken(days)
        for index, day in enumerate(days):
            number = last_numbers.get(day, 0)
            today = share + (index * rest // len(days) != (index + 1) * rest // len(days))
            for instant in sorted(self._instant(index, 0) for _each in range(today)):
                number += 1
                self._dossier(day, number, instant)
            last_numbers[day] = number
            if len(self.dossiers.lines) >= CHUNK:
                self._flush()
        for person in (*self.known[True], *self.known[False]):
            self._forget(person)
        self._flush()
        self._give_numbers(last_numbers)

    def _is_known_working(self, day: date) -> bool:
        return day.year in self.calendar.years and self.calendar.is_working(day)

    def _taken(self, days: list[date]) -> dict[date, int]:
        keys = {f"dossier:{self.org_code}:{day:%Y-%m-%d}": day for day in days}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT key, last FROM numbering_series WHERE key = ANY(%s) ORDER BY key FOR UPDATE",
                [list(keys)],
            )
            return {keys[key]: last for key, last in cursor.fetchall()}

    def _give_numbers(self, last_numbers: dict[date, int]) -> None:
        rows = {f"dossier:{self.org_code}:{day:%Y-%m-%d}": last for day, last in last_numbers.items() if last}
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO numbering_series (key, last) SELECT * FROM unnest(%s::text[], %s::bigint[])"
                " ON CONFLICT (key) DO UPDATE SET last = excluded.last",
                [list(rows), list(rows.values())],
            )

    def _flush(self) -> None:
        for stream in (
            self.applicants,
            self.documents,
            self.dossiers,
            self.events,
            self.components,
            self.pauses,
            self.series,
        ):
            stream.flush()

    def _instant(self, index: int, hours: float) -> datetime:
        """Return a moment of office time on that working day, the `hours` and a bit after opening."""
        day = self.working[min(index, len(self.working) - 1)]
        sessions = self.calendar.sessions(day)
        opens, closes = sessions[self.rng.random() < 0.5] if len(sessions) > 1 else sessions[0]
        return opens + timedelta(seconds=int(self.rng.random() * ((closes - opens).total_seconds() - 60)))

    def _due(
        self, received_at: datetime, limit: TimeLimit, pause: tuple[datetime, datetime] | None
    ) -> datetime:
        pauses = [Pause(*pause, _PAUSE)] if pause else []
        return compute_due(received_at, limit, self.calendar, pauses=pauses).due_at or received_at

    def _due_of(
        self, received_at: datetime, limit: TimeLimit, pause: tuple[datetime, datetime] | None = None
    ) -> datetime:
        """Return the due instant, computed once a day and term: terms in days do not ask for the minute of receipt."""
        if limit.unit in (Unit.WORKING_DAYS, Unit.CALENDAR_DAYS, Unit.MONTHS):
            received_at = received_at.replace(hour=8, minute=0, second=0)
        return self.due(received_at, limit, pause)

    def _person(self, by_citizen: bool) -> Person:
        """Return somebody who was here lately, or somebody new; two thirds of the visits are by people who come again."""
        known = self.known[by_citizen]
        if known and self.rng.random() < 0.66:
            return known[int(self.rng.random() * len(known))]
        person = next(self.people[by_citizen])
        self.applicants.add(*person.row())
        self.written["applicants"] += 1
        known.append(person)
        if len(known) > KNOWN_PEOPLE:
            self._forget(known.popleft())
        return person

    def _forget(self, person: Person) -> None:
        for kind, last in person.papers.items():
            self.series.add(f"document:{person.number}:{kind}", last)

    def _dossier(self, day: date, number: int, received_at: datetime) -> None:
        procedure = self.rng.choices(self.procedures, self.weights)[0]
        version = procedure.version_on(day)
        if version is None or version.limit is None:
            raise DomainError(
                f"Ngày {day:%d/%m/%Y} chưa có bản thủ tục nào có hiệu lực.",
                code="no_version_in_force",
                status=409,
            )
        person = self._person(procedure.row.key in BY_CITIZENS)
        dossier, code = self.next_dossier, format_code(self.org_code, day, number)
        self.next_dossier += 1
        clerk = self.staff.clerks[number % len(self.staff.clerks)]
        channel = self.rng.choices(("desk", "online", "post"), (60, 32, 8))[0]
        course, pause = self._course(procedure, version, received_at, clerk, channel)
        self._write_dossier(dossier, code, procedure, version, person, channel, course, pause)
        for seq, moment in enumerate(course, 1):
            self.events.add(
                dossier, seq, moment.action, moment.source, moment.target, *moment.steps, moment.at, moment.actor, moment.unit, moment.reason,
                "t", moment.data,
            )  # fmt: skip
        if pause:
            self.pauses.add(dossier, pause[0], pause[1], _PAUSE)
        self._write_papers(dossier, procedure, version, person, received_at, clerk)
        self.written.update(dossiers=1, events=len(course), pauses=int(pause is not None))

    def _course(
        self, procedure: ProcedureInForce, version: Version, received_at: datetime, clerk: int, channel: str
    ) -> tuple[list[Moment], tuple[datetime, datetime | None] | None]:
        """Return the acts that happened until the cut-off, and the pause if there was one."""
        unit, desk = procedure.row.unit_id, self.office.row.unit_id
        officer = self.staff.officers.get(unit, self.staff.spare)
        leader = self.staff.leaders.get(unit, self.staff.spare)
        appraisal, signature = version.steps[0].pk, version.steps[-1].pk
        limit, roll = version.limit or TimeLimit(1, Unit.WORKING_DAYS), self.rng.random()
        due = self._due_of(received_at, limit)
        times = self._times(received_at, due, roll)
        plan: list[tuple[str, str, int, int, int | None, str, dict[str, object]]] = [
            ("receive", "received", clerk, desk, None, "", {"channel": channel, "name_differs": False}),
            ("forward", "processing", officer, unit, appraisal, "", {"handoff": "electronic"}),
        ]
        if roll < 0.015:
            plan.append(("withdraw", "withdrawn", clerk, desk, appraisal, "Người nộp đề nghị rút hồ sơ.", {}))
        elif roll < 0.025:
            plan.append(
                ("stop", "stopped", leader, unit, appraisal, "Người nộp không thực hiện yêu cầu.", {})
            )
        else:
            if roll < 0.12:
                plan.append(
                    (
                        "request_supplement",
                        "awaiting_supplement",
                        officer,
                        unit,
                        appraisal,
                        "Hồ sơ còn thiếu bản dịch.",
                        {},
                    )
                )
                plan.append(("supplement", "processing", clerk, desk, appraisal, "", {}))
            plan.append(("forward", "processing", officer, unit, signature, "", {"handoff": "electronic"}))
            decided = ("refuse", "Không đủ điều kiện theo quy định.") if roll > 0.97 else ("approve", "")
            plan.append((decided[0], "finished", leader, unit, signature, decided[1], {}))
            plan.append(
                (
                    "return_result",
                    "returned",
                    clerk,
                    desk,
                    signature,
                    "",
                    {"method": "desk", "collected_by_other": False},
                )
            )
        return self._moments(plan, times, received_at, due, limit)

    def _times(self, received_at: datetime, due: datetime, roll: float) -> Iterator[datetime]:
        """Yield the moments of the acts after receipt, each later than the one before; some decisions come late."""
        start, span = (
            self.days[received_at.date()],
            max(1, self.calendar.days_between(received_at.date(), due.date())),
        )
        end = start + (
            span + 1 + int(self.rng.random() * 5)
            if self.rng.random() < 0.04
            else int(span * (0.3 + 0.65 * self.rng.random()))
        )
        # Three days for a supplement, which also push the end.
        offsets = (
            [min(start + 1, end), start + 2, start + 5, end + 2, end + 3, end + 5]
            if 0.025 <= roll < 0.12
            else [min(start + 1, end), end, end, end + 3]
        )
        at = received_at
        for offset in offsets:
            at = max(at + timedelta(minutes=2), self._instant(offset, 0))
            yield at

    def _moments(
        self, plan: list[tuple[str, str, int, int, int | None, str, dict[str, object]]], times: Iterator[datetime],
        received_at: datetime, due: datetime, limit: TimeLimit,
    ) -> tuple[list[Moment], tuple[datetime, datetime | None] | None]:  # fmt: skip
        moments: list[Moment] = []
        pause: tuple[datetime, datetime | None] | None = None
        status, step = "", None
        for action, target, actor, unit, next_step, reason, data in plan:
            at = received_at if action == "receive" else next(times)
            if at > self.cutoff and moments:
                break
            if action == "request_supplement":
                pause = (at, None)
            elif action == "supplement" and pause:
                pause = (pause[0], at)
                due = self._due_of(received_at, limit, (pause[0], at))
            text = json.dumps({**data, "due_at": due.isoformat()}, ensure_ascii=False)
            moments.append(Moment(action, status, target, at, actor, unit, (step, next_step), reason, text))
            status, step = target, next_step
        return moments, pause

    def _write_dossier(
        self, dossier: int, code: str, procedure: ProcedureInForce, version: Version, person: Person, channel: str,
        course: list[Moment], pause: tuple[datetime, datetime | None] | None,
    ) -> None:  # fmt: skip
        received, last = course[0], course[-1]
        at = {moment.action: moment.at for moment in course}
        outcome = "granted" if "approve" in at else "refused" if "refuse" in at else ""
        first_due, due = json.loads(received.data)["due_at"], json.loads(last.data)["due_at"]
        assignee = course[1].actor if len(course) > 1 else None
        token = tracking.hash_of(tracking.token_of(code, 1))
        self.dossiers.add(
            dossier, code, code_key(code), self.office.row.pk, procedure.row.unit_id, procedure.row.pk, version.row.pk,
            next(iter(version.cases.values())).row.pk, channel, last.target, outcome, last.steps[1], len(course), person.pk, person.name,
            person.phone, "", person.address, "desk", "{}", assignee, received.actor, received.at, due, first_due,
            at.get("approve") or at.get("refuse"), at.get("return_result"), int(pause is not None), 0, token, 1, received.at,
        )  # fmt: skip

    def _write_papers(
        self,
        dossier: int,
        procedure: ProcedureInForce,
        version: Version,
        person: Person,
        received_at: datetime,
        clerk: int,
    ) -> None:
        for need in next(iter(version.cases.values())).components.values():
            kind, key = need.document_type, need.document_type.code
            held = person.latest.get(key) if need.is_reusable and not need.is_validity_limited else None
            document = held or uuid.UUID(int=self.rng.getrandbits(128), version=4)
            if held is None:
                number = person.papers[key] = person.papers.get(key, 0) + 1
                person.latest[key] = document
                code = codes.render(
                    self.template, owner=person.number, origin=procedure.row.code, type_code=key, nn=number
                )
                self.documents.add(
                    document, person.pk, kind.pk, "component", plain(need.name), "paper", "", code, person.number, procedure.row.code, key,
                    number, received_at, clerk, received_at,
                )  # fmt: skip
                self.written["documents"] += 1
            way = "reused" if held else "original" if need.originals else "copy"
            self.components.add(
                dossier,
                need.pk,
                need.position,
                plain(need.name),
                way,
                max(need.originals, need.copies, 1),
                document,
            )
            self.written["components"] += 1
