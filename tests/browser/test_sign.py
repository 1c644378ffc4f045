"""The leader clears twenty results between two meetings, by keyboard; the applicant pays on a phone."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bpmc_portal.jobs.services import run_due
from dossiers import tracking
from dossiers.models import Dossier
from dossiers.services import results
from dossiers.services.acts import MoneyInput
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.browser.conftest import Desk
from tests.world import World


def proposed(world: World) -> Dossier:
    """Return a dossier with a draft that waits for the leader."""
    dossier = act(world.received().code, Action.FORWARD, actor=world.minh)
    results.draft(
        dossier,
        actor=world.minh,
        title=f"Giấy xác nhận đăng ký hợp đồng {dossier.pk}",
        number="12/GXN",
        at=timezone.now(),
    )
    params = Params(reason="Hồ sơ đủ điều kiện")
    return act(dossier.code, Action.FORWARD, actor=world.minh, params=params)


def test_twenty_results_are_approved_in_one_go(
    committed_world: World, desk: Callable[..., Desk], settings: Any
) -> None:
    found = [proposed(committed_world) for _count in range(20)]
    ha = desk("ha")
    ha.open("/ky/")
    expect(ha.page.locator("[data-row]")).to_have_count(20)
    begun = time.monotonic()
    ha.page.locator("[data-row] a").first.focus()
    for _count in range(3):
        ha.page.keyboard.press("s")
    expect(ha.page.get_by_role("button", name="Phê duyệt 3 mục đã chọn")).to_be_visible()
    expect(ha.page.locator("#draft-title")).to_be_visible()
    ha.check()
    ha.page.locator("[data-all]").check()
    expect(ha.page.get_by_role("button", name="Phê duyệt 20 mục đã chọn")).to_be_visible()
    ha.page.keyboard.press("F9")
    ha.page.keyboard.press("Enter")
    ha.page.wait_for_url("**/viec/hang-loat/**")
    run_due()
    ha.page.reload()
    took = time.monotonic() - begun
    print(f"20 results approved in {took:.1f} s")
    states = set(Dossier.objects.filter(pk__in=[each.pk for each in found]).values_list("status", flat=True))
    assert states == {"finished"}
    assert took <= 60
    ha.check()


def test_one_is_sent_back_by_keyboard(committed_world: World, desk: Callable[..., Desk]) -> None:
    dossier = proposed(committed_world)
    ha = desk("ha")
    ha.open("/ky/")
    ha.page.locator("[data-row] a").first.focus()
    ha.page.keyboard.press("x")
    expect(ha.page.locator("#back-reason")).to_be_focused()
    ha.page.keyboard.type("Trích yếu chưa đúng")
    ha.page.get_by_role("button", name="Trả lại hồ sơ này").click()
    expect(ha.page.get_by_text(f"Đã trả lại hồ sơ {dossier.code}")).to_be_visible()
    minh = desk("minh")
    minh.open("/viec/?muc=tra-lai")
    expect(minh.page.get_by_role("link", name=dossier.code)).to_be_visible()


@pytest.mark.parametrize("width", [1366, 390])
def test_the_applicant_sees_how_to_pay(
    committed_world: World, desk: Callable[..., Desk], settings: Any, width: int
) -> None:
    settings.BANK_BIN, settings.BANK_ACCOUNT, settings.BANK_ACCOUNT_NAME = (
        "970415",
        "113366668888",
        "KHO BAC NHA NUOC HA NOI",
    )
    settings.GATEWAY_URL, settings.GATEWAY_PARTNER, settings.GATEWAY_SECRET = "http://127.0.0.1:9/", "A", "B"
    money = MoneyInput(300_000, name="Lệ phí cấp giấy phép hoạt động dịch vụ")
    dossier = committed_world.received()
    asking = Params(reason="Lệ phí theo quy định", money=money)
    act(dossier.code, Action.REQUEST_PAYMENT, actor=committed_world.minh, params=asking)
    phone = desk(width=width, height=844)
    phone.open(f"/t/{tracking.token_of(dossier.code, 1)}/nop-phi/")
    expect(phone.page.get_by_text("300.000 đồng")).to_be_visible()
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.check()
    phone.page.get_by_role("button", name="Nộp qua cổng thanh toán").click()
    expect(phone.page.get_by_text("Đang mở cổng thanh toán")).to_be_visible()
    phone.check()
    act(dossier.code, Action.PAY, actor=committed_world.lan)
    expect(phone.page.get_by_role("heading", name="Bạn đã nộp phí")).to_be_visible()
    phone.check()
