"""Reading and changing dossiers through the API."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from bpmc_portal.audit.models import AccessEvent
from bpmc_portal.jobs import services as jobs
from dossiers.models import Dossier
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from procedures import catalogue
from tests.api import bodies
from tests.world import World

Api = Callable[..., APIClient]
URL = "/api/v1/dossiers/"


def do(client: APIClient, code: str, action: str, body: Any = None, **headers: str) -> Any:
    """Post an act."""
    return client.post(
        f"{URL}{code}/actions/{action}/",
        json.dumps(body or {}),
        content_type="application/json",
        headers=headers,
    )


def processing(world: World) -> Dossier:
    """Return a dossier that Minh has taken up."""
    return act(world.received().code, Action.FORWARD, actor=world.minh)


def test_a_dossier_shows_its_state_and_what_the_caller_may_do(world: World, api: Api) -> None:
    dossier = world.received()
    response = api(world.minh).get(f"{URL}{dossier.code}/")
    body = response.json()
    assert (body["status"], body["outcome"], body["version"], body["step"]) == ("received", None, 1, None)
    assert body["received_at"].endswith("+07:00")
    assert body["available_actions"] == ["forward", "request_supplement", "request_payment", "assign"]
    assert [paper["component"] for paper in body["components"]] == ["01", "02"]
    assert response["ETag"] == '"1"'
    assert response["Cache-Control"] == "no-store, private"


def test_a_code_is_found_however_it_is_punctuated(world: World, api: Api) -> None:
    code = world.received().code
    assert (
        api(world.minh).get(f"{URL}{code.replace('.', '').replace('-', '').lower()}/").json()["code"] == code
    )


def test_every_look_is_written_down_before_it_is_shown(world: World, api: Api) -> None:
    code, client = world.received().code, api(world.minh)
    for end in ("", "events/", "due/"):
        client.get(f"{URL}{code}/{end}")
    client.get(URL)
    seen = AccessEvent.objects.filter(actor=world.minh).order_by("pk").values_list("view", "subject")
    assert list(seen) == [
        ("api:dossier", code),
        ("api:dossier_events", code),
        ("api:dossier_due", code),
        ("api:dossiers", "dossiers"),
    ]


def test_an_act_moves_the_dossier_and_its_entity_tag(world: World, api: Api) -> None:
    code = world.received().code
    response = do(api(world.minh), code, "forward", **{"If-Match": '"1"'})
    assert response.status_code == 200
    assert (response.json()["status"], response.json()["step"]["code"], response["ETag"]) == (
        "processing",
        "tham-dinh",
        '"2"',
    )
    assert response.json()["assigned"]["username"] == "minh"


def test_a_stale_version_is_refused_and_nothing_changes(world: World, api: Api) -> None:
    dossier = processing(world)
    response = do(api(world.minh), dossier.code, "forward", **{"If-Match": '"1"'})
    assert (response.status_code, response.json()["code"], response.json()["version"]) == (
        412,
        "stale_version",
        2,
    )
    assert Dossier.objects.get().version == 2


@pytest.mark.parametrize("header", ["1", '"x"', 'W/"1"', '"1", "2"', '"-1"', '"' + "9" * 30 + '"'])
def test_a_malformed_if_match_is_refused(world: World, api: Api, header: str) -> None:
    response = do(api(world.minh), world.received().code, "forward", **{"If-Match": header})
    assert (response.status_code, response.json()["code"]) == (400, "if_match_format")


def test_an_illegal_act_names_the_legal_ones(world: World, api: Api) -> None:
    response = do(api(world.ha), world.received().code, "approve")
    assert (response.status_code, response.json()["code"]) == (409, "illegal_transition")
    assert response.json()["allowed_actions"] == [
        "forward",
        "request_supplement",
        "request_payment",
        "stop",
        "assign",
    ]


def test_an_unknown_act_names_the_known_ones(world: World, api: Api) -> None:
    response = do(api(world.ha), world.received().code, "explode")
    assert (response.status_code, response.json()["code"]) == (404, "unknown_action")
    assert response.json()["actions"] == [str(action) for action in Action]


def test_an_act_without_its_reason_is_refused(world: World, api: Api) -> None:
    response = do(api(world.minh), world.received().code, "request_supplement", {"reason": "  "})
    assert (response.status_code, response.json()["code"]) == (400, "reason_missing")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reason": 5}, "not_text"),
        ({"paper_handoff": "yes"}, "not_boolean"),
        ({"due_on": "mai"}, "date_format"),
        ({"collector": "Lan"}, "invalid"),
    ],
)
def test_an_act_of_the_wrong_shape_is_refused(world: World, api: Api, body: Any, code: str) -> None:
    response = do(api(world.minh), world.received().code, "forward", body)
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_an_act_twice_with_one_key_is_one_act(world: World, api: Api) -> None:
    code, client = world.received().code, api(world.minh)
    first = do(client, code, "forward", **{"Idempotency-Key": "a"})
    again = do(client, code, "forward", **{"Idempotency-Key": "a"})
    assert again.json() == first.json()
    assert (again["Idempotent-Replay"], again["ETag"]) == ("true", '"2"')
    assert do(client, code, "forward", {"reason": "khác"}, **{"Idempotency-Key": "a"}).status_code == 422
    assert Dossier.objects.get().version == 2


def test_the_first_of_two_people_is_only_noted(world: World, api: Api) -> None:
    dossier = processing(world)
    act(dossier.code, Action.STOP, actor=world.ha, params=Params(reason="Hết căn cứ"))
    first = do(api(world.ha), dossier.code, "reopen", {"reason": "Có căn cứ mới"})
    assert (first.status_code, first.json()["status"]) == (202, "stopped")
    second = do(api(world.ha2), dossier.code, "reopen", {"reason": "Đồng ý"})
    assert (second.status_code, second.json()["status"]) == (200, "processing")


def test_who_gave_its_opinion_is_answered_though_the_dossier_is_out_of_sight(world: World, api: Api) -> None:
    dossier = processing(world)
    act(
        dossier.code,
        Action.ASK_OPINION,
        actor=world.minh,
        params=Params(reason="Có vướng gì không?", opinion_unit=world.other.code),
    )
    client = api(world.binh)
    assert client.get(f"{URL}{dossier.code}/").json()["available_actions"] == ["give_opinion"]
    assert do(client, dossier.code, "give_opinion", {"reason": "Không vướng"}).status_code == 200
    assert client.get(f"{URL}{dossier.code}/").status_code == 404


def test_a_foreign_dossier_and_an_absent_one_are_the_same_answer(world: World, api: Api) -> None:
    code, client = world.received().code, api(world.binh)
    for end in ("", "events/", "due/", "receipt/"):
        bodies_of = []
        for asked in (code, "000.00.00.G07-210101-0001"):
            body = client.get(f"{URL}{asked}/{end}").json()
            del body["request_id"]
            bodies_of.append(body)
        assert bodies_of[0] == bodies_of[1]
    foreign, absent = (do(client, asked, "forward").json() for asked in (code, "000.00.00.G07-210101-0001"))
    assert {**foreign, "request_id": ""} == {**absent, "request_id": ""}


def test_the_applicant_is_told_the_public_acts_without_who_did_them(world: World, api: Api) -> None:
    dossier = processing(world)
    act(
        dossier.code,
        Action.ASK_OPINION,
        actor=world.minh,
        params=Params(reason="Hỏi", opinion_unit=world.other.code),
    )
    for_tu = api(world.tu).get(f"{URL}{dossier.code}/events/").json()["results"]
    for_minh = api(world.minh).get(f"{URL}{dossier.code}/events/").json()["results"]
    assert [event["action"] for event in for_tu] == ["receive", "forward"]
    assert {event["actor"] for event in for_tu} == {None}
    assert [event["action"] for event in for_minh] == ["receive", "forward", "ask_opinion"]
    assert for_minh[1]["actor"] == {"username": "minh", "name": "Trần Quang Minh"}


def test_the_appointment_is_explained_day_by_day(world: World, api: Api) -> None:
    dossier = world.received()
    body = api(world.minh).get(f"{URL}{dossier.code}/due/").json()
    assert body["due_at"] == body["appointed_at"]
    assert len(body["counted"]) == 5
    assert all(day["reason"] for day in body["excluded"])
    assert body["paused"] == []


def test_a_submitted_dossier_has_no_appointment_and_no_receipt_yet(world: World, api: Api) -> None:
    sent = bodies.intake(world, channel="online")
    client = api(world.tu)
    code = client.post(URL, sent).json()["code"]
    assert client.get(f"{URL}{code}/due/").json()["code"] == "no_clock"
    assert client.get(f"{URL}{code}/receipt/").json()["code"] == "not_received"


def test_the_receipt_is_pending_until_it_is_issued(world: World, api: Api) -> None:
    dossier, client = world.received(), api(world.lan)
    pending = client.get(f"{URL}{dossier.code}/receipt/")
    assert (pending.status_code, pending.json()["code"], pending["Retry-After"]) == (
        202,
        "receipt_pending",
        "1",
    )
    jobs.run_due()
    issued = client.get(f"{URL}{dossier.code}/receipt/", headers={"Accept": "application/pdf"})
    assert (issued.status_code, issued["Content-Type"]) == (200, "application/pdf")
    assert issued.content.startswith(b"%PDF-")
    assert client.get(f"{URL}{dossier.code}/receipt/").content == issued.content


def listed(client: APIClient, **params: str) -> list[str]:
    """Return the codes of a filtered list."""
    response = client.get(URL, params)
    assert response.status_code == 200, response.json()
    return [row["code"] for row in response.json()["results"]]


def test_a_list_is_narrowed_by_what_is_asked(world: World, api: Api) -> None:
    first, second = world.received(), processing(world)
    client = api(world.minh)
    assert listed(client) == [second.code, first.code]
    assert listed(client, status="received") == [first.code]
    assert listed(client, status="received,processing") == [first.code, second.code]
    assert listed(client, assigned="me") == [second.code]
    assert listed(client, assigned="none") == [first.code]
    assert listed(client, unit=world.other.code) == []
    assert listed(client, due_before="2020-01-01") == []
    assert listed(client, due_before="2100-01-01T00:00:00+07:00") == [first.code, second.code]


@pytest.mark.parametrize(
    ("typed", "is_found"),
    [
        ("tran thi tu", True),
        ("Tư", True),
        ("001160000019", True),
        ("0912 345 678", True),
        ("0001", True),
        ("lê văn", False),
        ("9999", False),
    ],
)
def test_a_dossier_is_found_by_what_people_type(
    world: World, api: Api, typed: str, *, is_found: bool
) -> None:
    code = world.received().code
    assert listed(api(world.minh), q=typed) == ([code] if is_found else [])
    assert listed(api(world.minh), q=code) == [code]
    assert listed(api(world.binh), q=typed) == []


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"status": "asleep"}, "unknown_value"), ({"due_before": "soon"}, "instant_format"), ({"q": "a\x00b"}, "control_character"),
        ({"limit": "0"}, "limit_range"), ({"limit": "101"}, "limit_range"), ({"cursor": "!!"}, "cursor_format"),
        ({"cursor": "WyJuIixbeyJpZCI6IjEifV1d"}, "cursor_format"), ({"cursor": "WyJ4IixbMV1d"}, "cursor_format"),
        ({"status": "received", "cursor": "WyJuIixbMSwyXV0"}, "cursor_format"),
    ],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(
    world: World, api: Api, params: dict[str, str], code: str
) -> None:
    response = api(world.minh).get(URL, params)
    assert (response.status_code, response.json()["code"]) == (400, code)


@pytest.mark.parametrize("status", ["", "received"])
def test_pages_walk_forth_and_back_over_every_row_once(world: World, api: Api, status: str) -> None:
    codes = [world.received().code for _ in range(7)]
    wanted = codes if status else codes[::-1]
    client, pages = api(world.lan), []
    at: str | None = f"{URL}?limit=3&status={status}"
    while at:
        pages.append(client.get(at).json())
        assert "count" not in pages[-1]
        at = pages[-1]["next"]
    assert [row["code"] for page in pages for row in page["results"]] == wanted
    back = client.get(pages[2]["previous"]).json()
    assert back["results"] == pages[1]["results"]
    assert client.get(back["previous"]).json()["results"] == pages[0]["results"]
    assert client.get(back["next"]).json()["results"] == pages[2]["results"]
    assert pages[0]["previous"] is None
    assert client.get(f"{URL}?limit=3&count=1").json()["count"] == 7


@pytest.mark.parametrize("rows", [3, 30])
def test_a_list_costs_the_same_however_long_it_is(world: World, api: Api, rows: int) -> None:
    codes = [world.received().code for _ in range(rows)]
    for code in codes:
        act(code, Action.FORWARD, actor=world.minh)
    client = api(world.minh)
    catalogue.current()
    with CaptureQueriesContext(connection) as captured:
        assert len(listed(client, status="processing")) == rows
    assert len(captured) <= 8, "\n".join(query["sql"][:160] for query in captured)
