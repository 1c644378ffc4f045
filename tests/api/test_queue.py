"""The queue over REST: the contract's calls, one after another, and every refusal in words."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from bpmc_portal.accounts.models import Office, Role
from bpmc_portal.accounts.permissions import appoint
from desk import versions
from desk.models import Ticket, WaitDelta
from desk.services import shifts
from desk.services.setup import establish
from tests.world import START, World, user

Api = Callable[..., APIClient]
A, B = "ld-ngoai-nuoc", "viec-lam-atld"
TICKETS, QUEUE = "/api/v1/offices/VPB/tickets/", "/api/v1/offices/VPB/queue/"
TICKET = {
    "number", "token", "office", "service", "priority", "status", "counter", "issued_at", "called_at", "started_at", "finished_at",
    "waited_s", "calls", "available_actions",
}  # fmt: skip


@pytest.fixture
def other_office(world: World) -> Office:
    """Return a second desk with a clerk of its own, `xa`."""
    office = Office.objects.create(
        code="CS2", name="Bộ phận Một cửa Cơ sở 2", unit=world.other, address="Hà Nội"
    )
    world.users["xa"] = user("xa", "Phan Thị Xa")
    appoint(world.xa, unit=world.other, role=Role.CLERK, office=office, starts_on=START)
    establish(office)
    return office


def take(client: APIClient, service: str = A, **more: Any) -> dict[str, Any]:
    response = client.post(TICKETS, {"service": service, **more})
    assert response.status_code == 201, response.content
    return dict(response.json())


def call(client: APIClient, counter: int = 1) -> Any:
    return client.post(f"/api/v1/offices/VPB/counters/{counter}/call-next/")


def act(client: APIClient, token: str, action: str, body: Any = None, **headers: str) -> Any:
    return client.post(f"/api/v1/tickets/{token}/{action}/", body, headers=headers)


def problem(response: Any) -> tuple[int, str]:
    """Return the status and code of a refusal, which must be a problem document with a Vietnamese sentence."""
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert any(ord(letter) > 127 for letter in body["detail"]), body["detail"]
    return response.status_code, body["code"]


def test_a_whole_turn_by_the_contract(world: World, api: Api) -> None:
    kiosk, lan = api(world.kiosk), api(world.lan)
    taken = take(kiosk)
    assert {"number", "token", "issued_at", "ahead", "wait_low_s", "wait_high_s"} <= taken.keys()
    assert (taken["number"], taken["ahead"], taken["wait_low_s"], taken["status"]) == (
        "A001",
        0,
        None,
        "waiting",
    )
    assert (taken["office"], taken["service"], taken["priority"]) == ("VPB", A, None)
    assert taken["issued_at"].endswith("+07:00")
    assert take(lan)["ahead"] == 1
    called = call(lan)
    assert called.status_code == 200
    body = called.json()
    assert set(body) == TICKET
    assert (body["number"], body["counter"], body["status"], body["calls"], body["waited_s"]) == (
        "A001",
        1,
        "called",
        1,
        None,
    )
    assert body["available_actions"] == ["recall", "start", "absent", "transfer"]
    assert act(lan, taken["token"], "recall").json()["calls"] == 2
    assert act(lan, taken["token"], "start").json()["status"] == "serving"
    done = act(lan, taken["token"], "finish").json()
    assert (done["status"], done["available_actions"]) == ("finished", [])
    assert done["issued_at"] <= done["called_at"] <= done["started_at"] <= done["finished_at"]
    assert done["waited_s"] == 0
    assert lan.get(f"/api/v1/tickets/{taken['token']}/").json() == done
    assert call(lan).json()["number"] == "A002"
    origins = Ticket.objects.order_by("serial").values_list("origin", flat=True)
    assert list(origins) == ["kiosk", "desk"]


def test_the_next_call_finishes_who_is_served_and_repeats_who_is_called(world: World, api: Api) -> None:
    lan = api(world.lan)
    first, second = take(lan), take(lan)
    assert call(lan).json()["token"] == call(lan).json()["token"] == first["token"]
    act(lan, first["token"], "start")
    following = call(lan).json()
    assert following["token"] == second["token"]
    left = lan.get(f"/api/v1/tickets/{first['token']}/").json()
    assert left["status"] == "finished"
    assert left["finished_at"] <= following["called_at"]
    act(lan, second["token"], "start")
    nobody = call(lan)
    assert (nobody.status_code, nobody.content) == (204, b"")


@pytest.mark.parametrize("priority", [None, "", "elderly", "ELDERLY "])
def test_a_class_of_priority_may_be_empty_and_is_read_in_any_case(
    world: World, api: Api, priority: str | None
) -> None:
    taken = take(api(world.kiosk), f" {A.upper()} ", priority=priority)
    assert (taken["number"], taken["priority"]) == (("U001", "elderly") if priority else ("A001", None))


def test_a_visitor_is_set_aside_passed_on_absent_and_brought_back(world: World, api: Api) -> None:
    lan, lan2 = api(world.lan), api(world.lan2)
    token = take(lan)["token"]
    call(lan)
    act(lan, token, "start")
    held = act(lan, token, "hold", {"reason": "viết lại tờ khai"}).json()
    assert (held["status"], held["counter"]) == ("held", None)
    assert act(lan, token, "start").json()["counter"] == 1
    moved = act(lan, token, "transfer", {"service": B, "reason": "sai dịch vụ"}).json()
    assert (moved["status"], moved["service"], moved["number"]) == ("waiting", B, "A001")
    assert call(lan2, 2).json()["number"] == "A001"
    sent = act(lan2, token, "transfer", {"counter": 1, "service": None}).json()
    assert sent["status"] == "waiting"
    assert call(lan2, 2).status_code == 204
    assert call(lan, 1).json()["number"] == "A001"
    other = take(lan)["token"]
    act(lan, token, "start")
    act(lan, token, "finish")
    call(lan)
    assert act(lan, other, "absent").json()["available_actions"] == [
        "recall",
        "undo-absent",
        "defer",
        "cancel",
    ]
    assert act(lan, other, "undo-absent").json()["status"] == "called"
    act(lan, other, "absent")
    assert act(lan, other, "recall", {"counter": 1}).json()["status"] == "called"
    act(lan, other, "absent")
    third = take(lan)["token"]
    assert act(lan, third, "defer").json()["status"] == "waiting"
    assert act(lan, third, "cancel").json()["status"] == "cancelled"


def test_the_same_key_gives_the_first_answer_and_acts_once(world: World, api: Api) -> None:
    lan = api(world.lan)
    first = lan.post(TICKETS, {"service": A}, headers={"Idempotency-Key": "k1"})
    again = lan.post(TICKETS, {"service": A}, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json(), again["Idempotent-Replay"]) == (201, first.json(), "true")
    assert problem(lan.post(TICKETS, {"service": B}, headers={"Idempotency-Key": "k1"})) == (
        422,
        "idempotency_key_reused",
    )
    assert Ticket.objects.count() == 1
    url = "/api/v1/offices/VPB/counters/1/call-next/"
    called = lan.post(url, headers={"Idempotency-Key": "k2"})
    token = called.json()["token"]
    started = act(lan, token, "start", Idempotency_Key="k3")
    assert act(lan, token, "start", Idempotency_Key="k3").json() == started.json()
    assert WaitDelta.objects.filter(visits=1).count() == 1
    assert lan.post(url, headers={"Idempotency-Key": "k2"}).json() == called.json()
    act(lan, token, "finish")
    nobody = lan.post(url, headers={"Idempotency-Key": "k4"})
    take(lan)
    again = lan.post(url, headers={"Idempotency-Key": "k4"})
    assert (nobody.status_code, again.status_code, again["Idempotent-Replay"]) == (204, 204, "true")
    assert not Ticket.objects.filter(status="called").exists()


def test_what_is_not_there_is_refused_in_words(world: World, api: Api) -> None:
    lan = api(world.lan)
    nobody = "0" * 24
    assert problem(lan.post(TICKETS, {"service": "không có"})) == (404, "service_unknown")
    assert A in lan.post(TICKETS, {"service": "x"}).json()["detail"]
    assert problem(lan.post(TICKETS, {})) == (400, "required")
    assert problem(lan.post(TICKETS, {"service": 5})) == (400, "not_text")
    assert problem(lan.post(TICKETS, {"service": A, "priority": "vip"})) == (400, "priority_unknown")
    assert "elderly" in lan.post(TICKETS, {"service": A, "priority": "vip"}).json()["detail"]
    assert problem(lan.post("/api/v1/offices/XX/tickets/", {"service": A})) == (404, "unknown_office")
    assert problem(lan.post("/api/v1/offices/XX/counters/1/call-next/")) == (404, "unknown_office")
    assert problem(lan.get("/api/v1/offices/XX/queue/")) == (404, "unknown_office")
    for counter in (7, 0, 10**30):
        assert problem(call(lan, counter)) == (404, "counter_unknown")
    for token in (nobody, "x", "%00", "9" * 25, "٠" * 24):
        assert problem(lan.get(f"/api/v1/tickets/{token}/")) == (404, "ticket_not_found")
        assert problem(act(lan, token, "start")) == (404, "ticket_not_found")
        assert problem(act(lan, token, "recall")) == (404, "ticket_not_found")
    refused = act(lan, nobody, "dance")
    assert problem(refused) == (404, "unknown_action")
    assert "undo-absent" in refused.json()["actions"]
    assert not Ticket.objects.exists()


def test_an_act_that_does_not_fit_is_refused_with_those_that_do(world: World, api: Api) -> None:
    lan, lan2 = api(world.lan), api(world.lan2)
    token, following = take(lan)["token"], take(lan)["token"]
    refused = act(lan, token, "finish")
    assert problem(refused) == (409, "ticket_state")
    assert refused.json()["allowed_actions"] == ["recall", "undo-absent", "defer", "cancel"]
    assert refused.json()["status_of_ticket"] == "waiting"
    assert problem(act(lan, token, "undo-absent")) == (409, "ticket_state")
    assert problem(act(lan, token, "recall")) == (409, "counter_closed")
    call(lan)
    assert problem(call(lan2)) == (409, "counter_taken")
    assert problem(act(lan2, token, "start")) == (409, "ticket_other_counter")
    assert lan2.get(f"/api/v1/tickets/{token}/").json()["available_actions"] == []
    assert act(api(world.truong), token, "start").status_code == 200
    assert problem(act(lan, following, "recall")) == (409, "counter_busy")
    assert problem(act(lan, following, "transfer", {"counter": "1"})) == (400, "not_whole_number")


def test_a_transfer_must_name_a_place_of_this_office(world: World, api: Api) -> None:
    lan = api(world.lan)
    token = take(lan)["token"]
    call(lan)
    assert problem(act(lan, token, "transfer", {"reason": "x"})) == (400, "transfer_nowhere")
    assert problem(act(lan, token, "transfer", {"service": "x"})) == (404, "service_unknown")
    assert problem(act(lan, token, "transfer", {"counter": 99})) == (404, "counter_unknown")
    assert Ticket.objects.get().status == "called"


def test_each_desk_is_worked_by_its_own_people(world: World, other_office: Office, api: Api) -> None:
    lan, stranger = api(world.lan), api(world.xa)
    token = take(lan)["token"]
    for response in (
        stranger.post(TICKETS, {"service": A}), call(stranger), act(stranger, token, "cancel"), act(stranger, token, "recall"),
        stranger.get(f"/api/v1/tickets/{token}/"), api(world.kiosk).post("/api/v1/offices/CS2/tickets/", {"service": A}),
    ):  # fmt: skip
        assert problem(response) == (403, "not_your_desk")
    for who in ("binh", "tu", "minh", "quantri"):
        assert problem(api(world.users[who]).post(TICKETS, {"service": A})) == (403, "forbidden")
        assert problem(call(api(world.users[who]))) == (403, "forbidden")
        assert problem(api(world.users[who]).get(f"/api/v1/tickets/{token}/")) == (403, "forbidden")
    assert problem(call(api(world.kiosk))) == (403, "forbidden")
    assert problem(call(api())) == (401, "not_authenticated")
    assert Ticket.objects.get().status == "waiting"


def test_two_desks_count_their_numbers_apart(world: World, other_office: Office, api: Api) -> None:
    assert take(api(world.lan))["number"] == "A001"
    theirs = api(world.xa).post("/api/v1/offices/CS2/tickets/", {"service": A}).json()
    assert (theirs["number"], theirs["office"]) == ("A001", "CS2")
    assert api().get(QUEUE).json()["waiting"] == 1


def test_the_queue_is_public_and_tells_what_the_hall_sees(
    world: World, api: Api, django_capture_on_commit_callbacks: Any
) -> None:
    lan = api(world.lan)
    with django_capture_on_commit_callbacks(execute=True):
        take(lan), take(lan, priority="disabled"), take(lan)
        call(lan)
    response = api().get(QUEUE)
    assert (response.status_code, response["Cache-Control"], response["Content-Type"]) == (
        200,
        "no-cache",
        "application/json",
    )
    body = response.json()
    assert {"code", "name"} <= body["services"][0].keys()
    assert body["counters"][0] == {
        "number": 1,
        "state": "calling",
        "ticket": "U001",
        "since": body["counters"][0]["since"],
    }
    assert [each["state"] for each in body["counters"][1:]] == ["closed"] * 5
    assert (body["waiting"], body["waiting_priority"], body["longest_wait_s"]) == (2, 0, 0)
    assert [each["number"] for each in body["serving"]] == ["U001"]
    assert body["average_wait_s_today"] is None
    assert "token" not in response.content.decode()


def test_an_unchanged_queue_answers_304_without_a_statement(
    world: World, api: Api, as_user: Any, django_assert_num_queries: Any
) -> None:
    """Also to a signed-in browser: its session is not asked for."""
    tag = api().get(QUEUE)["ETag"]
    for client in (api(), api(world.lan), as_user(world.lan)):
        with django_assert_num_queries(0):
            for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
                response = client.get(QUEUE, headers={"If-None-Match": known})
                assert (response.status_code, response.content, response["ETag"]) == (304, b"", tag)
                assert response["Cache-Control"] == "no-cache"
            assert client.get(QUEUE).status_code == 200
            assert client.get(QUEUE, headers={"If-None-Match": '"1-2"'}).status_code == 200


def test_every_change_moves_the_entity_tag(
    world: World, api: Api, django_capture_on_commit_callbacks: Any
) -> None:
    lan, seen = api(world.lan), []

    def note(change: Callable[[], Any]) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            change()
        seen.append(api().get(QUEUE)["ETag"])

    note(lambda: take(lan))
    token = Ticket.objects.get().token
    note(lambda: call(lan))
    for action in ("recall", "start", "hold", "start", "finish"):
        note(lambda action=action: act(lan, token, action))  # type: ignore[misc]
    shift = shifts.current_shift(world.lan)
    assert shift is not None
    note(lambda: shifts.pause(shift, reason="họp", actor=world.lan))
    note(lambda: shifts.close_counter(shift, actor=world.lan))
    assert len(set(seen)) == len(seen) == 9
    assert api().get(QUEUE, headers={"If-None-Match": seen[-2]}).status_code == 200


def test_a_poll_keeps_no_idle_session_alive(world: World, as_user: Any) -> None:
    browser = as_user(world.lan)
    browser.get("/viec/")
    before = browser.session["seen_at"]
    session = browser.session
    session["seen_at"] = "2020-01-01T00:00:00+07:00"
    session.save()
    assert browser.get(QUEUE).status_code == 200
    assert browser.session["seen_at"] < before
    assert browser.get("/viec/").status_code == 302


def test_without_redis_the_queue_is_read_from_postgresql(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redis import Redis

    monkeypatch.setattr(versions, "_redis", Redis(unix_socket_path="/nowhere.sock"))
    response = api().get(QUEUE)
    assert (response.status_code, response.json()["office"]) == (200, "VPB")
    again = api().get(QUEUE, headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again["ETag"] != response["ETag"]) == (200, True)


@pytest.mark.parametrize(("job", "most"), [("take", 6), ("call", 8), ("start", 7), ("finish", 7)])
def test_a_step_of_a_turn_takes_few_statements_however_long_the_queue(
    world: World, api: Api, job: str, most: int
) -> None:
    lan = api(world.lan)
    counts = []
    for waiting in (3, 30):
        for _number in range(waiting):
            take(lan)
        token = call(lan).json()["token"]
        if job == "call":
            act(lan, token, "absent")
        if job == "finish":
            act(lan, token, "start")
        with CaptureQueriesContext(connection) as captured:
            if job == "take":
                take(lan)
            else:
                assert (call(lan) if job == "call" else act(lan, token, job)).status_code == 200
        control = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
        counts.append(sum(not each["sql"].startswith(control) for each in captured))
        if job != "finish":
            act(lan, token, "start")
        act(lan, token, "finish")
    assert counts == [counts[0]] * 2
    assert counts[0] <= most, counts
