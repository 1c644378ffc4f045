"""The store on a phone, the register and its figures at a desk: readable by everybody, and each bar opens what it counts."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from bpmc_portal.jobs.services import run_due
from bpmc_portal.lib.vietnamese import local_date
from digitization import register, register_import
from digitization.models import Document, LegacyImport, RegisterDay
from dossiers.services.commands import ComponentInput
from procedures.models import DocumentType
from tests.api import bodies
from tests.browser.conftest import Desk
from tests.digitization.test_register_import import row, sheet
from tests.world import World

SIZES = [(1366, 768), (390, 844)]


def registered(world: World) -> LegacyImport:
    """Return an import that was written, with one result scanned, one signed and one stored."""
    DocumentType.objects.create(
        code="MC-KQ01", name="Giấy phép hoạt động dịch vụ đưa người lao động đi làm việc ở nước ngoài"
    )
    content = sheet(*(row(number) for number in range(1, 9)), row(9, holder_name=""), row(2))
    file = SimpleUploadedFile("so-ket-qua-2019.xlsx", content)
    batch = register_import.take(file, unit=world.agency, declared=12, actor=world.vanthu)
    run_due()
    register_import.apply(batch.pk, actor=world.vanthu)
    run_due()
    for result in register.visible_to(world.vanthu).order_by("pk")[:3]:
        scan = SimpleUploadedFile("quet.pdf", bodies.pdf())
        register.attach(result.pk, scan, actor=world.vanthu)
    run_due()
    first = register.visible_to(world.vanthu).order_by("pk")[0]
    Document.objects.filter(pk=first.document_id).update(signed="valid")
    for ago in range(1, 13):
        RegisterDay.objects.create(unit=world.agency, day=local_date() - timedelta(days=ago), results=1)
    return batch


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_register_its_imports_and_its_figures(
    committed_world: World, desk: Callable[..., Desk], width: int, height: int
) -> None:
    batch = registered(committed_world)
    vanthu = desk("vanthu", width=width, height=height)
    result = register.visible_to(committed_world.vanthu).order_by("pk")[4]
    for path in ("", "nhap/", f"nhap/{batch.pk}/", f"{result.pk}/"):
        vanthu.open(f"/so-hoa/so-cu/{path}")
        vanthu.check()
    leader = desk("ha", width=width, height=height)
    leader.open("/dieu-hanh/so-hoa/")
    leader.check()
    leader.page.get_by_role("link", name="5 kết quả chưa quét").first.click()
    expect(leader.page.get_by_role("heading", name="5 kết quả")).to_be_visible()
    expect(leader.page.locator("tbody tr")).to_have_count(5)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_store_and_a_word_about_an_error(
    committed_world: World, desk: Callable[..., Desk], width: int, height: int
) -> None:
    first = committed_world.received()
    run_due()
    Document.objects.filter(code_type="MC-GT0001").update(
        number="15/HĐ", issued_on=date(2026, 1, 5), issuer="Công ty Việt Lao", signed="valid"
    )
    committed_world.received(components=(ComponentInput("01", "reused"), ComponentInput("02", "reused")))
    minh = desk("minh")
    minh.open(f"/ho-so/{first.code}/")
    tu = desk("tu", width=width, height=height)
    tu.open("/cua-toi/")
    tu.check()
    tu.page.get_by_role("link", name="Văn bản đăng ký hợp đồng").click()
    expect(tu.page.get_by_text("Cục Quản lý lao động ngoài nước – Chuyên viên thụ lý").first).to_be_visible()
    tu.page.get_by_label("Giấy tờ này sai ở đâu?").fill("Sai ngày cấp, đúng là 06/01/2026.")
    tu.page.get_by_role("button", name="Gửi phản ánh").click()
    expect(tu.page.get_by_text("Phản ánh của bạn đang chờ trả lời.")).to_be_visible()
    tu.check()
    minh.open("/so-hoa/phan-anh/")
    minh.check()
