"""The table of acts: what may follow what, who may do it, what the clock does."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.lib.vietnamese import local_date
from dossiers.models import ClockSpan, Dossier, DossierEvent, Status
from dossiers.policy import available_actions
from dossiers.services.due import explain
from dossiers.services.intake import receive_dossier
from dossiers.services.transitions import IllegalTransition, Params, StaleVersion, act
from dossiers.workflow import TRANSITIONS, Action
from procedures import catalogue
from tests.world import TRUNCATE_GUARDS, World

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2026, 10, 12, 9, 0, tzinfo=ZONE)


def received(world: World, at: datetime = MONDAY) -> Dossier:
    """Return a dossier received at a known instant."""
    return receive_dossier(world.intake(), actor=world.lan, at=at)


def processed(world: World) -> Dossier:
    """Return a dossier at the last step."""
    dossier = received(world)
    act(dossier.code, Action.FORWARD, actor=world.minh, at=MONDAY + timedelta(hours=1))
    return act(dossier.code, Action.FORWARD, actor=world.minh, at=MONDAY + timedelta(hours=2))


def test_five_working_days_from_monday_end_next_monday_at_closing_time(world: World) -> None:
    dossier = received(world)
    assert dossier.due_at == datetime(2026, 10, 19, 17, 30, tzinfo=ZONE)
    assert dossier.first_due_at == dossier.due_at


def test_a_pause_moves_the_appointment_by_the_days_it_lasted(world: World) -> None:
    dossier = received(world)
    act(
        dossier.code,
        Action.REQUEST_SUPPLEMENT,
        actor=world.minh,
        params=Params(reason="Thiếu bản dịch"),
        at=MONDAY + timedelta(days=1),
    )
    paused = Dossier.objects.get(pk=dossier.pk)
    assert paused.is_paused
    assert not paused.is_overdue(MONDAY + timedelta(days=60))
    resumed = act(dossier.code, Action.SUPPLEMENT, actor=world.lan, at=MONDAY + timedelta(days=3))
    # Tuesday and Wednesday ended with the clock standing still: Monday 19/10 becomes Wednesday 21/10.
    assert resumed.due_at == datetime(2026, 10, 21, 17, 30, tzinfo=ZONE)
    assert resumed.first_due_at == datetime(2026, 10, 19, 17, 30, tzinfo=ZONE)
    due = explain(resumed, catalogue.current())
    assert [day.date.day for day in due.paused] == [13, 14]


def test_a_second_supplement_needs_a_leader_and_a_legal_basis(world: World) -> None:
    dossier = received(world)
    act(
        dossier.code,
        Action.REQUEST_SUPPLEMENT,
        actor=world.minh,
        params=Params(reason="Thiếu bản dịch"),
        at=MONDAY + timedelta(days=1),
    )
    act(dossier.code, Action.SUPPLEMENT, actor=world.lan, at=MONDAY + timedelta(days=2))
    with pytest.raises(DomainError) as refused:
        act(dossier.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, params=Params(reason="Lại thiếu"))
    assert refused.value.code == "supplement_twice"
    with pytest.raises(InvalidInput) as refused:
        act(dossier.code, Action.REQUEST_SUPPLEMENT, actor=world.ha, params=Params(reason="Lại thiếu"))
    assert refused.value.code == "legal_basis_missing"
    again = act(
        dossier.code,
        Action.REQUEST_SUPPLEMENT,
        actor=world.ha,
        params=Params(reason="Lại thiếu", legal_basis="Điều 20 Luật 69/2020/QH14"),
    )
    assert again.supplement_count == 2


def test_a_refusal_without_a_reason_is_itself_refused(world: World) -> None:
    dossier = processed(world)
    with pytest.raises(InvalidInput) as refused:
        act(dossier.code, Action.REFUSE, actor=world.ha, params=Params(reason="   "))
    assert refused.value.code == "reason_missing"
    assert "reason" in refused.value.fields


def test_a_dossier_is_re_appointed_once_and_only_later(world: World) -> None:
    dossier = processed(world)
    params = Params(reason="Chờ ý kiến Bộ Ngoại giao", due_on=MONDAY.date() + timedelta(days=9))
    moved = act(dossier.code, Action.POSTPONE, actor=world.ha, params=params, at=MONDAY + timedelta(days=2))
    assert moved.due_at == datetime(2026, 10, 21, 17, 30, tzinfo=ZONE)
    with pytest.raises(DomainError) as refused:
        act(dossier.code, Action.POSTPONE, actor=world.ha, params=params)
    assert refused.value.code == "postpone_twice"


def test_a_rest_day_or_an_earlier_day_is_no_new_appointment(world: World) -> None:
    dossier = processed(world)
    for day in (MONDAY.date() + timedelta(days=1), MONDAY.date() + timedelta(days=12)):
        with pytest.raises(InvalidInput) as refused:
            act(
                dossier.code,
                Action.POSTPONE,
                actor=world.ha,
                params=Params(reason="x", due_on=day),
                at=MONDAY + timedelta(days=1),
            )
        assert refused.value.code == "due_on_not_later"


def test_who_received_a_dossier_does_not_decide_it(world: World) -> None:
    from bpmc_portal.accounts.models import Role
    from bpmc_portal.accounts.permissions import appoint

    appoint(world.lan, unit=world.agency, role=Role.LEADER, starts_on=local_date())
    dossier = processed(world)
    del world.lan._principal
    with pytest.raises(DomainError) as refused:
        act(dossier.code, Action.APPROVE, actor=world.lan)
    assert refused.value.code == "same_person"


def test_two_people_are_needed_to_void_a_dossier(world: World) -> None:
    from bpmc_portal.accounts.models import Role
    from bpmc_portal.accounts.permissions import appoint

    dossier = received(world)
    first = act(dossier.code, Action.VOID, actor=world.truong, params=Params(reason="Nhập nhầm người"))
    assert first.status == Status.RECEIVED
    again = act(dossier.code, Action.VOID, actor=world.truong, params=Params(reason="Nhập nhầm người"))
    assert again.status == Status.RECEIVED
    appoint(
        world.lan2, unit=world.office.unit, role=Role.DESK_HEAD, office=world.office, starts_on=local_date()
    )
    done = act(dossier.code, Action.VOID, actor=world.lan2, params=Params(reason="Đồng ý"))
    assert done.status == Status.VOID
    assert done.events.get(seq=2).data["proposed_by"] == world.truong.pk


def test_a_stale_version_changes_nothing_and_says_what_is_now(world: World) -> None:
    dossier = received(world)
    act(dossier.code, Action.FORWARD, actor=world.minh, expected_version=1)
    with pytest.raises(StaleVersion) as refused:
        act(dossier.code, Action.FORWARD, actor=world.minh, expected_version=1)
    assert refused.value.extra["version"] == 2
    assert Dossier.objects.get(pk=dossier.pk).version == 2


def test_a_result_is_given_to_somebody_else_only_with_an_authorisation(world: World) -> None:
    dossier = processed(world)
    act(dossier.code, Action.APPROVE, actor=world.ha)
    with pytest.raises(InvalidInput) as refused:
        act(
            dossier.code,
            Action.RETURN_RESULT,
            actor=world.lan,
            params=Params(collector={"name": "Nguyễn Văn Khác"}),
        )
    assert refused.value.code == "authorisation_missing"
    collector = {"name": "Nguyễn Văn Khác", "authorisation_number": "14/UQ", "authorised_on": local_date()}
    assert (
        act(dossier.code, Action.RETURN_RESULT, actor=world.lan, params=Params(collector=collector)).status
        == Status.RETURNED
    )


def test_an_asked_unit_sees_the_dossier_until_it_has_answered(world: World) -> None:
    dossier = received(world)
    act(dossier.code, Action.FORWARD, actor=world.minh)
    act(
        dossier.code,
        Action.ASK_OPINION,
        actor=world.minh,
        params=Params(reason="Có vướng gì không?", opinion_unit="cuc-viec-lam"),
    )
    assert Dossier.objects.visible_to(world.binh).filter(pk=dossier.pk).exists()
    act(dossier.code, Action.GIVE_OPINION, actor=world.binh, params=Params(reason="Không vướng."))
    assert not Dossier.objects.visible_to(world.binh).filter(pk=dossier.pk).exists()


def test_every_act_outside_the_table_is_refused_and_changes_no_row(world: World) -> None:
    """Try every act in every status as everyone: what the table does not allow must leave no trace."""
    dossier = received(world)
    version = catalogue.current().version_by_id(dossier.version_of_procedure_id)
    for user in (world.lan, world.minh, world.ha, world.truong, world.vanthu, world.vanphong, world.tu):
        allowed = set(available_actions(dossier, user, version))
        for action in set(Action) - allowed:
            with pytest.raises(DomainError):
                act(dossier.code, action, actor=user, params=Params(reason="thử"))
    fresh = Dossier.objects.get(pk=dossier.pk)
    assert (fresh.status, fresh.version, fresh.events.count()) == (Status.RECEIVED, 1, 1)


def test_the_table_covers_every_act_and_only_known_statuses() -> None:
    assert set(TRANSITIONS) == set(Action)
    stays = {Action.ASSIGN, Action.CORRECT}
    assert all(set(row.sources) <= set(Status) for row in TRANSITIONS.values())
    assert {action for action, row in TRANSITIONS.items() if row.target is None} == stays
    assert all(row.target in Status for action, row in TRANSITIONS.items() if action not in stays)
    assert not any(
        Status.VOID in row.sources or Status.RETURNED in row.sources or Status.DECLINED in row.sources
        for row in TRANSITIONS.values()
    )


def test_events_are_never_changed_or_deleted(world: World) -> None:
    dossier = received(world)
    for statement in ("UPDATE dossiers_dossierevent SET reason = 'x'", "DELETE FROM dossiers_dossierevent"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert DossierEvent.objects.filter(dossier=dossier).count() == 1


@pytest.mark.parametrize(("table", "trigger"), TRUNCATE_GUARDS)
def test_append_only_tables_are_never_emptied(db: None, table: str, trigger: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
        cursor.execute(f"TRUNCATE {table} CASCADE")


def test_a_dossier_is_never_deleted_and_keeps_its_code(world: World) -> None:
    dossier = received(world)
    for statement in ("DELETE FROM dossiers_dossier", "UPDATE dossiers_dossier SET code = 'x'"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Dossier.objects.get(pk=dossier.pk).code == dossier.code


def test_withdrawing_while_paused_closes_the_pause(world: World) -> None:
    dossier = received(world)
    act(
        dossier.code,
        Action.REQUEST_SUPPLEMENT,
        actor=world.minh,
        params=Params(reason="Thiếu"),
        at=MONDAY + timedelta(days=1),
    )
    act(
        dossier.code,
        Action.WITHDRAW,
        actor=world.lan,
        params=Params(reason="Theo đơn"),
        at=MONDAY + timedelta(days=2),
    )
    assert not ClockSpan.objects.paused().filter(dossier=dossier, ended_at=None).exists()


def test_illegal_acts_carry_a_sentence_and_the_allowed_acts(world: World) -> None:
    dossier = received(world)
    with pytest.raises(IllegalTransition) as refused:
        act(dossier.code, Action.RETURN_RESULT, actor=world.lan)
    assert refused.value.status == 409
    assert "Trả kết quả" in refused.value.sentence
    assert refused.value.extra["allowed_actions"] == ["withdraw", "correct"]


def test_the_database_refuses_a_status_without_its_event(world: World) -> None:
    dossier = received(world)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE dossiers_dossier SET status = 'processing' WHERE id = %s", [dossier.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert Dossier.objects.get(pk=dossier.pk).status == Status.RECEIVED


@pytest.mark.parametrize("action", [Action.FORWARD, Action.APPROVE, Action.RETURN_RESULT, Action.ASSIGN])
def test_an_act_pays_eight_statements_with_its_lock_and_its_transaction(
    world: World, action: Action, django_assert_max_num_queries: Any
) -> None:
    dossier = received(world) if action in (Action.FORWARD, Action.ASSIGN) else processed(world)
    if action is Action.RETURN_RESULT:
        act(dossier.code, Action.APPROVE, actor=world.ha)
    actor = world.lan if action is Action.RETURN_RESULT else world.ha
    principal_of(actor)  # read once a request, before the act
    with django_assert_max_num_queries(8):
        act(
            dossier.code,
            action,
            actor=actor,
            params=Params(assignee="minh" if action is Action.ASSIGN else None),
        )
