"""I03: the number is the quotient of what its rows say, and equals every other average of the day."""

from datetime import datetime, timedelta

from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from desk import live, rollups
from desk.services import calling, serving, tickets
from procedures import catalogue
from reporting import plan
from tests.world import World

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=LOCAL_ZONE)


def visit(world: World, at: datetime, minutes: int) -> None:
    """Take a number, be called and served after that many minutes."""
    ticket = tickets.issue(world.office, service="ld-ngoai-nuoc", actor=None, at=at)
    begun = at + timedelta(minutes=minutes)
    calling.call_next(world.office.pk, counter=1, actor=world.lan, at=begun)
    serving.start(ticket.token, actor=world.lan, at=begun)
    serving.finish(ticket.token, actor=world.lan, at=begun + timedelta(minutes=5))


def read(api, who, query: str = "year=2026"):  # type: ignore[no-untyped-def]
    answer = api(who).get(f"/api/v1/plans/654/indicators/?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()[0]


def test_three_visits_by_hand_give_the_indicator_and_its_rows(world: World, api) -> None:  # type: ignore[no-untyped-def]
    for number, minutes in enumerate((6, 10, 20)):
        visit(world, NINE + timedelta(hours=number), minutes)
    gone = tickets.issue(world.office, service="ld-ngoai-nuoc", actor=None, at=NINE)
    serving.cancel(gone.token, at=NINE + timedelta(minutes=50))
    found = read(api, world.vanphong)
    # (6 + 10 + 20) / 3 = 12 minutes a visit, at most 15 wanted
    assert (found["code"], found["numerator"], found["denominator"], found["value"]) == ("I03", 36.0, 3, 12.0)
    assert (found["target"], found["comparator"], found["met"], found["unit"]) == (
        15.0,
        "<=",
        True,
        "minutes",
    )
    rows = api(world.vanphong).get(f"{found['rows_url']}&part=numerator&count=1").json()
    assert rows["count"] == 3
    assert sum(row["waited_s"] for row in rows["results"]) == 36 * 60
    excluded = api(world.vanphong).get(f"{found['rows_url']}&part=excluded").json()["results"]
    assert [row["status"] for row in excluded] == ["cancelled"]


def test_board_figures_and_indicator_say_the_same_average(world: World, api) -> None:  # type: ignore[no-untyped-def]
    visit(world, NINE, 7)
    visit(world, NINE + timedelta(minutes=20), 8)
    office = catalogue.current().office("VPB")
    evening = NINE + timedelta(hours=9)
    shown = live.snapshot(office, at=evening)["average_wait_s_today"]
    assert shown == rollups.of_days(office.row.pk, NINE.date()).average_wait_s == 450
    assert read(api, world.vanphong)["value"] * 60 == shown
    rollups.fold()
    assert live.snapshot(office, at=evening)["average_wait_s_today"] == shown


def test_nothing_measured_is_no_value_and_no_verdict(world: World, api) -> None:  # type: ignore[no-untyped-def]
    found = read(api, world.vanphong, "year=2022")
    assert (found["value"], found["met"], found["target"]) == (None, None, 30.0)


def test_the_head_of_a_desk_sees_that_desk_and_a_foreign_one_is_absent(world: World, api) -> None:  # type: ignore[no-untyped-def]
    assert read(api, world.truong, "year=2026&office=VPB")["denominator"] == 0
    strange = api(world.ha).get("/api/v1/plans/654/indicators/?year=2026&office=VPB")
    nowhere = api(world.truong).get("/api/v1/plans/654/indicators/?year=2026&office=XYZ")
    assert (strange.status_code, nowhere.status_code) == (404, 404)
    assert strange.json()["code"] == nowhere.json()["code"] == "out_of_reach"
    assert api(world.lan).get("/api/v1/plans/654/indicators/").status_code == 403


def test_a_year_outside_the_plan_and_the_calendar_is_refused_in_words(world: World, api) -> None:  # type: ignore[no-untyped-def]
    for year in ("2020", "2199", "năm", "20266"):
        refused = api(world.vanphong).get("/api/v1/plans/654/indicators/", {"year": year})
        assert (refused.status_code, refused.json()["code"]) == (400, "year_range")


def test_targets_are_those_of_the_decision_and_the_last_is_held_with_a_note() -> None:
    assert [int(plan.target("I03", year).value or 0) for year in (2021, 2022, 2023, 2025, 2026)] == [
        0,
        30,
        15,
        15,
        15,
    ]
    assert "2025" in plan.target("I03", 2026).note
