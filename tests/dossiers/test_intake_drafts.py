"""Nothing typed or scanned is lost: drafts on the server, and the scans of a page."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from bpmc_portal.audit.models import AccessEvent
from bpmc_portal.jobs import services as jobs
from digitization.models import Document
from dossiers.models import Dossier, IntakeDraft
from dossiers.services import drafts
from tests.dossiers.test_receive_page import PAGE, typed
from tests.world import World

DRAFT, FILE = f"{PAGE}nhap/", f"{PAGE}tep/"


@pytest.fixture
def lan(world: World, as_user) -> Client:  # type: ignore[no-untyped-def]
    return as_user(world.lan)  # type: ignore[no-any-return]


def scan(colour: int = 200, name: str = "to-khai.png") -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (1240, 1754), (colour, 250, 250)).save(content, "PNG")
    return SimpleUploadedFile(name, content.getvalue(), content_type="image/png")


def sent(client: Client, key: str, file: SimpleUploadedFile | None = None) -> Any:
    return client.post(FILE, {"idempotency_key": key, "file": file or scan()})


def test_a_draft_gives_back_everything_typed_chosen_and_scanned(world: World, lan: Client) -> None:
    page = typed(world, name="Bà Tư gõ dở", paper_02="-", return_method="post", ticket="tok-1")
    document = sent(lan, page["idempotency_key"]).json()["id"]
    loose = sent(lan, page["idempotency_key"], scan(10)).json()["id"]
    assert lan.post(DRAFT, {**page, "paper_01_document": document, "tray": loose}).status_code == 204
    text = lan.get(PAGE, {"nhap": page["idempotency_key"]}).content.decode()
    assert f'name="idempotency_key" value="{page["idempotency_key"]}"' in text
    assert 'value="Bà Tư gõ dở"' in text
    assert f'data-document="{document}"' in text
    assert f'data-document="{loose}"' in text
    assert 'name="paper_02" id="id_paper_02" data-here>' in text
    assert 'value="post" checked' in text
    assert IntakeDraft.objects.get().ticket == "tok-1"


def test_the_page_of_a_visit_opens_its_own_draft(world: World, lan: Client) -> None:
    lan.post(DRAFT, typed(world, name="Bà Tư gõ dở", ticket="tok-1"))
    assert 'value="Bà Tư gõ dở"' in lan.get(PAGE, {"so": "tok-1", "thu_tuc": "QLLDNN-04"}).content.decode()
    assert 'value="Bà Tư gõ dở"' not in lan.get(PAGE, {"so": "tok-2"}).content.decode()


def test_the_bare_page_offers_the_last_five_own_drafts(world: World, lan: Client, as_user: Any) -> None:
    for number in range(6):
        lan.post(DRAFT, typed(world, name=f"Người số {number}"))
    text = lan.get(PAGE).content.decode()
    assert "Bạn có 5 nháp chưa xong" in text
    assert "Người số 5" in text
    assert "Người số 0" not in text
    assert "nháp chưa xong" not in as_user(world.lan2).get(PAGE).content.decode()


def test_a_draft_can_be_thrown_away(world: World, lan: Client) -> None:
    key = typed(world)["idempotency_key"]
    lan.post(DRAFT, typed(world, idempotency_key=key))
    assert lan.post(DRAFT, {"discard": key}).status_code == 303
    assert not IntakeDraft.objects.exists()
    assert lan.get(PAGE, {"nhap": key}).status_code == 404


def test_another_persons_draft_is_not_there(world: World, lan: Client, as_user: Any) -> None:
    page = typed(world)
    lan.post(DRAFT, page)
    other = as_user(world.lan2)
    assert other.get(PAGE, {"nhap": page["idempotency_key"]}).status_code == 404
    assert other.get(PAGE, {"nhap": "khong-phai-khoa"}).status_code == 404
    assert other.post(DRAFT, {**page, "name": "Người khác"}).status_code == 404
    assert sent(other, page["idempotency_key"]).status_code == 404
    other.post(DRAFT, {"discard": page["idempotency_key"]})
    assert IntakeDraft.objects.get().data["name"] == "Trần Thị Tư"


def test_a_draft_dies_with_the_receipt_and_a_late_autosave_does_not_bring_it_back(
    world: World, lan: Client
) -> None:
    page = typed(world)
    lan.post(DRAFT, page)
    assert lan.post(PAGE, page).status_code == 303
    assert not IntakeDraft.objects.exists()
    late = lan.post(DRAFT, page)
    assert (late.status_code, late.json()["code"]) == (409, "already_received")
    assert sent(lan, page["idempotency_key"]).status_code == 409
    assert not IntakeDraft.objects.exists()


def test_a_refused_page_keeps_its_draft(world: World, lan: Client) -> None:
    page = typed(world, name="")
    lan.post(DRAFT, page)
    assert lan.post(PAGE, page).status_code == 422
    assert IntakeDraft.objects.exists()


def test_drafts_older_than_thirty_days_are_forgotten_by_the_daily_job(world: World, lan: Client) -> None:
    old, young = typed(world), typed(world)
    lan.post(DRAFT, old)
    lan.post(DRAFT, young)
    IntakeDraft.objects.filter(pk=old["idempotency_key"]).update(
        updated_at=timezone.now() - timedelta(days=31)
    )
    jobs.publish("tick.daily", slot="2026-11-23")
    jobs.run_due()
    assert [str(each.pk) for each in IntakeDraft.objects.order_by("pk")] == [young["idempotency_key"]]


def test_a_scan_becomes_the_document_of_its_paper(world: World, lan: Client) -> None:
    page = typed(world)
    answer = sent(lan, page["idempotency_key"])
    assert answer.status_code == 201
    assert answer.json()["words"].startswith("1 trang · ")
    assert lan.post(PAGE, {**page, "paper_01_document": answer.json()["id"]}).status_code == 303
    jobs.run_due()
    paper = Dossier.objects.get().components.select_related("document").get(requirement__code="01")
    assert (paper.provided_as, str(paper.document_id)) == ("original", answer.json()["id"])
    assert (paper.document.state, paper.document.pages) == ("stored", 1)
    assert (paper.document.name, paper.document.code) == (
        "Văn bản đăng ký hợp đồng",
        "001160000019.QLLDNN-04.MC-GT0001.01",
    )


def test_an_electronic_paper_needs_its_file(world: World, lan: Client) -> None:
    page = typed(world, paper_01_as="file")
    answer = lan.post(PAGE, page)
    assert answer.status_code == 422
    assert "Chưa có tệp của giấy tờ điện tử này" in answer.content.decode()
    document = sent(lan, page["idempotency_key"]).json()["id"]
    assert lan.post(PAGE, {**page, "paper_01_document": document}).status_code == 303


def test_the_same_bytes_sent_twice_to_one_page_are_one_paper(world: World, lan: Client) -> None:
    key = str(uuid4())
    ids = {sent(lan, key).json()["id"] for _time in range(3)}
    assert len(ids) == 1
    assert Document.objects.count() == 1
    assert sent(lan, str(uuid4())).json()["id"] not in ids


def test_a_bad_file_is_refused_in_words_and_leaves_no_draft(world: World, lan: Client) -> None:
    answer = sent(lan, str(uuid4()), SimpleUploadedFile("a.png", b"khong phai anh"))
    assert (answer.status_code, answer.json()["code"]) == (400, "file_type")
    assert "Chỉ nhận tệp PDF" in answer.json()["detail"]
    assert lan.post(FILE, {"idempotency_key": "x"}).json()["code"] == "required"
    assert not IntakeDraft.objects.exists()


def test_scans_go_to_the_tray_when_the_procedure_changes(world: World, lan: Client) -> None:
    page = typed(world)
    document = sent(lan, page["idempotency_key"]).json()["id"]
    changed = {**page, "paper_01_document": document, "papers_of": "9:khac", "load": "1"}
    text = lan.post(PAGE, changed).content.decode()
    tray = text[text.index('id="tray"') :]
    assert f'value="{document}"' in tray
    assert f'data-document="{document}"' in tray


def test_a_small_scan_is_doubted_but_stops_nothing(world: World, lan: Client) -> None:
    page = typed(world)
    small = BytesIO()
    Image.new("RGB", (300, 400)).save(small, "PNG")
    answer = sent(lan, page["idempotency_key"], SimpleUploadedFile("nho.png", small.getvalue())).json()
    assert answer["is_doubtful"]
    text = lan.post(PAGE, {**page, "paper_01_document": answer["id"], "load": "1"}).content.decode()
    assert "1 tệp khó đọc, nên quét lại – không chặn tiếp nhận" in text


def test_part_of_a_name_without_marks_finds_a_person_with_the_number_masked(
    world: World, lan: Client
) -> None:
    rows = lan.get(f"{PAGE}tim-nguoi/", {"q": "thi tu"}).json()["results"]
    assert [(row["label"], row["note"]) for row in rows] == [("Trần Thị Tư", "001•••••0019")]
    assert lan.get(f"{PAGE}tim-nguoi/", {"q": "khong co ai"}).json() == {"results": []}
    chosen = lan.get(f"{PAGE}nguoi-nop/", {"nguoi": rows[0]["value"], "identity_number": "Trần Thị Tư"})
    assert 'value="001160000019"' in chosen.content.decode()
    assert AccessEvent.objects.filter(subject=f"applicant:{world.tu.applicant_id}").count() == 1


def test_another_number_does_not_keep_the_first_persons_name(world: World, lan: Client) -> None:
    filled = {
        "identity_number": "001186012345",
        "filled_for": str(world.tu.applicant_id),
        "name": "Trần Thị Tư",
    }
    answer = lan.get(f"{PAGE}nguoi-nop/", filled)
    assert answer.status_code == 200
    assert "Trần Thị Tư" not in answer.content.decode()


def test_a_complex_dossier_carries_its_coded_reason(world: World, lan: Client) -> None:
    assert lan.post(PAGE, typed(world, complexity="many_papers")).status_code == 303
    assert Dossier.objects.get().complexity == "many_papers"
    answer = lan.post(PAGE, typed(world, complexity="hom nay met"))
    assert answer.status_code == 422
    assert "lý do hồ sơ phức tạp" in answer.content.decode()


def test_the_page_says_where_it_is_received_and_who_decides(world: World, lan: Client) -> None:
    text = lan.get(PAGE, {"thu_tuc": "QLLDNN-04"}).content.decode()
    assert (
        "Tiếp nhận tại Bộ phận Một cửa Văn phòng Bộ, giải quyết tại Cục Quản lý lao động ngoài nước" in text
    )


def test_only_this_page_may_use_the_camera_and_only_the_slip_may_be_framed_by_us(
    world: World, lan: Client
) -> None:
    assert lan.get(PAGE)["Permissions-Policy"].startswith("camera=(self)")
    assert lan.get("/viec/")["Permissions-Policy"].startswith("camera=()")
    code = world.received().code
    jobs.run_due()
    slip = lan.get(f"/ho-so/{code}/giay-tiep-nhan/")
    assert "frame-ancestors 'self'" in slip["Content-Security-Policy"]
    assert slip["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src 'self'" in lan.get(f"{PAGE}{code}/xong/")["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in lan.get(PAGE)["Content-Security-Policy"]


def test_a_page_that_is_received_already_names_its_dossier_when_it_is_changed(
    world: World, lan: Client
) -> None:
    page = typed(world)
    lan.post(PAGE, page)
    text = lan.post(PAGE, {**page, "phone": "0987654321"}).content.decode()
    assert f"đã được tiếp nhận thành hồ sơ {Dossier.objects.get().code}" in text


def test_the_pages_script_is_told_where_to_go(world: World, lan: Client) -> None:
    answer = lan.post(PAGE, typed(world), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"{PAGE}{Dossier.objects.get().code}/xong/")


@pytest.mark.parametrize("number", [3, 30])
def test_the_page_costs_the_same_however_many_drafts_there_are(
    world: World, lan: Client, number: int, django_assert_max_num_queries: Any
) -> None:
    for _each in range(number):
        drafts.save(uuid4(), typed(world), actor=world.lan, office=world.office)
    lan.get(PAGE)
    with django_assert_max_num_queries(9):
        assert lan.get(PAGE).status_code == 200
