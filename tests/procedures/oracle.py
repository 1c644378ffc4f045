"""A second, deliberately slow opinion on every deadline: it walks day by day, and minute by minute for hours.

Written from the rules alone and sharing no code with procedures.deadlines. Instants are naive local times here, in
whole minutes; a pause is a pair of them, its end None while open.
"""

import bisect
from datetime import date, datetime, time, timedelta

from tests.procedures.calendars import holiday_table

NEVER = datetime.combine(date.max, time.min)
HORIZON = timedelta(days=500)
OPEN_MINUTES = (*range(8 * 60, 12 * 60), *range(13 * 60 + 30, 17 * 60 + 30))
CLOSE = timedelta(hours=17, minutes=30)
Spell = tuple[datetime, datetime | None]


def _dates(key: str) -> frozenset[date]:
    return frozenset(row["date"] for year in holiday_table()["years"].values() for row in year[key])


OFF = _dates("days_off")
WORKED = _dates("working_weekends")


def is_open(day: date) -> bool:
    return day in WORKED or (day.weekday() < 5 and day not in OFF)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)


def stands_still_until(moment: datetime, pauses: tuple[Spell, ...]) -> bool:
    """Was the clock stopped during the minute that ends at `moment`?"""
    return any(start < moment <= (end or NEVER) for start, end in pauses)


def due_by_walking(
    received: datetime, value: int, unit: str, pauses: tuple[Spell, ...] = (), *, restart: bool = False
) -> datetime | None:
    if restart and pauses:
        last_end = max((end or NEVER) for _start, end in pauses)
        if last_end == NEVER:
            return None
        received, pauses = max(received, last_end), ()
    if unit == "working_hours":
        return _walk_minutes(received, value * 60, pauses)
    if unit == "working_days":
        return _walk_days(received.date(), value, pauses, only_open=True)
    if unit == "same_day":
        today = is_open(received.date()) and (received.hour, received.minute) <= (15, 0)
        eve = received.date() - timedelta(days=1) if today else received.date()
        return _walk_days(eve, 1, pauses, only_open=True)
    nominal = (
        value if unit == "calendar_days" else (_months_later(received.date(), value) - received.date()).days
    )
    return _walk_days(received.date(), nominal, pauses, only_open=False)


def _walk_days(day: date, need: int, pauses: tuple[Spell, ...], *, only_open: bool) -> datetime | None:
    limit = day + timedelta(days=need) + HORIZON
    while day < limit:
        day += timedelta(days=1)
        if only_open and not is_open(day):
            continue
        ends = midnight(day) + (CLOSE if is_open(day) else timedelta(days=1))
        if not stands_still_until(ends, pauses):
            need -= 1
        if need <= 0 and is_open(day) and not stands_still_until(ends, pauses):
            return ends
    return None


def _walk_minutes(start: datetime, need: int, pauses: tuple[Spell, ...]) -> datetime | None:
    moment, last = start, start + HORIZON
    while moment < last:
        if not is_open(moment.date()):
            moment = midnight(moment.date()) + timedelta(days=1)
            continue
        after = moment + timedelta(minutes=1)
        if moment.hour * 60 + moment.minute in OPEN_MINUTES and not stands_still_until(after, pauses):
            need -= 1
            if not need:
                return after
        moment = after
    return None


def _months_later(day: date, months: int) -> date:
    month = day.month
    year = day.year
    for _step in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    while True:
        try:
            return date(year, month, day.day)
        except ValueError:
            day -= timedelta(days=1)


class MinuteList:
    """Every open minute of a span written down once, so that thousands of starts can be looked up in it."""

    def __init__(self, first: date, last: date) -> None:
        self.origin = midnight(first)
        self.minutes: list[int] = []
        for step in range((last - first).days + 1):
            if is_open(first + timedelta(days=step)):
                self.minutes += [step * 1440 + minute for minute in OPEN_MINUTES]

    def due(self, received: datetime, hours: int) -> datetime:
        start = (received - self.origin) // timedelta(minutes=1)
        last = self.minutes[bisect.bisect_left(self.minutes, start) + hours * 60 - 1]
        return self.origin + timedelta(minutes=last + 1)
