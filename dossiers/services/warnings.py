"""What the clock says by itself: warnings once a level a person, and the apology that is drafted when an appointment has passed.

Looks at the dossiers whose instant has come (`look_at`, a partial index), never at the others. What is warned of follows from how a
dossier stands at that moment, so a worker that was dead for an hour says the same things, only later; nothing is said twice (unique
constraints on Alert, Letter and Notice).
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Absence, Membership, Role, User
from bpmc_portal.lib.vietnamese import format_datetime, local_date
from bpmc_portal.notices.models import Notice
from bpmc_portal.notices.services import notify
from dossiers.models import Alert, Dossier, Letter
from dossiers.models.dossier import OPEN, PAUSED
from dossiers.services import clocks, letters, opinions
from procedures import catalogue
from procedures.deadlines import DeadlineError, WorkingCalendar

log = logging.getLogger(__name__)

Level = Alert.Level
BATCH = 100
# Where the calendar of a needed year is not loaded the dossier is looked at again the next day.
WITHOUT_CALENDAR = timedelta(days=1)
# What a person reads of each level, on the page and in the letter.
WORDS = {
    Level.STEP_OVER: _("Bước đang làm đã quá định mức thời gian. Hãy làm tiếp hoặc chuyển bước."),
    Level.SOON: _("Hồ sơ sắp đến hạn trả. Hãy hoàn thành hoặc trình ký trong hôm nay."),
    Level.OVERDUE: _("Hồ sơ đã quá hạn trả. Dự thảo thư xin lỗi đã được lập; hãy xem và gửi."),
    Level.APOLOGY_UNSENT: _("Hồ sơ đã quá hạn mà thư xin lỗi chưa được gửi. Hãy ký gửi thư ngay."),
    Level.NO_ANSWER: _(
        "Đã hết hạn mà người nộp chưa trả lời. Hãy nhắc người nộp hoặc dừng giải quyết hồ sơ."
    ),
}
# What is worth an e-mail besides the mark on the page. E-mail waits in the box; nobody's telephone rings at night.
MAILED = frozenset({Level.OVERDUE, Level.APOLOGY_UNSENT})


@dataclass
class _People:
    """Who hears of the dossiers of one batch, read in three statements."""

    leaders: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    office: list[int] = field(default_factory=list)
    active: set[int] = field(default_factory=set)
    covers: dict[int, int] = field(default_factory=dict)

    def assignee(self, dossier: Dossier) -> set[int]:
        """Return who has the work, and who stands in today; the leaders where nobody has it, or who had it has left."""
        mine = {dossier.assignee_id, self.covers.get(dossier.assignee_id or 0)} & self.active
        return {each for each in mine if each is not None} or set(self.leaders[dossier.unit_id])

    def hearing(self, level: Level, dossier: Dossier) -> set[int]:
        """Return who hears of a level."""
        if level is Level.APOLOGY_UNSENT:
            return {*self.leaders[dossier.unit_id], *self.office}
        if level in (Level.STEP_OVER, Level.OVERDUE):
            return self.assignee(dossier) | set(self.leaders[dossier.unit_id])
        return self.assignee(dossier)


def sweep(at: datetime | None = None, *, limit: int = 500) -> int:
    """Look at up to `limit` dossiers whose instant has come and return at how many. Safe to repeat, and to run twice at once.

    Batches commit one by one; rows that another sweep or an act has locked are left to them. Instants come from the database.
    """
    held, now = catalogue.read()
    at, looked = at or now, 0
    while looked < limit:
        count = _batch(held, at, min(BATCH, limit - looked))
        looked += count
        if count == 0:
            break
    return looked


def close_opinions(at: datetime | None = None) -> int:
    """Close the questions to other units whose deadline has passed in silence; return how many."""
    _held, now = catalogue.read()
    return opinions.close_silent(at or now)


@transaction.atomic
def _batch(held: catalogue.Catalogue, at: datetime, size: int) -> int:
    due = Dossier.objects.select_for_update(skip_locked=True, of=("self",)).filter(look_at__lte=at)
    dossiers = list(due.order_by("look_at", "pk")[:size])
    if not dossiers:
        return 0
    people = _people(dossiers, local_date(at))
    alerts: list[Alert] = []
    for dossier in dossiers:
        calendar = held.office_by_id(dossier.office_id).calendar
        for level, about in _levels(dossier, calendar, at):
            alerts += [
                Alert(dossier=dossier, level=level, user_id=user, about=about, at=at)
                for user in sorted(people.hearing(level, dossier))
            ]
        dossier.look_at = _after(dossier, calendar, at)
    Alert.objects.bulk_create(alerts, ignore_conflicts=True)
    _mail(alerts)
    Dossier.objects.bulk_update(dossiers, ["look_at"])
    return len(dossiers)


def _levels(dossier: Dossier, calendar: WorkingCalendar, at: datetime) -> Iterator[tuple[Level, datetime]]:
    """Yield what is to be said of a dossier as it stands, with the instant that it is about; drafts the apology that is due.

    While the clock stands still nothing of a deadline is said, for none comes nearer.
    """
    if dossier.status in PAUSED:
        if dossier.respond_by is not None and dossier.respond_by <= at:
            yield Level.NO_ANSWER, dossier.respond_by
        return
    if dossier.status not in OPEN or dossier.due_at is None:
        return
    if dossier.step_due_at is not None and dossier.step_due_at <= at:
        yield Level.STEP_OVER, dossier.step_due_at
    if dossier.due_at < at:
        yield Level.OVERDUE, dossier.due_at
        apology = letters.draft_apology(dossier, at=at)
        is_unsent = apology is not None and apology.state == Letter.State.DRAFT
        if is_unsent and _has_waited(dossier.due_at, calendar, at):
            yield Level.APOLOGY_UNSENT, dossier.due_at
    elif (warn_from := clocks.warn_from(dossier, calendar)) is not None and warn_from <= at:
        yield Level.SOON, dossier.due_at


def _has_waited(due_at: datetime, calendar: WorkingCalendar, at: datetime) -> bool:
    try:
        return clocks.apology_unsent_from(due_at, calendar) <= at
    except DeadlineError:
        return False


def _after(dossier: Dossier, calendar: WorkingCalendar, at: datetime) -> datetime | None:
    dossier.look_at = None
    try:
        return clocks.next_look(dossier, calendar, after=at)
    except DeadlineError as error:
        log.warning("no calendar for dossier %s: %s", dossier.pk, error.code)
        return at + WITHOUT_CALENDAR


def _people(dossiers: Sequence[Dossier], on: date) -> _People:
    people = _People()
    held = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=on), Q(role=Role.MINISTRY_OFFICE) | Q(role=Role.LEADER, unit__in={each.unit_id for each in dossiers}),
        starts_on__lte=on, user__is_active=True,
    )  # fmt: skip
    for role, unit_id, user_id in held.order_by("pk").values_list("role", "unit_id", "user_id"):
        if role == Role.LEADER:
            people.leaders[unit_id].append(user_id)
        else:
            people.office.append(user_id)
    assignees = {each.assignee_id for each in dossiers if each.assignee_id is not None}
    away = Absence.objects.filter(
        user__in=assignees, starts_on__lte=on, ends_on__gte=on, cover__isnull=False
    ).order_by("pk")
    people.covers = dict(away.values_list("user_id", "cover_id"))
    able = User.objects.filter(pk__in=assignees | set(people.covers.values()), is_active=True)
    people.active = set(able.order_by("pk").values_list("pk", flat=True))
    return people


@dataclass(frozen=True)
class StaffMessage:
    """The strings that the templates may use: nothing of the applicant stands in an e-mail."""

    code: str
    level: str
    words: str
    about: str
    url: str


def _mail(alerts: Iterable[Alert]) -> None:
    """Write an e-mail for each warning that is worth one and whose person has an address; once, by the key of the outbox."""
    mailed = [each for each in alerts if each.level in MAILED]
    people = User.objects.filter(pk__in={each.user_id for each in mailed}).exclude(email="")
    addresses = dict(people.order_by("pk").values_list("pk", "email")) if mailed else {}
    for alert in mailed:
        if address := addresses.get(alert.user_id):
            notify(
                "staff_alert", channel=Notice.Channel.EMAIL, address=address, subject=alert.dossier.code,
                dedup_key=f"alert:{alert.dossier_id}:{alert.level}:{alert.user_id}:{alert.about:%Y%m%d%H%M%S}",
                context={"message": message_of(alert)},
            )  # fmt: skip


def message_of(alert: Alert) -> StaffMessage:
    """Return what an e-mail to a colleague says of a warning."""
    level = Level(alert.level)
    return StaffMessage(
        code=alert.dossier.code, level=str(level.label), words=str(WORDS[level]), about=format_datetime(alert.about),
        url=settings.PUBLIC_URL + reverse("dossiers:detail", args=[alert.dossier.code]),
    )  # fmt: skip
