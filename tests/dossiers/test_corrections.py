"""A wrong fact put right by two people: one alone changes nothing, the second sees old and new side by side."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from bpmc_portal.errors import DomainError, InvalidInput
from dossiers.models import Dossier, Proposal
from dossiers.services import corrections
from dossiers.services.transitions import Params, StaleVersion, act
from dossiers.workflow import Action
from tests.world import World

NEW = {"phone": "0987654321", "address": "5 Trần Phú, Hà Nội"}
FACTS = ("applicant_name", "phone", "email", "address", "return_method")


def proposed(world: World, changes: dict[str, str] | None = None) -> Dossier:
    """Return a dossier of which Lan wants some facts put right."""
    params = Params(reason="Gõ nhầm khi tiếp nhận", corrections=NEW if changes is None else changes)
    return act(world.received().code, Action.CORRECT, actor=world.lan, params=params)


def facts(dossier: Dossier) -> dict[str, Any]:
    """Return the facts as the database has them."""
    return Dossier.objects.values(*FACTS, "version", "status").get(pk=dossier.pk)


def confirm(dossier: Dossier, who: Any, **more: Any) -> Dossier:
    """Do the second half."""
    return act(dossier.code, Action.CORRECT, actor=who, params=Params(reason="Đã đối chiếu căn cước"), **more)


def test_one_person_alone_changes_nothing_however_often(world: World) -> None:
    dossier = proposed(world)
    before = facts(dossier)
    for _time in range(2):
        assert confirm(dossier, world.lan).pending_proposal.proposed_by_id == world.lan.pk
    assert facts(dossier) == before
    assert before["phone"] == "+84912345678"
    assert not dossier.events.filter(action="correct").exists()


def test_the_second_person_writes_exactly_what_the_first_proposed(world: World) -> None:
    dossier = proposed(world)
    again = Params(reason="Đúng", corrections={"applicant_name": "Kẻ Khác"})
    act(dossier.code, Action.CORRECT, actor=world.lan2, params=again)
    now = facts(dossier)
    assert (now["phone"], now["address"]) == ("+84987654321", "5 Trần Phú, Hà Nội")
    assert now["applicant_name"] == "Trần Thị Tư"
    event = dossier.events.get(action="correct")
    assert event.data["fields"] == ["address", "phone"]
    assert event.data["proposed_by"] == world.lan.pk
    assert "Trần Phú" not in str(event.data)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "nothing_to_correct"),
        ({"phone": "0912345678"}, "nothing_to_correct"),
        ({"phone": "12"}, "correction_invalid"),
        ({"email": "không phải thư"}, "correction_invalid"),
        ({"return_method": "xe-om"}, "correction_invalid"),
        ({"status": "finished"}, "correction_invalid"),
    ],
)
def test_what_corrects_nothing_is_refused(world: World, changes: dict[str, str], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        proposed(world, changes)
    assert refused.value.code == code
    assert not Proposal.objects.exists()


def test_the_page_of_the_second_person_shows_old_and_new_side_by_side(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier = proposed(world)
    shown = as_user(world.lan2).get(f"/ho-so/{dossier.code}/viec/correct/").content.decode()
    assert "<del>12 Ngô Quyền, Hà Nội</del>" in shown
    assert "<ins>5 Trần Phú, Hà Nội</ins>" in shown
    assert 'name="address"' not in shown
    assert "Gõ nhầm khi tiếp nhận" in shown


def test_the_form_of_the_first_person_holds_the_facts_as_they_stand(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier, client = world.received(), as_user(world.lan)
    address = f"/ho-so/{dossier.code}/viec/correct/"
    assert 'value="12 Ngô Quyền, Hà Nội"' in client.get(address).content.decode()
    body = {
        "expected_version": dossier.version, "applicant_name": "Trần Thị Tư", "phone": "0912345678", "email": "",
        "address": "5 Trần Phú", "return_method": "post", "reason": "Gõ nhầm",
    }  # fmt: skip
    assert client.post(address, body).status_code == 303
    assert sorted(Proposal.objects.get().data) == ["address", "return_method"]


def test_an_open_proposal_is_taken_back_by_its_author_or_a_leader_and_by_nobody_else(
    world: World, as_user: Callable[[Any], Client]
) -> None:
    dossier = proposed(world)
    proposal = Proposal.objects.get()
    address = f"/ho-so/{dossier.code}/de-nghi/{proposal.pk}/bo/"
    as_user(world.lan2).post(address)
    as_user(world.minh).post(address)
    assert as_user(world.binh).post(address).status_code == 404
    proposal.refresh_from_db()
    assert proposal.settled_at is None
    as_user(world.lan).post(address)
    proposal.refresh_from_db()
    assert proposal.settled_at is not None
    with pytest.raises(DomainError) as refused:
        corrections.drop(dossier.code, proposal.pk, actor=world.ha, at=proposal.settled_at)
    assert refused.value.code == "proposal_settled"
    # What was taken back cannot be confirmed: the next one to come is a first person again.
    with pytest.raises(InvalidInput):
        confirm(dossier, world.lan2)
    assert facts(dossier)["phone"] == "+84912345678"


def test_a_leader_takes_a_proposal_back(world: World, as_user: Callable[[Any], Client]) -> None:
    dossier = proposed(world)
    as_user(world.ha).post(f"/ho-so/{dossier.code}/de-nghi/{Proposal.objects.get().pk}/bo/")
    assert Proposal.objects.get().settled_at is not None


def test_a_second_person_with_an_old_page_confirms_nothing(world: World) -> None:
    dossier = proposed(world)
    version = Dossier.objects.get(pk=dossier.pk).version
    act(dossier.code, Action.FORWARD, actor=world.minh)
    with pytest.raises(StaleVersion):
        confirm(dossier, world.lan2, expected_version=version)
    assert facts(dossier)["phone"] == "+84912345678"
    assert Proposal.objects.get().settled_at is None


def test_two_second_persons_at_once_write_it_once(committed_world: World) -> None:
    dossier = proposed(committed_world)
    version, outcomes = Dossier.objects.get(pk=dossier.pk).version, []
    gate = threading.Barrier(2)

    def press(who: Any) -> None:
        gate.wait()
        try:
            confirm(dossier, who, expected_version=version)
            outcomes.append("done")
        except DomainError as refused:
            outcomes.append(refused.code)
        finally:
            connections.close_all()

    pressing = [
        threading.Thread(target=press, args=[who]) for who in (committed_world.lan2, committed_world.truong)
    ]
    for each in pressing:
        each.start()
    for each in pressing:
        each.join()
    assert sorted(outcomes) == ["done", "stale_version"]
    assert Dossier.objects.get(pk=dossier.pk).events.filter(action="correct").count() == 1
