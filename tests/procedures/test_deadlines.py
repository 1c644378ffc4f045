"""Deadlines worked out by hand on the printed calendars of 2021 to 2027."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from procedures.deadlines import (
    CalendarMissing,
    DeadlineError,
    Pause,
    TimeLimit,
    Unit,
    compute_due,
    elapsed_time,
    remaining_time,
)
from tests.procedures.calendars import OFFICE_WEEK, office_calendar


def at(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=LOCAL_ZONE)


def day(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=LOCAL_ZONE).date()


def pause(start: str, end: str | None, reason: str = "Chờ bổ sung") -> Pause:
    return Pause(at(start), None if end is None else at(end), reason)


def due_at(received: str, value: int, unit: Unit, *pauses: Pause, restart: bool = False) -> datetime | None:
    limit = TimeLimit(value, unit)
    return compute_due(
        at(received), limit, office_calendar(), pauses=pauses, restart_after_pause=restart
    ).due_at


@pytest.mark.parametrize(
    ("received", "days", "due_on"),
    [
        # Tết: nobody works 10–16/2/2021, 31/1–4/2/2022, 20–26/1/2023, 8–14/2/2024, 27–31/1/2025, 16–20/2/2026.
        ("08/02/2021 09:00", 5, "22/02/2021"),
        ("27/01/2022 09:00", 5, "10/02/2022"),
        ("18/01/2023 09:00", 5, "01/02/2023"),
        ("06/02/2024 09:00", 5, "20/02/2024"),
        ("24/01/2025 15:30", 5, "07/02/2025"),
        ("12/02/2026 09:00", 5, "26/02/2026"),
        # Received while everybody is away: the first working day after is day one.
        ("12/02/2021 00:00", 1, "17/02/2021"),
        ("31/01/2025 23:59", 1, "03/02/2025"),
        # 30/4 and 1/5, with Giỗ Tổ in 2023 and swapped days in 2024 and 2025.
        ("29/04/2021 16:00", 1, "04/05/2021"),
        ("29/04/2022 16:00", 1, "04/05/2022"),
        ("28/04/2023 16:00", 1, "04/05/2023"),
        ("25/04/2024 16:00", 3, "03/05/2024"),
        ("25/04/2024 16:00", 4, "04/05/2024"),
        ("25/04/2024 16:00", 5, "06/05/2024"),
        ("25/04/2025 16:00", 1, "26/04/2025"),
        ("25/04/2025 16:00", 3, "29/04/2025"),
        ("25/04/2025 16:00", 4, "05/05/2025"),
        # 2/9, always with one neighbour.
        ("01/09/2021 08:00", 1, "06/09/2021"),
        ("31/08/2022 08:00", 1, "05/09/2022"),
        ("31/08/2023 08:00", 1, "05/09/2023"),
        ("30/08/2024 08:00", 1, "04/09/2024"),
        ("29/08/2025 08:00", 1, "03/09/2025"),
        ("28/08/2026 08:00", 1, "03/09/2026"),
        # The worked Saturdays of 2026, and the first 24/11.
        ("31/12/2025 08:00", 1, "05/01/2026"),
        ("31/12/2025 08:00", 6, "10/01/2026"),
        ("31/12/2025 08:00", 7, "12/01/2026"),
        ("21/08/2026 17:00", 1, "22/08/2026"),
        ("23/11/2026 08:00", 1, "25/11/2026"),
    ],
)
def test_working_days_end_at_the_close_of_the_last_day(received: str, days: int, due_on: str) -> None:
    assert due_at(received, days, Unit.WORKING_DAYS) == at(f"{due_on} 17:30")


def test_every_day_up_to_the_due_day_is_explained() -> None:
    due = compute_due(at("24/01/2025 15:30"), TimeLimit(5, Unit.WORKING_DAYS), office_calendar())
    assert due.first_day is not None
    assert due.first_day.date == day("24/01/2025")
    assert "khoản 2 Điều 147" in due.first_day.reason
    assert due.counted == tuple(day(f"0{n}/02/2025") for n in range(3, 8))
    assert [(f"{off:%d/%m}", reason) for off, reason in due.excluded] == [
        ("25/01", "Thứ Bảy"),
        ("26/01", "Chủ nhật"),
        *((f"{n}/01", "Tết Nguyên đán") for n in range(27, 32)),
        ("01/02", "Thứ Bảy"),
        ("02/02", "Chủ nhật"),
    ]
    assert due.paused == ()
    assert due.notes == ()


def test_swapped_and_compensatory_days_say_so() -> None:
    swapped = compute_due(at("25/04/2025 08:00"), TimeLimit(4, Unit.WORKING_DAYS), office_calendar())
    assert (day("02/05/2025"), "Hoán đổi ngày làm việc") in swapped.excluded
    moved = compute_due(at("28/04/2023 08:00"), TimeLimit(1, Unit.WORKING_DAYS), office_calendar())
    assert (day("02/05/2023"), "Nghỉ bù Giỗ Tổ Hùng Vương") in moved.excluded


@pytest.mark.parametrize(
    ("received", "value", "unit", "due"),
    [
        ("04/12/2024 10:00", 9, Unit.CALENDAR_DAYS, "13/12/2024 17:30"),
        ("04/12/2024 10:00", 10, Unit.CALENDAR_DAYS, "16/12/2024 17:30"),
        ("15/01/2025 10:00", 15, Unit.CALENDAR_DAYS, "03/02/2025 17:30"),
        ("21/04/2025 10:00", 5, Unit.CALENDAR_DAYS, "26/04/2025 17:30"),
        ("31/01/2025 10:00", 1, Unit.MONTHS, "28/02/2025 17:30"),
        ("30/11/2023 10:00", 3, Unit.MONTHS, "29/02/2024 17:30"),
        ("31/07/2025 10:00", 1, Unit.MONTHS, "03/09/2025 17:30"),
        ("15/12/2024 10:00", 12, Unit.MONTHS, "15/12/2025 17:30"),
        ("30/10/2025 10:00", 2, Unit.MONTHS, "30/12/2025 17:30"),
    ],
)
def test_plain_days_and_months_run_through_rest_days_but_do_not_end_on_one(
    received: str, value: int, unit: Unit, due: str
) -> None:
    assert due_at(received, value, unit) == at(due)


def test_a_term_moved_off_a_rest_day_says_which_article_moved_it() -> None:
    due = compute_due(at("04/12/2024 10:00"), TimeLimit(10, Unit.CALENDAR_DAYS), office_calendar())
    assert due.counted == tuple(date(2024, 12, n) for n in range(5, 15))
    assert due.excluded == ((date(2024, 12, 15), "Chủ nhật"),)
    assert len(due.notes) == 1
    assert "14/12/2024" in due.notes[0]
    assert "khoản 5 Điều 148" in due.notes[0]


@pytest.mark.parametrize(
    ("received", "hours", "due"),
    [
        ("24/01/2025 15:30", 8, "03/02/2025 15:30"),
        ("24/01/2025 15:30", 2, "24/01/2025 17:30"),
        ("24/01/2025 15:31", 2, "03/02/2025 08:01"),
        ("13/01/2025 11:00", 1, "13/01/2025 12:00"),
        ("13/01/2025 11:30", 1, "13/01/2025 14:00"),
        ("13/01/2025 12:00", 1, "13/01/2025 14:30"),
        ("13/01/2025 12:45", 4, "13/01/2025 17:30"),
        ("13/01/2025 17:30", 4, "14/01/2025 12:00"),
        ("13/01/2025 03:00", 8, "13/01/2025 17:30"),
        ("11/01/2025 10:00", 8, "13/01/2025 17:30"),
        ("25/04/2025 17:00", 8, "26/04/2025 17:00"),
        ("09/01/2026 17:00", 8, "10/01/2026 17:00"),
    ],
)
def test_hours_run_in_office_time_from_the_minute_of_receipt(received: str, hours: int, due: str) -> None:
    assert due_at(received, hours, Unit.WORKING_HOURS) == at(due)


def test_hours_keep_seconds() -> None:
    received = at("13/01/2025 09:00") + timedelta(seconds=17, microseconds=5)
    due = compute_due(received, TimeLimit(8, Unit.WORKING_HOURS), office_calendar())
    assert due.due_at == at("14/01/2025 09:00") + timedelta(seconds=17, microseconds=5)


def test_hours_count_the_day_of_receipt_unless_the_office_was_closed() -> None:
    limit = TimeLimit(8, Unit.WORKING_HOURS)
    inside = compute_due(at("13/01/2025 09:00"), limit, office_calendar())
    assert inside.first_day is None
    assert inside.counted == (day("13/01/2025"), day("14/01/2025"))
    for received in ("10/01/2025 18:00", "11/01/2025 09:00"):
        outside = compute_due(at(received), limit, office_calendar())
        assert outside.first_day is not None
        assert "ngoài giờ làm việc" in outside.first_day.reason
        assert outside.counted == (day("13/01/2025"),)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("13/01/2025 07:00", "13/01/2025 17:30"),
        ("13/01/2025 15:00", "13/01/2025 17:30"),
        ("13/01/2025 15:01", "14/01/2025 17:30"),
        ("13/01/2025 18:00", "14/01/2025 17:30"),
        ("11/01/2025 09:00", "13/01/2025 17:30"),
        ("24/01/2025 15:01", "03/02/2025 17:30"),
        ("26/04/2025 14:00", "26/04/2025 17:30"),
    ],
)
def test_same_day_means_today_until_three_in_the_afternoon(received: str, due: str) -> None:
    assert due_at(received, 1, Unit.SAME_DAY) == at(due)


def test_three_in_the_afternoon_is_in_time_to_the_second_and_not_after() -> None:
    late = at("13/01/2025 15:00") + timedelta(microseconds=1)
    due = compute_due(late, TimeLimit(1, Unit.SAME_DAY), office_calendar())
    assert due.due_at == at("14/01/2025 17:30")
    assert due.first_day is not None
    assert "sau 15 giờ" in due.first_day.reason


def test_same_day_received_at_the_close_of_a_short_day_is_for_the_next() -> None:
    mornings = replace(office_calendar(), hours=OFFICE_WEEK | {0: ((time(8), time(12)),)})
    limit = TimeLimit(1, Unit.SAME_DAY)
    assert compute_due(at("13/01/2025 11:59"), limit, mornings).due_at == at("13/01/2025 12:00")
    assert compute_due(at("13/01/2025 12:00"), limit, mornings).due_at == at("14/01/2025 17:30")


@pytest.mark.parametrize(
    ("unit", "value", "spell", "due"),
    [
        # Received Monday 13/1/2025 at 9; three working days would end on Thursday.
        (Unit.WORKING_DAYS, 3, ("14/01/2025 09:00", "14/01/2025 16:00"), "16/01/2025 17:30"),
        (Unit.WORKING_DAYS, 3, ("14/01/2025 17:30", "14/01/2025 20:00"), "16/01/2025 17:30"),
        (Unit.WORKING_DAYS, 3, ("14/01/2025 17:29", "14/01/2025 17:30"), "17/01/2025 17:30"),
        (Unit.WORKING_DAYS, 3, ("14/01/2025 09:00", "15/01/2025 09:00"), "17/01/2025 17:30"),
        (Unit.WORKING_DAYS, 3, ("14/01/2025 09:00", "17/01/2025 18:00"), "22/01/2025 17:30"),
        (Unit.WORKING_DAYS, 3, ("16/01/2025 17:31", "20/01/2025 08:00"), "16/01/2025 17:30"),
        # A weekend inside the pause prolongs a term of plain days, not one of working days.
        (Unit.CALENDAR_DAYS, 7, ("17/01/2025 09:00", "20/01/2025 09:00"), "23/01/2025 17:30"),
        (Unit.CALENDAR_DAYS, 5, ("19/01/2025 09:00", "21/01/2025 09:00"), "21/01/2025 17:30"),
        (Unit.MONTHS, 1, ("14/01/2025 09:00", "16/01/2025 09:00"), "17/02/2025 17:30"),
        (Unit.WORKING_HOURS, 8, ("13/01/2025 10:00", "13/01/2025 14:00"), "14/01/2025 11:30"),
        (Unit.WORKING_HOURS, 1, ("13/01/2025 10:00", "14/01/2025 10:00"), "13/01/2025 10:00"),
        (Unit.WORKING_HOURS, 2, ("13/01/2025 10:00", "15/01/2025 13:00"), "15/01/2025 14:30"),
        (Unit.SAME_DAY, 1, ("13/01/2025 16:00", "15/01/2025 09:00"), "15/01/2025 17:30"),
    ],
)
def test_a_pause_moves_the_due_instant_by_what_it_took(
    unit: Unit, value: int, spell: tuple[str, str], due: str
) -> None:
    assert due_at("13/01/2025 09:00", value, unit, pause(*spell)) == at(due)


def test_paused_days_carry_the_reason_of_their_pause() -> None:
    spells = [
        pause("17/01/2025 09:00", "20/01/2025 09:00", "Chờ nộp phí"),
        pause("14/01/2025 09:00", "15/01/2025 09:00"),
    ]
    due = compute_due(
        at("13/01/2025 09:00"), TimeLimit(3, Unit.WORKING_DAYS), office_calendar(), pauses=spells
    )
    assert due.paused == ((day("14/01/2025"), "Chờ bổ sung"), (day("17/01/2025"), "Chờ nộp phí"))
    assert [reason for _day, reason in due.excluded] == ["Thứ Bảy", "Chủ nhật"]


@pytest.mark.parametrize("unit", list(Unit))
def test_nothing_is_due_while_the_clock_stands_still(unit: Unit) -> None:
    due = compute_due(
        at("13/01/2025 09:00"),
        TimeLimit(1, unit),
        office_calendar(),
        pauses=[pause("13/01/2025 09:30", None)],
    )
    assert due.due_at is None
    assert set(due.counted) <= {day("13/01/2025")}


def test_a_pause_begun_after_the_due_instant_does_not_revive_the_term() -> None:
    assert due_at("13/01/2025 09:00", 1, Unit.WORKING_DAYS, pause("15/01/2025 09:00", None)) == at(
        "14/01/2025 17:30"
    )


@pytest.mark.parametrize(
    ("unit", "value", "due"),
    [
        (Unit.WORKING_DAYS, 3, "22/01/2025 17:30"),
        (Unit.CALENDAR_DAYS, 3, "20/01/2025 17:30"),
        (Unit.WORKING_HOURS, 8, "20/01/2025 10:00"),
        (Unit.SAME_DAY, 1, "17/01/2025 17:30"),
    ],
)
def test_where_the_law_says_so_the_count_begins_anew_after_the_pause(
    unit: Unit, value: int, due: str
) -> None:
    spell = pause("15/01/2025 16:00", "17/01/2025 10:00")
    limit = TimeLimit(value, unit)
    received = at("13/01/2025 09:00")
    anew = compute_due(received, limit, office_calendar(), pauses=[spell], restart_after_pause=True)
    assert anew.due_at == at(due)
    listed = [*anew.counted, *(off.date for off in (*anew.excluded, *anew.paused))]
    assert len(listed) == len(set(listed))
    assert list(anew.paused) == sorted(anew.paused)
    assert anew.first_day is not None
    assert anew.first_day.date == day("13/01/2025")
    still_open = [replace(spell, ended_at=None)]
    paused = compute_due(received, limit, office_calendar(), pauses=still_open, restart_after_pause=True)
    assert paused.due_at is None


def test_the_clock_is_read_in_hanoi_wherever_the_instant_comes_from() -> None:
    late_evening_utc = datetime(2025, 1, 12, 17, 30, tzinfo=UTC)  # already Monday 00:30 in Hà Nội
    due = compute_due(late_evening_utc, TimeLimit(1, Unit.WORKING_DAYS), office_calendar())
    assert due.due_at == at("14/01/2025 17:30")
    assert due.due_at is not None
    assert due.due_at.utcoffset() == timedelta(hours=7)
    assert due.received_at == at("13/01/2025 00:30")


def test_time_left_and_time_used_share_the_term() -> None:
    calendar = office_calendar()
    spell = pause("13/01/2025 11:00", "15/01/2025 16:00")
    due = compute_due(at("13/01/2025 09:00"), TimeLimit(8, Unit.WORKING_HOURS), calendar, pauses=[spell])
    readings = [
        ("13/01/2025 08:00", 0),
        ("13/01/2025 10:00", 1),
        ("13/01/2025 11:00", 2),
        ("14/01/2025 09:00", 2),
        ("15/01/2025 17:00", 3),
        ("16/01/2025 14:00", 8),
        ("17/01/2025 08:30", 12),
    ]
    for moment, used in readings:
        assert elapsed_time(due, at(moment), calendar) == timedelta(hours=used), moment
        assert remaining_time(due, at(moment), calendar) == timedelta(hours=8 - used), moment


def test_time_left_does_not_move_while_a_pause_of_days_lasts() -> None:
    calendar = office_calendar()
    limit = TimeLimit(3, Unit.WORKING_DAYS)
    due = compute_due(at("13/01/2025 09:00"), limit, calendar, pauses=[pause("14/01/2025 10:00", None)])
    left = {
        remaining_time(due, at(f"{text} 11:00"), calendar)
        for text in ("14/01/2025", "16/01/2025", "03/02/2025")
    }
    assert left == {timedelta(hours=22)}


def test_time_overdue_leaves_out_a_pause_that_began_too_late() -> None:
    calendar = office_calendar()
    spell = pause("15/01/2025 10:00", "16/01/2025 10:00")
    due = compute_due(at("13/01/2025 09:00"), TimeLimit(1, Unit.WORKING_DAYS), calendar, pauses=[spell])
    assert remaining_time(due, at("15/01/2025 10:00"), calendar) == timedelta(hours=-2)
    assert remaining_time(due, at("16/01/2025 11:00"), calendar) == timedelta(hours=-3)


def test_a_restarted_clock_shows_the_whole_term_again() -> None:
    calendar = office_calendar()
    spell = pause("13/01/2025 11:00", "15/01/2025 09:00")
    limit = TimeLimit(8, Unit.WORKING_HOURS)
    due = compute_due(at("13/01/2025 09:00"), limit, calendar, pauses=[spell], restart_after_pause=True)
    assert remaining_time(due, at("14/01/2025 09:00"), calendar) == timedelta(hours=6)
    assert remaining_time(due, at("15/01/2025 09:00"), calendar) == timedelta(hours=8)
    assert elapsed_time(due, at("15/01/2025 10:00"), calendar) == timedelta(hours=1)


def test_an_estimated_calendar_is_said_to_be_one() -> None:
    due = compute_due(at("31/12/2026 09:00"), TimeLimit(5, Unit.WORKING_DAYS), office_calendar())
    assert due.due_at == at("08/01/2027 17:30")
    assert [note for note in due.notes if "2027" in note and "tạm tính" in note]
    announced = compute_due(at("01/12/2026 09:00"), TimeLimit(5, Unit.WORKING_DAYS), office_calendar())
    assert announced.notes == ()


@pytest.mark.parametrize("unit", list(Unit))
def test_a_year_without_a_table_is_refused_not_guessed(unit: Unit) -> None:
    with pytest.raises(CalendarMissing) as refused:
        compute_due(at("31/12/2027 16:45"), TimeLimit(1, unit), office_calendar())
    assert refused.value.code == "calendar_missing"
    assert refused.value.year == 2028
    assert "Chưa có lịch nghỉ năm 2028" in refused.value.sentence


@pytest.mark.parametrize("value", [0, -1, 3651])
def test_a_senseless_limit_is_refused(value: int) -> None:
    with pytest.raises(DeadlineError, match="Thời hạn") as refused:
        TimeLimit(value, Unit.WORKING_DAYS)
    assert refused.value.code == "limit_value"


def test_same_day_is_one_day() -> None:
    with pytest.raises(DeadlineError):
        TimeLimit(2, Unit.SAME_DAY)


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(DeadlineError) as refused:
        compute_due(
            at("13/01/2025 09:00").replace(tzinfo=None), TimeLimit(1, Unit.SAME_DAY), office_calendar()
        )
    assert refused.value.code == "naive_datetime"


def test_a_pause_cannot_end_before_it_begins() -> None:
    with pytest.raises(DeadlineError) as refused:
        pause("14/01/2025 09:00", "14/01/2025 08:59")
    assert refused.value.code == "pause_reversed"


@pytest.mark.parametrize("first_end", ["15/01/2025 09:00", None])
def test_pauses_cannot_overlap(first_end: str | None) -> None:
    spells = (pause("14/01/2025 09:00", first_end), pause("14/01/2025 10:00", "16/01/2025 09:00"))
    with pytest.raises(DeadlineError) as refused:
        due_at("13/01/2025 09:00", 3, Unit.WORKING_DAYS, *spells)
    assert refused.value.code == "pauses_overlap"


def test_pauses_may_touch() -> None:
    spells = (
        pause("14/01/2025 09:00", "15/01/2025 09:00"),
        pause("15/01/2025 09:00", "16/01/2025 09:00"),
    )
    assert due_at("13/01/2025 09:00", 3, Unit.WORKING_DAYS, *spells) == at("20/01/2025 17:30")
