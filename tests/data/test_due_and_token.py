"""Two small commands of the contract: the due instant, and a token for the API."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from bpmc_portal.audit.models import SecurityEvent
from tests.world import World


def due(**options: object) -> dict[str, object]:
    out = StringIO()
    call_command("due", stdout=out, **options)
    found: dict[str, object] = json.loads(out.getvalue())
    return found


def refused(**options: object) -> str:
    err = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("due", stderr=err, **options)
    assert left.value.code == 1
    return err.getvalue()


def test_five_working_days_over_tet(world: World) -> None:
    found = due(received="2025-01-24T15:30", days="5")
    assert found["due_at"] == "2025-02-07T17:30:00+07:00"
    assert found["counted"] == ["2025-02-03", "2025-02-04", "2025-02-05", "2025-02-06", "2025-02-07"]
    assert {"date": "2025-01-29", "reason": "Tết Nguyên đán"} in found["excluded"]  # type: ignore[operator]


def test_an_instant_with_an_offset_is_taken_as_it_is(world: World) -> None:
    assert due(received="2025-03-03T02:00:00+00:00", hours="8")["due_at"] == "2025-03-04T09:00:00+07:00"
    assert due(received="2025-03-03T09:00", hours="8", office="VPB")["due_at"] == "2025-03-04T09:00:00+07:00"


def test_calendar_days_end_on_a_working_day(world: World) -> None:
    assert due(received="2025-03-03T09:00", calendar_days="5")["due_at"] == "2025-03-10T17:30:00+07:00"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"received": "2035-01-24T15:30", "days": "5"}, "calendar_missing"),
        ({"received": "hôm nay", "days": "5"}, "received_format"),
        ({"received": "2025-01-24T15:30", "days": "0"}, "limit_value"),
        ({"received": "2025-01-24T15:30", "days": "năm"}, "limit_value"),
        ({"received": "2025-01-24T15:30", "days": "5", "office": "XYZ"}, "unknown_office"),
    ],
)
def test_a_refusal_is_one_sentence_with_its_code(world: World, options: dict[str, str], code: str) -> None:
    words = refused(**options)
    assert words.strip().endswith(f"[{code}]")
    assert words.count("\n") == 1


def test_the_token_works_and_its_issue_is_recorded(world: World) -> None:
    out = StringIO()
    call_command("api_token", "LAN", stdout=out)
    token = out.getvalue().strip()
    assert SecurityEvent.objects.get(act="token_issued").subject == "lan"
    assert token not in str(SecurityEvent.objects.values_list("data", flat=True)[0])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    from knox.auth import TokenAuthentication

    user, _row = TokenAuthentication().authenticate_credentials(token.encode())
    assert user == world.lan


def test_an_unknown_account_gets_no_token(world: World) -> None:
    err = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("api_token", "khong-co", stderr=err)
    assert left.value.code == 1
    assert err.getvalue().strip().endswith("[unknown_user]")
