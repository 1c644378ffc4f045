"""Serving again is written down: which paper, for which dossier, on what ground; and how many were spared asking (I02)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bpmc_portal.jobs import services as jobs
from bpmc_portal.lib.vietnamese import local_date
from digitization.models import Document, Reuse
from dossiers.models import Dossier
from dossiers.services import reusing
from dossiers.services.commands import ComponentInput
from dossiers.services.intake import submit_dossier
from dossiers.services.reusing import NotAskedAgain
from tests.api import bodies
from tests.dossiers.test_held_papers import held_now, posted
from tests.dossiers.test_receive_page import PAGE
from tests.world import TU_CCCD, World

REUSED = (ComponentInput("01", "reused"), ComponentInput("02", "reused"))


@pytest.fixture
def last_month(world: World) -> Dossier:
    """Return a dossier of bà Tư received a month ago, its papers coded and free of term."""
    dossier = world.received()
    jobs.run_due()
    Document.objects.update(created_at=timezone.now() - timedelta(days=30))
    return dossier


def counted() -> NotAskedAgain:
    return reusing.not_asked_again(local_date(), local_date())


def test_a_paper_accepted_last_month_is_offered_at_the_desk_and_by_the_api(
    world: World, last_month: Dossier, as_user: Any, api: Any
) -> None:
    paper = str(last_month.components.get(requirement__code="01").document_id)
    desk = as_user(world.lan).get(PAGE, {"thu_tuc": "QLLDNN-04", "cung": last_month.code}).content.decode()
    assert paper in desk
    address = f"/api/v1/holders/{TU_CCCD}/documents/?reusable=1"
    for client in (api(world.lan), api(world.tu)):
        assert paper in {each["id"] for each in client.get(address).json()["results"]}


def test_asking_again_needs_a_reason_and_the_count_moves_by_exactly_that_dossier(
    world: World, last_month: Dossier, as_user: Any
) -> None:
    lan = as_user(world.lan)
    assert counted() == NotAskedAgain(spared=0, all=0)
    assert lan.post(PAGE, posted(world)).status_code == 303
    assert counted() == NotAskedAgain(spared=1, all=1)
    again = posted(world, paper_01_reuse="-", paper_01="on")
    assert lan.post(PAGE, again).status_code == 422
    assert counted() == NotAskedAgain(spared=1, all=1)
    assert lan.post(PAGE, {**again, "paper_01_again": "changed"}).status_code == 303
    assert counted() == NotAskedAgain(spared=1, all=2)


def test_each_paper_that_served_again_is_recorded_with_purpose_and_ground(
    world: World, last_month: Dossier
) -> None:
    second = world.received(
        components=(REUSED[0], ComponentInput("02", "copy", asked_again_reason="changed"))
    )
    reuse = Reuse.objects.get()
    assert reuse.document_id == held_now(world)["01"].document.pk
    assert (reuse.dossier_code, reuse.actor, reuse.channel) == (second.code, world.lan, "desk")
    assert (reuse.purpose, reuse.ground) == (world.procedure.name, "law")
    assert reuse.ground_words == "NĐ 118/2025/NĐ-CP"


def test_who_picks_a_paper_online_consents_by_it(world: World, last_month: Dossier) -> None:
    submit_dossier(world.intake(channel="online", components=REUSED), actor=world.tu)
    assert set(Reuse.objects.values_list("ground", "ground_words", "channel")) == {
        ("consent", "Người nộp tự chọn dùng lại khi nộp trực tuyến", "online")
    }


def test_a_new_paper_that_came_online_says_so(world: World) -> None:
    submit_dossier(world.intake(channel="online"), actor=world.tu)
    assert set(Document.objects.values_list("source", flat=True)) == {"online"}


def test_recording_costs_one_statement_and_none_where_nothing_is_re_used(
    world: World, last_month: Dossier
) -> None:
    with CaptureQueriesContext(connection) as spared:
        world.received(components=REUSED)
    with CaptureQueriesContext(connection) as asked:
        world.received(
            components=tuple(
                ComponentInput(code, "copy", asked_again_reason="changed") for code in ("01", "02")
            )
        )

    def about(queries: CaptureQueriesContext) -> int:
        return sum("digitization_reuse" in each["sql"] for each in queries.captured_queries)

    assert (about(spared), about(asked)) == (1, 0)


def test_a_dossier_sent_by_the_api_is_counted_too(world: World, last_month: Dossier, api: Any) -> None:
    papers = [{"component": code, "provided_as": "reused"} for code in ("01", "02")]
    answer = api(world.lan).post("/api/v1/dossiers/", bodies.intake(world, components=papers), format="json")
    assert answer.status_code == 201
    assert counted() == NotAskedAgain(spared=1, all=1)
