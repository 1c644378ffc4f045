"""REST calls for verdicts, notes and messages: gated, once under a key, against the version that was read."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from dossiers.models import Component, Message, Note, Verdict
from tests.world import World

Api = Callable[..., APIClient]


def test_a_verdict_is_given_once_and_against_the_version_read(world: World, api: Api) -> None:
    dossier, client = world.received(), api(world.minh)
    address = f"/api/v1/dossiers/{dossier.code}/papers/1/verdict/"
    body = {"verdict": "failed", "reason": "paper-1", "note": "Mờ."}
    stale = client.post(address, body, format="json", headers={"If-Match": '"9"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    for _again in range(2):
        answer = client.post(
            address, body, format="json", headers={"If-Match": '"1"', "Idempotency-Key": "v-1"}
        )
        assert answer.status_code == 200
        assert answer.json() == {
            "position": 1, "name": "Văn bản đăng ký hợp đồng", "verdict": "failed", "reason": "paper-1", "note": "Mờ.", "version": 1,
        }  # fmt: skip
        assert answer["ETag"] == '"1"'
    assert answer["Idempotent-Replay"] == "true"
    assert Verdict.objects.count() == 1
    assert client.post(address, {"verdict": ""}, format="json").json()["verdict"] is None
    assert Component.objects.get(position=1).verdict == ""


@pytest.mark.parametrize(("body", "code"), [
    ({}, "required"), ({"verdict": "maybe"}, "unknown_value"), ({"verdict": "failed"}, "reason_unknown"), ({"verdict": 1}, "unknown_value"),
])  # fmt: skip
def test_a_wrong_verdict_is_refused_with_a_code(world: World, api: Api, body: dict, code: str) -> None:  # type: ignore[type-arg]
    address = f"/api/v1/dossiers/{world.received().code}/papers/1/verdict/"
    answer = api(world.minh).post(address, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_notes_are_listed_newest_first_and_written_once(world: World, api: Api) -> None:
    dossier, client = world.received(), api(world.minh)
    address = f"/api/v1/dossiers/{dossier.code}/notes/"
    for text in ("Một", "Hai", "Hai"):
        answer = client.post(address, {"text": text}, format="json", headers={"Idempotency-Key": text})
        assert answer.status_code == 201
    assert [each["text"] for each in api(world.lan).get(address).json()["results"]] == ["Hai", "Một"]
    assert Note.objects.count() == 2
    assert api(world.tu).get(address).status_code == 403
    stale = client.post(address, {"text": "Ba"}, format="json", headers={"If-Match": '"5"'})
    assert stale.status_code == 412


def test_messages_go_both_ways_and_no_name_of_staff_to_the_applicant(world: World, api: Api) -> None:
    dossier = world.received()
    address = f"/api/v1/dossiers/{dossier.code}/messages/"
    asked = api(world.tu).post(address, {"text": "Bao giờ xong?"}, format="json")
    assert (asked.status_code, asked.json()["is_from_staff"]) == (201, False)
    answered = api(world.minh).post(address, {"text": "Đúng hẹn."}, format="json")
    assert answered.json()["author"] == {"username": "minh", "name": "Trần Quang Minh"}
    shown = api(world.tu).get(address).json()["results"]
    assert [(each["text"], each["author"]) for each in shown] == [
        ("Đúng hẹn.", None),
        ("Bao giờ xong?", None),
    ]
    assert shown[1]["read_at"] is not None
    assert Message.objects.count() == 2


@pytest.mark.parametrize("place", ["papers/1/verdict/", "notes/", "messages/"])
def test_a_stranger_finds_nothing(world: World, api: Api, place: str) -> None:
    address = f"/api/v1/dossiers/{world.received().code}/{place}"
    body = {"verdict": "passed", "text": "x"}
    assert api(world.binh).post(address, body, format="json").status_code == 404
    assert not Verdict.objects.exists()
    assert not Note.objects.exists()
    assert not Message.objects.exists()
