"""The API against its own OpenAPI document, with generated input: nothing breaks, and every answer is described."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from knox.models import AuthToken
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from bpmc_portal.wsgi import application
from tests.world import World

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
SETTINGS = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Let the WSGI door use the test's own transaction, as Django's test client does."""
    doors = (signals.request_started, signals.request_finished)
    for door in doors:
        door.disconnect(close_old_connections)
    yield
    for door in doors:
        door.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("who", ["lan", "minh", "tu", "kiosk"])
def test_no_input_breaks_the_api(world: World, who: str) -> None:
    _, token = AuthToken.objects.create(world.users[who])
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)
    broken = []
    for found in schema.get_all_operations():
        operation = found.ok()

        @SETTINGS
        @given(case=operation.as_strategy())
        def check(case: Any) -> None:
            case.call_and_validate(headers={"Authorization": f"Token {token}"}, checks=CHECKS)

        try:
            check()
        except Exception as error:
            broken.append(f"{operation.label}: {error}"[:1500])
    assert not broken, "\n\n".join(broken)
