"""The dossier page and its acts, for staff, for the applicant, and for two people at once."""

import pytest
from django.test import Client

from bpmc_portal.audit.models import AccessEvent
from bpmc_portal.jobs import services as jobs
from dossiers.models import Dossier, Proposal, Status
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.dossiers.full_dossier import full
from tests.world import World


def page_of(client: Client, dossier: Dossier) -> str:
    answer = client.get(f"/ho-so/{dossier.code}/")
    assert answer.status_code == 200
    return answer.content.decode()


def post_act(client: Client, dossier: Dossier, action: str, **typed: str):  # type: ignore[no-untyped-def]
    return client.post(
        f"/ho-so/{dossier.code}/viec/{action}/", {"expected_version": dossier.version, **typed}
    )


def test_the_page_tells_who_what_and_why_this_day_and_logs_the_look(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    page = page_of(as_user(world.minh), dossier)
    for words in (
        "Trần Thị Tư",
        "0912 345 678",
        "Nguyễn Thị Lan",
        "Vì sao hẹn ngày này?",
        "5 ngày làm việc",
        "đang cấp mã",
        "Chuyển bước",
    ):
        assert words in page
    assert AccessEvent.objects.get(view="dossiers:detail").subject == dossier.code
    jobs.run_due()
    assert "001160000019.QLLDNN-04.MC-GT0001.01" in page_of(as_user(world.minh), dossier)


def test_a_strangers_page_and_an_absent_one_are_the_same(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    foreign = as_user(world.binh).get(f"/ho-so/{dossier.code}/")
    absent = as_user(world.binh).get("/ho-so/000.00.00.G07-210101-9999/")
    assert foreign.status_code == absent.status_code == 404
    assert "Không tìm thấy hồ sơ này" in foreign.content.decode()
    assert not AccessEvent.objects.exists()


def test_the_applicant_sees_public_events_without_names_of_staff(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    act(
        dossier.code,
        Action.FORWARD,
        actor=world.minh,
        params=Params(reason="Giao kèm bản giấy lưu ý riêng", paper_handoff=True),
    )
    act(
        dossier.code,
        Action.ASK_OPINION,
        actor=world.minh,
        params=Params(reason="Câu hỏi nội bộ", opinion_unit=world.other.code),
    )
    page = page_of(as_user(world.tu), dossier)
    assert "Đã tiếp nhận" in page
    assert "Đang thẩm định" in page
    for hidden in ("Trần Quang Minh", "Nguyễn Thị Lan", "Câu hỏi nội bộ", "lưu ý riêng", "Đã lấy ý kiến"):
        assert hidden not in page
    staff = page_of(as_user(world.minh), dossier)
    assert "Câu hỏi nội bộ" in staff
    assert "Nội bộ" in staff


def test_an_act_is_done_and_comes_back_to_the_dossier_with_a_word(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    client = as_user(world.minh)
    answer = post_act(client, dossier, "forward")
    assert (answer.status_code, answer["Location"]) == (303, f"/ho-so/{dossier.code}/")
    assert "Đã chuyển bước" in client.get(answer["Location"]).content.decode()
    assert Dossier.objects.get().step.code == "tham-dinh"


def test_a_missing_reason_is_asked_for_beside_its_box(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    answer = post_act(as_user(world.minh), dossier, "request_supplement", reason="  ")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Hãy ghi lý do của việc “Yêu cầu bổ sung”." in page
    assert 'href="#id_request_supplement_reason"' in page
    assert Dossier.objects.get().status == Status.RECEIVED


def test_whoever_comes_second_sees_both_and_keeps_the_typed_text(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    act(dossier.code, Action.FORWARD, actor=world.ha)
    answer = post_act(as_user(world.minh), dossier, "request_supplement", reason="Thiếu bản dịch công chứng")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Thiếu bản dịch công chứng" in page
    assert "Điều bạn định làm" in page
    assert "Hồ sơ bây giờ" in page
    assert "Vũ Thu Hà" in page
    assert 'name="expected_version" value="2"' in page
    assert Dossier.objects.get().status == Status.PROCESSING
    dossier.version = 2
    assert (
        post_act(
            as_user(world.minh), dossier, "request_supplement", reason="Thiếu bản dịch công chứng"
        ).status_code
        == 303
    )


def test_an_act_that_became_impossible_keeps_the_typed_text_to_copy(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    act(dossier.code, Action.STOP, actor=world.ha, params=Params(reason="Trùng hồ sơ"))
    answer = post_act(as_user(world.minh), dossier, "request_supplement", reason="Thiếu bản dịch công chứng")
    assert answer.status_code == 409
    assert "không còn làm được" in answer.content.decode()
    assert "Thiếu bản dịch công chứng" in answer.content.decode()


def test_an_act_of_two_people_waits_for_the_second_and_says_so(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    world.ha.refresh_from_db()
    act(dossier.code, Action.STOP, actor=world.ha, params=Params(reason="Trùng hồ sơ"))
    dossier.refresh_from_db()
    client = as_user(world.ha)
    page = client.get(post_act(client, dossier, "reopen", reason="Dừng nhầm")["Location"]).content.decode()
    assert "cần người thứ hai" in page
    assert Proposal.objects.get().settled_at is None
    assert Dossier.objects.get().status == Status.STOPPED
    assert "Đang chờ người thứ hai" in page_of(as_user(world.ha2), dossier)
    assert post_act(as_user(world.ha2), dossier, "reopen", reason="Đồng ý").status_code == 303
    assert Dossier.objects.get().status == Status.PROCESSING


def test_a_result_taken_by_another_needs_an_authorisation(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    for action, actor in (
        (Action.FORWARD, world.minh),
        (Action.FORWARD, world.minh),
        (Action.APPROVE, world.ha),
    ):
        dossier = act(dossier.code, action, actor=actor)
    client = as_user(world.lan)
    refused = post_act(client, dossier, "return_result", collector_name="Lê Văn Khác")
    assert refused.status_code == 422
    assert "Người nhận thay phải có giấy uỷ quyền" in refused.content.decode()
    assert (
        post_act(
            client,
            dossier,
            "return_result",
            collector_name="Lê Văn Khác",
            collector_authorisation_number="12/UQ",
            collector_authorised_on="02/11/2021",
        ).status_code
        == 303
    )
    assert Dossier.objects.get().status == Status.RETURNED


def test_who_gave_an_opinion_goes_back_to_the_list(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    act(dossier.code, Action.FORWARD, actor=world.minh)
    dossier = act(
        dossier.code,
        Action.ASK_OPINION,
        actor=world.minh,
        params=Params(reason="Ý kiến?", opinion_unit=world.other.code),
    )
    client = as_user(world.binh)
    assert "Cho ý kiến" in page_of(client, dossier)
    assert post_act(client, dossier, "give_opinion", reason="Không trùng.")["Location"] == "/viec/"


@pytest.mark.parametrize("action", ["approve", "nothing-like-this", "submit"])
def test_an_act_that_is_not_open_to_the_person_has_no_page(world: World, as_user, action: str) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    assert as_user(world.minh).get(f"/ho-so/{dossier.code}/viec/{action}/").status_code == 404


@pytest.mark.parametrize(("papers", "events", "side"), [(3, 3, 1), (30, 200, 10)])
def test_the_page_costs_twenty_statements_whatever_it_holds(  # type: ignore[no-untyped-def]
    world: World, as_user, papers: int, events: int, side: int, django_assert_max_num_queries
) -> None:
    dossier = full(world, papers=papers, events=events, side=side)
    client = as_user(world.minh)
    client.get("/viec/")
    with django_assert_max_num_queries(20):
        page = page_of(client, dossier)
    assert page.count('class="pap judge') == papers
    assert page.count("Đã trả lại bước trước") == events - 2
    assert page.count("Ghi chú riêng") == page.count("Tin nhắn ") == side


def test_the_slip_waits_for_the_worker_and_then_is_a_pdf(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    client = as_user(world.lan)
    waiting = client.get(f"/ho-so/{dossier.code}/giay-tiep-nhan/")
    assert (waiting.status_code, waiting["Refresh"]) == (202, "1")
    jobs.run_due()
    slip = client.get(f"/ho-so/{dossier.code}/giay-tiep-nhan/")
    assert slip["Content-Type"] == "application/pdf"
    assert slip.content.startswith(b"%PDF")


def test_another_size_is_asked_for_by_post_and_a_reprint_needs_a_reason(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    dossier = world.received()
    client = as_user(world.lan)
    address = f"/ho-so/{dossier.code}/giay-tiep-nhan/?kho=A4"
    assert client.get(address).status_code == 202
    assert client.post(address)["Location"] == address
    jobs.run_due()
    assert client.get(address).status_code == 200
    again = f"/ho-so/{dossier.code}/in-lai/"
    assert "Hãy ghi lý do in lại" in client.post(again, {"size": "A4", "reason": ""}).content.decode()
    assert client.post(again, {"size": "A4", "reason": "kẹt giấy"})["Location"] == address
    assert dossier.issued_papers.get(size="A4").reprints.get().reason == "kẹt giấy"
