"""The tray by keyboard: a stack is sent, its stray pages go to a paper by one key, and every act can be taken back."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bpmc_portal.jobs.models import Job
from digitization import batches, storage
from digitization.models import BatchPage, Document
from dossiers.services import filing
from dossiers.services.commands import ComponentInput
from tests.browser.conftest import Desk
from tests.digitization.stacks import Sheet, pdf_of, work
from tests.world import World

PAPERS = (ComponentInput("01", "original"), ComponentInput("02", "copy"), ComponentInput("03", "copy"))


def waiting_pages(world: World, sheets: list[Sheet]) -> None:
    """Send a stack and split it, so that its pages wait in the tray."""
    blob = storage.put([pdf_of(sheets)], media_type="application/pdf")
    batches.begin(blob, name="chong.pdf", office=world.office, actor=world.lan)
    work()


def test_a_stack_is_sent_split_and_found_in_the_tray(
    committed_world: World, desk: Callable[..., Desk], tmp_path: Path
) -> None:
    dossier = committed_world.received(components=PAPERS)
    stack = tmp_path / "chong-giay-sang-nay.pdf"
    stack.write_bytes(pdf_of([Sheet("trang lẻ"), Sheet(place=filing.place_for(dossier, 1)), Sheet("đơn")]))
    lan = desk("lan")
    lan.open("/so-hoa/")
    expect(lan.page.get_by_text("Khay trống")).to_be_visible()
    lan.check()
    lan.page.locator("#stack-file").set_input_files(str(stack))
    expect(lan.page.get_by_text("Đã đọc 0/")).to_be_visible()
    work()
    expect(lan.page.locator("[data-leaf]")).to_have_count(1)  # the page found out by itself
    expect(lan.page.get_by_text("1 trang vào 1 giấy tờ").last).to_be_visible()
    lan.page.keyboard.press("F4")
    lan.page.keyboard.type(dossier.code)
    lan.page.keyboard.press("Enter")
    expect(lan.page.get_by_role("button", name="Bản sao hợp đồng cung ứng")).to_be_enabled()
    expect(lan.page.get_by_role("button", name="Văn bản đăng ký hợp đồng")).to_be_disabled()
    lan.check()


def test_stray_pages_are_placed_by_keyboard_and_it_can_be_undone(
    committed_world: World, desk: Callable[..., Desk]
) -> None:
    world = committed_world
    dossier = world.received(components=PAPERS)
    waiting_pages(world, [Sheet(f"trang lẻ {number}") for number in range(4)])
    lan = desk("lan")
    lan.open(f"/so-hoa/?ho-so={dossier.code}")
    keys = lan.page.keyboard
    expect(lan.page.locator("[data-leaf]").first).to_be_focused()
    keys.press("Shift+ArrowRight")
    expect(lan.page.get_by_text("Đã chọn 2 trang")).to_be_visible()
    keys.press("2")
    expect(lan.page.get_by_text("Đã xếp 2 trang vào giấy tờ số 2")).to_be_visible()
    keys.press("u")
    expect(lan.page.get_by_text("Đã hoàn tác: các trang trở lại khay.")).to_be_visible()
    lan.check()
    expect(lan.page.locator("[data-leaf]")).to_have_count(4)
    expect(lan.page.locator("[data-leaf]").first).to_be_focused()
    keys.press("]")
    expect(lan.page.locator("img.turn-90")).to_have_count(1)
    expect(lan.page.locator("[data-leaf]").first).to_be_focused()  # the new page takes keys from here on
    keys.press("a")
    expect(lan.page.get_by_text("Đã chọn 4 trang")).to_be_visible()
    keys.press("2")
    expect(lan.page.get_by_text("Khay trống")).to_be_visible()
    Job.objects.filter(kind="digitization.file_assigned").update(not_before=timezone.now())
    BatchPage.objects.filter(state="placing").update(settled_at=timezone.now() - timedelta(minutes=1))
    work()
    document = Document.objects.get(components__dossier=dossier, components__position=2)
    assert (document.state, document.pages) == ("stored", 4)


@pytest.mark.parametrize("width", [1366, 390])
def test_the_tray_is_usable_at_both_widths(
    committed_world: World, desk: Callable[..., Desk], width: int
) -> None:
    dossier = committed_world.received(components=PAPERS)
    waiting_pages(
        committed_world, [*(Sheet(f"trang {number}") for number in range(4)), Sheet(place="x:1"), Sheet("lạ")]
    )
    sohoa = desk("sohoa", width=width, height=844 if width < 800 else 768)
    sohoa.open(f"/so-hoa/?ho-so={dossier.code}")
    expect(sohoa.page.locator("[data-leaf]")).to_have_count(5)
    assert sohoa.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sohoa.check()
    sohoa.page.locator("[data-leaf]").first.focus()
    sohoa.page.keyboard.press("Enter")
    expect(sohoa.page.get_by_role("dialog", name="Xem trang")).to_be_visible()
    sohoa.page.keyboard.press("Escape")
    sohoa.page.locator("[data-leaf]").first.focus()
    sohoa.page.keyboard.press("Delete")
    expect(sohoa.page.get_by_text("Đã bỏ 1 trang khỏi khay")).to_be_visible()
    expect(sohoa.page.locator("[data-leaf]")).to_have_count(4)
