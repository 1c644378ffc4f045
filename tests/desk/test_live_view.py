"""The head's live view: the board's numbers, the advice, the heat map, and only the desks in reach."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bpmc_portal.accounts.models import Office
from bpmc_portal.lib.vietnamese import LOCAL_ZONE, local_date
from desk import advice, live, versions
from desk.advice import Expected
from desk.models import Forecast, ShiftBreak, Ticket, WaitHour
from desk.rollups import Figures
from desk.services import calling, shifts, tickets
from desk.services.setup import establish
from desk.views import live_page
from procedures import catalogue
from tests.world import World

AsUser = Callable[[Any], Client]
PAGE = "/dieu-hanh/hang-doi/"
A = "ld-ngoai-nuoc"


@pytest.fixture(autouse=True)
def fresh_queue(world: World) -> None:
    """Forget what Redis kept of another test's queue: offices get their ids anew."""
    live._office_ids.clear()
    versions.redis().delete(*list(versions.redis().keys("q:*")) or ["q:none"])


@pytest.mark.parametrize(
    ("waits", "open_counters", "expected"),
    [
        ({10: 901}, 5, (10, "09:45")),
        ({10: 900}, 5, None),
        ({10: 901}, 6, None),
        ({9: 5000}, 5, None),
        ({13: 5000}, 5, None),
        ({11: 1000, 12: 2000}, 5, (11, "10:45")),
        ({}, 0, None),
    ],
)
def test_one_more_counter_is_advised_when_a_coming_hour_is_above_the_target(
    waits: dict[int, int], open_counters: int, expected: tuple[int, str] | None
) -> None:
    told = advice.advise(waits, hour=9, target_s=900, open_counters=open_counters, counters=6)
    assert (told and (told.hour, told.before)) == expected


def test_an_hour_in_which_the_desk_is_closed_is_never_advised() -> None:
    assert (
        advice.advise(
            {12: 2000}, hour=11, target_s=900, open_counters=1, counters=6, hours=[8, 9, 10, 11, 13]
        )
        is None
    )


def test_services_weigh_by_how_often_they_were_seen() -> None:
    waits = advice.wait_by_hour(
        [Expected(10, 600, 1200, 30), Expected(10, 0, 120, 10), Expected(11, 60, 60, 5)]
    )
    assert waits == {10: (900 * 30 + 60 * 10) // 40, 11: 60}


def test_the_numbers_are_those_of_the_board(world: World, as_user: AsUser) -> None:
    for _number in range(3):
        tickets.issue(world.office, service=A, actor=None)
    calling.call_next(world.office.pk, counter=2, actor=world.lan)
    state = live.snapshot(catalogue.current().office("VPB"))
    page = as_user(world.truong).get(PAGE).content.decode()
    assert f"<b data-waiting>{state['waiting']}</b>" in page
    assert "<span data-open>1</span>/6" in page
    assert "Nguyễn Thị Lan" in page
    assert "<b data-ticket>A001</b>" in page


def test_each_sees_the_desks_in_reach(world: World, as_user: AsUser) -> None:
    far = Office.objects.create(code="CVL", name="Bộ phận Một cửa Cục Việc làm", unit=world.other, position=5)
    establish(far)
    Office.objects.create(code="TRONG", name="Bộ phận chưa lập hàng đợi", unit=world.other)
    seen = {
        name: {each.row.code for each in live_page.offices_of(world.users[name])}
        for name in ("truong", "vanphong", "thanhtra", "ha", "lan")
    }
    assert seen == {
        "truong": {"VPB"},
        "vanphong": {"VPB", "CVL"},
        "thanhtra": {"VPB", "CVL"},
        "ha": set(),
        "lan": set(),
    }
    assert "Cục Việc làm" not in as_user(world.truong).get(f"{PAGE}?bo-phan=CVL").content.decode()
    assert "Chưa có Bộ phận Một cửa nào" in as_user(world.ha).get(PAGE).content.decode()
    assert as_user(world.lan).get(PAGE).status_code == 403


def test_a_counter_that_rests_for_more_than_twenty_minutes_is_marked(world: World, as_user: AsUser) -> None:
    shift = shifts.open_counter(
        world.office.pk, counter=2, actor=world.lan, at=timezone.now() - timedelta(hours=1)
    )
    shifts.pause(shift, reason="Họp", actor=world.lan)
    client = as_user(world.truong)
    assert (
        "data-long hidden" in client.get(PAGE).content.decode().split('data-number="2"')[1].split("</li>")[0]
    )
    ShiftBreak.objects.update(started_at=timezone.now() - timedelta(minutes=21))
    versions.redis().delete(*versions.redis().keys("q:*"))
    row = client.get(PAGE).content.decode().split('data-number="2"')[1].split("</li>")[0]
    assert "data-long hidden" not in row
    assert "Họp" in row


def test_a_crowded_hour_ahead_is_announced_with_the_advice(world: World) -> None:
    Forecast.objects.create(
        service=world.office.services.get(code=A), hour=10, bucket=-1, low_s=900, high_s=1500, samples=9
    )
    nine = datetime.combine(local_date(), time(9, 5), LOCAL_ZONE)
    [row] = live_page.page(live_page.offices_of(world.truong), chosen="", at=nine)["rows"]
    assert row.forecasts == [{"hour": "10:00", "wait": "20 phút", "is_over": True}]
    assert row.advice == "gợi ý mở thêm 1 quầy trước 09:45"


def test_the_heat_map_is_the_mean_wait_of_weekday_and_hour() -> None:
    monday = date(2026, 11, 16)
    seen = {
        (monday, 9): Figures(visits=2, wait_s=2000), (monday - timedelta(weeks=1), 9): Figures(visits=2, wait_s=1000),
        (monday, 10): Figures(visits=1, wait_s=1000), (monday + timedelta(days=1), 8): Figures(visits=1, wait_s=60),
    }  # fmt: skip
    rows = live_page.heat_of(seen, target_s=900)
    assert rows[0]["cells"][2] == {"text": "12′", "kind": "w", "label": "12 phút, 4 lượt"}
    assert (rows[0]["cells"][3]["kind"], rows[0]["cells"][3]["text"]) == ("l", "17′ ▲")
    assert "quá mục tiêu" in rows[0]["cells"][3]["label"]
    assert rows[1]["cells"][1]["text"] == "1′"
    assert rows[4]["cells"][0] == {"text": "–", "kind": "n", "label": "chưa có lượt nào"}


def test_visits_stand_beside_the_same_weekday_of_the_weeks_before() -> None:
    today = date(2026, 11, 23)
    seen = {
        (today, 9): Figures(visits=4), (today - timedelta(weeks=1), 9): Figures(visits=2),
        (today - timedelta(weeks=2), 9): Figures(visits=3), (today - timedelta(days=1), 9): Figures(visits=50),
    }  # fmt: skip
    assert live_page.visits_of(seen, today) == [{"hour": "9–10h", "now": 4, "usual": "2,5", "most": 4}]
    assert live_page.visits_of({}, today) == []


def test_the_calibration_is_told_with_its_number(world: World, as_user: AsUser) -> None:
    assert "Chưa có lượt nào được dự báo" in as_user(world.truong).get(PAGE).content.decode()
    WaitHour.objects.create(
        office=world.office, service=world.office.services.get(code=A), day=local_date() - timedelta(days=3), hour=9, visits=60,
        forecasts=50, forecast_hits=27,
    )  # fmt: skip
    assert "Dự báo đúng 54% lượt (n = 50)" in as_user(world.truong).get(PAGE).content.decode()


@pytest.mark.parametrize("count", [3, 30])
def test_the_page_costs_the_same_whatever_the_queue(
    world: World, as_user: AsUser, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for _number in range(count):
        tickets.issue(world.office, service=A, actor=None)
    client = as_user(world.truong)
    client.get(PAGE)
    with django_assert_max_num_queries(13):
        client.get(PAGE)
    assert Ticket.objects.count() == count
