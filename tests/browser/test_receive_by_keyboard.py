"""Lan receives a dossier without touching the mouse, in a real Chromium."""

from collections.abc import Callable

import pytest

from dossiers.models import Dossier
from tests.browser.conftest import Desk
from tests.world import TU_CCCD

pytestmark = pytest.mark.browser
A_PERSONS_PACE = 60  # ms a key: faster bursts are taken for a scanner


def test_lan_receives_a_known_person_by_keyboard_alone(desk: Callable[..., Desk]) -> None:
    lan = desk("lan")
    lan.open("/tiep-nhan/")
    page, keys = lan.page, lan.page.keyboard
    keys.type(TU_CCCD, delay=A_PERSONS_PACE)
    keys.press("Enter")
    page.wait_for_selector("#id_name[value='Trần Thị Tư']")
    keys.press("F4")
    keys.type("cung ung", delay=A_PERSONS_PACE)
    page.wait_for_selector("[role=option]")
    keys.press("Enter")
    page.wait_for_selector("#id_paper_01")
    keys.press("Alt+2")
    assert page.evaluate("document.activeElement.id") == "id_paper_01"
    lan.check()
    keys.press("F9")
    page.wait_for_url("**/xong/")
    lan.check()
    dossier = Dossier.objects.get()
    assert dossier.code in page.inner_text("h1")
    assert dossier.applicant_name == "Trần Thị Tư"
    assert dossier.components.count() == 2


def test_a_scanned_card_fills_the_person(desk: Callable[..., Desk]) -> None:
    lan = desk("lan")
    lan.open("/tiep-nhan/")
    lan.page.keyboard.type(TU_CCCD)
    lan.page.keyboard.press("Enter")
    lan.page.wait_for_selector("#id_name[value='Trần Thị Tư']")
    assert lan.page.input_value("#id_identity_number") == TU_CCCD
