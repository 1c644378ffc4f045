"""What must hold of every deadline, and agreement with two other opinions."""

from collections import Counter
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from procedures.deadlines import (
    Due,
    Pause,
    TimeLimit,
    Unit,
    compute_due,
    elapsed_time,
    remaining_time,
)
from tests.procedures.calendars import office_calendar
from tests.procedures.oracle import OFF, WORKED, MinuteList, Spell, due_by_walking, is_open, midnight

CALENDAR = office_calendar()
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
FIRST, LAST = midnight(date(2021, 1, 1)), midnight(date(2026, 9, 30))

# Tết, and the Saturdays that are worked: where calendars go wrong.
TROUBLED = [
    *((date(2021, 2, 8), 10), (date(2022, 1, 28), 11), (date(2023, 1, 19), 9), (date(2024, 2, 7), 9)),
    *((date(2025, 1, 24), 11), (date(2026, 2, 13), 11)),
    *((date(2024, 5, 3), 3), (date(2025, 4, 25), 3), (date(2026, 1, 9), 3), (date(2026, 8, 21), 3)),
]

many = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
units = st.sampled_from(list(Unit))
minutes = st.integers(0, (LAST - FIRST) // MINUTE).map(lambda count: FIRST + count * MINUTE)
near_trouble = st.sampled_from(TROUBLED).flatmap(
    lambda window: st.integers(0, window[1] * 1440 - 1).map(
        lambda count: midnight(window[0]) + count * MINUTE
    )
)
moments = minutes | near_trouble
steps = st.one_of(st.sampled_from([0, 1, 30, 60, 90, 450, 1440]), st.integers(0, 9 * 1440))


def aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=LOCAL_ZONE)


@st.composite
def limits(draw: st.DrawFn) -> TimeLimit:
    unit = draw(units)
    highest = {Unit.SAME_DAY: 1, Unit.MONTHS: 4, Unit.WORKING_HOURS: 40}.get(unit, 30)
    return TimeLimit(draw(st.integers(1, highest)), unit)


@st.composite
def pauses_after(draw: st.DrawFn, received: datetime) -> tuple[Spell, ...]:
    spells: list[Spell] = []
    moment = received
    for _turn in range(draw(st.integers(0, 3))):
        start = moment + draw(steps) * MINUTE
        end = start + draw(steps) * MINUTE
        spells.append((start, end))
        moment = end
    if draw(st.integers(0, 5)) == 0:
        spells.append((moment + draw(steps) * MINUTE, None))
    return tuple(spells)


@st.composite
def questions(draw: st.DrawFn) -> tuple[datetime, TimeLimit, tuple[Spell, ...]]:
    received = draw(moments)
    return received, draw(limits()), draw(pauses_after(received))


def answer(
    received: datetime, limit: TimeLimit, spells: tuple[Spell, ...] = (), *, restart: bool = False
) -> Due:
    pauses = [Pause(aware(start), end and aware(end), "Chờ bổ sung") for start, end in spells]
    return compute_due(aware(received), limit, CALENDAR, pauses=pauses, restart_after_pause=restart)


@many
@given(questions(), st.booleans())
def test_the_answer_is_that_of_the_slow_walk(
    question: tuple[datetime, TimeLimit, tuple[Spell, ...]], restart: bool
) -> None:
    received, limit, spells = question
    slow = due_by_walking(received, limit.value, limit.unit, spells, restart=restart)
    assert answer(received, limit, spells, restart=restart).due_at == (slow and aware(slow))


@pytest.mark.parametrize(("first", "days"), TROUBLED, ids=lambda value: str(value))
def test_hours_agree_for_every_start_minute_around_tet_and_swapped_saturdays(first: date, days: int) -> None:
    table = MinuteList(first, first + 30 * DAY)
    opening = midnight(first)
    eight, one, seventeen = (TimeLimit(hours, Unit.WORKING_HOURS) for hours in (8, 1, 17))
    for count in range(days * 1440):
        moment = opening + count * MINUTE
        # Every minute of the days the office opens, for the common limit of 8 hours; a prime step spreads the
        # other limits, and the rest days, over the clock.
        sampled = count % 7 == 0
        if sampled or is_open(moment.date()):
            for limit in (eight, one, seventeen) if sampled else (eight,):
                assert answer(moment, limit).due_at == aware(table.due(moment, limit.value)), (moment, limit)


@pytest.mark.parametrize("unit", [Unit.WORKING_DAYS, Unit.CALENDAR_DAYS, Unit.MONTHS, Unit.SAME_DAY])
def test_days_agree_for_every_day_of_receipt_from_2021_to_2026(unit: Unit) -> None:
    values = {Unit.SAME_DAY: (1,), Unit.MONTHS: (1,)}.get(unit, (1, 15))
    for count in range((LAST - FIRST).days):
        for clock in (timedelta(0), timedelta(hours=15), timedelta(hours=15, minutes=1)):
            received = FIRST + count * DAY + clock
            for value in values:
                slow = due_by_walking(received, value, unit)
                assert slow is not None
                assert answer(received, TimeLimit(value, unit)).due_at == aware(slow)


def test_numpy_counts_the_same_working_days() -> None:
    # numpy knows one week only, so each swapped Saturday is checked by the slow walk and left out here.
    holidays = np.array(sorted(OFF), dtype="datetime64[D]")
    for count in range((LAST - FIRST).days):
        received = (FIRST + count * DAY).date()
        for value in (1, 5, 30):
            due = answer(FIRST + count * DAY, TimeLimit(value, Unit.WORKING_DAYS))
            assert due.due_at is not None
            last = due.due_at.date()
            if any(received < saturday <= last for saturday in WORKED):
                continue
            expected = np.busday_offset(received, value, roll="backward", holidays=holidays)
            assert np.datetime64(last) == expected
            assert np.busday_count(received + DAY, last + DAY, holidays=holidays) == value
            assert CALENDAR.days_between(received, last) == value


@many
@given(questions(), st.booleans())
def test_every_day_of_the_term_is_listed_exactly_once(
    question: tuple[datetime, TimeLimit, tuple[Spell, ...]], restart: bool
) -> None:
    due = answer(*question, restart=restart)
    listed = Counter([*due.counted, *(off.date for off in (*due.excluded, *due.paused))])
    if due.first_day:
        listed[due.first_day.date] += 1
    assert max(listed.values(), default=1) == 1
    if due.due_at is None:
        return
    received_on, due_on = due.received_at.date(), due.due_at.date()
    moved = {due_on} - listed.keys() if due.limit.unit in (Unit.CALENDAR_DAYS, Unit.MONTHS) else set()
    span = {received_on + step * DAY for step in range((due_on - received_on).days + 1)}
    assert listed.keys() | moved == span
    assert all(not is_open(off) for off, _reason in due.excluded)
    assert list(due.excluded) == sorted(due.excluded)


@many
@given(questions())
def test_the_due_instant_lies_in_office_hours_after_receipt(
    question: tuple[datetime, TimeLimit, tuple[Spell, ...]],
) -> None:
    due = answer(*question)
    if due.due_at is None:
        return
    assert due.due_at > due.received_at
    sessions = CALENDAR.sessions(due.due_at.date())
    assert any(opens < due.due_at <= closes for opens, closes in sessions)
    if due.limit.unit != Unit.WORKING_HOURS:
        assert due.due_at == sessions[-1][1]


@many
@given(moments, steps, limits())
def test_who_comes_later_is_not_served_earlier(received: datetime, later_by: int, limit: TimeLimit) -> None:
    first, second = answer(received, limit), answer(received + later_by * MINUTE, limit)
    assert first.due_at is not None
    assert second.due_at is not None
    assert first.due_at <= second.due_at


@many
@given(moments, limits().filter(lambda limit: limit.unit != Unit.SAME_DAY))
def test_a_longer_limit_never_ends_earlier(received: datetime, limit: TimeLimit) -> None:
    shorter, longer = answer(received, limit), answer(received, TimeLimit(limit.value + 1, limit.unit))
    assert shorter.due_at is not None
    assert longer.due_at is not None
    assert shorter.due_at <= longer.due_at


@many
@given(questions())
def test_pausing_never_makes_it_earlier(question: tuple[datetime, TimeLimit, tuple[Spell, ...]]) -> None:
    received, limit, spells = question
    fewer, all_of_them = answer(received, limit, spells[:-1]), answer(received, limit, spells)
    if all_of_them.due_at is not None:
        assert fewer.due_at is not None
        assert fewer.due_at <= all_of_them.due_at


@many
@given(questions(), steps, steps)
def test_hours_left_and_hours_used_add_up_to_the_term_at_any_instant(
    question: tuple[datetime, TimeLimit, tuple[Spell, ...]], first: int, second: int
) -> None:
    received, limit, spells = question
    due = answer(received, TimeLimit(limit.value, Unit.WORKING_HOURS), spells)
    for moment in (aware(received) + first * MINUTE, aware(received) + (first + second) * MINUTE):
        used, left = elapsed_time(due, moment, CALENDAR), remaining_time(due, moment, CALENDAR)
        assert used + left == timedelta(hours=limit.value)


@many
@given(moments, limits(), steps, steps, steps)
def test_time_left_never_moves_while_paused(
    received: datetime, limit: TimeLimit, wait: int, first: int, second: int
) -> None:
    start = received + wait * MINUTE
    due = answer(received, limit, ((start, None),))
    readings = {
        remaining_time(due, aware(start) + step * MINUTE, CALENDAR) for step in (0, first, first + second)
    }
    assert len(readings) == 1


@many
@given(moments, moments, moments)
def test_office_time_adds_up(one: datetime, two: datetime, three: datetime) -> None:
    # Any three instants lie within days of each other or years: keep the span short enough to walk.
    first, second, third = sorted((one, two, three))
    second, third = min(second, first + 60 * DAY), min(third, first + 90 * DAY)
    whole = CALENDAR.work_between(aware(first), aware(third))
    assert (
        whole
        == CALENDAR.work_between(aware(first), aware(second))
        + CALENDAR.work_between(aware(second), aware(third))
        == -CALENDAR.work_between(aware(third), aware(first))
    )
