"""When a desk is open, in words for its visitors. Pure: the instant is given."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from bpmc_portal.lib.vietnamese import format_date, format_time, to_local, weekday_name
from procedures.catalogue import OfficeInForce
from procedures.deadlines import CalendarMissing


@dataclass(frozen=True)
class Opening:
    """How a desk stands at one instant: its hours of the day, whether it is open, and otherwise when it opens next."""

    is_open: bool
    hours_today: list[str]
    closed_because: str
    next_words: str


def opening_of(office: OfficeInForce, at: datetime) -> Opening | None:
    """Return how the desk stands now; None where the calendar of the year is not loaded, because we do not guess."""
    now = to_local(at)
    calendar = office.calendar
    try:
        sessions = calendar.sessions(now.date())
        is_open = any(opens <= now < closes for opens, closes in sessions)
        later = next((opens for opens, _closes in sessions if opens > now), None)
        if is_open:
            return Opening(True, session_words([(a.time(), b.time()) for a, b in sessions]), "", "")
        next_at = later or calendar.sessions(calendar.next_working(now.date()))[0][0]
        because = "" if sessions else calendar.reason_off(now.date()) or ""
    except CalendarMissing:
        return None
    hours = session_words([(opens.time(), closes.time()) for opens, closes in sessions])
    return Opening(False, hours, because, _("Mở cửa lại lúc %s") % moment_words(next_at, now.date()))


def session_words(sessions: list[tuple[time, time]]) -> list[str]:
    """Write ["08:00–11:30", "13:30–17:00"]: apart, so that a page breaks its lines between them."""
    return [f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in sessions]


def moment_words(at: datetime, today: date) -> str:
    """Write "13:30 hôm nay", "08:00 ngày mai" or "08:00, Thứ Hai 29/11/2021"."""
    day = to_local(at).date()
    if day == today:
        return _("%s hôm nay") % format_time(at)
    if day == today + timedelta(days=1):
        return _("%s ngày mai") % format_time(at)
    return f"{format_time(at)}, {weekday_name(day)} {format_date(day)}"


@dataclass(frozen=True)
class HoursLine:
    """Weekdays with the same hours."""

    days: str
    hours: list[str]


def weekly_hours(office: OfficeInForce) -> list[HoursLine]:
    """Return the week's hours, days with the same sessions drawn together: "Thứ Hai – Thứ Sáu"."""
    lines: list[tuple[list[int], tuple[tuple[time, time], ...]]] = []
    for weekday in range(7):
        sessions = tuple(office.calendar.hours.get(weekday, ()))
        if not sessions:
            continue
        if lines and lines[-1][1] == sessions and lines[-1][0][-1] == weekday - 1:
            lines[-1][0].append(weekday)
        else:
            lines.append(([weekday], sessions))
    return [HoursLine(_span(days), session_words(list(sessions))) for days, sessions in lines]


def _span(days: list[int]) -> str:
    monday = date(2024, 1, 1)
    first, last = (weekday_name(monday + timedelta(days=day)) for day in (days[0], days[-1]))
    return first if len(days) == 1 else f"{first} – {last}"
