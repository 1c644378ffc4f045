"""The leaders' page: who sees what, many approved at once, one refused alone, a draft that changed, one sent back."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from bpmc_portal.jobs.services import run_due
from dossiers.models import BulkItem, BulkRun, Dossier
from dossiers.services import results
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.world import World


def proposed(world: World, title: str = "Giấy xác nhận đăng ký hợp đồng") -> Dossier:
    """Return a dossier with a draft that waits for the leader."""
    dossier = world.received()
    act(dossier.code, Action.FORWARD, actor=world.minh)
    if title:
        results.draft(
            Dossier.objects.get(pk=dossier.pk),
            actor=world.minh,
            title=title,
            number="12/GXN",
            at=timezone.now(),
        )
    params = Params(reason="Đủ điều kiện, trình ký")
    return act(dossier.code, Action.FORWARD, actor=world.minh, params=params)


def pick(dossier: Dossier, revision: int = 1) -> str:
    """Return what the page's tick says."""
    return f"{dossier.code} {dossier.version} {revision}"


def approve(client: Client, *picks: str) -> BulkRun:
    """Press F9 with these ticked, and let the worker do it."""
    body = {"viec": "approve", "idempotency_key": str(uuid4()), "hs": list(picks)}
    answer = client.post("/ky/", body)
    assert answer.status_code == 303
    run_due()
    return BulkRun.objects.get(pk=answer["Location"].rstrip("/").rsplit("/", 1)[1])


def states(run: BulkRun) -> dict[str, str]:
    """Return what became of each dossier: code → "done", or the code of the refusal."""
    items = run.items.select_related("dossier").order_by("position")
    return {item.dossier.code: item.code or item.state for item in items}


def test_the_list_holds_what_waits_for_this_leader_and_nothing_else(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    waiting, early = proposed(world), world.received()
    shown = as_user(world.ha).get("/ky/").content.decode()
    assert waiting.code in shown
    assert "Giấy xác nhận đăng ký hợp đồng" in shown
    assert "Đủ điều kiện, trình ký" in shown
    assert early.code not in shown


@pytest.mark.parametrize("who", ["minh", "lan", "vanthu", "thanhtra", "tu"])
def test_nobody_but_a_leader_opens_it(world: World, as_user: Callable[[Any], Client], who: str) -> None:
    assert as_user(world.users[who]).get("/ky/").status_code == 403


def test_many_are_approved_at_once_with_a_result_for_each(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    found = [proposed(world) for _count in range(4)]
    run = approve(as_user(world.ha), *map(pick, found))
    assert set(states(run).values()) == {BulkItem.State.DONE}
    assert run.finished_at is not None
    for dossier in Dossier.objects.filter(pk__in=[each.pk for each in found]).select_related("result"):
        assert (dossier.status, dossier.outcome) == ("finished", "granted")
        assert dossier.result.issued_at is not None


def test_one_that_is_refused_affects_only_itself(world: World, as_user: Callable[[Any], Client]) -> None:
    good, moved = proposed(world), proposed(world)
    act(moved.code, Action.SEND_BACK, actor=world.ha2, params=Params(reason="Thiếu ý kiến"))
    run = approve(as_user(world.ha), pick(moved), pick(good))
    assert states(run) == {good.code: "done", moved.code: "stale_version"}


def test_a_draft_that_changed_after_the_page_was_opened_must_be_read_again(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier = proposed(world)
    results.draft(dossier, actor=world.minh, title="Giấy xác nhận, sửa", at=timezone.now())
    client = as_user(world.ha)
    run = approve(client, pick(dossier, 1))
    assert states(run) == {dossier.code: "result_changed"}
    # A second press on the page of the run reads nothing, so it approves nothing.
    assert client.post(f"/viec/hang-loat/{run.pk}/").status_code == 409
    run_due()
    assert Dossier.objects.get(pk=dossier.pk).status == "processing"
    assert states(approve(client, pick(dossier, 2))) == {dossier.code: "done"}


def test_a_draft_that_appeared_after_the_page_was_opened_must_be_read(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier = proposed(world, title="")
    results.draft(dossier, actor=world.minh, title="Quyết định", at=timezone.now())
    assert states(approve(as_user(world.ha), pick(dossier, 0))) == {dossier.code: "result_changed"}


def test_what_is_sent_back_is_on_the_officers_list_with_its_reason(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier = proposed(world)
    answer = as_user(world.ha).post(
        "/ky/", {"viec": "send_back", "mot": pick(dossier), "reason": "Trích yếu chưa đúng"}
    )
    assert (answer.status_code, answer["Location"]) == (303, "/ky/")
    listed = as_user(world.minh).get("/viec/?muc=tra-lai").content.decode()
    assert dossier.code in listed
    assert "Trích yếu chưa đúng" in as_user(world.minh).get(f"/ho-so/{dossier.code}/").content.decode()
    act(dossier.code, Action.FORWARD, actor=world.minh)
    assert dossier.code not in as_user(world.minh).get("/viec/?muc=tra-lai").content.decode()


def test_sending_back_without_a_reason_is_refused_in_words(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier, client = proposed(world), as_user(world.ha)
    client.post("/ky/", {"viec": "send_back", "mot": pick(dossier), "reason": " "})
    assert "Hãy ghi lý do" in client.get("/ky/").content.decode()
    assert Dossier.objects.get(pk=dossier.pk).version == dossier.version


@pytest.mark.parametrize("picks", [[], ["x"], ["A B C"], ["A 99999999999 1"], ["KHONG-CO 1 1"]])
def test_nonsense_approves_nothing(world: World, as_user: Callable[[Any], Client], picks: list[str]) -> None:
    client = as_user(world.ha)
    body = {"viec": "approve", "idempotency_key": str(uuid4()), "hs": picks}
    assert client.post("/ky/", body)["Location"] == "/ky/"
    assert not BulkRun.objects.exists()


def test_the_permission_that_went_between_page_and_press_is_asked_again(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier, client = proposed(world), as_user(world.ha)
    body = {"viec": "approve", "idempotency_key": str(uuid4()), "hs": [pick(dossier)]}
    run = BulkRun.objects.get(pk=client.post("/ky/", body)["Location"].rstrip("/").rsplit("/", 1)[1])
    world.ha.memberships.update(ends_on=world.ha.memberships.get().starts_on)
    run_due()
    assert states(run) in ({dossier.code: "illegal_transition"}, {dossier.code: "not_found"})
    assert Dossier.objects.get(pk=dossier.pk).status == "processing"
    assert client.post("/ky/", body).status_code == 403


@pytest.mark.parametrize("count", [3, 27])
def test_the_page_costs_the_same_with_few_and_many(
    world: World,
    as_user: Callable[[Any], Client],
    count: int,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    for _each in range(count):
        proposed(world)
    client = as_user(world.ha)
    client.get("/ky/")
    with django_assert_max_num_queries(8):
        shown = client.get("/ky/").content.decode()
    assert shown.count("data-row") >= min(count, 25)
    assert ("Trang sau" in shown) == (count > 25)
