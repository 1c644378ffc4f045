"""What an act takes over the API, and what a dossier tells of it."""

from collections.abc import Callable
from typing import Any

import pytest

from bpmc_portal.lib.vietnamese import local_date
from dossiers.models import Dossier, Letter, Opinion, Payment, Proposal
from dossiers.services.transitions import act
from dossiers.workflow import Action
from procedures import catalogue
from tests.world import World

Api = Callable[..., Any]


def post(client: Any, dossier: Dossier, action: str, **body: Any) -> Any:
    """Do an act."""
    return client.post(f"/api/v1/dossiers/{dossier.code}/actions/{action}/", body)


def soon() -> str:
    """Return the next working day of the desk but one."""
    calendar = catalogue.current().office("VPB").calendar
    return calendar.next_working(calendar.next_working(local_date())).isoformat()


def test_a_supplement_names_papers_reasons_and_a_day(world: World, api: Api) -> None:
    dossier = world.received()
    items = [
        {"component": "02", "reason": "paper-1", "text": "Thiếu trang 9", "remedy": "Nộp bản đủ trang"},
        {"component": "01", "reason": "paper-2"},
    ]
    answer = post(
        api(world.minh),
        dossier,
        "request_supplement",
        reason="Thiếu giấy",
        items=items,
        respond_by=soon(),
    )
    assert answer.status_code == 200
    assert answer.json()["status"] == "awaiting_supplement"
    assert answer.json()["next_act"] == "supplement"
    assert answer.json()["respond_by"].startswith(f"{soon()}T17:30")
    assert [letter["kind"] for letter in answer.json()["letters"]] == ["supplement"]
    asked = Letter.objects.get(dossier=dossier).items.order_by("position")
    assert [(item.requirement.code, item.text) for item in asked] == [
        ("02", "Thiếu trang 9"),
        ("01", "Nội dung chưa đầy đủ."),
    ]


def test_a_paper_that_is_not_listed_is_named_by_its_place(world: World, api: Api) -> None:
    dossier = world.received()
    items = [{"component": "99", "reason": "paper-1"}]
    answer = post(api(world.minh), dossier, "request_supplement", reason="x", items=items)
    assert answer.json()["code"] == "paper_not_listed"
    assert "items.0.component" in answer.json()["errors"]
    assert Dossier.objects.get(pk=dossier.pk).status == "received"


def test_work_is_assigned_by_name(world: World, api: Api) -> None:
    answer = post(api(world.ha), world.received(), "assign", assignee="minh")
    assert answer.json()["assigned"]["username"] == "minh"
    refused = post(api(world.ha), world.received(), "assign", assignee="binh")
    assert (refused.status_code, refused.json()["code"]) == (400, "assignee_unknown")


def test_another_unit_is_asked_with_day_silence_and_secrecy(world: World, api: Api) -> None:
    dossier = act(world.received().code, Action.FORWARD, actor=world.minh)
    opinion = {
        "unit": "cuc-viec-lam", "due_on": soon(), "silence_is_consent": True, "is_confidential": True,
    }  # fmt: skip
    assert post(api(world.minh), dossier, "ask_opinion", reason="Mật", opinion=opinion).status_code == 200
    found = Opinion.objects.get(dossier=dossier)
    assert (found.unit, found.silence_is_consent, found.is_confidential) == (world.other, True, True)


def test_a_fee_is_asked_for_and_paid(world: World, api: Api) -> None:
    dossier = world.received()
    asked = post(
        api(world.minh),
        dossier,
        "request_payment",
        reason="Lệ phí",
        amount=300_000,
        fee_name="Lệ phí cấp phép",
    )
    assert asked.json()["payments"][0]["state"] == "pending"
    wrong = post(api(world.lan), dossier, "pay", amount=1, method="cash")
    assert wrong.json()["code"] == "amount_differs"
    paid = post(api(world.lan), dossier, "pay", amount=300_000, method="transfer", transaction="FT1")
    assert paid.json()["status"] == "processing"
    told = paid.json()["payments"][0]
    assert (told["state"], told["method"], told["transaction"]) == ("paid", "transfer", "FT1")
    assert Payment.objects.get(dossier=dossier).taken_by == world.lan


def test_a_correction_takes_two_people(world: World, api: Api) -> None:
    dossier = world.received()
    first = post(api(world.lan), dossier, "correct", reason="Nhầm", corrections={"address": "5 Trần Phú"})
    assert (first.status_code, first.json()["applicant"]["address"]) == (202, "12 Ngô Quyền, Hà Nội")
    second = post(api(world.lan2), dossier, "correct", reason="Đúng")
    assert (second.status_code, second.json()["applicant"]["address"]) == (200, "5 Trần Phú")


@pytest.mark.parametrize(
    "body",
    [
        {"corrections": {"address": 5}},
        {"reason_codes": "x"},
        {"reason_codes": [1]},
        {"items": [{"component": "01"}]},
        {"opinion": {"unit": 1}},
        {"amount": "300"},
        {"method": "waived"},
        {"respond_by": "mai"},
    ],
)
def test_a_body_of_another_shape_is_refused_and_changes_nothing(
    world: World, api: Api, body: dict[str, Any]
) -> None:
    dossier = world.received()
    answer = post(api(world.lan), dossier, "correct", reason="x", **body)
    assert answer.status_code == 400
    assert answer.json()["errors"]
    assert not Proposal.objects.exists()


def test_a_fee_is_not_let_go_by_the_api(world: World, api: Api) -> None:
    dossier = world.received()
    post(api(world.minh), dossier, "request_payment", reason="Lệ phí", amount=300_000)
    post(api(world.lan), dossier, "pay", is_waived=True)
    assert Payment.objects.get(dossier=dossier).state == "paid"
