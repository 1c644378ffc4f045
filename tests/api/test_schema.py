"""The OpenAPI document says what the calls do."""

import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import yaml
from django.core.management import call_command
from django.urls import get_resolver
from openapi_spec_validator import validate
from rest_framework.test import APIClient

from dossiers.services.transitions import act
from dossiers.workflow import Action
from tests.api import bodies
from tests.world import TU_CCCD, World

Api = Callable[..., APIClient]
UNDESCRIBED = {"schema/", "docs/"}


def schema() -> dict[str, Any]:
    """Return the document, generated with warnings as errors."""
    out = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    found: dict[str, Any] = yaml.safe_load(out.getvalue())
    return found


def test_the_document_is_valid_openapi() -> None:
    validate(schema())


def test_the_document_and_the_site_map_agree() -> None:
    api = next(each for each in get_resolver().url_patterns if getattr(each, "namespace", None) == "api")
    routes = {str(pattern.pattern) for pattern in api.url_patterns} - UNDESCRIBED
    assert set(schema()["paths"]) == {
        "/api/v1/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route).replace("{pk}", "{id}") for route in routes
    }


def test_every_call_tells_its_refusals_and_its_token() -> None:
    described = schema()
    for path, calls in described["paths"].items():
        for method, call in calls.items():
            refusals = {status: body for status, body in call["responses"].items() if status >= "400"}
            assert refusals, path
            assert all(list(body["content"]) == ["application/problem+json"] for body in refusals.values())
            assert {"token": []} in call["security"] or call["security"] == [{}], path
            is_public = {} in call["security"]
            assert is_public == ("401" not in refusals)
            headers = {
                parameter["name"] for parameter in call.get("parameters", []) if parameter["in"] == "header"
            }
            assert ("Idempotency-Key" in headers) == (method == "post" and not is_public), path
    assert "If-Match" in str(described["paths"]["/api/v1/dossiers/{code}/actions/{action}/"])


def faults(value: Any, shape: dict[str, Any], parts: dict[str, Any], path: str = "") -> list[str]:
    """Return where an answer and its described shape differ: a key too many, a key too few, all the way down."""
    while "$ref" in shape or "allOf" in shape or "oneOf" in shape:
        inner = shape if "$ref" in shape else (shape.get("allOf") or shape["oneOf"])[0]
        shape = parts[inner["$ref"].rsplit("/", 1)[1]]
    if value is None or not shape.get("properties"):
        items = shape.get("items")
        return (
            [fault for each in value for fault in faults(each, items, parts, f"{path}[]")]
            if items and isinstance(value, list)
            else []
        )
    found = [f"{path}.{name} is not described" for name in value.keys() - shape["properties"].keys()]
    found += [f"{path}.{name} is missing" for name in set(shape.get("required", [])) - value.keys()]
    return found + [
        fault
        for name, each in value.items()
        if name in shape["properties"]
        for fault in faults(each, shape["properties"][name], parts, f"{path}.{name}")
    ]


def turn(client: APIClient) -> list[tuple[str, str, str, Any]]:
    """Return the calls of one turn at the desk, and the queue while it is served."""
    taken = client.post("/api/v1/offices/VPB/tickets/", {"service": "ld-ngoai-nuoc"})
    called = client.post("/api/v1/offices/VPB/counters/1/call-next/")
    path = f"/api/v1/tickets/{taken.json()['token']}/"
    return [
        ("post", "offices/{office}/tickets/", "201", taken),
        ("post", "offices/{office}/counters/{counter}/call-next/", "200", called),
        ("post", "tickets/{token}/{action}/", "200", client.post(f"{path}start/")),
        ("get", "tickets/{token}/", "200", client.get(path)),
        ("get", "offices/{office}/queue/", "200", client.get("/api/v1/offices/VPB/queue/")),
    ]


def test_the_answers_have_exactly_the_described_shape(world: World, api: Api) -> None:
    described = schema()
    client = api(world.lan)
    created = client.post("/api/v1/dossiers/", bodies.intake(world))
    code = act(created.json()["code"], Action.FORWARD, actor=world.minh).code
    uploaded = client.post("/api/v1/documents/", {"file": bodies.named(bodies.pdf())}, format="multipart")
    calls: list[tuple[str, str, str, Any]] = [
        ("post", "dossiers/", "201", created),
        ("post", "documents/", "201", uploaded),
        ("get", "documents/{id}/", "200", client.get(f"/api/v1/documents/{uploaded.json()['id']}/")),
        ("get", "dossiers/", "200", client.get("/api/v1/dossiers/")),
        ("get", "dossiers/{code}/", "200", client.get(f"/api/v1/dossiers/{code}/")),
        ("get", "dossiers/{code}/events/", "200", client.get(f"/api/v1/dossiers/{code}/events/")),
        ("get", "dossiers/{code}/due/", "200", client.get(f"/api/v1/dossiers/{code}/due/")),
        ("get", "procedures/", "200", client.get("/api/v1/procedures/")),
        ("get", "procedures/{code}/", "200", client.get("/api/v1/procedures/QLLDNN-04/")),
        (
            "get",
            "calendar/due/",
            "200",
            client.get("/api/v1/calendar/due/?received_at=2025-01-24T15:30&days=5"),
        ),
        (
            "get",
            "holders/{identity_number}/documents/",
            "200",
            client.get(f"/api/v1/holders/{TU_CCCD}/documents/"),
        ),
        (
            "post",
            "tracking/",
            "200",
            client.post("/api/v1/tracking/", {"code": code, "secret": created.json()["secret"]}),
        ),
        *turn(client),
    ]
    for method, path, status, response in calls:
        assert str(response.status_code) == status, path
        answers = described["paths"]["/api/v1/" + path][method]["responses"][status]["content"]
        assert not faults(
            response.json(), answers["application/json"]["schema"], described["components"]["schemas"], path
        )


def test_the_document_is_served_as_json_and_as_yaml(world: World, api: Api) -> None:
    assert api().get("/api/v1/schema/").json()["openapi"].startswith("3.")
    assert yaml.safe_load(api().get("/api/v1/schema/?format=yaml").content)["openapi"].startswith("3.")
