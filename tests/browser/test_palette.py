"""The palette in a real Chromium: Ctrl+K, type, Enter, on the dossier; by keyboard alone, and on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from dossiers.services.commands import ApplicantInput
from tests.browser.conftest import Desk
from tests.world import World

pytestmark = pytest.mark.browser
NGUYET = ApplicantInput(
    "citizen", "001190000127", "Nguyễn Thị Minh Nguyệt", phone="0987654321", address="12 Ngô Quyền, Hà Nội"
)


def at_desk(desk: Callable[..., Desk], world: World, path: str = "/viec/", **screen: int) -> tuple[str, Desk]:
    """Return the code of a dossier of bà Nguyệt, and Lan's browser at a page."""
    code = world.received(applicant=NGUYET).code
    lan = desk("lan", **screen)
    lan.open(path)
    return code, lan


def test_lan_opens_a_dossier_by_keyboard_alone_from_any_page(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    code, lan = at_desk(desk, committed_world)
    page, keys = lan.page, lan.page.keyboard
    keys.press("Control+k")
    box = page.get_by_role("combobox", name="Tìm hồ sơ, người nộp, thủ tục, lệnh")
    expect(box).to_be_focused()
    keys.type("nguyeenx nguyeetj", delay=20)
    options = page.locator("#palette [role=option]")
    expect(options).to_have_count(2)
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(page.locator("[data-palette-said]")).to_have_text("2 kết quả")
    lan.check()
    keys.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "pal-nguoi-1")
    keys.press("ArrowUp")
    keys.press("Enter")
    page.wait_for_url(f"**/ho-so/{code}/")


def test_a_scanned_code_with_its_enter_opens_the_dossier_and_escape_gives_the_focus_back(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    code, lan = at_desk(desk, committed_world)
    page, keys = lan.page, lan.page.keyboard
    page.locator("#id_q, [name=q]").last.focus()
    before = page.evaluate("document.activeElement.outerHTML")
    keys.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    keys.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    assert page.evaluate("document.activeElement.outerHTML") == before
    keys.press("Control+k")
    lan.scan(code)
    page.wait_for_url(f"**/ho-so/{code}/")
    keys.press("Control+k")
    expect(page.locator("#palette [role=group]").first).to_contain_text(code)


def test_on_a_phone_it_opens_by_touch_says_what_was_tried_and_fits(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    _code, lan = at_desk(desk, committed_world, width=390, height=780)
    page = lan.page
    page.locator("#find").click()
    page.keyboard.type("0987654321")
    expect(page.locator("#palette [role=option]")).to_have_count(2)
    lan.check()
    page.locator("#palette-q").fill("thoongx")
    expect(page.locator("[data-palette-told]")).to_contain_text("Đã thử cả cách gõ “thong”")
    expect(page.locator("[data-palette-said]")).to_have_text("Không tìm thấy kết quả nào")
    lan.check()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Tìm trong toàn bộ hồ sơ").click()
    expect(page.locator("h1")).to_have_text("Tìm kiếm")
    lan.check()


def test_a_person_opens_with_the_dossiers_and_the_search_page_needs_no_palette(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    code, lan = at_desk(desk, committed_world, "/tim/?q=nguyet")
    expect(lan.page.locator(".hits")).to_have_count(2)
    lan.check()
    lan.page.locator(".hits a", has_text="1 hồ sơ").click()
    expect(lan.page.locator("main")).to_contain_text(code)
    expect(lan.page.locator("main")).to_contain_text("001 ••• ••0 127")
    lan.check()


def test_without_a_network_the_palette_says_so_and_finds_again(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    code, lan = at_desk(desk, committed_world)
    page, keys = lan.page, lan.page.keyboard
    keys.press("Control+k")
    expect(page.locator("#palette [role=option]").first).to_be_visible()
    page.context.set_offline(True)
    keys.type("nguyet")
    expect(page.locator("[data-palette-told]")).to_contain_text("mất kết nối")
    page.context.set_offline(False)
    keys.press("Enter")
    page.wait_for_url(f"**/ho-so/{code}/")
