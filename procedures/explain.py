"""The answer of the deadline arithmetic as JSON: the same for the API and the command line."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError, InvalidInput
from procedures.catalogue import OfficeInForce
from procedures.deadlines import DeadlineError, Due, ExcludedDay, TimeLimit, Unit, compute_due


def ask_due(
    received_at: datetime, *, office: OfficeInForce, days: int | None = None, hours: int | None = None
) -> Due:
    """Work out a term of working days or of working hours at a desk.

    Raises InvalidInput unless exactly one of the two is given and in range, DomainError when the calendar of a year is missing.
    """
    if (days is None) == (hours is None):
        sentence = _("Hãy cho đúng một trong hai: days (ngày làm việc) hoặc hours (giờ làm việc).")
        raise InvalidInput(sentence, code="days_or_hours", fields={"days": sentence})
    try:
        limit = (
            TimeLimit(hours, Unit.WORKING_HOURS)
            if days is None and hours is not None
            else TimeLimit(days or 0, Unit.WORKING_DAYS)
        )
        return compute_due(received_at, limit, office.calendar)
    except DeadlineError as error:
        status = 409 if error.code == "calendar_missing" else 400
        raise DomainError(error.sentence, code=error.code, status=status) from error
    except OverflowError:
        sentence = _("Thời điểm tiếp nhận nằm ngoài lịch. Hãy kiểm tra lại năm.")
        raise InvalidInput(sentence, code="instant_format", fields={"received_at": sentence}) from None


def as_json(due: Due) -> dict[str, Any]:
    """Return `due_at`, every counted, excluded and paused day with its reason, and the notes. Instants carry +07:00."""
    return {
        "received_at": due.received_at.isoformat(),
        "limit": {"value": due.limit.value, "unit": str(due.limit.unit)},
        "due_at": due.due_at.isoformat() if due.due_at else None,
        "first_day": _day(due.first_day) if due.first_day else None,
        "counted": [day.isoformat() for day in due.counted],
        "excluded": [_day(day) for day in due.excluded],
        "paused": [_day(day) for day in due.paused],
        "pauses": [
            {
                "started_at": pause.started_at.isoformat(),
                "ended_at": pause.ended_at.isoformat() if pause.ended_at else None,
                "reason": pause.reason,
            }
            for pause in due.pauses
        ],
        "notes": list(due.notes),
    }


def _day(day: ExcludedDay) -> dict[str, str]:
    return {"date": day.date.isoformat(), "reason": day.reason}
