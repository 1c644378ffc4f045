"""Two failing papers: the officer asks for them by keyboard, the citizen hands them in by telephone, and the clock runs on by itself."""

import io
import os
import time
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import expect

from bpmc_portal.jobs import services as jobs
from bpmc_portal.notices.models import Notice
from dossiers import tracking
from dossiers.models import Component, Dossier, Letter, Reason, Status
from dossiers.services.acts import Params
from dossiers.services.transitions import act
from dossiers.workflow import Action
from tests.browser.conftest import A_PERSONS_PACE, Desk
from tests.world import World

pytestmark = pytest.mark.browser
MOST_SECONDS = 30
PICTURES = os.environ.get("PICTURES", "")


def picture(desk: Desk, name: str) -> None:
    """Keep a picture for whoever wants to look."""
    if PICTURES:
        desk.page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def failing(world: World) -> Dossier:
    """Return a dossier under way in which two papers were found wanting."""
    dossier = world.received()
    dossier = act(dossier.code, Action.FORWARD, actor=world.minh)
    for number in (1, 2):
        Component.objects.filter(dossier=dossier, requirement__code=f"0{number}").update(
            verdict="failed",
            verdict_reason=Reason.objects.get(code=f"paper-{number}"),
            verdict_note="Thiếu chữ ký ở trang cuối.",
        )
    return dossier


def photo(shade: int) -> bytes:
    held = io.BytesIO()
    Image.new("L", (1300, 1700), shade).save(held, "JPEG")
    return held.getvalue()


def test_two_failing_papers_are_asked_for_by_keyboard_within_half_a_minute(
    desk: Callable[..., Desk], committed_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    dossier = failing(committed_world)
    minh = desk("minh")
    minh.open(f"/ho-so/{dossier.code}/")
    begun = time.perf_counter()
    link = minh.page.locator(f'a[href^="/ho-so/{dossier.code}/thu/bo-sung/"]').first
    minh.page.locator("details.others summary").focus()
    minh.page.keyboard.press("Enter")
    link.focus()
    minh.page.keyboard.press("Enter")
    minh.page.wait_for_url("**/thu/bo-sung/")
    minh.page.locator("#id_remedy_1").focus()
    with minh.page.expect_response(lambda answer: "xem=1" in answer.url):
        minh.page.keyboard.type("Nop ban dich co xac nhan.", delay=A_PERSONS_PACE)
    expect(minh.page.locator("#seen")).to_contain_text("Nop ban dich co xac nhan.")
    picture(minh, "compose-1366")
    minh.page.keyboard.press("F9")
    minh.page.wait_for_url(f"**/ho-so/{dossier.code}/")
    took = time.perf_counter() - begun
    with capsys.disabled():
        print(f"\n  hai giấy không đạt → đã gửi: {took:.1f} giây")
    assert took <= MOST_SECONDS
    letter = Letter.objects.get(dossier=dossier)
    assert letter.items.count() == 2
    assert Dossier.objects.get(pk=dossier.pk).status == Status.AWAITING_SUPPLEMENT
    assert not minh.complaints


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_the_page_of_a_letter_is_accessible(
    desk: Callable[..., Desk], committed_world: World, width: int, height: int
) -> None:
    dossier = failing(committed_world)
    ha = desk("ha", width=width, height=height)
    for kind in ("bo-sung", "tu-choi", "xin-loi"):
        ha.open(f"/ho-so/{dossier.code}/thu/{kind}/")
        ha.check()
        picture(ha, f"compose-{kind}-{width}")
        assert ha.page.evaluate("document.documentElement.scrollWidth") <= width


def open_letters(citizen: Desk, dossier: Dossier) -> None:
    """Follow the link of the message and type the code that comes by telephone."""
    citizen.open(f"/t/{tracking.token_of(dossier.code, 1)}/")
    citizen.check()
    picture(citizen, "track-390")
    citizen.page.get_by_role("link", name="Xem và tải lên ngay").click()
    citizen.check()
    citizen.page.get_by_role("button", name="Gửi mã cho tôi").click()
    code = citizen.page.locator("#id_code")
    code.wait_for()
    citizen.check()
    picture(citizen, "gate-390")
    title = Notice.objects.get(template="one_time").title
    code.fill("".join(filter(str.isdigit, title.split(".")[0])))
    citizen.page.keyboard.press("Enter")


def test_the_citizen_hands_both_papers_in_by_telephone_and_the_clock_runs_on(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    dossier = failing(committed_world)
    act(
        dossier.code, Action.REQUEST_SUPPLEMENT, actor=committed_world.minh, params=Params(reason="Xem phiếu")
    )
    citizen = desk(width=390, height=844)
    open_letters(citizen, dossier)
    citizen.page.wait_for_selector(".asked")
    citizen.check()
    picture(citizen, "asked-390")
    assert citizen.page.locator(".asked > li").count() == 2
    citizen.page.locator(".asked input[type=file]").nth(0).set_input_files(
        {"name": "trang-1.jpg", "mimeType": "image/jpeg", "buffer": photo(210)}
    )
    expect(citizen.page.locator("#asked-title")).to_contain_text("đã nộp 1/2")
    citizen.check()
    picture(citizen, "half-390")
    citizen.page.locator(".asked input[type=file]").nth(1).set_input_files(
        {"name": "trang-2.jpg", "mimeType": "image/jpeg", "buffer": photo(90)}
    )
    expect(citizen.page.locator("main")).to_contain_text(
        "Thời gian giải quyết đã tính tiếp; hẹn trả kết quả mới:"
    )
    citizen.check()
    picture(citizen, "done-390")
    assert citizen.page.evaluate("document.documentElement.scrollWidth") <= 390
    after = Dossier.objects.get(pk=dossier.pk)
    assert after.status == Status.PROCESSING
    assert jobs.run_due() > 0
    assert after.components.filter(document__code=None).count() == 0
