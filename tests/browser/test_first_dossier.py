"""The first dossier from counter to citizen, as people do it: in a browser, at the desk by keyboard alone."""

import re
from collections.abc import Callable
from pathlib import Path
from subprocess import run

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from bpmc_portal.jobs import services as jobs
from digitization.models import Document
from dossiers.models import Dossier
from tests.browser.conftest import A_PERSONS_PACE, Desk
from tests.world import TU_CCCD, World

pytestmark = pytest.mark.browser
NAME = "Trần Thị Tư"
DONE = {"forward": "Đã chuyển bước", "approve": "Đã có kết quả", "return_result": "Đã trả kết quả"}


def receive_by_keyboard(lan: Desk) -> str:
    """Type a dossier of bà Tư and return its code. The mouse is never touched."""
    keyboard = lan.page.keyboard
    lan.open("/tiep-nhan/")
    lan.page.locator("#id_identity_number").focus()
    keyboard.type(TU_CCCD, delay=A_PERSONS_PACE)
    keyboard.press("Enter")
    expect(lan.page.locator("#id_name")).to_have_value(NAME)
    lan.check()
    keyboard.press("F4")
    keyboard.type("hop dong cung ung")
    lan.page.wait_for_selector("[role=option]")
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    lan.page.wait_for_selector("#due b")
    lan.check()
    keyboard.press("F9")
    lan.page.wait_for_url(re.compile(r"/xong/"))
    lan.check()
    dossier = Dossier.objects.latest("id")
    return dossier.code


def press(desk: Desk, code: str, action: str, reason: str = "") -> None:
    """Do one act from the dossier's page."""
    assert desk.open(f"/ho-so/{code}/") == 200
    form = desk.page.locator(f"form[action$='/viec/{action}/']").first
    if not form.locator("button[type=submit]").first.is_visible():
        desk.page.locator(f"details:has(form[action$='/viec/{action}/']) > summary").first.press("Enter")
    if reason:
        form.locator("textarea[name=reason]").fill(reason)
    form.locator("button[type=submit]").first.press("Enter")
    if desk.page.locator("#confirm-dialog[open]").count():
        desk.page.keyboard.press("Enter")  # the dialog names the effect and has the focus on yes
    expect(desk.page.locator("main")).to_contain_text(DONE[action])


def codes_on(pdf: bytes, folder: Path) -> set[str]:
    """Print the paper at 150 dpi and read every code on its first page."""
    (folder / "receipt.pdf").write_bytes(pdf)
    run(
        ["pdftoppm", "-r", "150", "-png", "-singlefile", folder / "receipt.pdf", folder / "receipt"],
        check=True,
    )
    return {found.text for found in zxingcpp.read_barcodes(Image.open(folder / "receipt.png"))}


def test_a_dossier_goes_from_counter_to_citizen_in_the_browser(
    desk: Callable[..., Desk], committed_world: World, tmp_path: Path
) -> None:
    lan = desk("lan")
    code = receive_by_keyboard(lan)
    jobs.run_due()
    assert not Document.objects.filter(code=None).exists()
    citizen = scanned(desk, lan, code, tmp_path)
    minh, ha = desk("minh"), desk("ha")
    minh.open("/viec/")
    minh.check()
    press(minh, code, "forward")
    press(minh, code, "forward")
    press(ha, code, "approve")
    ha.check()
    press(lan, code, "return_result")
    lan.open(f"/ho-so/{code}/")
    lan.check()
    assert Dossier.objects.get(code=code).status == "returned"
    timeline = lan.page.content()
    for words in ("Đã tiếp nhận", "Đã chuyển bước", "Đã có kết quả", "Đã trả kết quả"):
        assert words in timeline
    citizen.page.reload()
    assert "Đã trả kết quả" in citizen.page.content()


def scanned(desk: Callable[..., Desk], lan: Desk, code: str, folder: Path) -> Desk:
    """Scan the printed receipt with a phone: its page shows the state and nothing that names a person or a paper."""
    receipt = lan.page.request.get(f"{lan.base}/ho-so/{code}/giay-tiep-nhan/")
    assert (receipt.status, receipt.headers["content-type"]) == (200, "application/pdf")
    citizen = desk(width=390, height=844)
    citizen.page.goto(next(text for text in codes_on(receipt.body(), folder) if "/t/" in text))
    seen = citizen.page.content()
    assert code in seen
    for secret in (NAME, "Trần", TU_CCCD, "0912", "Văn bản đăng ký"):
        assert secret not in seen
    citizen.check()
    return citizen


def test_an_officer_of_another_unit_finds_nothing_anywhere(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    code = committed_world.received().code
    binh = desk("binh")
    for path in (
        f"/ho-so/{code}/",
        f"/ho-so/{code}/giay-tiep-nhan/",
        f"/api/v1/dossiers/{code}/",
        f"/api/v1/dossiers/{code}/events/",
    ):
        assert binh.open(path) == 404
    # What he types himself stands once, in the filter that he may take off.
    for path, typed in (("/viec/", 0), (f"/viec/?q={code}", 1), ("/api/v1/dossiers/", 0)):
        assert binh.open(path) == 200
        assert binh.page.locator("main, pre").first.inner_text().count(code) == typed
        assert binh.page.locator(f'a[href*="/ho-so/{code}"]').count() == 0


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844), (320, 640)])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/thu-tuc/",
        "/thu-tuc/?q=cung+ung",
        "/thu-tuc/QLLDNN-04/",
        "/tra-cuu/",
        "/dang-nhap/",
        "/khong-co/",
    ],
)
def test_public_pages_are_accessible_and_fit_every_screen(
    desk: Callable[..., Desk], path: str, width: int, height: int
) -> None:
    visitor = desk(width=width, height=height)
    assert visitor.open(path) in {200, 404}
    visitor.check()
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_staff_pages_are_accessible_and_fit_every_screen(
    desk: Callable[..., Desk], committed_world: World, width: int, height: int
) -> None:
    code = committed_world.received().code
    lan = desk("lan", width=width, height=height)
    for path in (
        "/tiep-nhan/",
        "/tiep-nhan/?thu_tuc=QLLDNN-04",
        "/viec/",
        f"/ho-so/{code}/",
        "/he-thiet-ke/",
    ):
        assert lan.open(path) == 200
        lan.check()
        assert lan.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
