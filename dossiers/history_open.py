"""What an open dossier of a made-up history needs besides: its next act, the hand of the internal clock, and when to look at it again."""

from datetime import datetime, timedelta

from django.conf import settings

from bpmc_portal.lib.vietnamese import local_date
from dossiers.bulk import NULL
from dossiers.history_course import Calendar, Followed, Plan
from dossiers.models import Dossier
from dossiers.services import clocks
from dossiers.workflow import next_act
from procedures.deadlines import DeadlineError

_CLOSED = f"{NULL}\t{NULL}\t%s\t{NULL}"
_OPEN = frozenset(("received", "processing", "awaiting_supplement", "awaiting_payment"))


def columns_of(found: Followed, plan: Plan, calendar: Calendar, received: int) -> str:
    """Return step_due_at, respond_by, next_act and look_at as COPY reads them. Slow only for the few that are open."""
    act = next_act(found.status, is_last_step=found.step == plan.last_step)
    if found.status not in _OPEN:
        return _CLOSED % act
    at = calendar.at(found.moment)
    step_due_at = _step_due(found, plan, calendar, at)
    respond_by = _answer_until(calendar, at) if found.status == "awaiting_supplement" else None
    dossier = Dossier(
        status=found.status, received_at=calendar.at(received), due_at=datetime.fromisoformat(found.due), step_due_at=step_due_at,
        respond_by=respond_by,
    )  # fmt: skip
    try:
        look_at = clocks.next_look(dossier, calendar.calendar, after=at)
    except DeadlineError:
        look_at = dossier.due_at
    return "\t".join(each.isoformat() if each else NULL for each in (step_due_at, respond_by)) + (
        f"\t{act}\t{look_at.isoformat() if look_at else NULL}"
    )


def _step_due(found: Followed, plan: Plan, calendar: Calendar, at: datetime) -> datetime | None:
    """Return when the step should be done: what was worked on before a pause is used up."""
    step = plan.steps.get(found.step)
    if step is None:
        return None
    if found.asked < found.entered or found.pause is None or found.pause[1] == NULL:
        return clocks.step_due(step, calendar.at(found.entered), calendar.calendar)
    spent = calendar.calendar.work_between(calendar.at(found.entered), calendar.at(found.asked))
    return clocks.step_due(step, at, calendar.calendar, spent=spent)


def _answer_until(calendar: Calendar, at: datetime) -> datetime:
    day = local_date(at) + timedelta(days=settings.ANSWER_WITHIN_DAYS)
    inner = calendar.calendar
    return inner.close_of(day if inner.is_working(day) else inner.next_working(day))
