"""The two clocks of a dossier: the legal one that the receipt promises, and the internal one of the current step.

Both run on the desk's working calendar and stand still in the same pauses. The ledger (ClockSpan) is written by the database from the
events; here is what an act sets on the dossier itself.
"""

from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from django.conf import settings

from bpmc_portal.lib.vietnamese import local_date
from dossiers.models import ClockSpan, Dossier
from dossiers.models.dossier import OPEN, PAUSED, RUNNING
from dossiers.services import due as due_service
from dossiers.services.acts import Act
from dossiers.workflow import Clock
from procedures.deadlines import DeadlineError, TimeLimit, Unit, WorkingCalendar, compute_due
from procedures.models import Step

FIFTH = 5
HOUR = timedelta(hours=1)
# An apology that nobody sent is taken further after so many working hours.
APOLOGY_HOURS = 4


def move(deed: Act) -> None:
    """Start, stop or resume the legal clock as the table says, and note the due instant in the event."""
    dossier, clock = deed.dossier, deed.transition.clock
    if clock is Clock.STARTS:
        due = due_service.appointment(deed.held.office_by_id(dossier.office_id), deed.version, deed.at)
        dossier.received_at, dossier.received_by = deed.at, deed.actor
        dossier.due_at = dossier.first_due_at = due.due_at
    elif clock is Clock.STOPS:
        dossier.respond_by = answer_until(deed)
        deed.data["respond_by"] = dossier.respond_by.isoformat()
    elif dossier.status not in RUNNING and clock is not Clock.NONE:
        dossier.respond_by = None
        if clock is Clock.RUNS:
            dossier.due_at = due_service.due_after_resuming(dossier, deed.held, at=deed.at)
            dossier.step_due_at = _step_due_after_resuming(deed)
    if dossier.due_at:
        deed.data["due_at"] = dossier.due_at.isoformat()


def answer_until(deed: Act) -> datetime:
    """Return until when the applicant is asked to answer: the day that was chosen, else settings.ANSWER_WITHIN_DAYS from today."""
    day = deed.params.respond_by or local_date(deed.at) + timedelta(days=settings.ANSWER_WITHIN_DAYS)
    if not deed.calendar.is_working(day):
        day = deed.calendar.next_working(day)
    return deed.calendar.close_of(day)


def step_due(
    step: Step, at: datetime, calendar: WorkingCalendar, *, spent: timedelta = timedelta(0)
) -> datetime | None:
    """Return when the step should be done by its norm, `spent` of it being used up; None where the calendar is not loaded."""
    left = step.norm_hours - Decimal(spent / HOUR)
    if left <= 0:
        return at
    hours = int(left.to_integral_value(ROUND_CEILING))
    try:
        return compute_due(at, TimeLimit(hours, Unit.WORKING_HOURS), calendar).due_at
    except DeadlineError:
        return None


def spent_in(
    spans: list[ClockSpan], step_id: int | None, at: datetime, calendar: WorkingCalendar
) -> timedelta:
    """Return the office time that the internal clock of a step has run until `at`."""
    runs = (span for span in spans if span.step_id == step_id and not span.is_paused)
    try:
        return sum((calendar.work_between(run.started_at, run.ended_at or at) for run in runs), timedelta(0))
    except DeadlineError:
        return timedelta(0)


def _step_due_after_resuming(deed: Act) -> datetime | None:
    step = next((step for step in deed.version.steps if step.pk == deed.dossier.step_id), None)
    if step is None:
        return None
    spans = list(ClockSpan.objects.filter(dossier=deed.dossier).order_by("started_at"))
    return step_due(step, deed.at, deed.calendar, spent=spent_in(spans, step.pk, deed.at, deed.calendar))


def warn_from(dossier: Dossier, calendar: WorkingCalendar) -> datetime | None:
    """Return the instant from which a dossier is "sắp đến hạn": an office day, or a fifth of its term, before the appointment."""
    if dossier.due_at is None or dossier.received_at is None:
        return None
    day = local_date(dossier.due_at) - timedelta(days=1)
    try:
        while not calendar.is_working(day):
            day -= timedelta(days=1)
    except DeadlineError:
        pass
    day_before = dossier.due_at - (local_date(dossier.due_at) - day)
    return min(day_before, dossier.due_at - (dossier.due_at - dossier.received_at) / FIFTH)


def apology_unsent_from(due_at: datetime, calendar: WorkingCalendar) -> datetime:
    """Return from when an apology that is still a draft is taken further."""
    return compute_due(due_at, TimeLimit(APOLOGY_HOURS, Unit.WORKING_HOURS), calendar).due_at or due_at


def next_look(dossier: Dossier, calendar: WorkingCalendar, *, after: datetime) -> datetime | None:
    """Return the next instant after `after` at which the clock has something to warn of; None when there is nothing.

    A look that is due and has not been taken yet stays due, or an act in the minute after a deadline would hide it.
    """
    if dossier.status in PAUSED:
        instants = [dossier.respond_by]
    elif dossier.status in OPEN and dossier.due_at is not None:
        instants = [
            dossier.step_due_at,
            warn_from(dossier, calendar),
            dossier.due_at + timedelta(microseconds=1),
            apology_unsent_from(dossier.due_at, calendar),
        ]
    else:
        return None
    if dossier.look_at is not None and dossier.look_at <= after:
        return dossier.look_at
    return min((instant for instant in instants if instant is not None and instant > after), default=None)
