"""The ticket bar and the counter page, as the server draws them and as forms without JavaScript work."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from desk import live, versions
from desk.models import Period, Service, Shift, ShiftBreak, Ticket
from desk.services import calling, serving, shifts, tickets
from tests.world import World

AsUser = Callable[[Any], Client]
A = "ld-ngoai-nuoc"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def fresh_queue(world: World) -> None:
    """Forget what Redis kept of another test's queue: offices get their ids anew."""
    live._office_ids.clear()
    versions.redis().delete(*list(versions.redis().keys("q:*")) or ["q:none"])


def taken(world: World, service: str = A) -> Ticket:
    return tickets.issue(world.office, service=service, actor=None)


def opened(world: World, who: str = "lan", counter: int = 3) -> Shift:
    return shifts.open_counter(world.office.pk, counter=counter, actor=world.users[who])


def given(html: str, act: str = "") -> dict[str, str]:
    """Return the hidden boxes of the bar's form, as the browser would send them."""
    start = html.index(f"/quay/thanh-goi/{act}") if act else html.index('class="acts"')
    part = html[start : html.index("</form>", start)]
    return dict(re.findall(r'name="(key|ticket|counter|back)" value="([^"]*)"', part))


def press(client: Client, act: str, data: dict[str, Any], **more: Any) -> Any:
    return client.post(f"/quay/thanh-goi/{act}/", data, **more)


def bar(client: Client) -> str:
    return client.get("/quay/thanh-goi/").content.decode()


def state(html: str) -> str:
    found = re.search(r'data-state="(\w+)"', html)
    assert found
    return found[1]


def test_the_bar_goes_through_every_state_of_a_turn(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    assert state(bar(client)) == "closed"
    opened(world)
    assert state(bar(client)) == "idle"
    taken(world), taken(world)
    calling_bar = press(client, "goi-tiep", given(bar(client)), headers=HTMX).content.decode()
    assert state(calling_bar) == "calling"
    assert "A001" in calling_bar
    assert "Bắt đầu" in calling_bar
    begun = press(client, "bat-dau", given(calling_bar), headers=HTMX)
    token = Ticket.objects.get(number="A001").token
    assert (begun.status_code, begun["HX-Redirect"]) == (204, f"/tiep-nhan/?so={token}")
    serving_bar = bar(client)
    assert state(serving_bar) == "serving"
    assert "người dân đã chờ (mục tiêu ≤ 15)" in serving_bar
    following = press(client, "goi-tiep", given(serving_bar), headers=HTMX).content.decode()
    assert state(following) == "calling"
    assert "A002" in following
    assert Ticket.objects.get(number="A001").status == "finished"


def test_the_same_press_sent_again_skips_nobody(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    opened(world)
    for _number in range(3):
        taken(world)
    pressed = given(bar(client))
    first = press(client, "goi-tiep", pressed, headers=HTMX).content.decode()
    again = press(client, "goi-tiep", pressed, headers=HTMX).content.decode()
    assert "A001" in first
    assert "A001" in again
    assert Ticket.objects.filter(status="waiting").count() == 2


def test_a_tab_left_behind_cannot_end_the_turn_that_another_tab_began(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    opened(world)
    for _number in range(3):
        taken(world)
    calling.call_next(world.office.pk, counter=3, actor=world.lan)
    serving.start(Ticket.objects.get(number="A001").token, actor=world.lan)
    old_tab = given(bar(client))
    calling.call_next(world.office.pk, counter=3, actor=world.lan)
    serving.start(Ticket.objects.get(number="A002").token, actor=world.lan)
    answer = press(client, "goi-tiep", old_tab, headers=HTMX)
    assert answer.status_code == 409
    assert "đang phục vụ số A002" in answer.content.decode()
    assert state(answer.content.decode()) == "serving"
    assert Ticket.objects.get(number="A003").status == "waiting"


def test_a_refusal_shows_its_words_and_the_true_state(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    opened(world)
    taken(world)
    shown = press(client, "goi-tiep", given(bar(client)), headers=HTMX).content.decode()
    serving.absent(Ticket.objects.get().token, actor=world.lan)
    answer = press(client, "bat-dau", given(shown), headers=HTMX)
    assert answer.status_code == 409
    assert "nên không làm việc này được" in answer.content.decode()
    assert state(answer.content.decode()) == "idle"
    assert "Hoàn tác" in answer.content.decode()


def test_an_absence_may_be_taken_back_for_ten_seconds(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    opened(world)
    taken(world)
    shown = press(client, "goi-tiep", given(bar(client)), headers=HTMX).content.decode()
    told = press(client, "vang", given(shown), headers=HTMX).content.decode()
    assert "Đã báo vắng A001, số lùi lại trong hàng" in told
    back = press(client, "hoan-tac", given(told, "hoan-tac"), headers=HTMX).content.decode()
    assert state(back) == "calling"
    told = press(client, "vang", given(back), headers=HTMX).content.decode()
    Period.objects.filter(kind="absent", ended_at=None).update(
        started_at=timezone.now() - timezone.timedelta(seconds=11)
    )
    assert "Hoàn tác" in told
    assert "Hoàn tác" not in bar(client)


def test_who_is_set_aside_is_listed_and_taken_back(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    opened(world)
    ticket = taken(world)
    calling.call_next(world.office.pk, counter=3, actor=world.lan)
    serving.start(ticket.token, actor=world.lan)
    held = press(client, "giu", given(bar(client)), headers=HTMX).content.decode()
    assert "Đang giữ:" in held
    back = press(client, "lay-lai", given(held, "lay-lai"), headers=HTMX)
    assert back["HX-Redirect"] == f"/tiep-nhan/?so={ticket.token}"
    assert state(bar(client)) == "serving"


def test_a_visitor_is_passed_on_to_another_service(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    opened(world)
    taken(world)
    shown = press(client, "goi-tiep", given(bar(client)), headers=HTMX).content.decode()
    moved = {**given(shown, "chuyen"), "service": "nhan-ket-qua", "to_counter": "", "reason": "lấy nhầm số"}
    assert state(press(client, "chuyen", moved, headers=HTMX).content.decode()) == "idle"
    assert Ticket.objects.get().service.code == "nhan-ket-qua"
    nowhere = press(client, "goi-tiep", given(bar(client)), headers=HTMX).content.decode()
    refused = press(client, "chuyen", {**given(nowhere, "chuyen"), "service": ""}, headers=HTMX)
    assert refused.status_code == 400
    assert "Hãy chọn dịch vụ hoặc quầy" in refused.content.decode()


def test_a_result_is_handed_over_on_its_own_page(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    opened(world)
    ticket = taken(world, "nhan-ket-qua")
    shown = press(client, "goi-tiep", given(bar(client)), headers=HTMX).content.decode()
    begun = press(client, "bat-dau", given(shown))
    assert (begun.status_code, begun["Location"]) == (303, f"/tra-ket-qua/?so={ticket.token}")


def test_a_telephone_call_is_served_without_a_number(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    opened(world)
    asked = {**given(bar(client), "khong-so"), "service": A, "reason": "phone"}
    answer = press(client, "khong-so", asked, headers=HTMX)
    ticket = Ticket.objects.get()
    assert answer["HX-Redirect"] == f"/tiep-nhan/?so={ticket.token}"
    assert (ticket.number, ticket.status, ticket.origin) == ("", "serving", "direct")
    assert "Không số" in bar(client)


def test_without_javascript_a_key_comes_back_to_the_page_it_was_pressed_on(
    world: World, as_user: AsUser
) -> None:
    client = as_user(world.lan)
    opened(world)
    page = client.get("/viec/?muc=tai-quay").content.decode()
    answer = press(client, "goi-tiep", given(page), follow=True)
    assert answer.redirect_chain == [("/viec/?muc=tai-quay", 303)]
    assert "Không còn ai chờ dịch vụ của quầy này." in answer.content.decode()
    elsewhere = press(client, "goi-tiep", {**given(bar(client)), "back": "//xau.example/"})
    assert elsewhere["Location"] == "/quay/"


def test_after_three_calls_the_bar_suggests_to_note_an_absence(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    opened(world)
    ticket = taken(world)
    calling.call_next(world.office.pk, counter=3, actor=world.lan)
    hidden = r'data-absent-at="[^"]+" hidden'
    assert re.search(hidden, bar(client))
    for _number in range(2):
        calling.recall(ticket.token, actor=world.lan)
    assert not re.search(hidden, bar(client))
    assert "Đang gọi lần 3" in bar(client)


def test_the_bar_turns_at_eighty_and_at_a_hundred_percent_of_the_target(
    world: World, as_user: AsUser
) -> None:
    client = as_user(world.lan)
    opened(world)
    at = timezone.now()
    ticket = taken(world)
    calling.call_next(world.office.pk, counter=3, actor=world.lan)
    serving.start(ticket.token, actor=world.lan)
    for minutes, kind in ((23, ""), (25, "warn"), (31, "late")):
        Period.objects.filter(kind="serving").update(started_at=at - timezone.timedelta(minutes=minutes))
        assert re.search(rf'class="tk {kind}"', bar(client))


def test_who_receives_at_no_desk_has_no_bar_and_pays_nothing_for_it(
    world: World, as_user: AsUser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    from desk.views.bar_page import bar_of

    world.minh.username = "minh"
    bar_of(world.minh)
    with django_assert_num_queries(0):
        assert bar_of(world.minh) is None
    assert "ticket-bar" not in as_user(world.minh).get("/viec/").content.decode()


@pytest.mark.parametrize("count", [3, 30])
def test_the_bar_costs_one_statement_whatever_the_queue(
    world: World, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    from bpmc_portal.accounts.permissions import principal_of
    from desk.views.bar_page import bar_of

    opened(world)
    for _number in range(count):
        taken(world)
    principal_of(world.lan)
    with django_assert_num_queries(1):
        found = bar_of(world.lan)
    assert found is not None
    assert found.standing.waiting == count


def test_enter_opens_the_counter_of_the_last_time(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    shifts.close_counter(opened(world, counter=4), actor=world.lan)
    page = client.get("/quay/").content.decode()
    first = re.search(r'formaction="(/quay/\d+/mo/)" autofocus', page)
    assert first
    assert first[1] == "/quay/4/mo/"
    answer = client.post(first[1], {"services": [A]}, follow=True)
    assert answer.redirect_chain == [("/quay/", 303)]
    assert shifts.current_shift(world.lan).counter.number == 4  # type: ignore[union-attr]
    assert "Quầy 4" in answer.content.decode()


def test_a_taken_counter_is_taken_over_only_when_that_was_asked_for(world: World, as_user: AsUser) -> None:
    opened(world, "lan2")
    client = as_user(world.lan)
    assert "Lê Thị Lan trực từ" in client.get("/quay/").content.decode()
    refused = client.post("/quay/3/mo/", {"services": [A]})
    assert refused.status_code == 409
    assert "Quầy 3 đang do Lê Thị Lan trực" in refused.content.decode()
    client.post("/quay/3/mo/", {"services": [A], "take_over": "1"})
    former = as_user(world.lan2)
    told = "Quầy 3 đã được Nguyễn Thị Lan chiếm lúc"
    assert told in former.get("/quay/").content.decode()
    assert told in bar(former)


def test_a_break_needs_a_reason_and_ends_where_it_was_ended(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    opened(world)
    refused = client.post("/quay/3/nghi/", {"reason": "", "other": " "})
    assert refused.status_code == 422
    assert "Hãy ghi lý do tạm nghỉ." in refused.content.decode()
    client.post("/quay/3/nghi/", {"reason": "hop"})
    assert ShiftBreak.objects.get().reason == "Họp"
    assert state(bar(client)) == "paused"
    answer = client.post("/quay/3/tiep-tuc/", {"back": "/viec/"})
    assert answer["Location"] == "/viec/"
    assert state(bar(client)) == "idle"


def test_a_counter_with_a_visitor_is_not_closed(world: World, as_user: AsUser) -> None:
    client = as_user(world.lan)
    opened(world)
    taken(world)
    calling.call_next(world.office.pk, counter=3, actor=world.lan)
    assert "Quầy 3 còn số A001" in client.post("/quay/3/dong/", follow=True).content.decode()
    serving.absent(Ticket.objects.get().token, actor=world.lan)
    client.post("/quay/3/dong/")
    assert shifts.current_shift(world.lan) is None
    assert "Bạn không còn trực ở quầy 3" in client.post("/quay/3/dong/", follow=True).content.decode()


def test_a_desk_without_a_queue_says_whom_to_ask(world: World, as_user: AsUser) -> None:
    Service.objects.filter(office=world.office).delete()
    world.office.counters.all().delete()
    assert "Chưa có quầy nào" in as_user(world.lan).get("/quay/").content.decode()
    world.office.queue.delete()
    page = as_user(world.lan).get("/quay/").content.decode()
    assert "Hãy nhờ quản trị hệ thống lập hàng đợi" in page


def test_the_test_page_for_the_printer_bears_every_mark(world: World, as_user: AsUser) -> None:
    page = as_user(world.lan).get("/quay/in-thu/").content.decode()
    assert "ắ ằ ẳ ẵ ặ" in page
    assert "<svg" in page


@pytest.mark.parametrize("count", [3, 30])
def test_the_counter_page_costs_the_same_whatever_the_queue(
    world: World, as_user: AsUser, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    client = as_user(world.lan)
    opened(world)
    for _number in range(count):
        taken(world)
    client.get("/quay/")
    with django_assert_max_num_queries(18):
        client.get("/quay/")
