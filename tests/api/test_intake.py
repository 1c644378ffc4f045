"""Handing a dossier in through the API: the answer, the second try, and the words of every refusal."""

import json
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from bpmc_portal.idempotency.models import RememberedAnswer
from dossiers import tracking
from dossiers.models import Dossier
from procedures import catalogue
from tests.api import bodies
from tests.world import World

Api = Callable[..., APIClient]
URL = "/api/v1/dossiers/"
SEVEN_HOURS = timedelta(hours=7)


def sent(client: APIClient, body: Any, **headers: str) -> Any:
    """Post a dossier as JSON."""
    return client.post(URL, json.dumps(body), content_type="application/json", headers=headers)


def test_the_desk_receives_and_is_given_what_the_citizen_needs(world: World, api: Api, settings: Any) -> None:
    response = sent(api(world.lan), bodies.intake(world))
    body = response.json()
    assert response.status_code == 201
    assert set(body) == {
        "code",
        "secret",
        "tracking_url",
        "status",
        "version",
        "received_at",
        "due_at",
        "receipt_url",
    }
    assert (body["status"], body["version"], response["ETag"]) == ("received", 1, '"1"')
    assert tracking.is_well_formed(body["secret"])
    assert body["tracking_url"] == f"{settings.PUBLIC_URL}/t/{tracking.token_of(body['code'], 1)}/"
    assert body["receipt_url"].endswith(f"/api/v1/dossiers/{body['code']}/receipt/")
    assert datetime.fromisoformat(body["received_at"]).utcoffset() == SEVEN_HOURS
    assert datetime.fromisoformat(body["due_at"]).utcoffset() == SEVEN_HOURS


def test_a_citizen_submits_and_the_clock_waits_for_the_desk(world: World, api: Api) -> None:
    body = sent(api(world.tu), bodies.intake(world, channel="online")).json()
    assert (body["status"], body["received_at"], body["due_at"], body["receipt_url"]) == (
        "submitted",
        None,
        None,
        None,
    )


def test_a_citizen_hands_in_only_for_itself_and_only_online(world: World, api: Api) -> None:
    other = {"kind": "citizen", "identity_number": "001160000027", "name": "Người Khác"}
    assert (
        sent(api(world.tu), bodies.intake(world, channel="online", applicant=other)).json()["code"]
        == "not_your_identity"
    )
    assert sent(api(world.tu), bodies.intake(world, channel="desk")).json()["code"] == "channel_not_online"


def test_the_same_key_and_body_give_the_first_answer_again(world: World, api: Api) -> None:
    client = api(world.lan)
    first = sent(client, bodies.intake(world), **{"Idempotency-Key": "k-1"})
    again = sent(client, dict(reversed(bodies.intake(world).items())), **{"Idempotency-Key": "k-1"})
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again["Idempotent-Replay"] == "true"
    assert "Idempotent-Replay" not in first
    assert Dossier.objects.count() == 1


def test_the_secret_is_remembered_nowhere(world: World, api: Api) -> None:
    body = sent(api(world.lan), bodies.intake(world), **{"Idempotency-Key": "k-1"}).json()
    kept = json.dumps(RememberedAnswer.objects.get().answer)
    assert body["secret"] not in kept
    assert tracking.token_of(body["code"], 1) not in kept


def test_the_same_key_with_another_body_is_refused(world: World, api: Api) -> None:
    client = api(world.lan)
    sent(client, bodies.intake(world), **{"Idempotency-Key": "k-1"})
    response = sent(client, bodies.intake(world, return_method="post"), **{"Idempotency-Key": "k-1"})
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")


def test_a_refused_dossier_leaves_its_key_free(world: World, api: Api) -> None:
    client = api(world.lan)
    assert sent(client, bodies.intake(world, components=[]), **{"Idempotency-Key": "k-1"}).status_code == 400
    assert sent(client, bodies.intake(world), **{"Idempotency-Key": "k-1"}).status_code == 201


APPLICANT = {"kind": "citizen", "identity_number": "001160000019", "name": "Trần Thị Tư"}
PAPER = {"component": "01", "provided_as": "original"}
WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("no procedure", {"procedure": None}, "null", "procedure"),
    ("a number for text", {"procedure": 5}, "not_text", "procedure"),
    ("a list for text", {"office": ["VPB"]}, "not_text", "office"),
    ("NUL in text", {"procedure": "QLL\x00DNN"}, "control_character", "procedure"),
    (
        "half a surrogate",
        {"applicant": {**APPLICANT, "name": "Tư \ud800"}},
        "control_character",
        "applicant.name",
    ),
    ("unknown channel", {"channel": "fax"}, "unknown_value", "channel"),
    ("unknown return method", {"return_method": "bird"}, "unknown_value", "return_method"),
    ("unknown kind", {"applicant": {**APPLICANT, "kind": "ghost"}}, "unknown_value", "applicant.kind"),
    ("an applicant that is text", {"applicant": "bà Tư"}, "invalid", "applicant.non_field_errors"),
    (
        "an identity number as a number",
        {"applicant": {**APPLICANT, "identity_number": 1160000019}},
        "not_text",
        "applicant.identity_number",
    ),
    (
        "a birthday in words",
        {"applicant": {**APPLICANT, "birth_on": "19/05/1960"}},
        "date_format",
        "applicant.birth_on",
    ),
    (
        "30 February",
        {"applicant": {**APPLICANT, "birth_on": "1960-02-30"}},
        "date_not_real",
        "applicant.birth_on",
    ),
    (
        "a birthday to come",
        {"applicant": {**APPLICANT, "birth_on": "2150-01-01"}},
        "birth_in_future",
        "applicant.birth_on",
    ),
    ("a wrong e-mail", {"applicant": {**APPLICANT, "email": "tu@"}}, "email_format", "applicant.email"),
    ("papers that are no list", {"components": PAPER}, "not_a_list", "components.non_field_errors"),
    ("no papers", {"components": []}, "component_missing", "components"),
    ("a paper twice", {"components": [PAPER, PAPER]}, "component_twice", "components.1.component"),
    (
        "an unknown paper",
        {"components": [{**PAPER, "component": "77"}]},
        "unknown_component",
        "components.0.component",
    ),
    ("negative copies", {"components": [{**PAPER, "copies": -3}]}, "copies_range", "components.0.copies"),
    ("copies as text", {"components": [{**PAPER, "copies": "2"}]}, "not_whole_number", "components.0.copies"),
    (
        "copies as a fraction",
        {"components": [{**PAPER, "copies": 1.5}]},
        "not_whole_number",
        "components.0.copies",
    ),
    (
        "copies as a boolean",
        {"components": [{**PAPER, "copies": True}]},
        "not_whole_number",
        "components.0.copies",
    ),
    (
        "copies without end",
        {"components": [{**PAPER, "copies": 10**40}]},
        "number_too_large",
        "components.0.copies",
    ),
    (
        "an unknown form of paper",
        {"components": [{**PAPER, "provided_as": "rumour"}]},
        "unknown_value",
        "components.0.provided_as",
    ),
    (
        "a file without file",
        {"components": [{**PAPER, "provided_as": "file"}]},
        "file_missing",
        "components.0.document",
    ),
    (
        "a document that is no UUID",
        {"components": [{**PAPER, "document": "7"}]},
        "uuid_format",
        "components.0.document",
    ),
    ("a form that is a list", {"form": [1]}, "not_object", "form"),
    ("NUL deep in the form", {"form": {"a": [{"b": "x\x00"}]}}, "control_character", "form"),
    ("half a surrogate in the form", {"form": {"a": "\udfff"}}, "control_character", "form"),
    ("a form of 65 KB", {"form": {"a": "ă" * 33_000}}, "form_too_large", "form"),
]


@pytest.mark.parametrize(
    ("changes", "code", "field"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_every_fault_has_its_own_code_and_a_vietnamese_sentence(
    world: World, api: Api, changes: dict[str, Any], code: str, field: str
) -> None:
    response = sent(api(world.lan), bodies.intake(world, **changes))
    body = response.json()
    assert response["Content-Type"] == "application/problem+json"
    assert (response.status_code, body["code"]) == (400, code)
    assert field in body["errors"]
    assert any(ord(letter) > 127 for letter in body["detail"]), body["detail"]
    assert not Dossier.objects.exists()


def test_a_missing_field_is_named(world: World, api: Api) -> None:
    body = sent(api(world.lan), {}).json()
    assert body["code"] == "required"
    assert set(body["errors"]) == {"procedure", "office", "channel", "applicant", "components"}
    assert all("Thiếu" in sentence for sentence in body["errors"].values())


def test_a_decomposed_name_is_stored_composed(world: World, api: Api) -> None:
    name = unicodedata.normalize("NFD", "Nguyễn Thị Đẹp")
    applicant = {**APPLICANT, "identity_number": "001160000027", "name": name}
    response = sent(api(world.lan), bodies.intake(world, applicant=applicant))
    assert response.status_code == 201
    assert Dossier.objects.get().applicant_name == "Nguyễn Thị Đẹp"


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"{", 400, "unreadable"),
        (b'{"procedure": "\xff"}', 400, "unreadable"),
        (b'{"form": NaN}', 400, "unreadable"),
        (b"[" * 100_000, 400, "unreadable"),
        (b'{"form": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001, 400, "unreadable"),
        (b'"text"', 400, "invalid"),
        (b"[]", 400, "invalid"),
        (b"null", 400, "null"),
        (b'{"form": "' + b"a" * 10_000_000 + b'"}', 413, "too_large"),
    ],
    ids=["cut", "latin", "NaN", "deep list", "deep object", "text", "list", "null", "10 MB"],
)
def test_a_body_that_is_no_dossier_is_refused_in_words(
    world: World, api: Api, raw: bytes, status: int, code: str
) -> None:
    response = api(world.lan).post(URL, raw, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_another_type_of_content_is_refused(world: World, api: Api) -> None:
    response = api(world.lan).post(URL, "<a/>", content_type="application/xml")
    assert (response.status_code, response.json()["code"]) == (415, "media_type")


def test_a_dossier_of_four_papers_takes_at_most_thirteen_statements(world: World, api: Api) -> None:
    procedure = bodies.procedure_of_four(world)
    client, papers = (
        api(world.lan),
        [{"component": f"{number:02d}", "provided_as": "original"} for number in range(1, 5)],
    )
    catalogue.current()
    stranger = {"kind": "citizen", "identity_number": "001160000027", "name": "Lê Thị Mới"}
    body = bodies.intake(world, procedure=procedure.key, components=papers, applicant=stranger)
    with CaptureQueriesContext(connection) as captured:
        assert sent(client, body, **{"Idempotency-Key": "k-1"}).status_code == 201
    control = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SET CONSTRAINTS")
    statements = [query["sql"] for query in captured if not query["sql"].startswith(control)]
    # Thirteen, and one more that a connection's health check costs a request on a real server: fourteen in all.
    assert len(statements) <= 13, "\n".join(
        f"{number}. {sql[:160]}" for number, sql in enumerate(statements, 1)
    )
