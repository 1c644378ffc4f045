"""Bulk history: consistent with every constraint, and the desk goes on where it ends."""

from datetime import date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from dossiers.history import load
from dossiers.models import Dossier
from dossiers.services.due import explain
from dossiers.services.intake import receive_dossier
from procedures import catalogue
from tests.data.invariants import broken
from tests.world import World

FIRST, LAST = date(2023, 1, 2), date(2023, 3, 31)


_SCHEMA = """
SELECT tablename || ' ' || regexp_replace(indexdef, '::[a-z ]+|[][() ]', '', 'g') FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace AND contype <> 't'
UNION ALL SELECT tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
"""


def schema() -> set[str]:
    """Return every index, constraint and trigger; casts and brackets are how PostgreSQL words an index, not what it is."""
    with connection.cursor() as cursor:
        cursor.execute(_SCHEMA)
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.django_db
@pytest.mark.parametrize("is_bare", [False, True])
def test_a_history_keeps_every_rule(world: World, is_bare: bool) -> None:
    before = schema()
    written = load(count=2000, first=FIRST, last=LAST, seed=7, is_bare=is_bare)
    assert written["dossiers"] == Dossier.objects.count() == 2000
    assert schema() ^ before == set()
    assert broken() == {}
    # The deferred triggers look at every row that they have not seen yet.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    held = catalogue.current()
    sample = Dossier.objects.exclude(status="awaiting_supplement").order_by("tracking_hash")[:150]
    assert [each.code for each in sample if explain(each, held).due_at != each.due_at] == []
    statuses = set(Dossier.objects.values_list("status", flat=True))
    assert {"returned", "finished", "processing", "withdrawn", "stopped"} <= statuses


@pytest.mark.django_db
def test_the_desk_goes_on_with_the_next_number(world: World) -> None:
    load(count=300, first=FIRST, last=LAST, seed=7)
    day = Dossier.objects.order_by("-code").values_list("code", flat=True)[0]
    at = datetime(2023, 3, 31, 16, 50, tzinfo=LOCAL_ZONE)
    dossier = receive_dossier(world.intake(), actor=world.lan, at=at)
    assert dossier.code == f"{day[:-4]}{int(day[-4:]) + 1:04d}"


@pytest.mark.django_db
def test_a_second_history_goes_on_where_the_first_ended(world: World) -> None:
    receive_dossier(world.intake(), actor=world.lan, at=datetime(2023, 2, 6, 9, tzinfo=LOCAL_ZONE))
    load(count=300, first=FIRST, last=LAST, seed=7)
    load(count=300, first=FIRST, last=LAST, seed=7)
    assert Dossier.objects.count() == 601
    # The one taken at the desk has papers that still wait for their codes; all else is as ever.
    assert broken() == {}


@pytest.mark.django_db
def test_the_command_says_how_fast_it_was_and_refuses_nonsense(world: World) -> None:
    out = StringIO()
    call_command(
        "load_history",
        "--dossiers",
        "20",
        "--from",
        "2023-01-02",
        "--to",
        "2023-01-13",
        "--seed",
        "3",
        stdout=out,
    )
    assert "20 dossiers" in out.getvalue()
    with pytest.raises(CommandError, match="ngày cuối không trước"):
        call_command("load_history", "--dossiers", "20", "--from", "2023-01-02", "--to", "2022-01-13")
