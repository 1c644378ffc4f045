"""The worklist in a browser: arrows, Space, Enter and Esc, many dossiers at once, and the page on a phone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from bpmc_portal.jobs import services as jobs
from dossiers.models import Alert, BulkRun, Dossier
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.browser.conftest import Desk
from tests.world import World

pytestmark = pytest.mark.browser


@pytest.fixture
def busy(committed_world: World) -> list[str]:
    """Receive six dossiers with appointments apart, one past, one paused; return the running ones in the list's order."""
    world = committed_world
    for days in (-3, 0, 2, 9, 20, 40):
        dossier = world.received()
        now = timezone.now()
        Dossier.objects.filter(pk=dossier.pk).update(
            received_at=now - timedelta(days=60), due_at=now + timedelta(days=days, minutes=2)
        )
    last = Dossier.objects.order_by("due_at").last()
    assert last is not None
    act(last.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, params=Params(reason="Thiếu bản dịch"))
    first = Dossier.objects.order_by("due_at").first()
    now = timezone.now()
    Alert.objects.create(dossier=first, user=world.ha, level="overdue", about=now, at=now)
    return list(Dossier.objects.filter(status="received").order_by("due_at").values_list("code", flat=True))


def focused(desk: Desk) -> str:
    """Return the text of the focused element."""
    return str(desk.page.evaluate("document.activeElement.textContent.trim()"))


def wait_for_focus(desk: Desk, code: str) -> None:
    """Wait until the list is there with the row of that dossier in focus."""
    desk.page.wait_for_url("**/viec/**")
    desk.page.wait_for_function("code => document.activeElement.textContent.trim() === code", arg=code)


def test_arrows_enter_and_escape_come_back_to_the_same_row(
    desk: Callable[..., Desk], busy: list[str]
) -> None:
    ha = desk("ha")
    ha.open("/viec/?muc=dang-xu-ly")
    ha.check()
    ha.page.locator("tbody a.code").first.focus()
    ha.page.keyboard.press("ArrowDown")
    ha.page.keyboard.press("ArrowDown")
    assert focused(ha) == busy[2]
    ha.page.keyboard.press("Enter")
    ha.page.wait_for_url(f"**/ho-so/{busy[2]}/**")
    assert ha.page.locator(".neighbours").inner_text().split("\n")[-1].strip() == "3/5"
    ha.check()
    ha.page.locator("main").focus()
    ha.page.keyboard.press("Escape")
    wait_for_focus(ha, busy[2])
    ha.page.keyboard.press("Enter")
    ha.page.locator(".neighbours [rel=next]").click()
    ha.page.wait_for_url(f"**/ho-so/{busy[3]}/**")
    ha.page.keyboard.press("Escape")
    wait_for_focus(ha, busy[3])


def test_rows_are_ticked_by_space_and_shift_and_given_out_in_one_go(
    desk: Callable[..., Desk], busy: list[str]
) -> None:
    ha = desk("ha")
    ha.open("/viec/?muc=chua-phan-cong")
    ha.page.locator("tbody a.code").first.focus()
    ha.page.keyboard.press(" ")
    ha.page.locator("tbody input[name=hs]").nth(2).click(modifiers=["Shift"])
    assert ha.page.locator("[data-bulk-count]").inner_text() == "Đã chọn 3 hồ sơ"
    ha.page.locator("[data-tick-page]").check()
    assert ha.page.locator("[data-bulk-count]").inner_text() == "Đã chọn 5 hồ sơ"
    ha.page.locator("#bulk-giao").select_option("")
    ha.page.get_by_role("button", name="Giao việc").click()
    ha.page.wait_for_url("**/hang-loat/**")
    assert "5 hồ sơ hợp lệ" in ha.page.locator("main").inner_text()
    ha.check()
    ha.page.keyboard.press("F9")
    ha.page.locator("#bulk-progress").wait_for()
    assert ha.page.url.endswith(f"/viec/hang-loat/{BulkRun.objects.get().pk}/")
    ha.check()
    jobs.run_due()
    ha.page.get_by_text("Đã làm 5/5 hồ sơ: 5 xong").wait_for()
    ha.check()
    assert Dossier.objects.filter(assignee__username="minh").count() == 5


@pytest.mark.parametrize("width", [1366, 390])
def test_list_tools_and_days_away_are_usable_at_every_width(
    desk: Callable[..., Desk], busy: list[str], width: int
) -> None:
    ha = desk("ha", width=width, height=768 if width > 600 else 844)
    ha.open("/viec/?muc=dang-xu-ly&han=sau")
    for summary in ("Bộ lọc đã lưu", "Mỗi mục gồm gì?"):
        ha.page.get_by_text(summary).click()
    ha.check()
    ha.page.get_by_label("Tên bộ lọc").fill("Còn lâu")
    ha.page.get_by_role("button", name="Lưu").click()
    ha.page.get_by_text("Đã lưu bộ lọc “Còn lâu”").wait_for()
    ha.page.get_by_role("button", name="Đã xem").click()
    ha.page.locator(".band-alerts").filter(has_text="cảnh báo").wait_for(state="detached")
    ha.open("/vang-mat/")
    ha.check()
    scrolls = ha.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not scrolls
