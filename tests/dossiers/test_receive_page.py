"""The intake page as a clerk and her browser use it, with and without JavaScript."""

from uuid import uuid4

import pytest
from django.test import Client

from bpmc_portal.audit.models import AccessEvent
from dossiers import tracking
from dossiers.models import Dossier
from tests.world import TU_CCCD, World

PAGE = "/tiep-nhan/"


def typed(world: World, **changes: str) -> dict[str, str]:
    """Return what the browser posts for a whole dossier of bà Tư."""
    papers_of = f"{world.procedure.versions.get().pk}:default"
    whole = {
        "idempotency_key": str(uuid4()), "kind": "citizen", "identity_number": TU_CCCD, "name": "Trần Thị Tư", "phone": "0912345678",
        "birth_on": "14/10/1960", "procedure": "QLLDNN-04", "procedure_text": world.procedure.name, "case": "default",
        "papers_of": papers_of, "paper_01": "on", "paper_01_as": "original", "paper_01_copies": "1", "paper_02": "on",
        "paper_02_as": "copy", "paper_02_copies": "2", "paper_03_as": "original", "paper_03_copies": "1", "channel": "desk",
        "return_method": "desk",
    }  # fmt: skip
    return {name: value for name, value in {**whole, **changes}.items() if value != "-"}


@pytest.fixture
def lan(world: World, as_user) -> Client:  # type: ignore[no-untyped-def]
    return as_user(world.lan)  # type: ignore[no-any-return]


def test_a_whole_page_is_received_and_leads_to_its_slip_without_the_secret(world: World, lan: Client) -> None:
    answer = lan.post(PAGE, typed(world))
    dossier = Dossier.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/tiep-nhan/{dossier.code}/xong/")
    assert dossier.applicant.birth_on.isoformat() == "1960-10-14"
    assert [
        (each.requirement.code, each.provided_as, each.copies)
        for each in dossier.components.order_by("position")
    ] == [
        ("01", "original", 1),
        ("02", "copy", 2),
    ]
    slip = lan.get(answer["Location"]).content.decode()
    secret = tracking.secret_of(dossier.code, 1)
    assert dossier.code in slip
    assert secret not in slip
    assert tracking.grouped(secret) not in slip
    assert AccessEvent.objects.filter(view="dossiers:received", subject=dossier.code).exists()


def test_the_same_page_sent_five_times_is_one_dossier(world: World, lan: Client) -> None:
    page = typed(world)
    places = {lan.post(PAGE, page)["Location"] for _press in range(5)}
    assert len(places) == 1
    assert Dossier.objects.count() == 1


def test_a_used_key_with_other_content_is_refused_and_a_new_page_key_is_offered(
    world: World, lan: Client
) -> None:
    page = typed(world)
    lan.post(PAGE, page)
    answer = lan.post(PAGE, {**page, "phone": "0987654321"})
    assert answer.status_code == 422
    assert Dossier.objects.count() == 1
    assert page["idempotency_key"] not in answer.content.decode()


def test_every_refusal_stands_in_the_summary_and_beside_its_field_with_all_typed_text_kept(
    world: World, lan: Client
) -> None:
    answer = lan.post(
        PAGE,
        typed(
            world, identity_number="12345", name="", paper_02="-", paper_01_copies="0", address="Số 7 phố Huế"
        ),
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "<title>Lỗi: Tiếp nhận hồ sơ" in page
    for field in ("id_identity_number", "id_name", "id_paper_01_copies", "id_paper_02"):
        assert f'href="#{field}"' in page
        assert f'id="{field}"' in page
    assert 'value="Số 7 phố Huế"' in page
    assert 'value="12345"' in page
    assert "Còn thiếu giấy tờ bắt buộc: Bản sao hợp đồng cung ứng." in page
    assert not Dossier.objects.exists()


def test_a_date_that_cannot_be_read_is_said_in_words(world: World, lan: Client) -> None:
    page = lan.post(PAGE, typed(world, birth_on="31/02/1960")).content.decode()
    assert "31/02/1960 không có trong lịch" in page
    assert not Dossier.objects.exists()


def test_a_known_number_under_another_name_waits_for_a_tick(world: World, lan: Client) -> None:
    page = typed(world, name="Trần Thị Từ")
    answer = lan.post(PAGE, page)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "đã có trong hệ thống với tên “Trần Thị Tư”" in text
    assert 'id="id_name_confirmed"' in text
    assert 'value="Trần Thị Từ"' in text
    assert lan.post(PAGE, {**page, "name_confirmed": "on"}).status_code == 303
    assert Dossier.objects.get().applicant_name == "Trần Thị Từ"


def test_capital_letters_are_not_another_name(world: World, lan: Client) -> None:
    assert lan.post(PAGE, typed(world, name="TRẦN THỊ TƯ")).status_code == 303


def test_without_javascript_a_procedure_comes_by_address_or_by_its_typed_name(
    world: World, lan: Client
) -> None:
    assert 'name="paper_01"' in lan.get(PAGE, {"thu_tuc": "QLLDNN-04"}).content.decode()
    page = typed(world, procedure="", procedure_text="dang ky hop dong", papers_of="", name="Bà Tư gõ dở")
    answer = lan.post(PAGE, page)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'name="paper_01"' in text
    assert 'value="Bà Tư gõ dở"' in text
    assert not Dossier.objects.exists()


def test_unticked_papers_stay_unticked_when_the_page_is_shown_again(world: World, lan: Client) -> None:
    text = lan.post(PAGE, typed(world, paper_02="-", load="1")).content.decode()
    boxes = {
        box.split('"')[0]: " checked" in box.split(">")[0] for box in text.split('type="checkbox" name="')[1:]
    }
    assert {name: boxes[name] for name in ("paper_01", "paper_02", "paper_03")} == {
        "paper_01": True,
        "paper_02": False,
        "paper_03": False,
    }
    assert "Còn thiếu 1 giấy tờ bắt buộc" in text


def test_a_text_that_names_no_procedure_is_refused_in_words(world: World, lan: Client) -> None:
    answer = lan.post(PAGE, typed(world, procedure="", procedure_text="cấp phép bay"))
    assert answer.status_code == 422
    assert "Không có thủ tục nào khớp “cấp phép bay”" in answer.content.decode()


@pytest.mark.parametrize(
    "text", ["QLLDNN-04", "qlldnn", "đăng ký hợp đồng", "cung ung lao dong", "hopwj ddoongf"]
)
def test_the_typeahead_finds_by_code_and_by_name_however_it_is_typed(
    world: World, lan: Client, text: str
) -> None:
    rows = lan.get(f"{PAGE}thu-tuc/", {"q": text}).json()["results"]
    assert [row["value"] for row in rows] == ["QLLDNN-04"]


def test_a_known_person_fills_the_empty_boxes_and_the_look_up_is_logged(world: World, lan: Client) -> None:
    answer = lan.get(
        f"{PAGE}nguoi-nop/", {"so": "001 160 000 019", "kind": "citizen", "address": "5 Lê Duẩn"}
    )
    text = answer.content.decode()
    assert 'value="Trần Thị Tư"' in text
    assert 'value="0912 345 678"' in text
    assert 'value="5 Lê Duẩn"' in text
    assert (
        AccessEvent.objects.filter(
            view="dossiers:receive_person", subject=f"applicant:{world.tu.applicant_id}"
        ).count()
        == 1
    )


def test_an_unknown_number_changes_nothing(world: World, lan: Client) -> None:
    assert lan.get(f"{PAGE}nguoi-nop/", {"so": "001186012345"}).status_code == 204
    assert not AccessEvent.objects.exists()


def test_a_second_dossier_of_the_same_person_starts_filled(world: World, lan: Client) -> None:
    first = world.received()
    text = lan.get(PAGE, {"cung": first.code}).content.decode()
    assert f'value="{TU_CCCD}"' in text
    assert 'value="Trần Thị Tư"' in text


def test_the_appointment_is_shown_while_the_page_is_open(world: World, lan: Client) -> None:
    text = lan.get(f"{PAGE}hen-tra/", {"thu_tuc": "QLLDNN-04"}).content.decode()
    assert "Trả kết quả trước 17:30" in text
    assert "5 ngày làm việc" in text


def test_a_clerk_without_a_desk_is_told_what_to_do(world: World, as_user) -> None:  # type: ignore[no-untyped-def]
    world.lan.memberships.update(office=None)
    answer = as_user(world.lan).get(PAGE)
    assert answer.status_code == 403
    assert "Hãy báo phụ trách" in answer.content.decode()
