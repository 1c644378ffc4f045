"""Dates, numbers and durations as they stand on a Vietnamese page."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import (
    LOCAL_ZONE,
    format_date,
    format_datetime,
    format_duration,
    format_money,
    format_number,
    format_percent,
    format_time,
    hour_words,
    local_date,
    long_date,
    parse_date,
    to_local,
    weekday_name,
)

quick = settings(deadline=None)
TODAY = date(2026, 11, 23)
MORNING = datetime(2021, 10, 14, 2, 16, tzinfo=UTC)


def test_instants_are_told_in_hanoi() -> None:
    assert format_datetime(MORNING) == "09:16, Thứ Năm 14/10/2021"
    assert format_time(MORNING) == "09:16"
    assert hour_words(MORNING) == "9 giờ 16 phút"
    assert hour_words(datetime(2021, 10, 14, 16, 30, tzinfo=LOCAL_ZONE)) == "16 giờ 30 phút"
    assert to_local(MORNING).tzinfo is LOCAL_ZONE


def test_the_day_turns_at_midnight_in_hanoi() -> None:
    evening = datetime(2025, 12, 31, 17, 0, tzinfo=UTC)
    assert local_date(evening) == date(2026, 1, 1)
    assert format_date(evening) == "01/01/2026"
    assert weekday_name(evening) == "Thứ Năm"
    assert long_date(evening) == "ngày 01 tháng 01 năm 2026"
    assert local_date() == datetime.now(LOCAL_ZONE).date()


@pytest.mark.parametrize(
    "tell", [format_datetime, format_date, long_date, weekday_name, hour_words, local_date]
)
def test_an_instant_without_zone_is_never_told(tell: object) -> None:
    assert callable(tell)
    with pytest.raises(ValueError, match="naive"):
        tell(MORNING.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2021, 10, 14), "ngày 14 tháng 10 năm 2021"),
        (date(2021, 2, 5), "ngày 05 tháng 02 năm 2021"),
        (date(2021, 3, 10), "ngày 10 tháng 3 năm 2021"),
    ],
)
def test_long_dates_are_padded_as_decree_30_asks(day: date, words: str) -> None:
    assert long_date(day) == words


def test_the_week_has_seven_names() -> None:
    week = [weekday_name(date(2025, 1, 13) + timedelta(days=step)) for step in range(7)]
    assert week == ["Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật"]


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (2000, 0, "2.000"),
        (0, 0, "0"),
        (-1234567, 0, "-1.234.567"),
        (Decimal("95.25"), 1, "95,3"),
        (95.35, 1, "95,4"),
        (Decimal("0.5"), 0, "1"),
        (Decimal("-0.04"), 1, "0,0"),
        (1234.5, 2, "1.234,50"),
    ],
)
def test_numbers_have_dots_for_thousands_and_a_comma(
    value: int | Decimal | float, decimals: int, text: str
) -> None:
    assert format_number(value, decimals=decimals) == text


def test_money() -> None:
    assert format_money(1_234_000) == "1.234.000 đồng"
    assert format_money(Decimal("1500.00")) == "1.500 đồng"
    assert format_money(0) == "0 đồng"


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (953, 1000, "95,3%"),
        (1, 3, "33,3%"),
        (5, 5, "100%"),
        (0, 7, "0%"),
        (3, 0, "Chưa có số liệu"),
        (2, 1, "200%"),
    ],
)
def test_percentages_come_from_two_numbers(numerator: int, denominator: int, text: str) -> None:
    assert format_percent(numerator, denominator) == text


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=2, hours=3, minutes=59), "2 ngày 3 giờ"),
        (timedelta(minutes=6, seconds=20), "6 phút 20 giây"),
        (timedelta(hours=1, seconds=5), "1 giờ"),
        (timedelta(days=2), "2 ngày"),
        (timedelta(0), "0 giây"),
        (timedelta(milliseconds=900), "0 giây"),
    ],
)
def test_durations_are_told_in_two_units(length: timedelta, text: str) -> None:
    assert format_duration(length) == text


def test_office_time_is_told_in_office_days() -> None:
    assert format_duration(timedelta(hours=19), day=timedelta(hours=8)) == "2 ngày 3 giờ"


def test_a_negative_duration_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="negative"):
        format_duration(timedelta(seconds=-1))


@pytest.mark.parametrize(
    "typed",
    [
        "14/10/2021",
        "14-10-2021",
        "14.10.2021",
        "14 10 2021",
        " 14 / 10 / 2021 ",
        "14102021",
        "14/10/21",
        "141021",
        "2021-10-14",
        "１４/１０/２０２１",
    ],
)
def test_dates_are_read_however_they_are_typed(typed: str) -> None:
    assert parse_date(typed, on=TODAY) == date(2021, 10, 14)


@pytest.mark.parametrize(
    ("typed", "year"),
    [("1/2/36", 2036), ("1/2/37", 1937), ("1/2/60", 1960), ("1/2/00", 2000), ("01/02/99", 1999)],
)
def test_two_digit_years_are_births_when_far_ahead(typed: str, year: int) -> None:
    assert parse_date(typed, on=TODAY) == date(year, 2, 1)


@pytest.mark.parametrize(
    ("typed", "code", "words"),
    [
        ("31/02/2021", "date_not_real", "31/02/2021 không có trong lịch"),
        ("29/02/2023", "date_not_real", "29/02/2023"),
        ("10/14/2021", "date_not_real", "10/14/2021"),
        ("00/01/2021", "date_not_real", "00/01/2021"),
        ("14/10/0021", "date_year", "Năm 21"),
        ("14/10/2200", "date_year", "1900"),
        ("", "date_format", "ví dụ 14/10/2021"),
        ("hôm qua", "date_format", "“hôm qua”"),
        ("14/10-2021", "date_format", "14/10/2021"),
        ("14/10/202", "date_format", "14/10/2021"),
        ("1410202", "date_format", "14/10/2021"),
        ("١٤/١٠/٢٠٢١", "date_format", "14/10/2021"),
    ],
)
def test_wrong_dates_are_refused_with_help(typed: str, code: str, words: str) -> None:
    with pytest.raises(InvalidIdentifier) as refused:
        parse_date(typed, on=TODAY)
    assert refused.value.code == code
    assert words in refused.value.sentence


@quick
@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_written_date_reads_back(day: date) -> None:
    assert parse_date(format_date(day)) == day
    assert parse_date(day.isoformat()) == day


@quick
@given(st.text(max_size=12))
def test_any_text_is_a_date_or_a_refusal(text: str) -> None:
    with suppress(InvalidIdentifier):
        assert parse_date(text, on=TODAY).year >= 1900
