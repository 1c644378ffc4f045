"""Bulk history: consistent with every constraint, and the desk goes on where it ends."""

from datetime import date, datetime, time, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from desk import rollups
from desk.models import Ticket
from desk.services.tickets import issue
from dossiers.history import load
from dossiers.models import Dossier
from dossiers.services.due import explain
from dossiers.services.intake import receive_dossier
from procedures import catalogue
from tests.data.invariants import broken, unequal_days
from tests.world import World

FIRST, LAST = date(2023, 1, 2), date(2023, 3, 31)
TWICE = {
    "every dossier of the desk was received while its visit was served, by who served it",
    "ticket numbers are given in the order of taking",
    "a counter serves one visitor at a time, inside a shift",
}


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
    assert unequal_days() == []
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
    # The one taken at the desk has papers that still wait for their codes, and no visit. Two histories of the same days do not
    # know of each other's counters; their numbers still follow one another.
    assert set(broken()) == TWICE
    assert unequal_days() == []


@pytest.mark.django_db
def test_the_queue_goes_on_with_the_next_number_and_the_waits_fell(world: World) -> None:
    load(count=300, first=FIRST, last=LAST, seed=7)
    day = Ticket.objects.exclude(prefix="U").latest("issued_at").day
    service = Ticket.objects.filter(day=day).exclude(prefix="U").first().service  # type: ignore[union-attr]
    last = max(Ticket.objects.filter(day=day, prefix=service.prefix).values_list("serial", flat=True))
    at = datetime.combine(day, time(17, 29), LOCAL_ZONE)
    assert issue(world.office, service=service.code, actor=world.kiosk, at=at).serial == last + 1
    office = world.office.pk
    early = rollups.of_days(office, FIRST, FIRST + timedelta(days=20)).average_wait_s
    late = rollups.of_days(office, LAST - timedelta(days=20), LAST).average_wait_s
    assert early is not None
    assert late is not None
    assert early > late + 300
    assert late < 15 * 60


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
