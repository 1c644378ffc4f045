"""The hall in a real browser: the board follows the counters, the voice speaks in turn, the kiosk works with and without a network."""

import itertools
import string
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from desk import live, versions
from desk.models import NumberBlock, Service, Ticket
from desk.services import calling, serving, tickets
from desk.voice import CHIME, CLIPS, call_clips
from tests.browser.conftest import Desk
from tests.world import World

pytestmark = pytest.mark.browser
Opened = Callable[..., Desk]
BOARD, KIOSK = "/bang/VPB/", "/kiosk/VPB/"
OFFLINE_WORDS = "ERR_INTERNET_DISCONNECTED"
STOCKED = "[data-stocked='5']"


@pytest.fixture(autouse=True)
def fresh_queue(committed_world: World) -> None:
    """Forget what Redis kept of another test's queue: offices get their ids anew."""
    live._office_ids.clear()
    for key in versions.redis().keys("q:*"):
        versions.redis().delete(key)


def taken(world: World, priority: str = "") -> Ticket:
    """Return a number that a visitor has just taken."""
    service = Service.objects.get(office=world.office, prefix="A")
    return tickets.issue(world.office, service=service.code, priority=priority, actor=world.users["kiosk"])


def called(world: World, counter: int, by: str = "lan") -> Ticket:
    """Return the number that a clerk calls next; the one before is finished."""
    made = calling.call_next(world.office.pk, counter=counter, actor=world.users[by])
    assert made is not None
    return made


def served(world: World, ticket: Ticket, by: str = "lan") -> None:
    """Serve a called visitor from beginning to end."""
    serving.start(ticket.token, actor=world.users[by])
    serving.finish(ticket.token, actor=world.users[by])


def following(board: Desk) -> None:
    """Open the board and wait for its first answer."""
    with board.page.expect_response(lambda answer: "/queue/" in answer.url):
        board.open(BOARD)


def test_the_board_shows_a_call_within_a_second_and_a_half(
    desk: Opened, committed_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(6):
        taken(committed_world)
    board = desk(width=1920, height=1080)
    following(board)
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        ticket = called(committed_world, 3)
        board.page.wait_for_function(
            "number => document.querySelector('.call.now .no').textContent === number",
            arg=ticket.number,
            timeout=5000,
        )
        seconds.append(time.perf_counter() - begun)
        served(committed_world, ticket)
    with capsys.disabled():
        print(f"\ncall → board: {', '.join(f'{each:.2f}' for each in seconds)} s")
    assert max(seconds) <= 1.5
    expect(board.page.locator("[data-call]").nth(1).locator(".no")).to_have_text("A004")
    expect(board.page.locator("[data-waiting]")).to_have_text("1")
    assert not board.complaints


def test_a_cut_shows_at_the_board_and_heals_by_itself(desk: Opened, committed_world: World) -> None:
    taken(committed_world)
    board = desk(width=1280, height=720)
    following(board)
    page = board.page
    page.context.set_offline(True)
    mark = page.locator("[data-stale]")
    expect(mark).to_be_visible(timeout=9000)
    expect(mark).to_contain_text("Mất kết nối từ ")
    expect(page.locator("body.is-cut")).to_have_count(1)
    called(committed_world, 3)
    page.context.set_offline(False)
    expect(page.locator(".call.now .no")).to_have_text("A001", timeout=13000)
    expect(mark).to_be_hidden()
    expect(page.locator("body.is-cut")).to_have_count(0)
    assert all(OFFLINE_WORDS in each for each in board.complaints)


def test_an_unchanged_board_is_answered_in_a_few_bytes(desk: Opened, committed_world: World) -> None:
    taken(committed_world)
    board = desk(width=1280, height=720)
    following(board)
    with board.page.expect_response(lambda answer: "/queue/" in answer.url and answer.status == 304):
        pass


def test_the_clock_is_the_servers(desk: Opened) -> None:
    board = desk(width=1280, height=720)
    board.page.clock.set_system_time(timezone.now() - timedelta(days=3, hours=5))
    following(board)
    now = timezone.localtime()
    told = {f"{each:%H:%M}" for each in (now, now + timedelta(seconds=20))}
    expect(board.page.locator("html[data-clock-offset]")).to_have_count(1)
    board.page.wait_for_function(
        "told => told.includes(document.querySelector('[data-clock]').textContent)", arg=sorted(told)
    )
    assert f"{now:%d/%m/%Y}" in board.page.locator("[data-day]").inner_text()


def test_calls_are_spoken_one_after_the_other_once_sound_is_allowed(
    desk: Opened, committed_world: World
) -> None:
    for _ in range(2):
        taken(committed_world)
    board = desk(width=1280, height=720)
    board.page.add_init_script(
        "window.spoken = []; document.addEventListener('mc:spoken', (event) => window.spoken.push(event.detail));"
    )
    following(board)
    expect(board.page.get_by_text("Âm thanh đang tắt")).to_be_visible()
    board.page.get_by_role("button", name="Bật âm thanh").click()
    expect(board.page.locator("[data-sound]")).to_be_hidden()
    called(committed_world, 3, "lan")
    called(committed_world, 4, "lan2")
    board.page.wait_for_function("() => window.spoken.length === 2", timeout=60000)
    first, second = board.page.evaluate("window.spoken")
    assert [first["number"], second["number"]] == ["A001", "A002"]
    assert second["begin"] >= first["end"]
    # A chime and the phrase twice with a pause between.
    assert 6000 < first["end"] - first["begin"] < 16000
    assert not board.complaints


def test_the_browser_and_the_server_hold_one_table_of_clips(desk: Opened) -> None:
    board = desk(width=1280, height=720)
    following(board)
    numbers = [
        f"{letter}{serial:03d}" for letter in string.ascii_uppercase for serial in (0, 12, 345, 678, 999)
    ]
    asked = [(number, counter) for number, counter in itertools.product(numbers, range(1, 61))]
    given = board.page.evaluate(
        "async (asked) => { const voice = await import('/static/js/announce.js'); return asked.map(([n, c]) => voice.callClips(n, c, 'U').join(' ')); }",
        [[number, counter] for number, counter in asked],
    )
    assert given == [" ".join(call_clips(number, counter, priority_prefix="U")) for number, counter in asked]


def test_every_clip_is_a_sound(desk: Opened) -> None:
    board = desk(width=1280, height=720)
    following(board)
    peaks = board.page.evaluate(
        """async (names) => {
          const context = new OfflineAudioContext(1, 22050, 22050);
          const found = {};
          for (const name of names) {
            const bytes = await (await fetch(`/giong-noi/${name}.mp3`)).arrayBuffer();
            const clip = await context.decodeAudioData(bytes);
            found[name] = [clip.duration, clip.getChannelData(0).reduce((most, each) => Math.max(most, Math.abs(each)), 0)];
          }
          return found;
        }""",
        [*CLIPS, CHIME],
    )
    assert all(seconds > 0.15 and peak > 0.3 for seconds, peak in peaks.values()), peaks


def test_quiet_hours_are_kept(desk: Opened) -> None:
    board = desk(width=1280, height=720)
    following(board)
    cases = [
        ["11:30-13:30", "11:30", True],
        ["11:30-13:30", "13:30", False],
        ["17:00-07:30", "23:10", True],
        ["11:30-13:30, 17:00-07:30", "06:00", True],
        ["", "12:00", False],
    ]
    script = "async (cases) => { const { isMuted } = await import('/static/js/announce.js'); return cases.map(([p, t]) => isMuted(p, t)); }"
    assert board.page.evaluate(script, cases) == [muted for _, _, muted in cases]


def at_the_kiosk(desk: Opened, *, own_clock: bool = False, width: int = 1080, height: int = 1920) -> Desk:
    """Return a kiosk that has its spare numbers, and counts its prints."""
    kiosk = desk("kiosk", width=width, height=height)
    if own_clock:
        kiosk.page.clock.install()
    kiosk.page.add_init_script("window.print = () => { window.printed = (window.printed || 0) + 1; };")
    assert kiosk.open(KIOSK) == 200
    expect(kiosk.page.locator(STOCKED)).to_have_count(1, timeout=20000)
    return kiosk


def tap(page: Page, second: str) -> None:
    """Take a number in two taps."""
    page.locator("[data-service]").first.click()
    page.get_by_role("button", name=second, exact=False).first.click()


def kept(page: Page) -> list[dict[str, Any]]:
    """Return what the kiosk has printed and not told yet."""
    return page.evaluate("JSON.parse(localStorage.getItem('kiosk:VPB:queue') || '[]')")  # type: ignore[no-any-return]


def test_two_taps_give_a_number_and_print_it(desk: Opened, committed_world: World) -> None:
    kiosk = at_the_kiosk(desk)
    page = kiosk.page
    tap(page, "Người cao tuổi")
    expect(page.locator("[data-done=number]")).to_have_text("U001")
    page.wait_for_function("() => window.printed === 1")
    ticket = Ticket.objects.get()
    assert (ticket.number, ticket.priority, ticket.origin) == ("U001", "elderly", "kiosk")
    assert "U001" in page.locator("[data-slip-paper]").text_content()
    page.get_by_role("button", name="Máy in không ra giấy").click()
    expect(page.get_by_text("số có giá trị dù không có phiếu")).to_be_visible()
    kiosk.check()
    page.get_by_role("button", name="Xong").click()
    tap(page, "Lấy số")
    # The spare numbers of the machine have a letter of their own, so the first visitor online still gets 001.
    expect(page.locator("[data-done=number]")).to_have_text("A001")


def test_the_kiosk_goes_home_by_itself(desk: Opened) -> None:
    kiosk = at_the_kiosk(desk, own_clock=True)
    kiosk.page.locator("[data-service]").first.click()
    expect(kiosk.page.locator("[data-screen=choose]")).to_be_visible()
    kiosk.page.clock.fast_forward(19000)
    expect(kiosk.page.locator("[data-screen=choose]")).to_be_visible()
    kiosk.page.clock.fast_forward(2000)
    expect(kiosk.page.locator("[data-screen=home]")).to_be_visible()


def test_the_next_visitor_finds_the_kiosk_in_vietnamese(desk: Opened) -> None:
    kiosk = at_the_kiosk(desk, own_clock=True)
    kiosk.page.get_by_role("button", name="English").click()
    expect(kiosk.page.get_by_text("What do you need today?")).to_be_visible()
    expect(kiosk.page.locator(STOCKED)).to_have_count(1, timeout=20000)
    kiosk.check()
    kiosk.page.clock.fast_forward(21000)
    expect(kiosk.page.get_by_text("Ông/bà cần làm việc gì?")).to_be_visible()
    expect(kiosk.page.locator(STOCKED)).to_have_count(1, timeout=20000)


def test_without_a_network_the_kiosk_gives_the_numbers_it_keeps(desk: Opened, committed_world: World) -> None:
    kiosk = at_the_kiosk(desk)
    page = kiosk.page
    before = timezone.now()
    page.context.set_offline(True)
    tap(page, "Lấy số")
    expect(page.locator("[data-done=number]")).to_have_text("K001")
    expect(page.get_by_text("Mạng đang gián đoạn, nhưng số này có giá trị")).to_be_visible()
    page.get_by_role("button", name="Xong").click()
    tap(page, "Người khuyết tật")
    expect(page.locator("[data-done=number]")).to_have_text("K002")
    after = timezone.now()
    assert not Ticket.objects.exists()
    assert [each["serial"] for each in kept(page)] == [1, 2]
    assert set().union(*kept(page)) == {"block", "serial", "priority", "taken_at"}
    stored = page.evaluate("JSON.stringify(Object.entries(localStorage))")
    assert not [word for word in ("Máy lấy số", "csrf", "session", "0912345678") if word in stored]
    page.context.set_offline(False)
    page.wait_for_selector("[data-kept='0']", state="attached", timeout=30000)
    first, second = Ticket.objects.order_by("serial")
    assert (first.number, first.origin, first.rank, first.status) == ("K001", "offline", 2, "waiting")
    assert (second.number, second.priority, second.rank) == ("K002", "disabled", 0)
    assert (
        before - timedelta(seconds=2) <= first.issued_at <= second.issued_at <= after + timedelta(seconds=2)
    )
    # The slip's QR, printed while nobody could know the number, opens it now.
    block = NumberBlock.objects.get(service__prefix="A")
    assert block.first == 1
    visitor = desk(width=390, height=844)
    assert visitor.open(f"/so/{first.token}/") == 200
    assert called(committed_world, 3).number == "K002"
    assert all(OFFLINE_WORDS in each for each in kiosk.complaints)


def test_the_phone_follows_its_number(desk: Opened, committed_world: World) -> None:
    others = [taken(committed_world) for _ in range(3)]
    mine = taken(committed_world)
    phone = desk(width=390, height=844)
    phone.page.clock.install()
    phone.open(f"/so/{mine.token}/")
    assert phone.page.title().startswith("A004 · còn 3")
    phone.check()
    phone.page.get_by_role("button", name="Bật báo").click()
    served(committed_world, called(committed_world, 3))
    phone.page.clock.run_for(16000)
    expect(phone.page.locator("html[data-rang=soon]")).to_have_count(1)
    assert phone.page.title().startswith("A004 · còn 2")
    for _ in others[1:]:
        served(committed_world, called(committed_world, 3))
    called(committed_world, 3)
    phone.page.clock.run_for(16000)
    expect(phone.page.get_by_role("heading", name="Mời đến quầy 3")).to_be_visible()
    expect(phone.page.locator("html[data-rang=called]")).to_have_count(1)
    phone.check()
    phone.page.context.set_offline(True)
    phone.page.clock.run_for(40000)
    expect(phone.page.locator("[data-old]")).to_contain_text("Thông tin này có từ")


def test_a_late_visitor_asks_once_and_moves_back(desk: Opened, committed_world: World) -> None:
    mine = taken(committed_world)
    for _ in range(5):
        taken(committed_world)
    phone = desk(width=390, height=844)
    phone.open(f"/so/{mine.token}/")
    phone.page.get_by_role("button", name="lùi 3 lượt").click()
    phone.check()
    phone.page.get_by_role("button", name="Đồng ý").click()
    expect(phone.page.get_by_role("heading", name="Trước bạn còn 3 lượt")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 720), (390, 844)])
def test_the_board_fits_its_screen_and_is_accessible(
    desk: Opened, committed_world: World, width: int, height: int
) -> None:
    for _ in range(3):
        taken(committed_world, "child")
    called(committed_world, 3)
    board = desk(width=width, height=height)
    following(board)
    board.check()
    assert board.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if width > height:
        assert board.page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")


@pytest.mark.parametrize(("width", "height"), [(1080, 1920), (1366, 768), (390, 844)])
def test_the_kiosk_is_accessible_and_its_targets_are_large(desk: Opened, width: int, height: int) -> None:
    kiosk = at_the_kiosk(desk, width=width, height=height)
    page = kiosk.page
    for screen in ("home", "booked", "choose"):
        if screen != "home":
            page.locator("[data-open=booked], [data-service]").nth(0 if screen == "choose" else -1).click()
        heights = page.locator(f"[data-screen={screen}] .btn:visible").evaluate_all(
            "all => all.map((each) => each.getBoundingClientRect().height)"
        )
        assert min(heights) >= 96
        kiosk.check()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        if (width, height) == (1080, 1920) and screen == "home":
            tops = page.locator("[data-screen=home] .btn").evaluate_all(
                "all => all.map((each) => each.getBoundingClientRect().top)"
            )
            assert min(tops) >= height / 3
            assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
        if screen != "home":
            page.locator(f"[data-screen={screen}] [data-open=home]").click()


@pytest.mark.parametrize("path", ["/so/", "/so/{token}/", "/so/{token}/phieu/"])
def test_pages_of_numbers_are_accessible_on_a_phone(desk: Opened, committed_world: World, path: str) -> None:
    mine = taken(committed_world)
    phone = desk(width=390, height=844)
    assert phone.open(path.format(token=mine.token)) == 200
    phone.check()
    assert phone.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
