"""The holder's own store: what is held, where it served again, who looked, the file, and a word about an error."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from bpmc_portal.audit.models import AccessEvent
from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.jobs import services as jobs
from digitization import uploads
from digitization.models import Document, PaperObjection
from dossiers.models import Dossier
from dossiers.services import own_store
from dossiers.services.commands import ComponentInput
from tests.api import bodies
from tests.world import TU_CCCD, World

STORE, STAFF = "/cua-toi/", "/so-hoa/phan-anh/"
REUSED = (ComponentInput("01", "reused"), ComponentInput("02", "reused"))


@pytest.fixture
def first(world: World) -> Dossier:
    """Return a dossier of bà Tư whose first paper has a file and what is printed on it."""
    upload = uploads.take(
        SimpleUploadedFile("a.pdf", bodies.pdf()), document_type="", holder="", actor=world.lan
    )
    paper = uploads.record(upload, actor=world.lan)
    dossier = world.received(
        components=(ComponentInput("01", "file", document=paper.pk), ComponentInput("02", "copy", 2))
    )
    jobs.run_due()
    Document.objects.filter(pk=paper.pk).update(
        number="15/HĐ", issued_on=date(2026, 1, 5), issuer="Công ty Việt Lao", signed="valid"
    )
    return dossier


def paper_of(dossier: Dossier, code: str = "01") -> Document:
    return dossier.components.get(requirement__code=code).document


def page(client: Any, paper: Document) -> str:
    return " ".join(client.get(f"{STORE}giay-to/{paper.pk}/").content.decode().split())


def test_the_store_shows_what_is_held_and_what_it_says(world: World, first: Dossier, as_user: Any) -> None:
    text = as_user(world.tu).get(STORE).content.decode()
    for words in (
        "Văn bản đăng ký hợp đồng", "Số 15/HĐ", "cấp ngày 05/01/2026", "Công ty Việt Lao", "không thời hạn", "Nộp tại quầy",
        "Chữ ký số hợp lệ", "Còn giá trị",
    ):  # fmt: skip
        assert words in text
    assert as_user(world.tu).get(STORE, HTTP_ACCEPT_LANGUAGE="en").status_code == 200


def test_a_paper_says_where_it_served_again_and_on_what_ground(
    world: World, first: Dossier, as_user: Any
) -> None:
    second = world.received(components=REUSED)
    text = page(as_user(world.tu), paper_of(first))
    assert second.code in text
    assert "Đăng ký hợp đồng cung ứng lao động" in text
    assert "Theo quy định của pháp luật: NĐ 118/2025/NĐ-CP" in text


def test_every_look_of_staff_shows_at_once_by_office_and_role_and_never_by_name(
    world: World, first: Dossier, as_user: Any
) -> None:
    paper, minh = paper_of(first), as_user(world.minh)
    assert own_store.looks_at(paper) == []
    assert minh.get(f"/ho-so/{first.code}/giay/1/", HTTP_HX_REQUEST="true").status_code == 200
    look = own_store.looks_at(paper)[0]
    assert (look.place, look.dossier) == (
        "Cục Quản lý lao động ngoài nước – Chuyên viên thụ lý", first.code,
    )  # fmt: skip
    text = page(as_user(world.tu), paper)
    assert "Chuyên viên thụ lý" in text
    assert "Trần Quang Minh" not in text
    # Looking at the other paper is no look at this one; one's own look is nobody else's.
    before = len(own_store.looks_at(paper))
    minh.get(f"/ho-so/{first.code}/giay/2/", HTTP_HX_REQUEST="true")
    assert len(own_store.looks_at(paper)) == before


def test_a_look_by_the_api_and_at_the_list_of_a_holder_counts(world: World, first: Dossier, api: Any) -> None:
    paper = paper_of(first)
    api(world.lan).get(f"/api/v1/documents/{paper.pk}/")
    api(world.lan).get(f"/api/v1/holders/{TU_CCCD}/documents/")
    assert [look.place for look in own_store.looks_at(paper)] == [
        "Bộ phận Một cửa Văn phòng Bộ – Cán bộ tiếp nhận"
    ] * 2


def test_the_file_goes_to_its_holder_only_and_is_logged(world: World, first: Dossier, as_user: Any) -> None:
    paper = paper_of(first)
    answer = as_user(world.tu).get(f"{STORE}giay-to/{paper.pk}/tep/")
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    assert AccessEvent.objects.filter(
        actor=world.tu, subject=f"document:{paper.pk}", purpose="tải về"
    ).exists()
    assert as_user(world.tu).get(f"{STORE}giay-to/{paper_of(first, '02').pk}/tep/").status_code == 404
    assert as_user(world.lan).get(f"{STORE}giay-to/{paper.pk}/tep/").status_code == 403


def test_another_person_finds_nothing(world: World, first: Dossier, as_user: Any) -> None:
    paper = paper_of(first)
    Document.objects.filter(pk=paper.pk).update(holder=None)
    for part in ("", "tep/"):
        assert as_user(world.tu).get(f"{STORE}giay-to/{paper.pk}/{part}").status_code == 404
    with pytest.raises(NotFound):
        own_store.object_to(world.tu, paper.pk, "Sai", at=timezone.now())


def test_an_error_is_told_listed_and_answered(world: World, first: Dossier, as_user: Any) -> None:
    tu, paper = as_user(world.tu), paper_of(first)
    address = f"{STORE}giay-to/{paper.pk}/"
    assert tu.post(address, {"text": " "}).status_code == 422
    assert tu.post(address, {"text": "Sai ngày cấp, đúng là 06/01/2026"}).status_code == 303
    assert "Phản ánh của bạn đang chờ trả lời." in page(tu, paper)
    assert tu.post(address, {"text": "Lần nữa"}).status_code == 422
    for who in (world.minh, world.sohoa, world.lan):
        assert "Sai ngày cấp, đúng là 06/01/2026" in as_user(who).get(STAFF).content.decode()
    assert "Sai ngày cấp" not in as_user(world.binh).get(STAFF).content.decode()
    said = PaperObjection.objects.get()
    answer = {"answer": "Đã sửa ngày cấp thành 06/01/2026.", "result": "mended"}
    assert as_user(world.binh).post(f"{STAFF}{said.pk}/", answer).status_code == 404
    assert as_user(world.sohoa).post(f"{STAFF}{said.pk}/", {**answer, "answer": ""}).status_code == 422
    assert as_user(world.sohoa).post(f"{STAFF}{said.pk}/", answer).status_code == 303
    text = page(tu, paper)
    assert "Đã sửa ngày cấp thành 06/01/2026." in text
    assert "Ngô Số Hoá" not in text
    with pytest.raises(DomainError) as again:
        own_store.answer(said.pk, is_mended=False, text="x", actor=world.minh, at=timezone.now())
    assert again.value.code == "objection_answered"


def test_pages_go_on_by_key(world: World, first: Dossier) -> None:
    Document.objects.bulk_create(
        Document(
            holder=world.tu.applicant, name=f"Giấy {number}", code=f"X.{number}", code_nn=number, code_owner="X", code_type="T",
        )
        for number in range(1, own_store.PAGE + 1)
    )  # fmt: skip
    one = own_store.page_of(world.tu)
    two = own_store.page_of(world.tu, after=one.following)
    assert (len(one.papers), len(two.papers), two.following) == (own_store.PAGE, 2, "")
    assert not {each.pk for each in one.papers} & {each.pk for each in two.papers}
    assert len(own_store.page_of(world.tu, after="rác~rác").papers) == own_store.PAGE


@pytest.mark.parametrize("papers", [3, 30])
def test_the_store_costs_the_same_however_full(
    world: World, as_user: Any, django_assert_max_num_queries: Any, papers: int
) -> None:
    Document.objects.bulk_create(
        Document(
            holder=world.tu.applicant, name=f"Giấy {number}", code=f"X.{number}", code_nn=number, code_owner="X", code_type="T",
        )
        for number in range(1, papers + 1)
    )  # fmt: skip
    client = as_user(world.tu)
    client.get(STORE)
    with django_assert_max_num_queries(7):
        client.get(STORE)
