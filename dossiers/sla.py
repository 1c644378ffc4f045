"""How a dossier stands against its appointment, in one state and a few words; the same rule for rows and for sets of rows.

"Sắp đến hạn" is ux.md 2.4: what is left is at most eight working hours or a fifth of the term, whichever is longer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext as _

from bpmc_portal.lib.vietnamese import format_duration
from dossiers.models import Outcome, Status
from dossiers.models.dossier import OPEN, PAUSED, RUNNING
from procedures.catalogue import Catalogue
from procedures.deadlines import DeadlineError, TimeLimit, Unit, WorkingCalendar, compute_due

OFFICE_DAY = timedelta(hours=8)
SOON_HOURS = 8
FIFTH = 5
# Office time is only worth counting near the appointment; years of delay are told in plain days.
NEAR = timedelta(days=60)


@dataclass(frozen=True)
class Standing:
    """A state of the `sla` tag ("" when no clock applies) and its words."""

    state: str
    words: str


def calendar_of(held: Catalogue, office_id: int) -> WorkingCalendar:
    """Return the desk's calendar, or the first desk's for a desk that has closed since."""
    for office in held.offices.values():
        if office.row.pk == office_id:
            return office.calendar
    return held.office(None).calendar


def soon_at(now: datetime, calendar: WorkingCalendar) -> datetime:
    """Return the instant eight working hours from now; one day ahead where the calendar is not loaded."""
    try:
        return compute_due(
            now, TimeLimit(SOON_HOURS, Unit.WORKING_HOURS), calendar
        ).due_at or now + timedelta(days=1)
    except DeadlineError:
        return now + timedelta(days=1)


def is_soon(received_at: datetime | None, due_at: datetime, *, now: datetime, soon: datetime) -> bool:
    """Say whether an appointment that has not passed is near."""
    return due_at <= soon or (received_at is not None and FIFTH * (due_at - now) <= due_at - received_at)


def overdue(now: datetime) -> Q:
    """Keep running dossiers whose appointment has passed."""
    return Q(status__in=RUNNING, due_at__lt=now)


def nearly_due(now: datetime, soon: datetime) -> Q:
    """Keep running dossiers whose appointment is near: `is_soon` in SQL."""
    term = ExpressionWrapper(F("due_at") - F("received_at"), output_field=DurationField())
    fifth_before = ExpressionWrapper(F("due_at") - term / FIFTH, output_field=DateTimeField())
    near = Q(due_at__lte=soon) | Q(LessThanOrEqual(fifth_before, Value(now, DateTimeField())))
    return Q(status__in=RUNNING, due_at__gte=now) & near


def standing(
    status: str,
    *,
    received_at: datetime | None,
    due_at: datetime | None,
    finished_at: datetime | None,
    outcome: str,
    now: datetime,
    calendar: WorkingCalendar,
    soon: datetime | None = None,
) -> Standing:
    """Return the state and words of one dossier now."""
    if status in PAUSED:
        return Standing("pause", _("Tạm dừng tính giờ"))
    if status in (Status.FINISHED, Status.RETURNED) and finished_at and due_at:
        late = finished_at > due_at
        word = _("Từ chối") if outcome == Outcome.REFUSED else _("Có kết quả")
        return Standing(
            "late" if late else "done", _("%s, trễ hạn") % word if late else _("%s, đúng hạn") % word
        )
    if status not in OPEN or due_at is None:
        return Standing("", str(Status(status).label))
    if now > due_at:
        # Just after closing time no office minute has passed since the appointment: then the word alone is the truth.
        length = length_words(due_at, now, calendar)
        return Standing("late", _("Quá hạn %s") % length if length else _("Quá hạn"))
    near = is_soon(received_at, due_at, now=now, soon=soon or soon_at(now, calendar))
    left = length_words(now, due_at, calendar) or _("dưới 1 phút")
    return Standing("warn" if near else "ok", _("Còn %s") % left)


def length_words(start: datetime, end: datetime, calendar: WorkingCalendar) -> str:
    """Tell the office time between two instants in its two largest units, an office day being eight hours; "" for none."""
    if end - start > NEAR:
        return _("%d ngày") % (end - start).days
    try:
        length, day = calendar.work_between(start, end), OFFICE_DAY
    except DeadlineError:
        length, day = end - start, timedelta(days=1)
    whole = timedelta(minutes=length // timedelta(minutes=1))
    return format_duration(whole, day=day) if whole else ""
