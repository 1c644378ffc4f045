"""The dossier page under the hands of an officer: papers judged by keyboard, the viewer, notes, and the citizen's message read."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dossiers.models import Component, Message
from dossiers.services import messages
from tests.browser.conftest import Desk
from tests.dossiers.full_dossier import full
from tests.world import World

pytestmark = pytest.mark.browser


def test_papers_are_judged_by_keyboard_and_read_beside_the_list(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    dossier = full(committed_world, papers=6, events=30, side=4)
    minh = desk("minh")
    minh.open(f"/ho-so/{dossier.code}/")
    page = minh.page
    picture = page.locator("[data-page-image]")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") == 1000
    minh.check()
    third = page.locator("[data-verdicts] > li").nth(2)
    third.locator("a").first.focus()
    page.keyboard.press("x")
    reason = third.locator("select")
    expect(reason).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Ax: thiếu chữ ký trang 2.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(third).to_contain_text("thiếu chữ ký trang 2.")
    expect(third.locator("a").first).to_be_focused()
    failed = Component.objects.get(dossier=dossier, position=10)
    assert (failed.verdict, failed.verdict_reason.code) == ("failed", "paper-1")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("a")
    expect(third.locator("[data-verdict=passed]")).to_have_attribute("aria-pressed", "true")
    assert Component.objects.get(pk=failed.pk).verdict == "passed"
    minh.check()


def test_the_viewer_turns_pages_and_grows_by_keyboard(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    dossier = full(committed_world, papers=3, events=3, side=0)
    minh = desk("minh")
    minh.open(f"/ho-so/{dossier.code}/")
    page = minh.page
    page.locator("#giay-2 .what a").first.press("Enter")
    expect(page.locator("#viewer")).to_contain_text("Trang 1/3")
    expect(page.locator("#giay-2")).to_have_attribute("aria-current", "true")
    page.locator("#viewer .sheet").focus()
    page.keyboard.press("PageDown")
    expect(page.locator("#viewer")).to_contain_text("Trang 2/3")
    page.keyboard.press("+")
    expect(page.locator("#viewer .z2")).to_be_visible()
    page.keyboard.press("]")
    expect(page.locator("[data-page-image]")).to_have_attribute("src", re.compile("xoay=90"))
    expect(page.locator("[data-page-image]")).to_have_js_property("complete", True)
    minh.check()


def test_on_a_phone_the_page_is_one_column_and_the_message_is_read_by_being_seen(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    dossier = full(committed_world, papers=3, events=40, side=3)
    messages.write(dossier, author=None, text="Tôi gửi thiếu trang 3.", at=timezone.now())
    minh = desk("minh", width=390, height=844)
    minh.open(f"/ho-so/{dossier.code}/")
    page = minh.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    minh.check()
    page.locator("#note-text").fill("Đã gọi cho bà Tư.")
    page.locator("#note-text").locator("xpath=ancestor::form").locator("button").click()
    expect(page.locator("#ghi-chu")).to_contain_text("Đã gọi cho bà Tư.")
    with page.expect_response(re.compile("da-doc")):
        page.locator("#trao-doi").scroll_into_view_if_needed()
    assert not Message.objects.filter(author=None, read_at=None).exists()
    for path in ("xem-nhu-nguoi-dan/", "nguoi-xem/"):
        minh.open(f"/ho-so/{dossier.code}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        minh.check()
