"""Lan hands results over without touching the mouse, in a real Chromium."""

from collections.abc import Callable

import pytest

from dossiers import tracking
from dossiers.models import Dossier, Status
from dossiers.services.commands import RepresentativeInput
from tests.browser.conftest import A_PERSONS_PACE, Desk
from tests.world import World

pytestmark = pytest.mark.browser
MOST_KEYS = 4


class Keys:
    """A keyboard that counts the keys pressed by a hand; a scanner's burst is not one."""

    def __init__(self, desk: Desk) -> None:
        self.page, self.count = desk.page, 0

    def press(self, *names: str) -> None:
        """Press keys one by one on a page that has loaded."""
        self.page.wait_for_load_state()
        for name in names:
            self.page.keyboard.press(name)
            self.count += 1

    def type(self, text: str) -> None:
        """Type as a person does."""
        self.page.keyboard.type(text, delay=A_PERSONS_PACE)
        self.count += len(text)


def test_a_scan_and_one_key_hand_over_all_results(desk: Callable[..., Desk], committed_world: World) -> None:
    first, second = committed_world.finished(), committed_world.finished()
    waiting = committed_world.received()
    lan = desk("lan")
    keys = Keys(lan)
    lan.open("/tra-ket-qua/")
    lan.check()
    # The receipt of the one that is not ready: the person brought the wrong slip, and gets the other two all the same.
    lan.scan(tracking.url_of(tracking.token_of(waiting.code, 1)))
    lan.page.wait_for_selector(".handing")
    lan.check()
    keys.press("F9")
    lan.page.wait_for_selector(".done-page")
    lan.check()
    assert keys.count <= MOST_KEYS
    assert first.code in lan.page.inner_text(".handed")
    assert second.code in lan.page.inner_text(".handed")
    assert Dossier.objects.filter(status=Status.RETURNED).count() == 2
    keys.press("F9")
    lan.page.wait_for_url("**/giay-bien-nhan/")
    lan.check()
    assert "GIẤY BIÊN NHẬN TRẢ KẾT QUẢ" in lan.page.inner_text("main")
    # A sheet of A5 is 210 mm high; ten of them are the margins.
    assert (
        lan.page.evaluate("document.querySelector('.signs').getBoundingClientRect().bottom") < 210 / 25.4 * 96
    )


def test_an_unticked_result_stays_and_the_button_counts(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    first, second = committed_world.finished(), committed_world.finished()
    lan = desk("lan")
    keys = Keys(lan)
    lan.open("/tra-ket-qua/")
    keys.type(first.code)
    keys.count = 0
    keys.press("Enter")
    lan.page.wait_for_selector(".handing")
    assert "Đã trả 2 kết quả" in lan.page.inner_text("button.plain")
    lan.page.focus("#take-1")
    keys.press("Space")
    assert "Đã trả 1 kết quả" in lan.page.inner_text("button.plain")
    keys.press("F9")
    lan.page.wait_for_selector(".done-page")
    assert keys.count <= MOST_KEYS
    kept, gone = (Dossier.objects.get(pk=each.pk).status for each in (first, second))
    assert (kept, gone) == (Status.FINISHED, Status.RETURNED)


def test_somebody_else_is_asked_for_an_authorisation_and_once_more(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    dossier = committed_world.finished(
        representative=RepresentativeInput("001085000011", "Phạm Thị Đại", authorisation_number="07/UQ"),
    )
    lan = desk("lan", width=390, height=844)
    keys = Keys(lan)
    lan.open("/tra-ket-qua/")
    lan.check()
    lan.scan(tracking.token_of(dossier.code, 1))
    lan.page.wait_for_selector(".handing")
    lan.check()
    assert not lan.page.is_visible("#id_name")
    keys.press("Alt+3", "Space")
    lan.page.wait_for_selector("#id_name", state="visible")
    keys.press("F9")
    lan.page.wait_for_selector("#confirm-dialog[open]")
    keys.press("Enter")
    lan.page.wait_for_selector("[data-error-summary]")
    assert "Hãy ghi họ và tên người nhận thay" in lan.page.inner_text("[data-error-summary]")
    # The browser itself complains of the 422 that was wanted here.
    lan.complaints.clear()
    lan.check()
    lan.page.focus("#id_name")
    for words in ("Le Van Khac", "14/UQ", "01102021"):
        keys.type(words)
        keys.press("Enter")
    keys.press("F9")
    lan.page.wait_for_selector("#confirm-dialog[open]")
    keys.press("Enter")
    lan.page.wait_for_selector(".done-page")
    lan.check()
    assert "uỷ quyền số 14/UQ ngày 01/10/2021" in lan.page.inner_text(".done-page")
    assert Dossier.objects.get(pk=dossier.pk).status == Status.RETURNED


def test_parcels_are_recorded_from_the_keyboard(desk: Callable[..., Desk], committed_world: World) -> None:
    first = committed_world.finished(return_method="post")
    committed_world.finished(return_method="post")
    lan = desk("lan")
    keys = Keys(lan)
    lan.open("/tra-ket-qua/buu-chinh/")
    lan.check()
    lan.page.focus(f"[name='tracking_number_{first.code}']")
    keys.type("EB123456785VN")
    keys.press("F9")
    lan.page.wait_for_selector(".done-page")
    lan.check()
    assert "EB123456785VN" in lan.page.inner_text(".handed")
    assert Dossier.objects.filter(status=Status.RETURNED).count() == 1
