"""The appointment of one dossier, explained day by day."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import format_datetime, local_date
from dossiers.models import Dossier
from procedures import catalogue
from procedures.catalogue import OfficeInForce, Version
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


def appointment(office: OfficeInForce, version: Version, at: datetime) -> Due:
    """Return the explained due instant of a dossier received now at this desk; a version without a known term is refused."""
    if version.limit is None:
        raise DomainError(
            _("Thủ tục này chưa có thời hạn giải quyết trong danh mục. Hãy báo đơn vị phụ trách bổ sung."),
            code="limit_unknown",
            status=409,
        )
    try:
        return compute_due(at, version.limit, office.calendar)
    except DeadlineError as error:
        raise DomainError(error.sentence, code=error.code, status=409) from error


def explain(dossier: Dossier, held: catalogue.Catalogue, *, resuming_at: datetime | None = None) -> Due:
    """Return the due instant with every counted, excluded and paused day and the reason; the open pause ends at `resuming_at` if given.

    Raises DomainError when the dossier has no clock yet (submitted online, not received).
    """
    version = held.version_by_id(dossier.version_of_procedure_id)
    if dossier.received_at is None or version.limit is None:
        raise DomainError(
            _("Hồ sơ chưa được tiếp nhận nên chưa có ngày hẹn trả."), code="no_clock", status=409
        )
    calendar = held.office_by_id(dossier.office_id).calendar
    pauses = stood_still(dossier, resuming_at=resuming_at)
    restart = version.row.after_supplement == ProcedureVersion.AfterSupplement.RESTART
    return compute(dossier.received_at, version.limit, calendar, pauses=pauses, restart=restart)


def stood_still(dossier: Dossier, *, resuming_at: datetime | None = None) -> list[Pause]:
    """Return when the legal clock stood still: while the applicant had something to do, and between an end and a reopening."""
    pauses: list[Pause] = []
    ended: datetime | None = None
    for span in dossier.spans.order_by("started_at", "id"):
        if ended is not None and span.started_at > ended:
            pauses.append(Pause(ended, span.started_at, _("Đã kết thúc, sau đó mở lại")))
        if span.is_paused:
            pauses.append(Pause(span.started_at, span.ended_at or resuming_at, span.get_status_display()))
        ended = span.ended_at
    if ended is not None and resuming_at is not None and resuming_at > ended:
        pauses.append(Pause(ended, resuming_at, _("Đã kết thúc, sau đó mở lại")))
    return pauses


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

    A dossier that was re-appointed keeps its new appointment, moved by as many working days as the clock has stood still since it ran.
    """
    if dossier.postpone_count == 0 or dossier.due_at is None:
        return explain(dossier, held, resuming_at=at).due_at or at
    calendar = held.office_by_id(dossier.office_id).calendar
    began = at
    for pause in reversed(stood_still(dossier, resuming_at=at)):
        if pause.ended_at != began:
            break
        began = pause.started_at
    stood = calendar.days_between(local_date(began), local_date(at))
    day = dossier.due_at
    for _step in range(stood):
        day = calendar.close_of(calendar.next_working(local_date(day)))
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
