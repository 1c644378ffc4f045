"""The average wait of a day is one number, wherever it is read and whether it is folded yet or not."""

import json
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from bpmc_portal.lib.vietnamese import LOCAL_ZONE, local_date
from desk import live, rollups
from desk.services import calling, serving, tickets
from dossiers.views.shift_report import time_words
from procedures import catalogue
from tests.world import World

A = "ld-ngoai-nuoc"
# 240 s and 425 s of waiting: 332.5 s, told as 333.
WAITS, AVERAGE = (240, 425), 333


def read_everywhere(world: World, as_user: Any, api: Any) -> dict[str, int | None]:
    """Return what each place says, in seconds."""
    snapshot = live.snapshot(catalogue.current().office_by_id(world.office.pk))
    answer = api().get(f"/api/v1/offices/{world.office.code}/queue/")
    page = as_user(world.lan).get("/ca-truc/")
    head = as_user(world.truong).get("/dieu-hanh/hang-doi/")
    assert time_words(AVERAGE) in page.content.decode()
    assert f"data-average>{AVERAGE // 60} phút<" in head.content.decode()
    return {
        "roll-up": rollups.of_days(world.office.pk, local_date()).average_wait_s,
        "recount": average_of(rollups.recount(world.office.pk, local_date())),
        "snapshot": snapshot["average_wait_s_today"],
        "cached": json.loads(live.cached(world.office.code)[1])["average_wait_s_today"],
        "API": answer.json()["average_wait_s_today"],
        "shift report": page.context["report"].office_wait_s,
    }


def average_of(hours: dict[tuple[int, int], rollups.Figures]) -> int | None:
    total = rollups.Figures(
        visits=sum(each.visits for each in hours.values()), wait_s=sum(each.wait_s for each in hours.values())
    )
    return total.average_wait_s


@pytest.mark.django_db
def test_board_api_shift_report_and_recount_tell_one_average(
    world: World, as_user: Any, api: Any, django_capture_on_commit_callbacks: Any
) -> None:
    nine = datetime.combine(local_date(), time(9), LOCAL_ZONE)
    with django_capture_on_commit_callbacks(execute=True):
        for turn, waited in enumerate(WAITS):
            taken = nine + timedelta(minutes=20 * turn)
            ticket = tickets.issue(world.office, service=A, actor=None, at=taken)
            begun = taken + timedelta(seconds=waited)
            calling.call_next(world.office.pk, counter=1, actor=world.lan, at=begun)
            serving.start(ticket.token, actor=world.lan, at=begun)
            serving.finish(ticket.token, actor=world.lan, at=begun + timedelta(minutes=3))
    unfolded = read_everywhere(world, as_user, api)
    assert rollups.fold() > 0
    assert set(unfolded.values()) == {AVERAGE}
    assert read_everywhere(world, as_user, api) == unfolded
