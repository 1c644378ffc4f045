"""The ledger of the clocks equals the events, whatever was done when, and says so itself."""

import json
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from dossiers import ledger, policy
from dossiers.models import ClockSpan, Dossier, DossierEvent
from dossiers.models.dossier import OPEN
from dossiers.services.acts import OpinionInput
from dossiers.services.intake import receive_dossier
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from procedures import catalogue
from tests.world import World

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=LOCAL_ZONE)
Span = tuple[str, int | None, datetime, datetime | None]


def counted(dossier: Dossier) -> list[Span]:
    """Count the spans again from the events, one by one."""
    found: list[Span] = []
    for event in DossierEvent.objects.filter(dossier=dossier).order_by("seq"):
        here = (event.to_status, event.to_step_id)
        if found and found[-1][3] is None:
            if found[-1][:2] == here:
                continue
            found[-1] = (*found[-1][:3], max(event.at, found[-1][2]))
        if event.to_status in OPEN:
            found.append((*here, event.at, None))
    return found


def stored(dossier: Dossier) -> list[Span]:
    rows = ClockSpan.objects.filter(dossier=dossier).order_by("started_at", "pk")
    return list(rows.values_list("status", "step", "started_at", "ended_at"))


def params_of(action: Action, at: datetime) -> Params:
    """Return what the act needs, so that chance tries acts and not spellings."""
    day = (at + timedelta(days=60)).date()
    while not catalogue.current().office(None).calendar.is_working(day):
        day += timedelta(days=1)
    return Params(
        reason="Theo quy định.", legal_basis="NĐ 61/2018/NĐ-CP", due_on=day,
        opinion=OpinionInput("cuc-viec-lam", due_on=day), corrections={"phone": "0987654321"} if action is Action.CORRECT else {},
    )  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 3000)), min_size=1, max_size=14))
def test_the_spans_equal_the_events_whatever_is_done_when(world: World, steps: list[tuple[int, int]]) -> None:
    version = catalogue.current().procedure("QLLDNN-04").versions[0]
    at = MONDAY
    dossier = receive_dossier(world.intake(), actor=world.lan, at=at)
    for choice, minutes in steps:
        at += timedelta(minutes=minutes)
        people = (world.lan, world.lan2, world.minh, world.ha, world.ha2, world.truong, world.binh)
        open_to = [
            (who, action) for who in people for action in policy.available_actions(dossier, who, version)
        ]
        if not open_to:
            break
        who, action = open_to[choice % len(open_to)]
        try:
            with transaction.atomic():
                act(dossier.code, action, actor=who, at=at, params=params_of(action, at))
        except DomainError:
            pass
        dossier = Dossier.objects.get(pk=dossier.pk)
    spans = stored(dossier)
    assert spans == counted(dossier)
    assert [span for span in spans if span[3] is None] == (
        [(dossier.status, dossier.step_id, spans[-1][2], None)] if dossier.status in OPEN else []
    )
    reopened = {
        event.at for event in DossierEvent.objects.filter(dossier=dossier, action="reopen").order_by("seq")
    }
    assert all(left[3] == right[2] or right[2] in reopened for left, right in pairwise(spans))
    assert list(ledger.differences(dossier.pk, dossier.pk)) == []


def test_every_pause_of_a_dossier_is_a_span_and_nothing_else_is(world: World) -> None:
    dossier = receive_dossier(world.intake(), actor=world.lan, at=MONDAY)
    reason = Params(reason="Thiếu bản dịch")
    act(
        dossier.code,
        Action.REQUEST_SUPPLEMENT,
        actor=world.minh,
        params=reason,
        at=MONDAY + timedelta(days=1),
    )
    act(dossier.code, Action.SUPPLEMENT, actor=world.lan, at=MONDAY + timedelta(days=2))
    act(
        dossier.code,
        Action.ASSIGN,
        actor=world.ha,
        at=MONDAY + timedelta(days=3),
        params=Params(assignee="minh"),
    )
    statuses = [(status, (ended or MONDAY) - started) for status, _step, started, ended in stored(dossier)]
    day = timedelta(days=1)
    assert statuses == [("received", day), ("awaiting_supplement", day), ("processing", -2 * day)]
    assert dossier.spans.paused().get().started_at == MONDAY + day


def test_the_database_keeps_one_open_span_in_order(world: World) -> None:
    dossier = receive_dossier(world.intake(), actor=world.lan, at=MONDAY)
    with pytest.raises(IntegrityError, match="span_open_once"), transaction.atomic():
        ClockSpan.objects.create(dossier=dossier, status="processing", started_at=MONDAY)
    with pytest.raises(IntegrityError, match="span_in_order"), transaction.atomic():
        ClockSpan.objects.filter(dossier=dossier).update(ended_at=MONDAY - timedelta(hours=1))


def test_recount_names_the_span_that_is_wrong_and_ends_with_1(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    dossier = receive_dossier(world.intake(), actor=world.lan, at=MONDAY)
    act(dossier.code, Action.FORWARD, actor=world.minh, at=MONDAY + timedelta(hours=1))
    call_command("recount", "--year", "2026")
    assert capsys.readouterr().out == ""
    ClockSpan.objects.filter(status="received").update(ended_at=MONDAY + timedelta(hours=2))
    with pytest.raises(SystemExit) as ended:
        call_command("recount", "--year", "2026")
    assert ended.value.code == 1
    stored_line, counted_line = sorted(
        (json.loads(line) for line in capsys.readouterr().out.splitlines()), key=lambda line: line["side"], reverse=True
    )  # fmt: skip
    same = {"indicator": "dossiers.clock", "dossier": dossier.code, "status": "received", "step": None}
    assert same.items() <= stored_line.items()
    assert same.items() <= counted_line.items()
    assert (stored_line["side"], counted_line["side"]) == ("stored", "counted")
    assert datetime.fromisoformat(stored_line["ended_at"]) == MONDAY + timedelta(hours=2)
    assert datetime.fromisoformat(counted_line["ended_at"]) == MONDAY + timedelta(hours=1)
    call_command("recount", "--year", "2025")


def test_what_a_bulk_load_writes_equals_what_the_trigger_writes(world: World) -> None:
    dossier = receive_dossier(world.intake(), actor=world.lan, at=MONDAY)
    for hours, (action, who) in enumerate(
        ((Action.FORWARD, world.minh), (Action.FORWARD, world.minh), (Action.APPROVE, world.ha)), 1
    ):
        act(dossier.code, action, actor=who, at=MONDAY + timedelta(hours=hours))
    by_trigger = stored(dossier)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM dossiers_clockspan")
    assert len(list(ledger.differences())) == 3
    ledger.write(dossier.pk, dossier.pk)
    assert stored(dossier) == by_trigger
