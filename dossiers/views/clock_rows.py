"""The two clocks of a dossier in words: the appointment with its pauses, and each step's time budget against what it has used."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import format_date, format_datetime, format_duration, format_number
from dossiers import policy, sla
from dossiers.models import ClockSpan, Dossier, DossierEvent, Status
from dossiers.models.dossier import BEFORE_RECEIPT
from dossiers.services import clocks
from dossiers.services import due as due_service
from procedures import flow
from procedures.catalogue import Catalogue, Version
from procedures.deadlines import DeadlineError, Due, WorkingCalendar
from procedures.models import Step

Row = dict[str, Any]
HOUR = timedelta(hours=1)


def steps_of(
    dossier: Dossier,
    version: Version,
    events: list[DossierEvent],
    spans: list[ClockSpan],
    *,
    held: Catalogue,
    now: datetime,
    is_citizen: bool,
) -> list[Row]:
    """Return the way of the dossier through the steps that are done for it, with when each was reached and its time budget."""
    reached = {
        event.to_step_id: format_datetime(event.at)
        for event in reversed(events)
        if event.to_step_id and event.to_step_id != event.from_step_id
    }
    calendar, facts = sla.calendar_of(held, dossier.office_id), policy.facts_of(dossier, version)
    rows = [_received(dossier)]
    for step in version.steps:
        if not flow.applies(step, facts) and step.pk not in reached:
            continue
        row = {
            "state": _state(dossier, step, version),
            "title": step.citizen_name if is_citizen else step.name,
            "when": reached.get(step.pk, ""),
            "note": "",
        }
        if not is_citizen:
            row |= budget(step, spans, at=dossier.finished_at or now, calendar=calendar, state=row["state"])
        rows.append(row)
    return [*rows, _returned(dossier)]


def _received(dossier: Dossier) -> Row:
    is_in = dossier.status not in BEFORE_RECEIPT
    when = format_datetime(dossier.received_at) if dossier.received_at else ""
    return {"state": "done" if is_in else "current", "title": _("Tiếp nhận"), "when": when, "note": ""}


def _returned(dossier: Dossier) -> Row:
    is_decided = dossier.status in (Status.FINISHED, Status.RETURNED)
    state = "done" if dossier.returned_at else "current" if is_decided else "todo"
    when = format_datetime(dossier.returned_at) if dossier.returned_at else ""
    return {"state": state, "title": _("Trả kết quả"), "when": when, "note": ""}


def _state(dossier: Dossier, step: Step, version: Version) -> str:
    here = flow.position_of(version.steps, dossier.step_id)
    if dossier.status in (Status.FINISHED, Status.RETURNED) or step.position < here:
        return "done"
    return "current" if step.position == here and dossier.is_open else "todo"


def budget(step: Step, spans: list[ClockSpan], *, at: datetime, calendar: WorkingCalendar, state: str) -> Row:
    """Return the norm of a step, the office time it has used and what is left, as numbers and as one sentence.

    A step stands still while the legal clock does, because paused spans are not counted.
    """
    norm, spent = timedelta(hours=float(step.norm_hours)), clocks.spent_in(spans, step.pk, at, calendar)
    row: Row = {
        "norm_hours": float(step.norm_hours),
        "spent_hours": round(spent / HOUR, 1),
        "budget": min(100, round(100 * (spent / norm))) if norm else 0,
        "budget_kind": "late" if spent > norm else "warn" if spent * 5 > norm * 4 else "",
    }
    words = _("định mức %s") % format_hours(step.norm_hours)
    if state != "todo" or spent:
        words = _("đã dùng %(spent)s / %(norm)s") % {
            "spent": number_of(spent),
            "norm": format_hours(step.norm_hours),
        }
    if spent > norm:
        words += _(", quá %s") % format_hours(round((spent - norm) / HOUR, 1))
    elif state == "current":
        words += _(", còn %s") % format_hours(round((norm - spent) / HOUR, 1))
    return {**row, "note": words}


def number_of(length: timedelta) -> str:
    """Write office time as hours with one decimal at most, as Vietnamese writes it."""
    return f"{round(length / HOUR, 1):g}".replace(".", ",")


def format_hours(hours: Any) -> str:
    """Write a norm in working hours without a needless ",0"."""
    return _("%s giờ làm việc") % f"{float(hours):g}".replace(".", ",")


def legal(dossier: Dossier, spans: list[ClockSpan], *, held: Catalogue, now: datetime) -> Row | None:
    """Return the legal clock: the appointment, the pauses and the office time left; None without a clock.

    While the clock stands still, what is left is what was left when it stopped.
    """
    if dossier.due_at is None:
        return None
    calendar = sla.calendar_of(held, dossier.office_id)
    pauses = [span for span in spans if span.is_paused]
    running = next((span for span in pauses if span.ended_at is None), None)
    moment = running.started_at if running else now
    return {
        "due": format_datetime(dossier.due_at),
        "first_due": format_datetime(dossier.first_due_at)
        if dossier.first_due_at and dossier.first_due_at != dossier.due_at
        else "",
        "left": _left(moment, dossier.due_at, calendar) if dossier.is_open else "",
        "is_paused": running is not None,
        "respond_by": format_datetime(dossier.respond_by) if dossier.respond_by else "",
        "pauses": [_pause(span, calendar, now) for span in pauses],
    }


def _left(moment: datetime, due_at: datetime, calendar: WorkingCalendar) -> str:
    if moment > due_at:
        return _("quá hạn %s") % (sla.length_words(due_at, moment, calendar) or _("dưới 1 phút"))
    return _("còn %s") % (sla.length_words(moment, due_at, calendar) or _("dưới 1 phút"))


def _pause(span: ClockSpan, calendar: WorkingCalendar, now: datetime) -> Row:
    try:
        stood = calendar.work_between(span.started_at, span.ended_at or now)
        length = format_duration(stood, day=sla.OFFICE_DAY) if stood >= timedelta(minutes=1) else ""
    except DeadlineError:
        length = _("%s ngày") % format_number(((span.ended_at or now) - span.started_at).days)
    return {
        "reason": span.get_status_display(),
        "start": format_datetime(span.started_at),
        "end": format_datetime(span.ended_at) if span.ended_at else _("nay"),
        "length": length,
    }


def explained(dossier: Dossier, held: Catalogue) -> Row:
    """Return why the appointment is what it is, day by day; a sentence when that cannot be said."""
    try:
        due = due_service.explain(dossier, held)
    except DomainError as error:
        empty: Row = {"limit": "", "counted": [], "excluded": [], "paused": [], "notes": [], "pauses": []}
        return {"refused": error.sentence, **empty}
    limit = held.version_by_id(dossier.version_of_procedure_id).row.limit_words
    notes = list(due.notes)
    if dossier.postpone_count:
        notes.append(
            _("Hồ sơ đã được hẹn lại: ngày hẹn đang dùng là %s.")
            % (format_date(dossier.due_at) if dossier.due_at else "–")
        )
    return {
        "refused": "",
        "limit": limit,
        "counted": due.counted,
        "excluded": ([due.first_day] if due.first_day else []) + list(due.excluded),
        "paused": due.paused,
        "notes": notes,
        "pauses": _pauses(due),
    }


def _pauses(due: Due) -> list[str]:
    return [
        _("%(reason)s: từ %(start)s đến %(end)s")
        % {
            "reason": pause.reason,
            "start": format_datetime(pause.started_at),
            "end": format_datetime(pause.ended_at) if pause.ended_at else _("nay"),
        }
        for pause in due.pauses
    ]
