"""What nothing carries on is named, each kind by its code, and a world in order has nothing to name."""

import json
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from bpmc_portal.accounts.models import Membership
from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.services import run_due
from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from bpmc_portal.notices.models import Notice
from dossiers.models import BulkRun, ClockSpan, Dossier, GatewayCall, Letter, Payment, Proposal
from dossiers.services import sentinel
from dossiers.services.intake import receive_dossier
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from procedures import catalogue
from tests.dossiers.test_linked import child_procedure, entered, link
from tests.world import World

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 10, 12, 9, 0, tzinfo=LOCAL_ZONE)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def in_hand(world: World) -> Dossier:
    dossier = receive_dossier(world.intake(), actor=world.lan, at=MONDAY)
    return act(dossier.code, Action.FORWARD, actor=world.minh, at=MONDAY + HOUR)


def found(at: datetime) -> list[tuple[str, str]]:
    return [(each.code, each.dossier) for each in sentinel.violations(at)]


def test_a_world_in_order_has_nothing_to_name(world: World) -> None:
    in_hand(world)
    receive_dossier(world.intake(), actor=world.lan, at=MONDAY)
    assert found(MONDAY + 2 * HOUR) == []


def test_an_assignee_who_left_or_lost_the_grant_is_named(world: World) -> None:
    first, second = in_hand(world), in_hand(world)
    Dossier.objects.filter(pk=second.pk).update(assignee=world.binh)
    assert found(MONDAY + 2 * HOUR) == [("assignee_gone", second.code)]
    type(world.minh).objects.filter(pk=world.minh.pk).update(is_active=False)
    assert found(MONDAY + 2 * HOUR) == [("assignee_gone", first.code), ("assignee_gone", second.code)]


def test_an_act_that_nobody_may_do_is_named_by_unit_and_by_desk(world: World) -> None:
    signing, paused = in_hand(world), in_hand(world)
    act(signing.code, Action.FORWARD, actor=world.minh, at=MONDAY + HOUR)
    act(
        paused.code,
        Action.REQUEST_SUPPLEMENT,
        actor=world.minh,
        at=MONDAY + HOUR,
        params=Params(reason="Thiếu"),
    )
    Membership.objects.filter(user__in=[world.ha, world.ha2]).update(ends_on=date(2026, 10, 11))
    assert found(MONDAY + 1.5 * HOUR) == [("nobody_can", signing.code)]
    Membership.objects.filter(user__in=[world.lan, world.lan2, world.truong]).update(
        ends_on=date(2026, 10, 11)
    )
    assert found(MONDAY + 1.5 * HOUR) == [("nobody_can", signing.code), ("nobody_can", paused.code)]
    sentences = [each.sentence for each in sentinel.violations(MONDAY + 1.5 * HOUR)]
    assert world.agency.name in sentences[0]
    assert world.office.name in sentences[1]


def test_a_missing_due_instant_is_named_even_if_the_constraint_was_dropped(world: World) -> None:
    dossier = in_hand(world)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE dossiers_dossier DROP CONSTRAINT dossier_open_has_next_act")
    Dossier.objects.update(due_at=None)
    assert ("without_due", dossier.code) in found(MONDAY + 2 * HOUR)


def test_a_clock_that_is_not_looked_at_is_named_after_an_hour(world: World) -> None:
    dossier = in_hand(world)
    look_at = Dossier.objects.get().look_at
    assert look_at is not None
    assert found(look_at + HOUR) == []
    assert found(look_at + HOUR + timedelta(seconds=1)) == [("not_looked_at", dossier.code)]
    Dossier.objects.update(look_at=None)
    assert found(MONDAY + 2 * HOUR) == [("not_looked_at", dossier.code)]


def test_a_pause_that_never_ends_is_named_after_thirty_days(world: World) -> None:
    dossier = in_hand(world)
    paused = act(
        dossier.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, at=MONDAY + HOUR, params=Params(reason="Thiếu bản dịch")
    )  # fmt: skip
    Dossier.objects.update(look_at=None)
    assert paused.respond_by is not None
    assert found(paused.respond_by + 30 * DAY) == []
    assert found(paused.respond_by + 30 * DAY + HOUR) == [("paused_for_ever", dossier.code)]


def test_a_span_that_differs_from_the_dossier_is_named_open_or_ended(world: World) -> None:
    open_one, ended = in_hand(world), in_hand(world)
    act(ended.code, Action.WITHDRAW, actor=world.lan, at=MONDAY + HOUR, params=Params(reason="Rút"))
    assert found(MONDAY + 2 * HOUR) == []
    ClockSpan.objects.filter(dossier=open_one, ended_at=None).update(status="received")
    last = ClockSpan.objects.filter(dossier=ended).order_by("-pk").first()
    ClockSpan.objects.filter(pk=last.pk if last else 0).update(ended_at=None)
    assert found(MONDAY + 2 * HOUR) == [("span_differs", open_one.code), ("span_differs", ended.code)]


def _proposed(world: World, dossier: Dossier) -> None:
    Proposal.objects.create(
        dossier=dossier,
        action="correct",
        reason="Sai số",
        proposed_by=world.lan,
        proposed_at=MONDAY - 11 * DAY,
    )


def _lettered(world: World, dossier: Dossier) -> None:
    Letter.objects.create(
        dossier=dossier, kind="fix", state="issued", number="1/HDHS", drafted_at=MONDAY, issued_at=MONDAY
    )


def _unsettled(world: World, dossier: Dossier) -> None:
    payment = Payment.objects.create(
        dossier=dossier, name="Phí", amount=1000, reference="P1", requested_at=MONDAY - 2 * DAY
    )
    GatewayCall.objects.create(payment=payment, kind="init", outcome="unknown", at=MONDAY - 2 * DAY)


@pytest.mark.parametrize(
    ("code", "make"),
    [("proposal_waits", _proposed), ("letter_without_paper", _lettered), ("call_unsettled", _unsettled)],
    ids=["proposal", "letter", "gateway"],
)
def test_what_waits_beside_the_dossier_is_named(
    world: World, code: str, make: Callable[[World, Dossier], None]
) -> None:
    dossier = in_hand(world)
    make(world, dossier)
    assert found(MONDAY + 2 * HOUR) == [(code, dossier.code)]


def test_a_bulk_run_that_does_not_end_is_named(world: World) -> None:
    BulkRun.objects.create(pk=uuid.uuid4(), action="forward", actor=world.minh, created_at=MONDAY)
    assert found(MONDAY + HOUR) == []
    assert found(MONDAY + HOUR + timedelta(minutes=1)) == [("bulk_unfinished", "")]


def test_a_parent_whose_child_has_ended_is_named_after_an_hour(world: World) -> None:
    link(world, child_procedure(world))
    parent, child = entered(world)
    now = catalogue.read()[1]
    assert "child_ended" not in {code for code, _dossier in found(now + 3 * HOUR)}
    act(child.code, Action.WITHDRAW, actor=world.lan, at=now + HOUR, params=Params(reason="Rút"))
    assert ("child_ended", parent.code) not in found(now + 2 * HOUR - timedelta(minutes=1))
    assert ("child_ended", parent.code) in found(now + 2 * HOUR + timedelta(minutes=1))


def test_pages_are_whole_and_statements_do_not_grow_with_the_rows(
    world: World, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(sentinel, "PAGE", 3)
    codes = [in_hand(world).code for _each in range(7)]
    Dossier.objects.update(assignee=world.binh)
    assert found(MONDAY + 2 * HOUR) == [("assignee_gone", code) for code in codes]
    monkeypatch.setattr(sentinel, "PAGE", 500)
    with django_assert_max_num_queries(13):
        assert len(found(MONDAY + 2 * HOUR)) == 7


def test_the_command_prints_json_and_ends_with_1(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sentinel")
    assert capsys.readouterr().out == ""
    dossier = world.received()
    Dossier.objects.update(look_at=None)
    with pytest.raises(SystemExit) as ended:
        call_command("sentinel")
    assert ended.value.code == 1
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["code"], line["dossier"]) == ("not_looked_at", dossier.code)
    assert line["sentence"].endswith("Hãy kiểm tra tiến trình nền.")


def test_administrators_read_one_report_a_day(world: World, caplog: pytest.LogCaptureFixture) -> None:
    type(world.quantri).objects.filter(pk=world.quantri.pk).update(email="quantri@example.vn")
    dossier = world.received()
    Dossier.objects.update(look_at=None)
    run_due()
    for slot in ("2026-11-23", "2026-11-23", "2026-11-24"):
        jobs.publish("tick.daily", slot=slot)
        run_due()
    notices = Notice.objects.filter(template="sentinel").order_by("pk")
    assert [notice.subject for notice in notices] == ["2026-11-23", "2026-11-24"]
    assert (
        f"1 × Đồng hồ chưa xem hồ sơ này đúng lúc. Hãy kiểm tra tiến trình nền. (ví dụ: {dossier.code})"
        in notices[0].body
    )
    assert "not_looked_at" in caplog.text
