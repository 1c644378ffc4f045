"""The appointment of one dossier, explained day by day."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import format_datetime
from dossiers.models import Dossier
from procedures import catalogue
from procedures.deadlines import (
    DeadlineError,
    Due,
    Pause,
    TimeLimit,
    WorkingCalendar,
    compute_due,
    remaining_time,
)
from procedures.models import ProcedureVersion


def explain(dossier: Dossier, held: catalogue.Catalogue) -> Due:
    """Return the due instant with every counted, excluded and paused day and the reason.

    Raises DomainError when the dossier has no clock yet (submitted online, not received).
    """
    version = held.version_by_id(dossier.version_of_procedure_id)
    if dossier.received_at is None or version.limit is None:
        raise DomainError(
            _("Hồ sơ chưa được tiếp nhận nên chưa có ngày hẹn trả."), code="no_clock", status=409
        )
    calendar = held.office_by_id(dossier.office_id).calendar
    pauses = [
        Pause(pause.started_at, pause.ended_at, pause.reason)
        for pause in dossier.pauses.order_by("started_at")
    ]
    restart = version.row.after_supplement == ProcedureVersion.AfterSupplement.RESTART
    return compute(dossier.received_at, version.limit, calendar, pauses=pauses, restart=restart)


def compute(
    received_at: datetime, limit: TimeLimit, calendar: WorkingCalendar, *, pauses: list[Pause], restart: bool
) -> Due:
    """Compute with the pure function and turn its refusals into ours."""
    try:
        return compute_due(received_at, limit, calendar, pauses=pauses, restart_after_pause=restart)
    except DeadlineError as error:
        raise DomainError(error.sentence, code=error.code, status=409) from error


def due_after_resuming(dossier: Dossier, held: catalogue.Catalogue, *, at: datetime) -> datetime:
    """Return the due instant once the open pause ends at `at`.

    A dossier that was re-appointed keeps its new appointment, moved by as many working days as the clock stood still.
    """
    due = explain(dossier, held)
    if dossier.postpone_count == 0 or dossier.due_at is None:
        return due.due_at or at
    calendar = held.office_by_id(dossier.office_id).calendar
    last = dossier.pauses.order_by("started_at").last()
    stood = calendar.days_between(last.started_at.date(), at.date()) if last else 0
    day = dossier.due_at
    for _step in range(stood):
        day = calendar.close_of(calendar.next_working(day.date() + timedelta(days=1)))
    return day


def remaining(dossier: Dossier, held: catalogue.Catalogue, *, at: datetime) -> timedelta | None:
    """Return the working time left, negative when overdue, None without a clock."""
    if dossier.received_at is None:
        return None
    return remaining_time(explain(dossier, held), at, held.office_by_id(dossier.office_id).calendar)


def appointment_changed_words(before: datetime | None, after: datetime) -> str:
    """Say in one sentence how the appointment moved."""
    if before is None:
        return _("Hẹn trả: %s.") % format_datetime(after)
    return _("Hẹn trả chuyển từ %s sang %s.") % (format_datetime(before), format_datetime(after))
