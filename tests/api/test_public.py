"""Calls that need nobody signed in: the catalogue, the calendar, and tracking by the receipt."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from dossiers import tracking
from dossiers.services.transitions import act
from dossiers.workflow import Action
from procedures import catalogue
from procedures.models import Procedure
from tests.api import bodies
from tests.world import TU_CCCD, World

Api = Callable[..., APIClient]


def test_a_procedure_shows_its_version_in_force(world: World, api: Api) -> None:
    body = api().get("/api/v1/procedures/QLLDNN-04/").json()
    assert (body["code"], body["version"], body["in_force_from"]) == ("QLLDNN-04", 1, "2021-01-01")
    assert body["time_limit"] == {"value": 5, "unit": "working_days", "text": "5 ngày làm việc"}
    assert [case["code"] for case in body["cases"]] == ["default"]
    first = body["cases"][0]["components"][0]
    assert first == {
        "code": "01", "name": "Văn bản đăng ký hợp đồng", "mandatory": True, "originals": 1, "copies": 0,
        "document_type": "MC-GT0001", "reusable": True, "validity_limited": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "is_found"),
    [("", True), ("QLLDNN-04", True), ("hop dong", True), ("Hợp đồng", True), ("máy bay", False)],
)
def test_procedures_are_found_with_or_without_marks(
    world: World, api: Api, query: str, *, is_found: bool
) -> None:
    found = api().get("/api/v1/procedures/", {"q": query}).json()["results"]
    assert [procedure["code"] for procedure in found] == (["QLLDNN-04"] if is_found else [])


def test_the_list_shows_only_what_is_in_force_and_pages(world: World, api: Api) -> None:
    Procedure.objects.create(
        key="CHUA-CO",
        name="Chưa công bố",
        field=world.procedure.field,
        unit=world.agency,
        search_key="chua cong bo",
    )
    bodies.procedure_of_four(world)
    first = api().get("/api/v1/procedures/?limit=1&count=1").json()
    second = api().get(first["next"]).json()
    assert [page["results"][0]["code"] for page in (first, second)] == ["BON-GIAY", "QLLDNN-04"]
    assert (first["count"], first["previous"], second["next"]) == (2, None, None)
    assert api().get(second["previous"]).json()["results"] == first["results"]


def test_an_unknown_or_unpublished_procedure_is_refused_in_words(world: World, api: Api) -> None:
    Procedure.objects.create(
        key="CHUA-CO",
        name="Chưa công bố",
        field=world.procedure.field,
        unit=world.agency,
        search_key="chua cong bo",
    )
    unknown, unpublished = (api().get(f"/api/v1/procedures/{code}/") for code in ("KHONG", "CHUA-CO"))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_procedure")
    assert (unpublished.status_code, unpublished.json()["code"]) == (409, "no_version_in_force")


@pytest.mark.parametrize(
    "received", ["2025-01-24T15:30", "2025-01-24T15:30+07:00", "2025-01-24T15:30 07:00", "2025-01-24T08:30Z"]
)
def test_a_term_is_worked_out_day_by_day(world: World, api: Api, received: str) -> None:
    body = api().get("/api/v1/calendar/due/", {"received_at": received, "days": "5"}).json()
    assert body["received_at"] == "2025-01-24T15:30:00+07:00"
    assert body["due_at"] == "2025-02-07T17:30:00+07:00"
    assert body["counted"] == ["2025-02-03", "2025-02-04", "2025-02-05", "2025-02-06", "2025-02-07"]
    assert {"date": "2025-01-29", "reason": "Tết Nguyên đán"} in body["excluded"]


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"days": "5"}, 400, "required"),
        ({"received_at": "hôm qua", "days": "5"}, 400, "instant_format"),
        ({"received_at": "0001-01-01T00:00Z", "days": "5"}, 409, "calendar_missing"),
        ({"received_at": "9999-12-31T23:59Z", "days": "5"}, 400, "instant_format"),
        ({"received_at": "2025-13-01", "days": "5"}, 400, "instant_format"),
        ({"received_at": "2025-01-24T15:30"}, 400, "days_or_hours"),
        ({"received_at": "2025-01-24T15:30", "days": "5", "hours": "8"}, 400, "days_or_hours"),
        ({"received_at": "2025-01-24T15:30", "days": "0"}, 400, "limit_value"),
        ({"received_at": "2025-01-24T15:30", "days": "-1"}, 400, "not_whole_number"),
        ({"received_at": "2025-01-24T15:30", "days": "3650"}, 409, "calendar_missing"),
        ({"received_at": "2025-01-24T15:30", "days": "5", "office": "X"}, 404, "unknown_office"),
    ],
)
def test_a_term_that_makes_no_sense_is_refused(
    world: World, api: Api, params: dict[str, str], status: int, code: str
) -> None:
    response = api().get("/api/v1/calendar/due/", params)
    assert (response.status_code, response.json()["code"]) == (status, code)


def track(client: APIClient, body: Any) -> Any:
    """Look a dossier up."""
    return client.post("/api/v1/tracking/", json.dumps(body), content_type="application/json")


def test_the_receipt_opens_the_public_view_and_names_nobody(world: World, api: Api) -> None:
    code = act(world.received().code, Action.FORWARD, actor=world.minh).code
    by_token = track(api(), {"token": tracking.token_of(code, 1)})
    by_secret = track(api(), {"code": code.lower(), "secret": tracking.grouped(tracking.secret_of(code, 1))})
    assert by_token.json() == by_secret.json()
    assert (by_token.json()["status"], by_token.json()["step"]) == ("processing", "Đang thẩm định")
    assert [event["action"] for event in by_token.json()["events"]] == ["receive", "forward"]
    text = by_token.content.decode()
    assert not [
        word for word in (TU_CCCD, "Tư", "Minh", "0912345678", "912345678", "Ngô Quyền") if word in text
    ]
    assert by_token["Cache-Control"] == "no-store, private"


def test_every_failure_to_track_is_the_same(world: World, api: Api) -> None:
    code = world.received().code
    right, token = tracking.secret_of(code, 1), tracking.token_of(code, 1)
    other = tracking.secret_of(code, 2)
    wrong = [
        {}, [], "x", None, {"token": "1" * 24}, {"token": token[:-1]}, {"token": 5}, {"token": [token]}, {"code": code}, {"code": code, "secret": other},
        {"code": code, "secret": int(right)}, {"code": "000.00.00.G07-210101-0009", "secret": right}, {"secret": right}, {"code": "\x00", "secret": right},
    ]  # fmt: skip
    answers = []
    for body in wrong:
        response = track(api(), body)
        assert response.status_code == 404, body
        answers.append({**response.json(), "request_id": ""})
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("way", ["token", "secret"])
def test_tracking_takes_at_most_three_statements(world: World, api: Api, way: str) -> None:
    code, client = world.received().code, api()
    body = (
        {"token": tracking.token_of(code, 1)}
        if way == "token"
        else {"code": code, "secret": tracking.secret_of(code, 1)}
    )
    catalogue.current()
    with CaptureQueriesContext(connection) as captured:
        assert track(client, body).status_code == 200
    assert len(captured) <= 3, "\n".join(query["sql"][:160] for query in captured)
