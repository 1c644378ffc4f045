"""The arithmetic of waiting: tables, and properties against slow opinions."""

import itertools
from datetime import date, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from desk import forecasting, rollups, waits
from desk.models import Forecast, Ticket
from desk.services import calling, serving, tickets
from desk.waits import ANY_BUCKET, Range, Sample
from procedures import catalogue
from procedures.deadlines import WorkingCalendar
from tests.procedures import oracle
from tests.procedures.calendars import office_calendar
from tests.world import World

MONDAY = date(2026, 11, 23)
A = "ld-ngoai-nuoc"


@cache
def calendar() -> WorkingCalendar:
    return office_calendar()


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=LOCAL_ZONE)


def spans(since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    return list(waits.closed_spans(calendar(), since, until))


@pytest.mark.parametrize(
    ("since", "until", "closed"),
    [
        pytest.param(local(23, 9), local(23, 10), [], id="inside a session"),
        pytest.param(
            local(23, 11, 50), local(23, 13, 35), [(local(23, 12), local(23, 13, 30))], id="over lunch"
        ),
        pytest.param(local(23, 11, 50), local(23, 12, 40), [], id="called in the lunch break"),
        pytest.param(
            local(23, 12, 10), local(23, 13, 30), [(local(23, 12, 10), local(23, 13, 30))], id="as it opens"
        ),
        pytest.param(local(23, 7), local(23, 8, 5), [(local(23, 7), local(23, 8))], id="before the morning"),
        pytest.param(
            local(25, 17, 20), local(26, 8, 10), [(local(25, 17, 30), local(26, 8))], id="over a night"
        ),
        pytest.param(local(23, 17), local(25, 9), [(local(23, 17, 30), local(25, 8))], id="over a holiday"),
        pytest.param(local(27, 17), local(30, 8), [(local(27, 17, 30), local(30, 8))], id="over a weekend"),
        pytest.param(local(23, 10), local(23, 9), [], id="a clock set back"),
        pytest.param(local(23, 10), local(22, 9), [], id="a clock set back by a day"),
    ],
)
def test_closed_hours_inside_a_wait(
    since: datetime, until: datetime, closed: list[tuple[datetime, datetime]]
) -> None:
    assert spans(since, until) == closed


def closed_minutes(since: datetime, until: datetime) -> int:
    """Walk minute by minute: a closed minute counts once the desk has opened again by the end."""
    counted = pending = 0
    moment = since
    while moment <= until:
        open_now = oracle.is_open(moment.date()) and moment.hour * 60 + moment.minute in oracle.OPEN_MINUTES
        if open_now:
            counted, pending = counted + pending, 0
        elif moment < until:
            pending += 1
        moment += timedelta(minutes=1)
    return counted


@settings(deadline=None, max_examples=150)
@given(start=st.integers(0, 7 * 1440), length=st.integers(0, 3 * 1440))
def test_closed_hours_are_what_a_walk_minute_by_minute_finds(start: int, length: int) -> None:
    since = local(26, 0) + timedelta(minutes=start)
    until = since + timedelta(minutes=length)
    found = spans(since, until)
    assert waits.seconds(found) == 60 * closed_minutes(since, until)
    assert all(since <= begins < ends <= until for begins, ends in found)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("ahead", "bucket"),
    [(0, 0), (1, 1), (2, 1), (3, 2), (5, 2), (6, 3), (10, 3), (11, 4), (200, 4)],
)
def test_people_ahead_fall_into_their_class(ahead: int, bucket: int) -> None:
    assert waits.bucket_of(ahead) == bucket


def percentile(values: list[int], percent: int) -> float:
    """Interpolate linearly between the two nearest ranks, as numpy's default does."""
    ordered = sorted(values)
    whole, part = divmod((len(ordered) - 1) * percent, 100)
    following = ordered[min(whole + 1, len(ordered) - 1)]
    return ordered[whole] + (following - ordered[whole]) * part / 100


@given(st.lists(st.integers(0, 20_000), min_size=5, max_size=60))
def test_the_range_holds_the_middle_half_in_whole_minutes(waited: list[int]) -> None:
    low, high = waits.middle_half(waited)
    assert low % 60 == high % 60 == 0
    assert low <= percentile(waited, 25) < low + 60
    assert high == 60 or high - 60 < percentile(waited, 75)
    assert int(percentile(waited, 75)) <= high
    assert high >= 60


def test_four_samples_tell_nothing_and_five_tell_a_range() -> None:
    four = [Sample(9, 2, 300)] * 4
    assert waits.ranges(four) == []
    five = [*four, Sample(9, 7, 420)]
    assert waits.ranges(five) == [Range(9, ANY_BUCKET, 300, 300, 5)]
    assert waits.ranges([*four, Sample(9, 1, 301)]) == [
        Range(9, ANY_BUCKET, 300, 300, 5),
        Range(9, 1, 300, 300, 5),
    ]


def test_twenty_working_days_reach_over_weekends() -> None:
    first = waits.working_days_before(calendar(), MONDAY)
    days = [first + timedelta(days=step) for step in range((MONDAY - first).days + 1)]
    assert oracle.is_open(first)
    assert sum(oracle.is_open(day) for day in days) == 20


def served(world: World, at: datetime, waited: int) -> Ticket:
    """Let one visitor take a number, wait so many minutes, and be served."""
    ticket = tickets.issue(world.office, service=A, actor=None, at=at)
    called = calling.call_next(world.office.pk, counter=1, actor=world.lan, at=at + timedelta(minutes=waited))
    assert called is not None
    serving.start(ticket.token, actor=world.lan, at=at + timedelta(minutes=waited))
    return serving.finish(ticket.token, actor=world.lan, at=at + timedelta(minutes=waited + 1))


def test_a_forecast_is_learnt_from_five_visitors_of_the_hour_and_proves_itself(world: World) -> None:
    office = catalogue.current().office_by_id(world.office.pk)
    service = world.office.services.get(code=A)
    for number, waited in enumerate((4, 5, 6, 7)):
        served(world, local(16 + number, 9), waited)
    assert forecasting.learn(office, local(19, 9).date()) == 0
    assert forecasting.expected(service.pk, 9, 0) is None
    served(world, local(20, 9), 8)
    assert forecasting.learn(office, local(20, 9).date()) == 2
    assert set(Forecast.objects.values_list("hour", "bucket", "low_s", "high_s", "samples")) == {
        (9, ANY_BUCKET, 300, 420, 5),
        (9, 0, 300, 420, 5),
    }
    assert forecasting.expected(service.pk, 9, 0) == (300, 420)
    assert forecasting.expected(service.pk, 9, 30) == (300, 420)  # seen too seldom: the whole hour
    assert forecasting.expected(service.pk, 10, 0) is None
    assert forecasting.expected_now(world.office.pk, 9, {service.pk: 30}) == {service.pk: (300, 420)}
    for minute, waited in ((0, 5), (20, 7), (40, 8)):
        told = served(world, local(23, 9, minute), waited)
        assert (told.low_s, told.high_s) == (300, 420)
    sums = rollups.of_days(world.office.pk, MONDAY)
    assert (sums.forecasts, sums.forecast_hits) == (3, 2)
    rollups.fold()
    assert rollups.differences(world.office.pk, MONDAY) == []


def test_what_is_older_than_twenty_working_days_is_forgotten(world: World) -> None:
    office = catalogue.current().office_by_id(world.office.pk)
    for minute in range(0, 50, 10):
        served(world, datetime(2026, 10, 26, 9, minute, tzinfo=LOCAL_ZONE), 2)
    assert forecasting.learn(office, date(2026, 11, 20)) == 2
    assert forecasting.learn(office, MONDAY) == 0
