"""The rows that stood before the ledger: dossiers with pauses of their own become spans, next acts and ends of pauses."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from dossiers import ledger
from dossiers.models import ClockSpan, Dossier
from dossiers.services.intake import receive_dossier
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.world import World

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=LOCAL_ZONE)
HOUR = timedelta(hours=1)


def migrate(*targets: tuple[str, str]) -> None:
    MigrationExecutor(connection).migrate(list(targets))


@pytest.fixture
def newest(committed: None) -> Iterator[list[tuple[str, str]]]:
    """Return the newest migrations, and bring the schema there whatever the test leaves."""
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield leaves
    migrate(*leaves)


def test_dossiers_from_before_the_ledger_get_their_spans_and_what_open_ones_need(
    committed_world: World, newest: list[tuple[str, str]]
) -> None:
    world = committed_world
    received = receive_dossier(world.intake(), actor=world.lan, at=MONDAY)
    paused = receive_dossier(world.intake(), actor=world.lan, at=MONDAY)
    signing = receive_dossier(world.intake(), actor=world.lan, at=MONDAY)
    finished = receive_dossier(world.intake(), actor=world.lan, at=MONDAY)
    act(paused.code, Action.FORWARD, actor=world.minh, at=MONDAY + HOUR)
    act(
        paused.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, at=MONDAY + 2 * HOUR, params=Params(reason="Thiếu bản dịch")
    )  # fmt: skip
    for dossier in (signing, finished):
        for hours in (1, 2):
            act(dossier.code, Action.FORWARD, actor=world.minh, at=MONDAY + hours * HOUR)
    act(finished.code, Action.APPROVE, actor=world.ha, at=MONDAY + 3 * HOUR)
    migrate(("dossiers", "0005_ticket"))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dossiers_clockpause (dossier_id, started_at, reason) VALUES (%s, %s, 'Thiếu bản dịch')",
            [paused.pk, MONDAY + 2 * HOUR],
        )
        # Nobody had to have a dossier that was being processed.
        cursor.execute("UPDATE dossiers_dossier SET assignee_id = NULL WHERE id = %s", [signing.pk])
    migrate(*newest)
    assert list(ledger.differences()) == []
    assert ClockSpan.objects.count() == 1 + 3 + 3 + 3
    rows = {row.pk: row for row in Dossier.objects.order_by("pk")}
    assert [rows[each.pk].next_act for each in (received, paused, signing, finished)] == [
        "forward", "supplement", "approve", "return_result",
    ]  # fmt: skip
    assert rows[signing.pk].assignee == world.minh
    assert rows[paused.pk].respond_by == MONDAY + 2 * HOUR + timedelta(days=30)
    assert rows[received.pk].respond_by is None
    assert rows[received.pk].look_at == rows[received.pk].due_at
    act(paused.code, Action.SUPPLEMENT, actor=world.lan, at=MONDAY + 4 * HOUR)
    assert ClockSpan.objects.filter(dossier=paused, ended_at=None).get().status == "processing"
