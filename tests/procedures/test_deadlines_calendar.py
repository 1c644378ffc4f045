"""The working calendar of an office."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from procedures.deadlines import CalendarMissing, DeadlineError
from tests.procedures.calendars import MORNING_AND_AFTERNOON, OFFICE_WEEK, holiday_table, office_calendar


def test_a_day_off_is_named_and_a_working_day_is_not() -> None:
    calendar = office_calendar()
    assert calendar.reason_off(date(2025, 1, 29)) == "Tết Nguyên đán"
    assert calendar.reason_off(date(2021, 2, 13)) == "Tết Nguyên đán"
    assert calendar.reason_off(date(2025, 2, 1)) == "Thứ Bảy"
    assert calendar.reason_off(date(2025, 2, 2)) == "Chủ nhật"
    assert calendar.reason_off(date(2025, 2, 3)) is None


def test_a_swapped_saturday_keeps_the_hours_of_monday_unless_it_has_its_own() -> None:
    calendar = office_calendar()
    saturday = date(2025, 4, 26)
    assert [(opens.time(), closes.time()) for opens, closes in calendar.sessions(saturday)] == list(
        MORNING_AND_AFTERNOON
    )
    short = replace(calendar, hours=OFFICE_WEEK | {5: ((time(8), time(11)),)}, days_off={})
    assert short.close_of(saturday).time() == time(11)
    assert short.is_working(date(2025, 4, 19))


def test_a_holiday_that_is_worked_is_worked() -> None:
    worked = replace(office_calendar(), working_days={date(2025, 1, 29): "Trực Tết"})
    assert worked.is_working(date(2025, 1, 29))


def test_an_office_closed_on_mondays_has_no_hours_to_lend() -> None:
    week = {day: hours for day, hours in OFFICE_WEEK.items() if day}
    calendar = replace(office_calendar(), hours=week)
    assert not calendar.is_working(date(2025, 4, 26))
    assert calendar.reason_off(date(2025, 1, 13)) == "Thứ Hai"


def test_a_rest_day_has_no_close() -> None:
    with pytest.raises(DeadlineError) as refused:
        office_calendar().close_of(date(2025, 2, 1))
    assert refused.value.code == "not_a_working_day"
    assert "01/02/2025" in refused.value.sentence


@pytest.mark.parametrize(
    "sessions",
    [
        ((time(12), time(8)),),
        ((time(8), time(8)),),
        ((time(8), time(12)), (time(11), time(17))),
        ((time(13), time(17)), (time(8), time(12))),
    ],
)
def test_office_hours_out_of_order_are_refused(sessions: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(DeadlineError) as refused:
        replace(office_calendar(), hours={0: sessions})
    assert refused.value.code == "office_hours"


def test_the_next_working_day_skips_tet() -> None:
    assert office_calendar().next_working(date(2025, 1, 24)) == date(2025, 2, 3)
    with pytest.raises(CalendarMissing):
        office_calendar().next_working(date(2027, 12, 31))


def test_days_between_counts_like_a_person() -> None:
    calendar = office_calendar()
    assert calendar.days_between(date(2025, 1, 24), date(2025, 2, 4)) == 2
    assert calendar.days_between(date(2025, 2, 4), date(2025, 1, 24)) == -2
    assert calendar.days_between(date(2025, 2, 4), date(2025, 2, 4)) == 0


def test_two_calendars_are_never_taken_for_one() -> None:
    # Editing an office's calendar must not find an answer cached for the old one.
    calendar = office_calendar()
    assert calendar != replace(calendar)
    assert len({calendar, replace(calendar)}) == 2


def test_the_table_pays_back_every_swapped_day() -> None:
    for year, rows in holiday_table()["years"].items():
        off = {row["date"]: row["kind"] for row in rows["days_off"]}
        assert all(row_date.year == year for row_date in off)
        for row in rows["working_weekends"]:
            assert off[row["repays"]] == "swap_off"
            assert row["date"].weekday() == 5
            assert abs(row["date"] - row["repays"]) < timedelta(days=10)
        marked = {row["date"] for row in rows["days_off"] if row.get("weekend")}
        assert marked == {row_date for row_date in off if row_date.weekday() >= 5}


def test_the_table_rests_as_many_days_as_the_law_gives() -> None:
    # Eleven days since 2021, twelve with 24/11 from 2026; each on a weekday, or made up on the next.
    for year, rows in holiday_table()["years"].items():
        days = [row for row in rows["days_off"] if row["kind"] != "swap_off" and not row.get("weekend")]
        assert len(days) == (12 if year >= 2026 else 11), year
