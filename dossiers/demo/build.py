"""Live through the demo ministry's years, act by act, through the same services as everybody else, with injected time."""

import heapq
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import accumulate, count
from multiprocessing import get_context
from uuid import UUID

from django.db import connection, transaction

from bpmc_portal.accounts.models import User
from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.services import Work
from bpmc_portal.lib.vietnamese import local_date
from desk import forecasting
from digitization.models import Document
from digitization.services import assign_codes
from dossiers.demo import digitised, keys, present, processing
from dossiers.demo.people import COMPANY, TU, People, settle
from dossiers.demo.plans import PAPER_REASONS, Deed, Story, at_the_desk, count_on, stories
from dossiers.demo.visits import PRESENT, write_visits
from dossiers.demo.wake import wake
from dossiers.history_desk import plan_of
from dossiers.models import Dossier, Letter
from dossiers.services.acts import ItemInput
from dossiers.services.commands import ApplicantInput, ComponentInput, IntakeInput
from dossiers.services.intake import receive_dossier, submit_dossier
from dossiers.services.reasons import load_reasons
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from procedures import catalogue
from procedures.deadlines import WorkingCalendar
from procedures.models import ComponentRequirement

FIRST_DAY = date(2021, 1, 4)
OFFICE = "VPB"
DAYS_A_COMMIT = 20
# One in so many dossiers of the last weeks is left lying, so that the clock has something to warn of.
LEFT_EVERY, LEFT_FROM, LEFT_UNTIL = 5, timedelta(days=2), timedelta(days=24)
LETTERS_SINCE = timedelta(days=31)
NOTHING = timedelta(0)
# Rows are made now but tell of then; no service takes the moment a row was written, because only a rebuilt past needs it.
_ANALYSE = "ANALYZE dossiers_dossier, dossiers_dossierevent, dossiers_component, digitization_document, accounts_applicant"
_BACKDATE = (
    "UPDATE dossiers_dossier d SET created_at = e.at FROM dossiers_dossierevent e WHERE e.dossier_id = d.id AND e.seq = 1",
    "UPDATE digitization_document d SET created_at = f.at FROM (SELECT c.document_id, min(e.at) AS at FROM dossiers_component c"
    " JOIN dossiers_dossierevent e ON e.dossier_id = c.dossier_id AND e.seq = 1 GROUP BY 1) f WHERE f.document_id = d.id",
    "UPDATE accounts_applicant a SET created_at = f.at, updated_at = f.at FROM (SELECT applicant_id, min(created_at) AS at"
    " FROM dossiers_dossier GROUP BY 1) f WHERE f.applicant_id = a.id",
)


def build(*, now: datetime, total: int, parts: int = 1) -> dict[str, int]:
    """Build accounts and about `total` dossiers up to `now`; return how many rows stand.

    With several `parts` the years are lived by as many processes, each with days and applicants of its own, so that the story
    is the same every time whoever is faster. Writes no jobs, and so sends no messages; receipts are asked for only for what
    was received on the last day.
    """
    with transaction.atomic():
        load_reasons()
        people = settle()
    with jobs.quiet():
        if parts == 1:
            _live(people, now, total, 0, 1)
        else:
            # Fresh processes: a forked one would inherit the locks of threads that it does not have.
            name = str(connection.settings_dict["NAME"])
            with ProcessPoolExecutor(parts, get_context("spawn"), wake, (name,)) as pool:
                list(pool.map(partial(_live, people, now, total, parts=parts), range(parts)))
        life = _Life(people, now, total, parts - 1, parts)
        with transaction.atomic():
            life.wait_online()
        with transaction.atomic(), connection.cursor() as cursor:
            # Tables that have just been filled have no statistics, and without them the joins below take their time.
            cursor.execute(_ANALYSE)
            for statement in _BACKDATE:
                cursor.execute(statement)
        with transaction.atomic():
            life.queue()
        with transaction.atomic():
            processing.play(people, now=now)
    latest = Dossier.objects.filter(received_at__isnull=False).order_by("-received_at").first()
    if latest is not None and latest.received_at is not None:
        _ask_for_receipts(local_date(latest.received_at))
    _ask_for_letters(now)
    digitised.fill(people, now=now)
    keys.give(people)
    return {"dossiers": Dossier.objects.count(), "documents": Document.objects.count()}


@transaction.atomic
def _ask_for_receipts(day: date) -> None:
    received = Dossier.objects.filter(received_at__date=day).order_by("pk")
    jobs.enqueue(
        *(
            Work(
                "dossiers.issue_receipt", f"receipt:{each.code_key}:A5", {"dossier_id": each.pk, "size": "A5"}
            )
            for each in received
        )
    )


@transaction.atomic
def _ask_for_letters(now: datetime) -> None:
    """Let the letters of the last weeks be printed; nobody opens the older ones."""
    issued = Letter.objects.filter(state=Letter.State.ISSUED, issued_at__gte=now - LETTERS_SINCE).order_by(
        "pk"
    )
    jobs.enqueue(
        *(Work("dossiers.issue_letter", f"letter:{each.pk}", {"letter_id": each.pk}) for each in issued)
    )


def _live(people: People, now: datetime, total: int, part: int, parts: int) -> None:
    """Live one part of the years; a process of its own may do it."""
    with jobs.quiet():
        _Life(people, now, total, part, parts).live()


class _Life:
    """The years as they pass, or one part of them: what is to come stands in a heap by time."""

    def __init__(self, people: People, now: datetime, total: int, part: int, parts: int) -> None:
        self.people, self.now, self.total, self.part, self.parts = people, now, total, part, parts
        # Bà Tư and the demo enterprise stand first in their pools: the last part, the present, has them.
        first = (part + 1) % parts
        self.citizens, self.firms = people.citizens[first::parts], people.firms[first::parts]
        self.held = catalogue.current()
        self.calendar: WorkingCalendar = self.held.office(OFFICE).calendar
        self.clerks: list[User] = [people.users[name] for name in ("lan", "lan2", "lan3", "lan4", "lan5")]
        self.agenda: list[tuple[datetime, int, str, Deed, User]] = []
        self.order = count()
        # Who already has which kind of paper with a code, so that it may be used again.
        self.papers: set[tuple[str, int]] = set()
        self.fresh: set[tuple[str, int]] = set()

    def live(self) -> None:
        """Live every day; one transaction for a few weeks keeps commits few."""
        mine = self._days_of_part()
        procedures = [each for each in self.held.each() if each.row.is_active and each.versions]
        for start in range(0, len(mine), DAYS_A_COMMIT):
            with transaction.atomic():
                for day, number in mine[start : start + DAYS_A_COMMIT]:
                    self._live_day(day, stories(day, number, procedures, self.calendar))
        with transaction.atomic():
            self._act_until(self.now)

    def _days(self) -> list[date]:
        span = range((local_date(self.now) - FIRST_DAY).days + 1)
        return [day for number in span if self.calendar.is_working(day := FIRST_DAY + timedelta(days=number))]

    def _days_of_part(self) -> list[tuple[date, int]]:
        """Return the days of this part with how many dossiers come on each; parts hold about as many dossiers."""
        days = self._days()
        counts = [(day, count_on(day, today=days[-1], total=self.total, days=len(days))) for day in days]
        share = sum(number for _day, number in counts) / self.parts
        before = accumulate((number for _day, number in counts), initial=0)
        return [
            each
            for each, passed in zip(counts, before, strict=False)
            if min(int(passed / share), self.parts - 1) == self.part
        ]

    def _live_day(self, day: date, begun: list[Story]) -> None:
        for story in at_the_desk(begun, today=day == local_date(self.now)):
            if story.received_at < self.now - (PRESENT if story.channel == "desk" else NOTHING):
                self._act_until(story.received_at)
                self._receive(story)
        self._act_until(min(self.calendar.close_of(day), self.now))
        if self.fresh:
            assign_codes(self._waiting(), at=min(self.calendar.close_of(day), self.now))
        self.papers |= self.fresh
        self.fresh.clear()

    def _receive(self, story: Story) -> None:
        pool = self.citizens if story.by_citizen else self.firms
        applicant = pool[int(story.applicant * len(pool))]
        intake = self._intake(story, applicant)
        clerk = self.clerks[story.clerk]
        owner = {TU.identity_number: "tu", COMPANY.identity_number: "congty"}.get(applicant.identity_number)
        if story.channel == "online" and owner:
            submitted_at = story.received_at - timedelta(minutes=20 + 10 * story.clerk)
            code = submit_dossier(intake, actor=self.people.users[owner], at=submitted_at).code
            dossier = act(code, Action.RECEIVE, actor=clerk, at=story.received_at)
        else:
            dossier = receive_dossier(intake, actor=clerk, at=story.received_at)
        unit = self.held.units[dossier.unit_id]
        parts = {
            "clerk": clerk,
            "officer": self.people.officer_of(unit),
            "leader": self.people.leader_of(unit),
        }
        for deed in self._done_of(story):
            if deed.action is Action.REQUEST_SUPPLEMENT:
                item = ItemInput(intake.components[-1].component, PAPER_REASONS[deed.params.reason])
                deed = replace(deed, params=replace(deed.params, items=(item,)))
            heapq.heappush(self.agenda, (deed.at, next(self.order), dossier.code, deed, parts[deed.part]))

    def _done_of(self, story: Story) -> tuple[Deed, ...]:
        """Return what is done of a story: of the last weeks some dossiers stay on the table where they were put."""
        age, lot = self.now - story.received_at, int(story.applicant * 10**6)
        if lot % LEFT_EVERY or not LEFT_FROM < age < LEFT_UNTIL:
            return story.deeds
        return story.deeds[: 1 + lot // LEFT_EVERY % 2]

    def _intake(self, story: Story, applicant: ApplicantInput) -> IntakeInput:
        _procedure, version = self.held.version(story.procedure, local_date(story.received_at))
        needs = version.case(None).components.values()
        return IntakeInput(
            procedure=story.procedure,
            office=OFFICE,
            channel=story.channel,
            applicant=applicant,
            components=tuple(
                self._paper(need, applicant, story) for need in needs if need.is_mandatory or story.clerk % 2
            ),
            return_method=story.return_method,
        )

    def _paper(self, need: ComponentRequirement, applicant: ApplicantInput, story: Story) -> ComponentInput:
        key = (applicant.identity_number, need.document_type_id)
        if need.is_reusable and not need.is_validity_limited and key in self.papers and story.clerk != 0:
            return ComponentInput(need.code, "reused")
        self.fresh.add(key)
        if need.originals:
            return ComponentInput(need.code, "original", need.originals)
        return ComponentInput(need.code, "certified_copy" if story.clerk < 3 else "copy", max(need.copies, 1))

    def _act_until(self, at: datetime) -> None:
        while self.agenda and self.agenda[0][0] <= at:
            when, _order, code, deed, actor = heapq.heappop(self.agenda)
            act(code, deed.action, actor=actor, at=when, params=deed.params)

    def queue(self) -> None:
        """Write who came to the desk on all these days, and play the day in progress."""
        office = self.held.office(OFFICE)
        plan = plan_of(office.row, [clerk.pk for clerk in self.clerks])
        write_visits(plan, self.people, self.calendar, self._days(), now=self.now)
        present.play(office, self.people, now=self.now)
        days = [day for day in self._days() if day < local_date(self.now)]
        if days:
            forecasting.learn(office, days[-1])

    def _waiting(self) -> list[UUID]:
        """Return the papers of this day's applicants that wait for their code."""
        owners = {owner for owner, _document_type in self.fresh}
        waiting = Document.objects.filter(code=None, code_owner__in=sorted(owners))
        return list(waiting.order_by("pk").values_list("pk", flat=True))

    def wait_online(self) -> None:
        """Leave work for the desk on the last day: two submitted dossiers, and one that its owner must put right."""
        day = self._days()[-1]
        at = min(self.calendar.close_of(day), self.now) - timedelta(minutes=30)
        waiting = (("tu", TU, "VP-01"), ("congty", COMPANY, "QLLDNN-04"), ("congty", COMPANY, "VL-01"))
        for number, (owner, applicant, procedure) in enumerate(waiting):
            story = Story(procedure, at, 0, 0.0, owner == "tu", "online", "electronic", ())
            code = submit_dossier(self._intake(story, applicant), actor=self.people.users[owner], at=at).code
            if number == 2:
                reason = Params(reason="Văn bản giải trình chưa có chữ ký của người đại diện theo pháp luật.")
                act(
                    code,
                    Action.ASK_TO_FIX,
                    actor=self.clerks[0],
                    at=at + timedelta(minutes=10),
                    params=reason,
                )
        assign_codes(self._waiting(), at=at)
