"""Handing results over: whom a scan finds, who may take a result away, all or none, once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bpmc_portal.accounts.models import Applicant, Office, Role, User
from bpmc_portal.accounts.permissions import appoint
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.idempotency.services import KeyReused
from bpmc_portal.lib.vietnamese import local_date
from bpmc_portal.notices.models import Notice
from dossiers import tracking
from dossiers.models import Dossier, Status
from dossiers.services import handing_over
from dossiers.services.commands import ApplicantInput, RepresentativeInput
from dossiers.services.handing_over import AlreadyReturned, Item
from dossiers.services.transitions import Params, StaleVersion, act
from dossiers.workflow import Action
from tests.world import START, TU_CCCD, World

PAGE = "/tra-ket-qua/"
AUTHORISED = {
    "who": "authorised",
    "name": "Lê Văn Khác",
    "authorisation_number": "14/UQ",
    "authorised_on": date(2021, 10, 1),
}
REPRESENTATIVE = RepresentativeInput("001085000011", "Phạm Thị Đại", authorisation_number="07/UQ")


def items(*dossiers: Dossier, **changes: str) -> list[Item]:
    """Return what a page that has just been opened would send."""
    return [Item(each.code, each.version, **changes) for each in dossiers]


def give(world: World, *dossiers: Dossier, **changes: Any) -> list[str]:
    """Let Lan hand the results over."""
    return handing_over.hand_over(items(*dossiers), **{"actor": world.lan, "key": str(uuid4()), **changes})


def last(dossier: Dossier) -> dict[str, Any]:
    """Return what the last event keeps."""
    data: dict[str, Any] = dossier.events.latest("seq").data
    return data


def clerk_of_another_desk(world: World) -> User:
    """Return a clerk of a second office."""
    office = Office.objects.create(
        code="HCM", name="Bộ phận Một cửa phía Nam", unit=world.office.unit, position=2
    )
    user = User.objects.create_user("nga", full_name="Vũ Thị Nga")
    appoint(user, unit=world.office.unit, role=Role.CLERK, office=office, starts_on=START)
    return user


def scans_of(dossier: Dossier) -> list[str]:
    """Return everything by which a person at the counter may be known."""
    token, secret = tracking.token_of(dossier.code, 1), tracking.secret_of(dossier.code, 1)
    return [
        token, f"htpps//một-cửa.vn/t/{token}/", TU_CCCD, "0011 6000 0019", dossier.code,
        dossier.code.replace("-", "").replace(".", ""), dossier.code.lower(), "0912 345 678", "+84912345678",
        secret, tracking.grouped(secret),
    ]  # fmt: skip


def test_every_scan_finds_the_person_with_all_results(world: World) -> None:
    first, second, open_one = world.finished(), world.finished(), world.received()
    for typed in scans_of(first):
        people = handing_over.find_people(world.lan, typed)
        assert [each.identity_number for each in people] == [TU_CCCD], typed
    found = handing_over.waiting_for(world.lan, people[0].pk)
    assert {each.dossier.code for each in found.ready} == {first.code, second.code}
    assert [each.code for each in found.under_way] == [open_one.code]
    assert found.returned == []


def test_nothing_is_found_for_what_nobody_has(world: World) -> None:
    dossier = world.finished()
    for typed in (
        "",
        "   ",
        "0" * 24,
        "001085000099",
        "abc",
        "%",
        "0999999999",
        dossier.code[:-1],
        "1" * 200,
    ):
        assert handing_over.find_people(world.lan, typed) == []


def test_a_company_is_found_by_tax_code_and_by_its_representative(world: World) -> None:
    company = ApplicantInput("organisation", "0100109106", "Công ty TNHH Một")
    world.finished(applicant=company, representative=REPRESENTATIVE)
    for typed in ("0100109106", "0100 109 106", REPRESENTATIVE.identity_number):
        assert [each.name for each in handing_over.find_people(world.lan, typed)] == ["Công ty TNHH Một"]


def test_a_clerk_of_another_desk_finds_and_returns_nothing(world: World) -> None:
    dossier, nga = world.finished(), clerk_of_another_desk(world)
    for typed in scans_of(dossier):
        assert handing_over.find_people(nga, typed) == []
    with pytest.raises(NotFound):
        handing_over.waiting_for(nga, dossier.applicant_id)
    with pytest.raises(NotFound):
        give(world, dossier, actor=nga)
    give(world, dossier)
    with pytest.raises(NotFound):
        handing_over.handed_over(nga, dossier.code)


def test_a_clerk_who_processes_elsewhere_still_returns_only_at_the_own_desk(world: World) -> None:
    dossier, nga = world.finished(), clerk_of_another_desk(world)
    appoint(nga, unit=world.agency, role=Role.OFFICER, starts_on=START)
    assert Dossier.objects.visible_to(nga).filter(pk=dossier.pk).exists()
    assert handing_over.find_people(nga, dossier.code) == []


def test_all_results_go_in_one_act_with_proof(world: World) -> None:
    first, second = world.finished(), world.finished()
    codes = give(world, second, first)
    assert codes == sorted([first.code, second.code])
    data = last(first)
    assert (data["collected_by"], data["signed"], data["together"]) == ("applicant", "paper", codes)
    assert data["method"] == "desk"
    handed = handing_over.handed_over(world.lan, second.code)
    assert [event.dossier.code for event in handed.events] == codes


def test_one_that_cannot_be_returned_holds_back_all(world: World) -> None:
    ready, open_one = world.finished(), world.received()
    with pytest.raises(DomainError):
        give(world, ready, open_one)
    assert Dossier.objects.get(pk=ready.pk).status == Status.FINISHED


def test_two_clerks_cannot_both_return_one_result(world: World) -> None:
    first, second = world.finished(), world.finished()
    give(world, first, actor=world.lan2)
    with pytest.raises(AlreadyReturned) as refused:
        give(world, first, second)
    assert refused.value.status == 409
    assert first.code in refused.value.sentence
    assert "Lê Thị Lan" in refused.value.sentence
    assert Dossier.objects.get(pk=second.pk).status == Status.FINISHED


def test_two_clerks_at_the_same_moment_return_each_result_once(committed_world: World) -> None:
    world = committed_world
    dossiers = [world.finished() for _ in range(4)]

    def clerk(user: User, chosen: list[Dossier]) -> str:
        try:
            give(world, *chosen, actor=user)
        except AlreadyReturned as error:
            return error.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(clerk, (world.lan, world.lan2), (dossiers, dossiers[::-1]))
        assert sorted(answers) == ["already_returned", "done"]
    for dossier in dossiers:
        assert dossier.events.filter(action="return_result").count() == 1


def test_a_dossier_changed_meanwhile_is_not_returned_unseen(world: World) -> None:
    dossier = world.finished()
    with pytest.raises(StaleVersion):
        handing_over.hand_over([Item(dossier.code, dossier.version - 1)], actor=world.lan, key=str(uuid4()))
    assert Dossier.objects.get(pk=dossier.pk).status == Status.FINISHED


def test_the_same_key_returns_once_and_answers_the_same(world: World) -> None:
    dossier, other, key = world.finished(), world.finished(), str(uuid4())
    assert give(world, dossier, key=key) == give(world, dossier, key=key) == [dossier.code]
    assert dossier.events.filter(action="return_result").count() == 1
    with pytest.raises(KeyReused):
        give(world, other, key=key)


def test_results_of_two_people_never_go_in_one_hand(world: World) -> None:
    mine = world.finished()
    theirs = world.finished(applicant=ApplicantInput("citizen", "001085000011", "Phạm Thị Đại"))
    with pytest.raises(InvalidInput) as refused:
        give(world, mine, theirs)
    assert refused.value.code == "different_people"


def test_nothing_chosen_is_said(world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        give(world)
    assert refused.value.code == "nothing_chosen"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": ""}, "collector_missing", "collector.name"),
        ({"name": "a\x00"}, "text_control", "collector.name"),
        ({"authorisation_number": " "}, "authorisation_missing", "collector.authorisation_number"),
        ({"authorised_on": None}, "authorisation_day_missing", "collector.authorised_on"),
        ({"authorised_on": date(2199, 1, 1)}, "authorisation_day_future", "collector.authorised_on"),
        (
            {"authorisation_expires_on": date(2021, 12, 31)},
            "authorisation_expired",
            "collector.authorisation_expires_on",
        ),
    ],
)
def test_nobody_else_collects_without_a_whole_authorisation(
    world: World, change: dict[str, Any], code: str, field: str
) -> None:
    dossier = world.finished()
    with pytest.raises(InvalidInput) as refused:
        give(world, dossier, collector={**AUTHORISED, **change})
    assert (refused.value.code, list(refused.value.fields)) == (code, [field])
    assert Dossier.objects.get(pk=dossier.pk).status == Status.FINISHED


def test_an_authorisation_is_kept_with_its_number_and_days(world: World) -> None:
    dossier, ends = world.finished(), local_date()
    give(world, dossier, collector={**AUTHORISED, "authorisation_expires_on": ends})
    data = last(dossier)
    assert (data["collector_name"], data["authorisation_number"]) == ("Lê Văn Khác", "14/UQ")
    assert (data["authorised_on"], data["authorisation_expires_on"]) == ("2021-10-01", ends.isoformat())
    assert data["collected_by_other"] is True


def test_the_representative_named_in_the_dossier_collects_while_the_authorisation_lasts(world: World) -> None:
    ends = local_date()
    dossier = world.finished(
        representative=RepresentativeInput(
            "001085000011", "Phạm Thị Đại", authorisation_number="07/UQ", authorisation_expires_on=ends
        ),
    )
    other = world.finished()
    with pytest.raises(InvalidInput) as refused:
        give(world, dossier, other, collector={"who": "representative"})
    assert refused.value.code == "not_the_representative"
    with pytest.raises(InvalidInput) as refused:
        give(world, dossier, collector={"who": "representative"}, at=timezone.now() + timedelta(days=2))
    assert refused.value.code == "authorisation_expired"
    give(world, dossier, collector={"who": "representative"})
    assert last(dossier)["collector_name"] == "Phạm Thị Đại"


def test_a_name_that_differs_by_a_mark_is_somebody_else(world: World) -> None:
    dossier = world.finished()
    with pytest.raises(InvalidInput) as refused:
        act(
            dossier.code,
            Action.RETURN_RESULT,
            actor=world.lan,
            params=Params(collector={"name": "Trần Thị Tú"}),
        )
    assert refused.value.code == "authorisation_missing"
    same = {"name": "  TRẦN  THỊ TƯ "}
    act(dossier.code, Action.RETURN_RESULT, actor=world.lan, params=Params(collector=same))
    assert last(dossier)["collected_by_other"] is False


def test_the_api_holds_the_same_rule(world: World, api: Callable[..., Any]) -> None:
    dossier = world.finished()
    path, client = f"/api/v1/dossiers/{dossier.code}/actions/return_result/", api(world.lan)
    collector = {"name": "Lê Văn Khác", "authorisation_number": "14/UQ"}
    refused = client.post(path, {"collector": collector}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "authorisation_day_missing")
    expired = {**collector, "authorised_on": "2021-10-01", "authorisation_expires_on": "2021-10-02"}
    assert client.post(path, {"collector": expired}, format="json").json()["code"] == "authorisation_expired"
    whole = {**collector, "authorised_on": "2021-10-01"}
    assert client.post(path, {"collector": whole}, format="json").json()["status"] == "returned"


def test_parcels_need_one_number_each(world: World) -> None:
    first, second = world.finished(return_method="post"), world.finished(return_method="post")
    world.finished()
    assert [each.dossier.code for each in handing_over.to_post(world.lan)] == [first.code, second.code]
    for numbers, code in (
        (("EB123456785VN", ""), "tracking_missing"),
        (("EB123456785VN", "ngắn"), "tracking_format"),
        (("EB123456785VN", "eb 123456785 vn"), "tracking_twice"),
    ):
        parcels = [
            Item(each.code, each.version, tracking_number=number)
            for each, number in zip((first, second), numbers, strict=True)
        ]
        with pytest.raises(InvalidInput) as refused:
            handing_over.hand_over(parcels, actor=world.lan, key=None, method="post")
        assert refused.value.code == code
    parcel = items(first, tracking_number="eb 123456785 vn")
    handing_over.hand_over(parcel, actor=world.lan, key=None, method="post")
    data = last(first)
    assert (data["collected_by"], data["tracking_number"], data["method"]) == (
        "post",
        "EB123456785VN",
        "post",
    )


def posted(*dossiers: Dossier, **changes: Any) -> dict[str, Any]:
    """Return the counter's page as it is sent with everything ticked."""
    rows = {f"version_{each.code}": each.version for each in dossiers}
    return {
        **rows,
        **{f"take_{each.code}": "1" for each in dossiers},
        "person": Applicant.objects.get(identity_number=TU_CCCD).pk,
        "idempotency_key": str(uuid4()),
        "who": "applicant",
        "signed": "paper",
        **changes,
    }


def test_the_page_finds_hands_over_and_prints_the_slip(
    world: World, as_user: Callable[[User], Client]
) -> None:
    lan, dossier, open_one = as_user(world.lan), world.finished(), world.received()
    found = lan.get(PAGE, {"q": tracking.token_of(dossier.code, 1)}).content.decode()
    assert dossier.code in found
    assert open_one.code in found
    assert "Chưa có kết quả" in found
    assert "checked" in found.split(f'name="take_{dossier.code}"')[1][:60]
    answer = lan.post(PAGE, posted(dossier, **{f"slot_{dossier.code}": "B3"}))
    assert answer.status_code == 303
    assert answer["Location"] == reverse("dossiers:results_returned", args=[dossier.code])
    done = lan.get(answer["Location"]).content.decode()
    assert "Người tiếp theo" in done
    slip = lan.get(reverse("dossiers:return_slip", args=[dossier.code])).content.decode()
    for words in ("GIẤY BIÊN NHẬN TRẢ KẾT QUẢ", dossier.code, "B3", "Trần Thị Tư", "Nguyễn Thị Lan"):
        assert words in slip
    assert TU_CCCD not in slip


def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(
    world: World, as_user: Callable[[User], Client]
) -> None:
    lan, dossier = as_user(world.lan), world.finished()
    sent = posted(dossier, who="authorised", name="Lê Văn Khác", authorised_on="32/13/2021")
    refused = lan.post(PAGE, sent)
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "Lê Văn Khác" in text
    assert "32/13/2021" in text
    assert lan.post(PAGE, {**sent, "authorised_on": "01/10/2021"}).status_code == 422
    assert lan.post(PAGE, posted(person="")).status_code == 404
    assert lan.post(PAGE, posted()).status_code == 422
    assert Dossier.objects.get(pk=dossier.pk).status == Status.FINISHED


def test_a_result_returned_meanwhile_is_told_and_shown(
    world: World, as_user: Callable[[User], Client]
) -> None:
    lan, dossier = as_user(world.lan), world.finished()
    give(world, dossier, actor=world.lan2)
    answer = lan.post(PAGE, posted(dossier))
    assert answer.status_code == 409
    assert "đã được Lê Thị Lan trả lúc" in answer.content.decode()
    again = lan.get(PAGE, {"q": dossier.code}).content.decode()
    assert "chưa có kết quả nào chờ trả" in again
    assert "Đã trả gần đây" in again


def test_a_late_result_says_whether_an_apology_left(world: World, as_user: Callable[[User], Client]) -> None:
    dossier, told = world.finished(), "đã gửi thư xin lỗi"
    late = timezone.now() - timedelta(days=9)
    Dossier.objects.filter(pk=dossier.pk).update(received_at=late - timedelta(days=5), due_at=late)
    page = as_user(world.lan).get(PAGE, {"q": dossier.code}).content.decode()
    assert "Trễ" in page
    assert "chưa gửi thư xin lỗi" in page
    dossier.events.create(
        seq=0, action="postpone", from_status="processing", to_status="processing", at=late, unit=world.agency
    )
    assert "tin chưa gửi được" in as_user(world.lan).get(PAGE, {"q": dossier.code}).content.decode()
    Notice.objects.create(
        channel="email", address="a@b.vn", template="postponed", subject=dossier.code, title="t", body="b",
        dedup_key="x", state="sent", sent_at=late,
    )  # fmt: skip
    assert told in as_user(world.lan).get(PAGE, {"q": dossier.code}).content.decode()


def test_two_people_with_one_phone_are_offered(world: World, as_user: Callable[[User], Client]) -> None:
    world.finished()
    world.finished(applicant=ApplicantInput("citizen", "001085000011", "Phạm Thị Đại", phone="0912345678"))
    lan = as_user(world.lan)
    page = lan.get(PAGE, {"q": "0912345678"}).content.decode()
    assert "Chọn người cần trả kết quả" in page
    assert "001085000011" not in page
    chosen = Applicant.objects.get(identity_number="001085000011")
    assert "Kết quả chờ trả" in lan.get(PAGE, {"q": "0912345678", "nguoi": str(chosen.pk)}).content.decode()


def test_parcels_of_the_day_are_recorded_together(world: World, as_user: Callable[[User], Client]) -> None:
    lan, path = as_user(world.lan), reverse("dossiers:post_returns")
    first, second = world.finished(return_method="post"), world.finished(return_method="post")
    rows = {f"version_{each.code}": each.version for each in (first, second)}
    sent = {**rows, "idempotency_key": str(uuid4()), f"tracking_number_{first.code}": "EB123456785VN"}
    refused = lan.post(path, {**sent, f"take_{second.code}": "1"})
    assert refused.status_code == 422
    assert f"{second.code}: Hãy nhập số hiệu bưu gửi" in refused.content.decode()
    answer = lan.post(path, sent)
    assert answer.status_code == 303
    assert "EB123456785VN" in lan.get(answer["Location"]).content.decode()
    slip = lan.get(reverse("dossiers:return_slip", args=[first.code])).content.decode()
    assert "BÀN GIAO" in slip
    assert Dossier.objects.get(pk=second.pk).status == Status.FINISHED


@pytest.mark.parametrize("count", [3, 30])
def test_the_page_costs_the_same_for_three_and_thirty_results(
    world: World, as_user: Callable[[User], Client], django_assert_max_num_queries: Any, count: int
) -> None:
    dossiers = [world.finished(return_method="post") for _ in range(count)]
    lan = as_user(world.lan)
    lan.get(PAGE)
    with django_assert_max_num_queries(18):
        page = lan.get(PAGE, {"q": TU_CCCD}).content.decode()
    assert page.count("data-counted") == count
    with django_assert_max_num_queries(12):
        assert lan.get(reverse("dossiers:post_returns")).content.decode().count("data-counted") == count
    give(world, *dossiers)
    with django_assert_max_num_queries(12):
        lan.get(reverse("dossiers:return_slip", args=[dossiers[0].code]))
