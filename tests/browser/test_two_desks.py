"""Two clerks at two counters in two real browsers: F2 together never gives one number twice, and nothing needs a mouse."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page
from playwright.sync_api import expect as see

from desk import live
from desk.models import Ticket
from desk.services import serving, shifts, tickets
from tests.browser.conftest import Desk
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
ROUNDS = 100
A = "ld-ngoai-nuoc"
# A second press so soon after the first is taken for a bounce of the key (bar.js).
REST = "new Promise((done) => setTimeout(done, 355 - (Date.now() - Number(sessionStorage.getItem('mc.f2') || 0))))"
PAGES = (
    "/quay/",
    "/lich-hen/?dich-vu=ld-ngoai-nuoc",
    "/ca-truc/?muc=phuc-vu",
    "/dieu-hanh/hang-doi/",
    "/quay/in-thu/",
    "/ca-truc/in/",
)


@pytest.fixture(autouse=True)
def fresh_queue() -> None:
    """Forget the offices of another test: this one's have ids of their own."""
    live._office_ids.clear()


def at_counter(desk: Callable[..., Desk], world: World, who: str, counter: int) -> Page:
    """Return the page of a clerk who has opened a counter."""
    shifts.open_counter(world.office.pk, counter=counter, actor=world.users[who])
    found = desk(who)
    found.open("/quay/")
    return found.page


def state(page: Page, wanted: str) -> None:
    page.wait_for_selector(f"#ticket-bar[data-state={wanted}]")


def test_two_browsers_that_press_f2_together_never_get_one_number_twice(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    world = committed_world
    for _number in range(2 * ROUNDS):
        tickets.issue(world.office, service=A, actor=None)
    pages = {
        "lan": at_counter(desk, world, "lan", 1), "lan2": at_counter(desk, world, "lan2", 2),
    }  # fmt: skip
    called: list[str] = []
    for _round in range(ROUNDS):
        for page in pages.values():
            page.evaluate(REST)
        for page in pages.values():
            page.keyboard.press("F2")
        for who, page in pages.items():
            state(page, "calling")
            called.append(page.get_attribute("#ticket-bar", "data-token") or "")
            # The visitor sits down; the page learns of it as it would of another tab.
            serving.start(called[-1], actor=world.users[who])
            page.evaluate("document.dispatchEvent(new CustomEvent('mc:bar'))")
        for page in pages.values():
            state(page, "serving")
    assert len(called) == len(set(called)) == 2 * ROUNDS
    assert Ticket.objects.filter(status="waiting").count() == 0
    assert Ticket.objects.filter(status="finished").count() == 2 * ROUNDS - 2


def test_a_turn_from_the_call_to_the_next_one_by_keyboard_alone(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    world = committed_world
    for _number in range(3):
        tickets.issue(world.office, service=A, actor=None)
    lan = desk("lan")
    lan.open("/quay/")
    lan.page.keyboard.press("Enter")
    state(lan.page, "idle")
    board = desk()
    board.open("/bang/VPB/")
    lan.page.keyboard.press("F2")
    see(board.page.locator(".call.now .no")).to_have_text("A001")
    state(lan.page, "calling")
    lan.check()
    lan.page.evaluate(REST)
    lan.burst("F2", "F2", apart=120)  # a double press is one
    lan.page.wait_for_url("**/tiep-nhan/?so=*")
    state(lan.page, "serving")
    assert Ticket.objects.get(number="A002").status == "waiting"
    lan.page.evaluate(REST)
    lan.check()
    lan.page.keyboard.press("F2")
    state(lan.page, "calling")
    see(lan.page.locator("#ticket-bar .no")).to_have_text("A002")
    assert Ticket.objects.get(number="A001").status == "finished"
    assert Ticket.objects.get(number="A003").status == "waiting"


def test_a_key_held_down_is_one_press(desk: Callable[..., Desk], committed_world: World) -> None:
    world = committed_world
    for _number in range(3):
        tickets.issue(world.office, service=A, actor=None)
    page = at_counter(desk, world, "lan", 1)
    for _repeat in range(8):
        page.keyboard.down("F2")
    page.keyboard.up("F2")
    state(page, "calling")
    assert Ticket.objects.filter(status="waiting").count() == 2
    assert Ticket.objects.filter(status="called").count() == 1


def test_a_network_that_drops_shows_the_badge_and_comes_back_with_the_true_state(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    world = committed_world
    page = at_counter(desk, world, "lan", 1)
    page.wait_for_selector("html[data-clock-offset]", state="attached")
    page.context.set_offline(True)
    page.wait_for_selector("#ticket-bar [data-conn-badge]:visible", timeout=9000)
    tickets.issue(world.office, service=A, actor=None)
    page.context.set_offline(False)
    see(page.locator("#ticket-bar [data-waiting]")).to_have_text("1 lượt", timeout=15000)
    see(page.locator("#ticket-bar [data-conn-badge]")).to_be_hidden()
    shifts.open_counter(world.office.pk, counter=1, actor=world.lan2, take_over=True)
    state(page, "closed")
    see(page.locator("#ticket-bar")).to_contain_text("Quầy 1 đã được Lê Thị Lan chiếm")


def test_the_clock_of_a_wrong_pc_does_not_move_the_timers(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    world = committed_world
    tickets.issue(world.office, service=A, actor=None)
    shifts.open_counter(world.office.pk, counter=1, actor=world.lan)
    lan = desk("lan")
    lan.page.clock.set_system_time("2021-01-01T00:00:00Z")
    lan.open("/quay/")
    lan.page.keyboard.press("F2")
    state(lan.page, "calling")
    see(lan.page.locator("[data-timer]")).to_have_text(re.compile(r"^00:(?!00)\d\d$"))


def test_a_second_tab_on_one_turn_says_so_and_may_take_it(
    desk: Callable[..., Desk], committed_world: World
) -> None:
    world = committed_world
    ticket = tickets.issue(world.office, service=A, actor=None)
    page = at_counter(desk, world, "lan", 1)
    page.keyboard.press("F2")
    state(page, "calling")
    serving.start(ticket.token, actor=world.lan)
    page.goto(f"{page.url.split('/quay/')[0]}/tiep-nhan/?so={ticket.token}")
    state(page, "serving")
    other = page.context.new_page()
    other.goto(page.url)
    see(other.locator("[data-tabs]")).to_contain_text("Số A001 đang mở ở thẻ khác")
    other.click("[data-tabs-take]")
    see(page.locator("[data-tabs]")).to_contain_text("Số A001 đã chuyển sang thẻ khác")
    see(other.locator("[data-tabs]")).to_be_hidden()


@pytest.mark.parametrize("width", [1366, 390])
def test_every_page_of_the_counter_is_accessible(
    desk: Callable[..., Desk], committed_world: World, width: int
) -> None:
    world: Any = committed_world
    ticket = tickets.issue(world.office, service=A, actor=None)
    shifts.open_counter(world.office.pk, counter=2, actor=world.lan2)
    found = desk("truong", width=width)
    found.open("/quay/")
    found.check()
    shifts.open_counter(world.office.pk, counter=1, actor=world.truong)
    for path in PAGES:
        assert found.open(path) == 200
        found.check()
        assert found.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    found.open("/quay/")
    found.page.keyboard.press("F2")
    state(found.page, "calling")
    found.page.click("[data-dialog-open=transfer-dialog]")
    found.check()
    found.page.keyboard.press("Escape")
    serving.start(ticket.token, actor=world.truong)
    serving.hold(ticket.token, actor=world.truong)
    found.open("/viec/")
    see(found.page.locator("#ticket-bar")).to_contain_text("Đang giữ:")
    found.check()
