"""Files reach the desk over bad lines and from a phone, in a real Chromium."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from digitization import handoff
from digitization.models import Document, Transfer
from tests.browser.conftest import Desk
from tests.digitization.test_transfers import MEGABYTE, pdf_of
from tests.world import World

pytestmark = pytest.mark.browser
PAGE = "/tiep-nhan/?thu_tuc=QLLDNN-04"
PIECES = re.compile(r"/so-hoa/tai-len/[0-9a-f-]{36}/$")


def photo(name: str, colour: int) -> Any:
    content = BytesIO()
    Image.new("L", (1240, 1754), colour).save(content, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": content.getvalue()}


def big_pdf(folder: Path) -> Path:
    """Write a file of ten pieces; the picker keeps its date, so that a reload finds it the same."""
    path = folder / "don-dai.pdf"
    path.write_bytes(pdf_of(10 * MEGABYTE - 5000))
    return path


def cut_after(desk: Desk, pieces: int) -> list[int]:
    """Let so many pieces through, then cut the line; return the offsets that left the browser."""
    offsets: list[int] = []

    def on_its_way(route: Route) -> None:
        if route.request.method == "POST":
            offsets.append(int(route.request.headers["upload-offset"]))
            if len(offsets) > pieces:
                route.abort("connectionreset")
                return
        route.continue_()

    desk.page.route(PIECES, on_its_way)
    return offsets


def test_a_big_scan_whose_line_is_cut_at_sixty_per_cent_goes_on_where_it_stopped(
    desk: Callable[..., Desk], committed_world: World, tmp_path: Path
) -> None:
    lan = desk("lan")
    assert lan.open(PAGE) == 200
    offsets = cut_after(lan, 6)
    lan.page.set_input_files("#scan-files", big_pdf(tmp_path))
    expect(lan.page.locator(".tag.file.warn")).to_contain_text("Mất mạng")
    assert Transfer.objects.get().received == 6 * MEGABYTE
    lan.page.unroute(PIECES)
    expect(lan.page.locator(".tag.file.ok")).to_contain_text("1 trang · 10,0 MB")
    assert offsets[:7] == [number * MEGABYTE for number in range(7)]
    assert (Transfer.objects.get().state, Document.objects.count()) == ("done", 1)
    lan.complaints[:] = [each for each in lan.complaints if "CONNECTION_RESET" not in each]
    lan.check()


def test_after_a_reload_the_same_file_goes_on_where_it_stopped(
    desk: Callable[..., Desk], committed_world: World, tmp_path: Path
) -> None:
    lan, scan = desk("lan"), big_pdf(tmp_path)
    assert lan.open(PAGE) == 200
    cut_after(lan, 6)
    lan.page.set_input_files("#scan-files", scan)
    expect(lan.page.locator(".tag.file.warn")).to_contain_text("Mất mạng")
    lan.page.unroute(PIECES)
    lan.page.on("dialog", lambda asked: asked.accept())
    lan.page.reload()
    offsets = cut_after(lan, 100)
    lan.page.set_input_files("#scan-files", scan)
    expect(lan.page.locator(".tag.file.ok")).to_contain_text("1 trang · 10,0 MB")
    assert offsets[0] == 6 * MEGABYTE
    assert Document.objects.count() == 1


def test_two_photos_of_a_phone_appear_at_the_desk(desk: Callable[..., Desk], committed_world: World) -> None:
    lan, phone = desk("lan"), desk(width=390, height=844)
    assert lan.open(PAGE) == 200
    lan.page.get_by_role("button", name="Chụp bằng điện thoại").click()
    expect(lan.page.locator("#phone-state")).to_contain_text("Mã còn dùng được")
    lan.check()
    address = lan.page.locator("#phone-link").inner_text()
    assert address.startswith(f"{lan.base}/chup/")
    assert phone.open(address.removeprefix(lan.base)) == 200
    phone.check()
    phone.page.set_input_files("input[capture]", [photo("IMG_1.jpg", 10), photo("IMG_2.jpg", 20)])
    expect(phone.page.locator("#sent-list li.t-ok")).to_have_count(2)
    phone.page.set_input_files(
        "[data-phone-files] >> nth=1", [{"name": "x.exe", "mimeType": "x/y", "buffer": b"MZ12"}]
    )
    expect(phone.page.locator("#sent-list li.t-late")).to_contain_text("Hãy gửi")
    assert not phone.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    phone.complaints[:] = [each for each in phone.complaints if "400" not in each]
    phone.check()
    expect(lan.page.locator("#phone-files li")).to_have_count(2)
    phone.page.get_by_role("button", name="Xong").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Đã gửi tới quầy")
    phone.check()
    expect(lan.page.locator("#phone-state")).to_contain_text("đã nhấn Xong")
    lan.page.locator("#phone").get_by_role("button", name="Xong").click()
    expect(lan.page.locator("[data-paper] .tag.file.ok")).to_have_count(2)
    lan.check()
    assert phone.open(address.removeprefix(lan.base)) == 404
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Trang chụp đã đóng")
    phone.check()


def test_a_phone_without_javascript_sends_by_the_plain_form(
    desk: Callable[..., Desk], committed_world: World, chromium: Any
) -> None:
    lan = desk("lan")
    page = handoff.open_page("1", actor=committed_world.lan)
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    plain = context.new_page()
    plain.goto(f"{lan.base}/chup/{page.token}/")
    plain.set_input_files("input[name=files]", [photo("IMG_1.jpg", 10)])
    plain.get_by_role("button", name="Gửi tới quầy").click()
    expect(plain.locator("#sent-list li.t-ok")).to_contain_text("IMG_1.jpg")
    context.close()
    assert Document.objects.get().uploaded_by == committed_world.lan
