"""Lan receives dossiers without touching the mouse, in a real Chromium, at a person's pace and on a network that goes and comes."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from time import monotonic
from typing import Any
from urllib.parse import quote_plus

import pytest
from PIL import Image
from playwright.sync_api import Route, expect
from playwright.sync_api import TimeoutError as NotYet

from bpmc_portal.jobs import services as jobs
from dossiers.models import Dossier, IntakeDraft
from tests.browser.conftest import A_PERSONS_PACE, Desk
from tests.world import TU_CCCD, World

pytestmark = pytest.mark.browser
MEASURED_PACE = 200  # ms a key, the keystroke-level model of design and measurement
NEW_CCCD = "001186012345"
COUNT_POINTER = """
sessionStorage.setItem('pointer', sessionStorage.getItem('pointer') || '0');
for (const name of ['mousedown', 'pointerdown'])
  addEventListener(name, () => sessionStorage.setItem('pointer', String(Number(sessionStorage.getItem('pointer')) + 1)), true);
"""


@dataclass
class Hands:
    """A clerk's two hands on the keyboard; scanners type and deliver files on their own."""

    desk: Desk
    pace: int = A_PERSONS_PACE
    keys: int = 0
    sheets: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let the scanner answer every picker with what lies in its tray."""
        self.desk.page.on("filechooser", lambda picker: picker.set_files(self.sheets))

    def press(self, *names: str) -> None:
        """Press keys one after the other; a chord is one."""
        for name in names:
            self.desk.page.wait_for_timeout(self.pace)
            self.desk.page.keyboard.press(name)
            self.keys += 1

    def type(self, text: str) -> None:
        """Type a text."""
        self.desk.page.keyboard.type(text, delay=self.pace)
        self.keys += len(text)

    def scan_sheets(self, *colours: int) -> None:
        """Press F8 and let the scanner deliver its files."""
        self.sheets = [sheet(colour) for colour in colours]
        self.press("F8")


def sheet(colour: int) -> Any:
    """Return one scanned sheet, each colour another file."""
    content = BytesIO()
    Image.new("L", (1240, 1754), colour).save(content, "PNG")
    return {"name": f"scan{colour}.png", "mimeType": "image/png", "buffer": content.getvalue()}


def at_desk(desk: Callable[..., Desk], path: str, *, pace: int = A_PERSONS_PACE) -> Hands:
    lan = desk("lan")
    lan.page.add_init_script(COUNT_POINTER)
    assert lan.open(path) == 200
    return Hands(lan, pace)


def pointer_events(hands: Hands) -> int:
    return int(hands.desk.page.evaluate("sessionStorage.getItem('pointer')"))


def test_a_known_person_takes_fifteen_keys_and_ninety_seconds(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    committed_world.received()
    jobs.run_due()
    hands = at_desk(desk, "/tiep-nhan/?thu_tuc=QLLDNN-04", pace=MEASURED_PACE)
    page, started = hands.desk.page, monotonic()
    hands.desk.scan(TU_CCCD)
    expect(page.locator(".band.re")).to_contain_text("Đã dùng cả 2")
    hands.press("Alt+2", "3")
    hands.scan_sheets(10)
    expect(page.locator("[data-paper='03'] .tag.file")).to_contain_text("1 trang")
    hands.press("F9")
    page.wait_for_url("**/xong/")
    took = monotonic() - started
    print(f"known person: {hands.keys} keys, {took:.1f} s, {pointer_events(hands)} pointer events")
    assert (hands.keys <= 15, took <= 90, pointer_events(hands)) == (True, True, 0)
    hands.desk.check()
    dossier = Dossier.objects.latest("id")
    assert dossier.code in page.inner_text("h1")
    assert list(dossier.components.order_by("position").values_list("provided_as", flat=True)) == [
        "reused", "reused", "original",
    ]  # fmt: skip
    assert dossier.components.get(requirement__code="03").document.pages == 1


def test_a_new_person_takes_seventy_keys(desk: Callable[..., Desk], committed_world: World) -> None:
    hands = at_desk(desk, "/tiep-nhan/?thu_tuc=QLLDNN-04", pace=MEASURED_PACE)
    page, started = hands.desk.page, monotonic()
    hands.desk.scan(NEW_CCCD)
    hands.scan_sheets(10, 20)
    hands.press("Enter")
    hands.type("Lê Thị Mới")
    hands.press("Enter")
    hands.type("0987654321")
    expect(page.locator(".tag.file.ok")).to_have_count(2)
    hands.press("F9")
    page.wait_for_url("**/xong/")
    took = monotonic() - started
    print(f"new person: {hands.keys} keys, {took:.1f} s, {pointer_events(hands)} pointer events")
    assert (hands.keys <= 70, pointer_events(hands)) == (True, 0)
    dossier = Dossier.objects.select_related("applicant").get()
    assert (dossier.applicant.name, dossier.phone) == ("Lê Thị Mới", "+84987654321")
    assert [each.document.state for each in dossier.components.order_by("position")] == ["stored", "stored"]


def test_asking_again_by_f7_wants_a_reason_and_the_focus_goes_there(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    committed_world.received()
    jobs.run_due()
    hands = at_desk(desk, "/tiep-nhan/?thu_tuc=QLLDNN-04")
    page = hands.desk.page
    hands.desk.scan(TU_CCCD)
    expect(page.locator(".band.re")).to_contain_text("Đã dùng cả 2")
    hands.desk.check()
    hands.press("F7", "F9")
    expect(page.locator("[data-error-summary]")).to_be_visible()
    expect(page.locator("#id_paper_01_again")).to_be_focused()
    assert Dossier.objects.count() == 1
    hands.press("F7", "F9")
    page.wait_for_url("**/xong/")
    assert Dossier.objects.count() == 2


def test_cards_fill_the_person_and_half_a_code_is_said_in_words(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    hands = at_desk(desk, "/tiep-nhan/")
    page = hands.desk.page
    hands.desk.scan(f"{NEW_CCCD}|012345678|Lee Thij Mowsi|14101986|Nuwx|Haf Noi|01012021")
    expect(page.locator("#id_identity_number")).to_have_value(NEW_CCCD)
    expect(page.locator("#id_birth_on")).to_have_value("14/10/1986")
    expect(page.locator("#scan-note")).to_contain_text("chưa xác nhận: Lee Thij Mowsi")
    expect(page.locator("#id_name")).to_have_value("")
    page.locator("#id_name").focus()
    hands.type("Lê Thị")
    hands.desk.scan("86012345|012345678|Lee Th")
    expect(page.locator("#scan-note")).to_contain_text("Không đọc được dữ liệu từ máy quét")
    expect(page.locator("#id_name")).to_have_value("Lê Thị")
    hands.desk.scan(TU_CCCD)
    # What she typed stays, and the two names are put side by side.
    expect(page.locator("#zone-person .notice")).to_contain_text("Trần Thị Tư")
    hands.desk.check()


def test_a_scan_leaves_nothing_in_the_box_it_fell_into_though_an_older_answer_comes_late(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    lan = desk("lan")
    lan.open("/tiep-nhan/")
    held: list[Route] = []
    lan.page.route("**/tiep-nhan/nguoi-nop/**", lambda question: held.append(question))
    lan.page.locator("#id_name").focus()
    lan.scan(TU_CCCD)
    lan.scan("86012345|012345678|Lee Th")
    expect(lan.page.locator("#scan-note")).to_contain_text("Không đọc được dữ liệu từ máy quét")
    for question in held:
        question.continue_()
    expect(lan.page.locator(".person")).to_have_text("Trần Thị Tư")
    expect(lan.page.locator("#id_name")).to_have_value("Trần Thị Tư")


def test_part_of_a_name_finds_a_person(desk: Callable[..., Desk], committed_world: World) -> None:
    hands = at_desk(desk, "/tiep-nhan/")
    hands.type("thi tu")
    expect(hands.desk.page.locator("#people-list [role=option]")).to_contain_text("001•••••0019")
    hands.press("Enter")
    expect(hands.desk.page.locator("#id_identity_number")).to_have_value(TU_CCCD)
    expect(hands.desk.page.locator(".person")).to_have_text("Trần Thị Tư")


def test_a_lost_page_comes_back_with_its_scans(desk: Callable[..., Desk], committed_world: World) -> None:
    hands = at_desk(desk, "/tiep-nhan/?thu_tuc=QLLDNN-04")
    page = hands.desk.page
    hands.scan_sheets(10, 20, 30)
    expect(page.locator("#papers .tag.file.ok")).to_have_count(3)
    expect(page.locator("#tray")).to_be_visible()
    hands.desk.scan(NEW_CCCD)
    hands.press("Enter")
    with page.expect_response(lambda answer: quote_plus("Lê Thị Mới") in (answer.request.post_data or "")):
        hands.type("Lê Thị Mới")
    expect(page.locator("[data-save-state]")).to_contain_text("Đã lưu nháp")
    hands.desk.open("/tiep-nhan/")
    page.get_by_role("link", name="Lê Thị Mới").press("Enter")
    expect(page.locator("#papers .tag.file.ok")).to_have_count(3)
    expect(page.locator("#id_name")).to_have_value("Lê Thị Mới")
    hands.press("F9")
    page.wait_for_url("**/xong/")
    assert not IntakeDraft.objects.exists()
    assert Dossier.objects.get().components.filter(document__state="stored").count() == 2


def steps_of(hands: Hands, colours: tuple[int, int]) -> list[tuple[Callable[[], None], Callable[[], None]]]:
    """Return the flow as (what the clerk does, what she then sees); what she does not see she does again."""
    page = hands.desk.page

    def choose() -> None:
        page.locator("#id_procedure_text").fill("")
        hands.press("F4")
        hands.type("cung ung")
        page.wait_for_selector("#id_procedure_list [role=option]", timeout=5000)
        hands.press("Enter")

    def shows(selector: str, count: int = 1) -> Callable[[], None]:
        return lambda: expect(page.locator(selector)).to_have_count(count, timeout=9000)

    def phone() -> None:
        page.locator("#id_phone").fill("")
        page.locator("#id_phone").focus()
        hands.type("0977000111")

    return [
        (lambda: hands.desk.scan(TU_CCCD), shows(".person")),
        (choose, shows("#id_paper_01")),
        (lambda: hands.scan_sheets(*colours), shows("#papers .tag.file.ok", 2)),
        (phone, lambda: expect(page.locator("#id_phone")).to_have_value("0977000111")),
        (lambda: hands.press("Alt+4"), lambda: page.wait_for_timeout(1600)),
        (lambda: hands.press(*["F9"] * 5), lambda: page.wait_for_url("**/xong/", timeout=9000)),
    ]


def test_the_network_goes_at_ten_points_and_no_dossier_is_lost_or_doubled(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    chance = random.Random(654)
    points = set(chance.sample(range(12), 10))
    for flow in range(2):
        hands = at_desk(desk, "/tiep-nhan/")
        network = hands.desk.page.context
        for number, (act, seen) in enumerate(steps_of(hands, (10 + flow, 30 + flow))):
            is_cut = flow * 6 + number in points
            if is_cut:
                network.set_offline(True)
            with suppress(NotYet):  # nothing came over a dead line or a slow one; she tries again below
                act()
            if is_cut:
                hands.desk.page.wait_for_timeout(chance.randint(50, 700))
                network.set_offline(False)
            try:
                seen()
            except (NotYet, AssertionError):
                act()
                seen()
    found = Dossier.objects.order_by("id")
    assert [each.phone for each in found] == ["+84977000111", "+84977000111"]
    assert [each.components.filter(document__state="stored").count() for each in found] == [2, 2]
    assert not IntakeDraft.objects.exists()


def test_the_slip_is_printed_once_from_a_frame_of_our_own(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    code = committed_world.received().code
    jobs.run_due()
    lan = desk("lan")
    lan.open(f"/tiep-nhan/{code}/xong/")
    expect(lan.page.locator("[data-print]")).to_contain_text("Đã gửi giấy hẹn tới máy in", timeout=15000)
    assert lan.page.evaluate("window.slipsPrinted") == 1
    lan.page.reload()
    expect(lan.page.locator("[data-print]")).to_contain_text("đã in ở lần mở trước")
    assert lan.page.locator("iframe").count() == 0


@pytest.mark.parametrize(("width", "height"), [(1366, 660), (1920, 1080), (390, 844)])
def test_the_screen_is_accessible_and_fits(
    desk: Callable[..., Desk], committed_world: World, width: int, height: int
) -> None:
    first = committed_world.received()
    lan = desk("lan", width=width, height=height)
    assert lan.open(f"/tiep-nhan/?thu_tuc=QLLDNN-04&cung={first.code}") == 200
    Hands(lan).scan_sheets(10)
    expect(lan.page.locator("#papers .tag.file.ok")).to_have_count(1)
    lan.page.locator("#id_paper_01_reuse").focus()
    lan.page.keyboard.press("Space")
    expect(lan.page.locator("#checks .t-late")).to_have_count(1)
    lan.check()
    assert lan.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if width > 1180:
        assert lan.page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
    assert lan.open(f"/tiep-nhan/{first.code}/xong/") == 200
    lan.check()
