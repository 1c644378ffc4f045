"""Every call × everybody → status. What a person may not see is not there; what a role may not do is forbidden."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import get_resolver
from rest_framework.test import APIClient

from bpmc_portal.access import ACCESS
from tests.api import bodies
from tests.world import TU_CCCD, World

Api = Callable[..., APIClient]
WHO = ("anonymous", "lan", "minh", "ha", "binh", "tu", "vanphong", "thanhtra", "quantri", "kiosk")
EVERYONE = (200,) * 10
# Reading a dossier of Minh's unit: whoever has it in sight, 404 for the officer of another unit, 403 for roles without dossiers.
IN_SIGHT = (401, 200, 200, 200, 404, 200, 200, 200, 403, 403)
# The matrix, in the order of WHO. The dossier is bà Tư's, received by Lan, of Minh's unit; its first paper has no file.
MATRIX: dict[tuple[str, str], tuple[int, ...]] = {
    ("GET", "schema"): EVERYONE,
    ("GET", "docs"): EVERYONE,
    ("GET", "procedures"): EVERYONE,
    ("GET", "procedure"): EVERYONE,
    ("GET", "due"): EVERYONE,
    ("POST", "tracking"): (404,) * 10,
    ("GET", "dossiers"): (401, 200, 200, 200, 200, 200, 200, 200, 403, 403),
    ("POST", "dossiers"): (401, 400, 403, 403, 403, 400, 403, 403, 403, 403),
    ("GET", "dossier"): IN_SIGHT,
    ("GET", "dossier_events"): IN_SIGHT,
    ("GET", "dossier_due"): IN_SIGHT,
    ("GET", "dossier_receipt"): (401, 202, 202, 202, 404, 202, 202, 202, 403, 403),
    ("POST", "dossier_action"): (401, 409, 409, 409, 404, 409, 403, 403, 403, 403),
    ("POST", "dossier_verdict"): (401, 403, 400, 400, 400, 403, 403, 403, 403, 403),
    ("GET", "dossier_notes"): (401, 200, 200, 200, 404, 403, 200, 200, 403, 403),
    ("POST", "dossier_notes"): (401, 400, 400, 400, 404, 403, 403, 403, 403, 403),
    ("GET", "dossier_messages"): IN_SIGHT,
    ("POST", "dossier_messages"): (401, 400, 400, 400, 404, 400, 403, 403, 403, 403),
    ("POST", "payments_confirm"): EVERYONE,
    ("POST", "documents"): (401, 415, 415, 415, 415, 415, 403, 403, 403, 403),
    ("GET", "document"): IN_SIGHT,
    ("GET", "document_content"): (401, 404, 404, 404, 404, 404, 404, 404, 403, 403),
    ("GET", "holder_documents"): (401, 200, 200, 200, 200, 200, 403, 403, 403, 403),
    ("GET", "queue"): EVERYONE,
    ("POST", "tickets"): (401, 400, 403, 403, 403, 403, 403, 403, 403, 400),
    ("POST", "call_next"): (401, 204, 403, 403, 403, 403, 403, 403, 403, 403),
    ("GET", "ticket"): (401, 404, 403, 403, 403, 403, 403, 403, 403, 403),
    ("POST", "ticket_act"): (401, 404, 403, 403, 403, 403, 403, 403, 403, 403),
    ("GET", "indicators"): (401, 403, 403, 200, 403, 403, 200, 200, 403, 403),
    ("GET", "indicator_rows"): (401, 403, 403, 200, 403, 403, 200, 200, 403, 403),
    ("POST", "number_blocks"): (401, 400, 403, 403, 403, 403, 403, 403, 403, 400),
    ("POST", "offline_tickets"): (401, 400, 403, 403, 403, 403, 403, 403, 403, 400),
}


def address(name: str, code: str, document: str) -> str:
    """Return the address of a call with real objects in it."""
    places = {
        "due": "calendar/due/?received_at=2025-01-24T15:30&days=5", "procedure": "procedures/QLLDNN-04/", "dossier": f"dossiers/{code}/",
        "dossier_events": f"dossiers/{code}/events/", "dossier_due": f"dossiers/{code}/due/", "dossier_receipt": f"dossiers/{code}/receipt/",
        "dossier_action": f"dossiers/{code}/actions/approve/", "document": f"documents/{document}/",
        "document_content": f"documents/{document}/content/", "holder_documents": f"holders/{TU_CCCD}/documents/",
        "dossier_verdict": f"dossiers/{code}/papers/1/verdict/", "dossier_notes": f"dossiers/{code}/notes/",
        "dossier_messages": f"dossiers/{code}/messages/", "payments_confirm": "payments/confirm/",
        "queue": "offices/VPB/queue/", "tickets": "offices/VPB/tickets/", "call_next": "offices/VPB/counters/1/call-next/",
        "ticket": f"tickets/{'0' * 24}/", "ticket_act": f"tickets/{'0' * 24}/start/",
        "indicators": "plans/654/indicators/", "indicator_rows": "plans/654/indicators/I03/rows/",
        "number_blocks": "offices/VPB/number-blocks/", "offline_tickets": "offices/VPB/offline-tickets/",
    }  # fmt: skip
    return "/api/v1/" + places.get(name, f"{name}/")


def test_every_call_stands_in_the_matrix() -> None:
    api = next(each for each in get_resolver().url_patterns if getattr(each, "namespace", None) == "api")
    names = {pattern.name for pattern in api.url_patterns}
    calls = {
        (method, name.removeprefix("api:"))
        for name, rule in ACCESS.items()
        if name.startswith("api:")
        for method in rule
        if method != "HEAD"
    }
    assert {name for _, name in MATRIX} == names
    assert set(MATRIX) == calls


@pytest.mark.parametrize("who", WHO)
def test_the_matrix_holds(world: World, api: Api, who: str) -> None:
    dossier = world.received()
    document = str(dossier.components.order_by("position").first().document_id)
    client = api() if who == "anonymous" else api(getattr(world, who))
    found: dict[Any, int] = {}
    for method, name in MATRIX:
        response = client.generic(
            method, address(name, dossier.code, document), "{}", content_type="application/json"
        )
        found[method, name] = response.status_code
        if response.status_code >= 400:
            assert response["Content-Type"] == "application/problem+json", name
            assert {"type", "title", "status", "code", "detail", "request_id"} <= set(response.json())
    assert found == {call: statuses[WHO.index(who)] for call, statuses in MATRIX.items()}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_method_that_a_call_does_not_know_is_405_for_tokens_too(
    world: World, api: Api, method: str
) -> None:
    for client in (api(), api(world.lan)):
        response = client.generic(method, "/api/v1/dossiers/", "{}", content_type="application/json")
        assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_a_stranger_is_told_how_to_sign_in(world: World, api: Api) -> None:
    response = api().get("/api/v1/dossiers/")
    assert (response.status_code, response["WWW-Authenticate"], response.json()["code"]) == (
        401,
        "Token",
        "not_authenticated",
    )


@pytest.mark.parametrize("token", ["x", "0" * 64, "\xff\xfe", "a b", "\x7f"])
def test_a_wrong_token_is_refused_even_on_public_calls(world: World, api: Api, token: str) -> None:
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    response = client.get("/api/v1/procedures/")
    assert (response.status_code, response.json()["code"]) == (401, "token_invalid")


def test_a_session_works_like_a_token_and_needs_its_csrf_token(world: World, as_user: Any) -> None:
    client = as_user(world.lan)
    assert client.get("/api/v1/dossiers/").status_code == 200
    client.handler.enforce_csrf_checks = True
    assert (
        client.post("/api/v1/dossiers/", bodies.intake(world), content_type="application/json").status_code
        == 403
    )
