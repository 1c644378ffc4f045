"""The screen of stacks without a browser: what it costs, whom it answers, what it says; and the separator sheets it prints."""

import io
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from digitization import batches, storage
from digitization.models import Batch, BatchPage
from dossiers.services import filing
from dossiers.services.commands import ComponentInput
from tests.digitization.stacks import Sheet, pdf_of, work
from tests.world import World

SIGNED_IN = 3  # session, user, grants
PAPERS = (ComponentInput("01", "original"), ComponentInput("02", "copy"), ComponentInput("03", "copy"))
Browser = Callable[[Any], Client]


def codes_in(content: bytes) -> list[set[str]]:
    """Return what the QR codes of each page of a PDF say."""
    pdf = pypdfium2.PdfDocument(io.BytesIO(content))
    try:
        return [
            {code.text for code in zxingcpp.read_barcodes(page.render(scale=1.4).to_pil())} for page in pdf
        ]
    finally:
        pdf.close()


def stacks(world: World, count: int) -> None:
    """Put stacks of one waiting page each into the world."""
    blob = storage.put([b"any"], media_type="application/pdf")
    for number in range(count):
        batch = Batch.objects.create(
            office=world.office, actor=world.lan, blob=blob, name=f"{number}.pdf", state="split", pages=1, pages_read=1
        )  # fmt: skip
        BatchPage.objects.create(batch=batch, number=1, run=1, state="waiting", why="no_place", picture=b"x")


@pytest.mark.parametrize("count", [3, 30])
def test_the_screen_costs_eight_statements_however_much_waits(
    world: World, as_user: Browser, count: int
) -> None:
    dossier, sohoa = world.received(components=PAPERS), as_user(world.sohoa)
    stacks(world, count)
    sohoa.get("/so-hoa/")
    with CaptureQueriesContext(
        connection,
    ) as counted:
        answer = sohoa.get("/so-hoa/", {"ho-so": dossier.code})
    own = [
        each["sql"]
        for each in counted.captured_queries
        if "SAVEPOINT" not in each["sql"] and "audit_accessevent" not in each["sql"]
    ]
    assert len(own) <= 8 + SIGNED_IN, own
    assert answer.content.count(b"data-leaf ") == count
    assert "Các chồng cũ hơn".encode() in answer.content or count == 3


def test_a_form_without_script_sends_a_stack_and_a_broken_file_is_refused_in_words(
    world: World, as_user: Browser
) -> None:
    lan = as_user(world.lan)
    whole = SimpleUploadedFile("chong.pdf", pdf_of([Sheet("một")]), "application/pdf")
    assert "đang tách theo tờ phân cách" in lan.post("/so-hoa/gui/", {"file": whole}, follow=True).content.decode()  # fmt: skip
    broken = SimpleUploadedFile("chong.pdf", b"%PDF-1.7\nnothing", "application/pdf")
    assert "Không đọc được tệp PDF này" in lan.post("/so-hoa/gui/", {"file": broken}, follow=True).content.decode()  # fmt: skip
    assert "Chưa có tệp nào" in lan.post("/so-hoa/gui/", follow=True).content.decode()
    assert Batch.objects.count() == 1
    work()
    page = BatchPage.objects.get()
    picture = lan.get(f"/so-hoa/lo/{page.batch_id}/1/")
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
    assert lan.get(f"/so-hoa/lo/{page.batch_id}/1/", {"lon": "1"})["Content-Type"] == "image/png"
    assert as_user(world.minh).get(f"/so-hoa/lo/{page.batch_id}/1/").status_code == 403


def test_what_cannot_be_done_in_the_tray_is_said_in_words(world: World, as_user: Browser) -> None:
    dossier, lan = world.received(components=PAPERS), as_user(world.lan)
    stacks(world, 1)
    key = str(BatchPage.objects.get().pk)

    def said(**given: str) -> str:
        return lan.post("/so-hoa/xep/", given, follow=True).content.decode()

    assert "Hãy chọn từ 1 đến" in said(viec="bo")
    assert "Hãy nhập hoặc quét mã hồ sơ" in said(viec="giay-1", trang=key)
    assert "Không có hồ sơ mã" in said(**{"viec": "giay-1", "trang": key, "ho-so": "9"})
    assert "không có giấy tờ số 7" in said(**{"viec": "giay-7", "trang": key, "ho-so": dossier.code})
    assert "Không có hồ sơ mã" in lan.get("/so-hoa/", {"ho-so": "khong-co"}).content.decode()
    assert "Không có việc nào để hoàn tác" in lan.post("/so-hoa/hoan-tac/", follow=True).content.decode()
    scanned = lan.get("/so-hoa/", {"ho-so": f"MC1:{filing.place_for(dossier, 2)}"}).content.decode()
    assert dossier.applicant_name in scanned


def test_separator_sheets_name_the_papers_without_a_file(world: World, as_user: Browser) -> None:
    dossier, lan = world.received(components=PAPERS), as_user(world.lan)
    printed = lan.get(f"/ho-so/{dossier.code}/to-phan-cach/")
    assert printed["Content-Type"] == "application/pdf"
    assert codes_in(printed.content) == [{f"MC1:{dossier.code}:{number}"} for number in (1, 2, 3)]
    only = lan.get(f"/ho-so/{dossier.code}/to-phan-cach/", {"giay": "2"})
    assert codes_in(only.content) == [{f"MC1:{dossier.code}:2"}]
    checklist = as_user(world.sohoa).get(f"/so-hoa/to-phan-cach/{world.procedure.key}/")
    assert codes_in(checklist.content) == [{f"MC1:QLLDNN-04:{code}"} for code in ("01", "02", "03")]
    assert "to-phan-cach" in lan.get(f"/thu-tuc/{world.procedure.key}/").content.decode()
    assert "to-phan-cach" not in Client().get(f"/thu-tuc/{world.procedure.key}/").content.decode()


def test_the_list_asks_again_only_while_something_is_worked_on(world: World, as_user: Browser) -> None:
    lan = as_user(world.lan)
    blob = storage.put([pdf_of([Sheet("một")])], media_type="application/pdf")
    batches.begin(blob, name="chong.pdf", office=world.office, actor=world.lan)
    assert "delay:2s" in lan.get("/so-hoa/lo/", {"trong": "1"}).content.decode()
    work()
    done = lan.get("/so-hoa/lo/", {"trong": "1"})
    assert "delay:2s" not in done.content.decode()
    assert done["HX-Refresh"] == "true"
