"""When a result is due, and why: every day counted, every day left out, every day the clock stood still.

Pure arithmetic over one working calendar; no database, no present moment.

Sources: Bộ luật Dân sự 2015, Điều 147 (thời điểm bắt đầu thời hạn) and Điều 148 (kết thúc thời hạn); the
15:00 rule of same-day procedures is that of the one-stop desks (Nghị định 61/2018/NĐ-CP and plans under it).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple, cast

from django.utils.translation import gettext as _

from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from procedures.working_calendar import (
    DAY,
    CalendarMissing,
    DeadlineError,
    WorkingCalendar,
    days_from,
    to_local,
)

__all__ = [
    "CalendarMissing",
    "DeadlineError",
    "Due",
    "ExcludedDay",
    "Pause",
    "TimeLimit",
    "Unit",
    "WorkingCalendar",
    "compute_due",
    "elapsed_time",
    "remaining_time",
]

MAX_VALUE = 3650
SAME_DAY_CUTOFF = time(15, 0)

_NOTHING = timedelta(0)
_FOREVER = datetime.max.replace(tzinfo=LOCAL_ZONE)


class Unit(StrEnum):
    """How the law measures a term: "ngày làm việc", "ngày", "tháng", "giờ làm việc", "trong ngày"."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    MONTHS = "months"
    WORKING_HOURS = "working_hours"
    SAME_DAY = "same_day"


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A statutory time limit. "5 ngày" and "5 ngày làm việc" are different limits."""

    value: int
    unit: Unit

    def __post_init__(self) -> None:
        highest = 1 if self.unit == Unit.SAME_DAY else MAX_VALUE
        if not 1 <= self.value <= highest:
            sentence = _("Thời hạn phải là số nguyên từ 1 đến %(highest)d. Giá trị đang là %(value)s.")
            raise DeadlineError("limit_value", sentence % {"highest": highest, "value": self.value})


@dataclass(frozen=True, slots=True)
class Pause:
    """A spell in which the clock stands still; open while `ended_at` is None."""

    started_at: datetime
    ended_at: datetime | None
    reason: str

    def __post_init__(self) -> None:
        started_at = to_local(self.started_at)
        ended_at = None if self.ended_at is None else to_local(self.ended_at)
        if ended_at is not None and ended_at < started_at:
            sentence = _("Thời điểm tiếp tục không được trước thời điểm tạm dừng.")
            raise DeadlineError("pause_reversed", sentence)
        object.__setattr__(self, "started_at", started_at)
        object.__setattr__(self, "ended_at", ended_at)

    @property
    def until(self) -> datetime:
        return self.ended_at or _FOREVER

    def holds(self, at: datetime) -> bool:
        return self.started_at <= at < self.until

    def holds_just_before(self, at: datetime) -> bool:
        """Tell whether the clock stood still in the last moment before `at`."""
        return self.started_at < at <= self.until


class ExcludedDay(NamedTuple):
    """A day that does not count, and the reason in Vietnamese."""

    date: date
    reason: str


@dataclass(frozen=True, slots=True)
class Due:
    """The answer, with the question it answers.

    Every day after the day of receipt up to `due_at` stands in exactly one of `counted`, `excluded` and
    `paused`; only the working day that a term is moved to off a rest day (Điều 148) stands in none. `first_day`
    is the day of receipt, or None when that day itself counts (hours, same day). While a pause is open `due_at`
    is None and the lists end where it began.
    """

    received_at: datetime
    limit: TimeLimit
    pauses: tuple[Pause, ...]
    restart_after_pause: bool
    due_at: datetime | None
    first_day: ExcludedDay | None
    counted: tuple[date, ...]
    excluded: tuple[ExcludedDay, ...]
    paused: tuple[ExcludedDay, ...]
    notes: tuple[str, ...]


def compute_due(
    received_at: datetime,
    limit: TimeLimit,
    calendar: WorkingCalendar,
    *,
    pauses: Sequence[Pause] = (),
    restart_after_pause: bool = False,
) -> Due:
    """Work out when the result is due.

    Days: the day of receipt is not counted (Điều 147 khoản 2) and the term ends at the close of business of its
    last day. A working day (for "ngày" and "tháng" any day) counts when the clock is running as it ends, so a
    pause begun and ended within one day costs nothing. "Ngày" and "tháng" that end on a rest day end with the
    next working day (Điều 148 khoản 5); a month without that day ends on its last (khoản 4); pauses prolong a
    term of months day for day. Hours run from the minute of receipt (Điều 147 khoản 1), in office time only, and
    end at the earliest instant that uses them up. With `restart_after_pause` the count begins anew, as if the
    end of the last pause were the receipt; otherwise a pause begun after the due instant changes nothing.

    Raises CalendarMissing when a needed year is not loaded, DeadlineError for nonsense.
    """
    received_at = to_local(received_at)
    in_order = _in_order(pauses)
    still_open = tuple(pause for pause in in_order if pause.ended_at is None)
    start = _count_from(received_at, in_order, restart_after_pause)
    tally = _Tally(calendar, still_open if restart_after_pause else in_order)
    due_at = _COUNTING[limit.unit](tally, start, limit)
    if restart_after_pause and still_open:
        due_at = None
    first_day = _set_aside(tally, received_at, start, limit)
    _warn_of_provisional_years(tally, received_at, due_at)
    return Due(
        received_at=received_at,
        limit=limit,
        pauses=in_order,
        restart_after_pause=restart_after_pause,
        due_at=due_at,
        first_day=first_day,
        counted=tuple(tally.counted),
        excluded=tuple(sorted(tally.excluded)),
        paused=tuple(tally.paused),
        notes=tuple(tally.notes),
    )


def remaining_time(due: Due, at: datetime, calendar: WorkingCalendar) -> timedelta:
    """Measure the office time left at `at`; negative once overdue.

    Answers with what was known at `at`: a pause that began later does not count yet, and while one lasts the
    answer is that of the moment it began.
    """
    known, moment = _as_known(due, at, calendar)
    due_at = cast(datetime, known.due_at)  # only closed pauses are known, so the count came to its end
    if moment <= due_at:
        return calendar.work_between(moment, due_at)
    return -_ran(due_at, moment, known.pauses, calendar)


def elapsed_time(due: Due, at: datetime, calendar: WorkingCalendar) -> timedelta:
    """Measure the office time the clock has run at `at`, pauses left out, since receipt or the last restart."""
    known, moment = _as_known(due, at, calendar)
    start = _count_from(known.received_at, known.pauses, known.restart_after_pause)
    return _ran(start, moment, known.pauses, calendar)


def _as_known(due: Due, at: datetime, calendar: WorkingCalendar) -> tuple[Due, datetime]:
    """Return the reckoning as it stood at `at`, and the reading of its clock: `at`, or when it last stopped."""
    at = to_local(at)
    past = tuple(pause for pause in due.pauses if pause.ended_at is not None and pause.ended_at <= at)
    moment = next((pause.started_at for pause in due.pauses if pause.holds(at)), at)
    if past != due.pauses:
        restart = due.restart_after_pause
        due = compute_due(due.received_at, due.limit, calendar, pauses=past, restart_after_pause=restart)
    return due, max(moment, due.received_at)


def _ran(start: datetime, end: datetime, pauses: Sequence[Pause], calendar: WorkingCalendar) -> timedelta:
    """Measure the office time between two instants in which the clock was running; zero when reversed."""
    if end <= start:
        return _NOTHING
    spells = _running(start, end, pauses)
    return sum((calendar.work_between(begin, stop) for begin, stop in spells), _NOTHING)


def _in_order(pauses: Sequence[Pause]) -> tuple[Pause, ...]:
    ordered = tuple(sorted(pauses, key=lambda pause: (pause.started_at, pause.until)))
    if any(later.started_at < earlier.until for earlier, later in pairwise(ordered)):
        raise DeadlineError("pauses_overlap", _("Các lần tạm dừng không được chồng lên nhau."))
    return ordered


def _count_from(received_at: datetime, pauses: Sequence[Pause], restart: bool) -> datetime:
    """Return the instant the count begins: the receipt, or the end of the last pause after which it restarts."""
    ends = [pause.ended_at for pause in pauses if pause.ended_at is not None] if restart else []
    return max([received_at, *ends])


@dataclass(slots=True)
class _Tally:
    """The days of one count as it walks forward."""

    calendar: WorkingCalendar
    pauses: tuple[Pause, ...]
    counted: list[date] = field(default_factory=list)
    excluded: list[ExcludedDay] = field(default_factory=list)
    paused: list[ExcludedDay] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def walk(self, day: date, need: int, *, working_only: bool) -> date | None:
        """Count `need` days from `day` on; return the last, or None when an open pause comes first."""
        calendar, pauses = self.calendar, self.pauses
        while True:
            off = calendar.reason_off(day) if working_only else None
            if off is not None:
                self.excluded.append(ExcludedDay(day, off))
            elif pauses and (pause := _pause_at_end(day, calendar, pauses)):
                if pause.ended_at is None:
                    return None
                self.paused.append(ExcludedDay(day, pause.reason))
            else:
                self.counted.append(day)
                need -= 1
                if not need:
                    return day
            day += DAY


def _pause_at_end(day: date, calendar: WorkingCalendar, pauses: Sequence[Pause]) -> Pause | None:
    end = calendar.end_of(day)
    return next((pause for pause in pauses if pause.holds_just_before(end)), None)


def _count_working_days(tally: _Tally, start: datetime, limit: TimeLimit) -> datetime | None:
    last = tally.walk(start.date() + DAY, limit.value, working_only=True)
    return None if last is None else tally.calendar.close_of(last)


def _count_same_day(tally: _Tally, start: datetime, limit: TimeLimit) -> datetime | None:
    """Due today if received on a working day, not after 15:00 and before closing; else the next working day."""
    day = start.date()
    in_time = start.time() <= SAME_DAY_CUTOFF and tally.calendar.is_working(day)
    if not (in_time and start < tally.calendar.close_of(day)):
        day += DAY
    last = tally.walk(day, limit.value, working_only=True)
    return None if last is None else tally.calendar.close_of(last)


def _count_calendar_days(tally: _Tally, start: datetime, limit: TimeLimit) -> datetime | None:
    return _end_on_working_day(tally, tally.walk(start.date() + DAY, limit.value, working_only=False))


def _count_months(tally: _Tally, start: datetime, limit: TimeLimit) -> datetime | None:
    day = start.date()
    years, month = divmod(day.month - 1 + limit.value, 12)
    year, month = day.year + years, month + 1
    nominal = date(year, month, min(day.day, monthrange(year, month)[1]))
    return _end_on_working_day(tally, tally.walk(day + DAY, (nominal - day).days, working_only=False))


def _end_on_working_day(tally: _Tally, last: date | None) -> datetime | None:
    """Điều 148 khoản 5: "Khi ngày cuối cùng của thời hạn là ngày nghỉ cuối tuần hoặc ngày nghỉ lễ thì thời hạn
    kết thúc tại thời điểm kết thúc ngày làm việc tiếp theo ngày nghỉ đó."
    """
    if last is None:
        return None
    calendar = tally.calendar
    off = calendar.reason_off(last)
    if off is None:
        return calendar.close_of(last)
    sentence = _(
        "Ngày cuối của thời hạn, %(day)s, là ngày nghỉ (%(reason)s) nên thời hạn kết thúc vào "
        "ngày làm việc tiếp theo (khoản 5 Điều 148 Bộ luật Dân sự 2015)."
    )
    tally.notes.append(sentence % {"day": last.strftime("%d/%m/%Y"), "reason": off})
    landing = _Tally(calendar, tally.pauses)
    landed = landing.walk(last + DAY, 1, working_only=True)
    tally.excluded += landing.excluded
    tally.paused += landing.paused
    return None if landed is None else calendar.close_of(landed)


def _count_working_hours(tally: _Tally, start: datetime, limit: TimeLimit) -> datetime | None:
    calendar, pauses = tally.calendar, tally.pauses
    left = timedelta(hours=limit.value)
    day = start.date()
    while True:
        before = left
        sessions = calendar.sessions(day)
        for opens, closes in sessions:
            for begin, end in _running(max(opens, start), closes, pauses):
                if left <= end - begin:
                    tally.counted.append(day)
                    return begin + left
                left -= end - begin
        if left < before:
            tally.counted.append(day)
        if pauses and pauses[-1].ended_at is None and pauses[-1].started_at <= calendar.end_of(day):
            return None
        if left == before:
            _skip(tally, day, start)
        day += DAY


def _skip(tally: _Tally, day: date, start: datetime) -> None:
    """Book a day on which no time ran, unless it is the day of receipt and was over already."""
    if off := tally.calendar.reason_off(day):
        if day > start.date():
            tally.excluded.append(ExcludedDay(day, off))
    elif start < tally.calendar.close_of(day) and (pause := _pause_at_end(day, tally.calendar, tally.pauses)):
        tally.paused.append(ExcludedDay(day, pause.reason))


_COUNTING = {
    Unit.WORKING_DAYS: _count_working_days,
    Unit.CALENDAR_DAYS: _count_calendar_days,
    Unit.MONTHS: _count_months,
    Unit.WORKING_HOURS: _count_working_hours,
    Unit.SAME_DAY: _count_same_day,
}


def _set_aside(tally: _Tally, received_at: datetime, start: datetime, limit: TimeLimit) -> ExcludedDay | None:
    """Account for the days before the count began; return the day of receipt when it does not count."""
    received_on, first = received_at.date(), start.date()
    placed = {*tally.counted[:1], *(day for day, _reason in tally.paused[:1])}
    for day in days_from(received_on + DAY, first):
        if off := tally.calendar.reason_off(day):
            tally.excluded.append(ExcludedDay(day, off))
        elif day not in placed:
            tally.paused.append(ExcludedDay(day, _("Thời hạn tính lại từ đầu sau khi tạm dừng")))
    if received_on in placed:
        return None
    if limit.unit not in (Unit.WORKING_HOURS, Unit.SAME_DAY):
        reason = _("Ngày tiếp nhận, không tính vào thời hạn (khoản 2 Điều 147 Bộ luật Dân sự 2015)")
    elif first > received_on:
        reason = _("Thời hạn tính lại từ đầu sau khi tạm dừng")
    elif limit.unit == Unit.SAME_DAY:
        reason = _("Tiếp nhận sau 15 giờ hoặc ngoài giờ làm việc, tính sang ngày làm việc tiếp theo")
    else:
        reason = _("Tiếp nhận ngoài giờ làm việc, tính từ giờ làm việc tiếp theo")
    return ExcludedDay(received_on, reason)


def _warn_of_provisional_years(tally: _Tally, received_at: datetime, due_at: datetime | None) -> None:
    if due_at is None:
        return
    for year in range(received_at.year, due_at.year + 1):
        if year in tally.calendar.provisional_years:
            note = _("Lịch nghỉ năm %(year)d là tạm tính; thời hạn có thể đổi khi có thông báo chính thức.")
            tally.notes.append(note % {"year": year})


def _running(
    opens: datetime, closes: datetime, pauses: Sequence[Pause]
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the parts of one span in which the clock was running."""
    for pause in pauses:
        if pause.until <= opens:
            continue
        if pause.started_at >= closes:
            break
        if opens < pause.started_at:
            yield opens, pause.started_at
        opens = pause.until
    if opens < closes:
        yield opens, closes
