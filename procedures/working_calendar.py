"""The working time of an office: its hours, its days off, the rest days that are worked.

All reckoning happens in Asia/Ho_Chi_Minh, whatever zone an instant arrives in. Vietnam keeps +07:00 all year,
so wall-clock differences are true durations. Pure: no database, no present moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from django.utils.translation import gettext as _

from bpmc_portal.lib.vietnamese import LOCAL_ZONE, WEEKDAYS

DAY = timedelta(days=1)
Hours = tuple[tuple[time, time], ...]
Session = tuple[datetime, datetime]


class DeadlineError(ValueError):
    """A question about time that has no answer; carries a stable `code` and a Vietnamese `sentence`."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class CalendarMissing(DeadlineError):
    """The table of days off of a needed year is not loaded: refuse rather than guess."""

    def __init__(self, year: int) -> None:
        sentence = _(
            "Chưa có lịch nghỉ năm %(year)d nên chưa tính được thời hạn. "
            "Đề nghị quản trị viên nhập lịch nghỉ năm %(year)d rồi thử lại."
        )
        super().__init__("calendar_missing", sentence % {"year": year})
        self.year = year


def to_local(at: datetime) -> datetime:
    """Bring an instant to Asia/Ho_Chi_Minh; refuse one that carries no zone."""
    if at.tzinfo is LOCAL_ZONE:
        return at
    if at.utcoffset() is None:
        raise DeadlineError("naive_datetime", _("Thời điểm phải kèm múi giờ, ví dụ 2025-01-24T15:30+07:00."))
    return at.astimezone(LOCAL_ZONE)


def days_from(first: date, last: date) -> Iterator[date]:
    """Yield every date from `first` to `last`, both included."""
    for step in range((last - first).days + 1):
        yield first + timedelta(days=step)


def _instant(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, LOCAL_ZONE)


@dataclass(frozen=True, slots=True, eq=False)
class WorkingCalendar:
    """The working time of one office: weekly `hours` (0 = Monday), days off, and rest days that are worked.

    A day in `working_days` is worked even where `days_off` says otherwise, and keeps Monday's hours unless
    `hours` has its own for that weekday. A question outside `years` raises CalendarMissing.
    """

    hours: Mapping[int, Hours]
    days_off: Mapping[date, str]
    working_days: Mapping[date, str]
    years: frozenset[int]
    provisional_years: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        for sessions in self.hours.values():
            edges = [edge for session in sessions for edge in session]
            if any(later <= earlier for earlier, later in pairwise(edges)):
                raise DeadlineError(
                    "office_hours", _("Giờ làm việc phải theo thứ tự và không chồng lên nhau.")
                )

    def _hours(self, day: date) -> Hours:
        if day.year not in self.years:
            raise CalendarMissing(day.year)
        if day in self.working_days:
            return self.hours.get(day.weekday()) or self.hours.get(0, ())
        return () if day in self.days_off else self.hours.get(day.weekday(), ())

    def is_working(self, day: date) -> bool:
        return bool(self._hours(day))

    def reason_off(self, day: date) -> str | None:
        """Say why nobody works on `day`, in Vietnamese like the holiday names; None when it is worked."""
        if self._hours(day):
            return None
        return self.days_off.get(day) or WEEKDAYS[day.weekday()]

    def sessions(self, day: date) -> tuple[Session, ...]:
        return tuple((_instant(day, start), _instant(day, end)) for start, end in self._hours(day))

    def close_of(self, day: date) -> datetime:
        """Return the instant a working day closes."""
        hours = self._hours(day)
        if not hours:
            sentence = _("Ngày %(day)s là ngày nghỉ nên không có giờ đóng cửa.")
            raise DeadlineError("not_a_working_day", sentence % {"day": day.strftime("%d/%m/%Y")})
        return _instant(day, hours[-1][1])

    def end_of(self, day: date) -> datetime:
        """Return when `day` is over for the clock: at its close of business, or at midnight on a rest day."""
        hours = self._hours(day)
        return _instant(day, hours[-1][1]) if hours else _instant(day + DAY, time.min)

    def next_working(self, day: date) -> date:
        """Return the first working day after `day`."""
        day += DAY
        while not self._hours(day):
            day += DAY
        return day

    def days_between(self, after: date, until: date) -> int:
        """Count the working days after `after` up to and including `until`; negative when reversed."""
        if until < after:
            return -self.days_between(until, after)
        return sum(self.is_working(day) for day in days_from(after + DAY, until))

    def work_between(self, start: datetime, end: datetime) -> timedelta:
        """Measure the office time from `start` to `end`; negative when reversed."""
        start, end = to_local(start), to_local(end)
        if end < start:
            return -self.work_between(end, start)
        spans = (
            min(closes, end) - max(opens, start)
            for day in days_from(start.date(), end.date())
            for opens, closes in self.sessions(day)
            if opens < end and start < closes
        )
        return sum(spans, timedelta(0))
