"""What the clock says by itself: each level once a person, the apology drafted when the appointment has passed, nothing while paused."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bpmc_portal.accounts.models import Absence, Role
from bpmc_portal.accounts.permissions import appoint
from bpmc_portal.jobs.models import Job, Tick
from bpmc_portal.jobs.services import run_due
from bpmc_portal.jobs.tasks import tick
from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from bpmc_portal.notices.models import Notice
from dossiers.models import Alert, Dossier, Letter, Opinion
from dossiers.services import warnings
from dossiers.services.acts import OpinionInput
from dossiers.services.due import remaining
from dossiers.services.intake import receive_dossier
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from procedures import catalogue
from tests.world import START, World, user

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 10, 12, 9, 0, tzinfo=LOCAL_ZONE)
# Five working days: due on the Monday after at 17:30; an apology is late four working hours later, Tuesday at noon.
DUE = datetime(2026, 10, 19, 17, 30, tzinfo=LOCAL_ZONE)
NOON_AFTER = datetime(2026, 10, 20, 12, 0, tzinfo=LOCAL_ZONE)
SECOND = timedelta(seconds=1)


def in_hand(world: World, at: datetime = MONDAY) -> Dossier:
    """Return a dossier on Minh's table: its step should be done on Thursday at 10:00."""
    dossier = receive_dossier(world.intake(), actor=world.lan, at=at)
    return act(dossier.code, Action.FORWARD, actor=world.minh, at=at + timedelta(hours=1))


def said(dossier: Dossier) -> set[tuple[str, str]]:
    return set(Alert.objects.filter(dossier=dossier).values_list("level", "user__username"))


def test_each_level_is_said_at_its_instant_to_its_people(world: World) -> None:
    dossier = in_hand(world)
    thursday = datetime(2026, 10, 15, 10, 0, tzinfo=LOCAL_ZONE)
    friday = datetime(2026, 10, 16, 17, 30, tzinfo=LOCAL_ZONE)
    assert warnings.sweep(thursday - SECOND) == 0
    assert warnings.sweep(thursday) == 1
    over = {("step_over", "minh"), ("step_over", "ha"), ("step_over", "ha2")}
    assert said(dossier) == over
    assert warnings.sweep(friday - SECOND) == 0
    assert warnings.sweep(friday) == 1
    soon = {("soon", "minh")}
    assert said(dossier) == over | soon
    assert warnings.sweep(DUE) == 0
    assert not Letter.objects.exists()
    assert warnings.sweep(DUE + SECOND) == 1
    overdue = {("overdue", "minh"), ("overdue", "ha"), ("overdue", "ha2")}
    assert said(dossier) == over | soon | overdue
    assert warnings.sweep(NOON_AFTER - SECOND) == 0
    assert warnings.sweep(NOON_AFTER) == 1
    unsent = {("apology_unsent", name) for name in ("ha", "ha2", "vanphong")}
    assert said(dossier) == over | soon | overdue | unsent
    assert Dossier.objects.get().look_at is None


def test_an_overdue_dossier_has_one_apology_drafted_by_nobody(world: World) -> None:
    dossier = in_hand(world)
    warnings.sweep(DUE + SECOND)
    Dossier.objects.update(look_at=DUE)
    warnings.sweep(DUE + 2 * SECOND)
    letter = Letter.objects.get(dossier=dossier)
    assert (letter.kind, letter.state, letter.due_before, letter.drafted_by) == (
        "apology", "draft", DUE, None,
    )  # fmt: skip
    assert letter.drafted_at == DUE + SECOND


def test_a_sent_apology_is_not_asked_for_and_a_new_appointment_warns_anew(world: World) -> None:
    dossier = in_hand(world)
    warnings.sweep(DUE + SECOND)
    act(
        dossier.code, Action.POSTPONE, actor=world.ha, at=DUE + timedelta(hours=15),
        params=Params(reason="Cần xác minh thêm.", due_on=date(2026, 10, 23)),
    )  # fmt: skip
    warnings.sweep(NOON_AFTER)
    assert not Alert.objects.filter(level="apology_unsent").exists()
    warnings.sweep(datetime(2026, 10, 23, 17, 31, tzinfo=LOCAL_ZONE))
    assert Alert.objects.filter(level="overdue", user=world.minh).count() == 2
    # Re-appointing is done once only, so no second apology is drafted.
    assert list(Letter.objects.values_list("state", flat=True)) == ["issued"]


def test_a_worker_that_was_dead_for_days_says_what_holds_and_nothing_that_has_passed(world: World) -> None:
    dossier = in_hand(world)
    warnings.sweep(NOON_AFTER + timedelta(days=2))
    assert {level for level, _user in said(dossier)} == {"step_over", "overdue", "apology_unsent"}
    assert Letter.objects.get().state == "draft"


def test_an_act_in_the_minute_after_the_deadline_does_not_hide_it(world: World) -> None:
    dossier = in_hand(world)
    warnings.sweep(DUE)
    act(dossier.code, Action.FORWARD, actor=world.minh, at=DUE + 30 * SECOND)
    assert warnings.sweep(DUE + 60 * SECOND) == 1
    assert ("overdue", "minh") in said(dossier)
    assert Letter.objects.filter(dossier=dossier, state="draft").exists()


def test_a_paused_dossier_hears_only_of_the_missing_answer(world: World) -> None:
    dossier = in_hand(world)
    paused = act(
        dossier.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, at=MONDAY + timedelta(days=1),
        params=Params(reason="Thiếu bản dịch"),
    )  # fmt: skip
    assert paused.respond_by is not None
    assert paused.respond_by > DUE
    warnings.sweep(DUE + timedelta(days=3))
    assert said(dossier) == set()
    warnings.sweep(paused.respond_by)
    assert said(dossier) == {("no_answer", "minh")}
    assert not Letter.objects.filter(kind="apology").exists()


def test_who_stands_in_hears_too_and_leaders_hear_for_one_who_left(world: World) -> None:
    minh2 = user("minh2", "Lý Quang Minh")
    appoint(minh2, unit=world.agency, role=Role.OFFICER, starts_on=START)
    dossier, second = in_hand(world), in_hand(world, MONDAY + timedelta(minutes=5))
    Absence.objects.create(
        user=world.minh, starts_on=date(2026, 10, 16), ends_on=date(2026, 10, 20), cover=minh2
    )
    friday = datetime(2026, 10, 16, 17, 30, tzinfo=LOCAL_ZONE)
    Dossier.objects.filter(pk=second.pk).update(assignee=world.binh)
    type(world.binh).objects.filter(pk=world.binh.pk).update(is_active=False)
    warnings.sweep(friday + timedelta(minutes=1))
    assert {name for level, name in said(dossier) if level == "soon"} == {"minh", "minh2"}
    assert {name for level, name in said(second) if level == "soon"} == {"ha", "ha2"}


def test_many_due_dossiers_are_taken_in_batches_and_a_second_run_finds_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warnings, "BATCH", 4)
    for number in range(10):
        in_hand(world, MONDAY + timedelta(minutes=number))
    assert warnings.sweep(DUE + SECOND, limit=6) == 6
    assert Letter.objects.count() == 6
    assert warnings.sweep(DUE + SECOND) == 4
    assert warnings.sweep(DUE + SECOND) == 0
    assert Letter.objects.count() == 10
    assert Alert.objects.filter(level="overdue").count() == 30
    # As if the worker had died after the batch but before it could note that it looked.
    Dossier.objects.update(look_at=DUE)
    assert warnings.sweep(DUE + SECOND) == 10
    assert Alert.objects.filter(level="overdue").count() == 30
    assert Letter.objects.count() == 10


def test_staff_read_of_it_by_e_mail_once_and_without_a_name(world: World) -> None:
    type(world.ha).objects.filter(pk=world.ha.pk).update(email="ha@example.vn")
    dossier = in_hand(world)
    for _again in range(2):
        warnings.sweep(DUE + SECOND)
        Dossier.objects.update(look_at=DUE)
    notice = Notice.objects.get(template="staff_alert")
    assert (notice.address, notice.subject) == ("ha@example.vn", dossier.code)
    assert notice.title == f"Quá hạn: hồ sơ {dossier.code}"
    assert "Trần Thị Tư" not in notice.body
    assert f"/ho-so/{dossier.code}/" in notice.body


def test_the_minute_tick_watches_by_the_clock_of_the_database(world: World) -> None:
    past = catalogue.read()[1] - timedelta(days=60)
    dossier = in_hand(world, datetime.combine(past.date(), MONDAY.timetz(), LOCAL_ZONE))
    tick("minute")
    tick("minute")
    assert Tick.objects.filter(name="minute").count() in (1, 2)
    run_due()
    assert Job.objects.filter(kind="dossiers.watch_clocks", done_at=None).count() == 0
    assert Letter.objects.filter(dossier=dossier, kind="apology", state="draft").exists()


def test_a_clock_of_the_application_that_runs_ahead_changes_nothing(world: World) -> None:
    """Inside the test's transaction the database's clock stands still while the application's runs on."""
    in_hand(world)
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now = cursor.fetchone()[0]
    Dossier.objects.update(look_at=now + timedelta(microseconds=1))
    assert timezone.now() > now + timedelta(microseconds=1)
    assert warnings.sweep() == 0
    Dossier.objects.update(look_at=now)
    assert warnings.sweep() == 1


def test_old_slots_are_forgotten_and_failed_ones_stay(world: World) -> None:
    for slot, is_done in (("2026-01-01T10:00", True), ("2026-01-01T10:01", False)):
        Tick.objects.create(name="minute", slot=slot)
        Job.objects.create(
            kind="dossiers.watch_clocks", queue="desk", dedup_key=f"dossiers.watch_clocks:{slot}", not_before=MONDAY,
            done_at=MONDAY if is_done else None, dead_at=None if is_done else MONDAY,
        )  # fmt: skip
    tick("minute")
    assert not Tick.objects.filter(slot__startswith="2026-01-01").exists()
    left = Job.objects.filter(dedup_key__contains="2026-01-01").values_list("dedup_key", flat=True)
    assert list(left) == ["dossiers.watch_clocks:2026-01-01T10:01"]


def test_a_question_that_nobody_answers_is_closed(world: World) -> None:
    dossier = in_hand(world)
    act(
        dossier.code, Action.ASK_OPINION, actor=world.minh, at=MONDAY + timedelta(hours=2),
        params=Params(reason="Xin ý kiến", opinion=OpinionInput("cuc-viec-lam", due_on=date(2026, 10, 14))),
    )  # fmt: skip
    assert warnings.close_opinions(datetime(2026, 10, 14, 17, 0, tzinfo=LOCAL_ZONE)) == 0
    assert warnings.close_opinions(datetime(2026, 10, 14, 18, 0, tzinfo=LOCAL_ZONE)) == 1
    assert Opinion.objects.get().answered_by is None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked_after=st.integers(1, 60), looks=st.lists(st.integers(0, 60 * 24 * 40), min_size=2, max_size=6))
def test_remaining_time_never_moves_while_the_clock_stands_still(
    world: World, asked_after: int, looks: list[int]
) -> None:
    dossier, asked_at = in_hand(world), MONDAY + timedelta(hours=asked_after)
    paused = act(
        dossier.code, Action.REQUEST_SUPPLEMENT, actor=world.minh, at=asked_at, params=Params(reason="Thiếu")
    )
    held = catalogue.current()
    left = {remaining(paused, held, at=asked_at + timedelta(minutes=minutes)) for minutes in looks}
    assert left == {remaining(paused, held, at=asked_at)}
    assert paused.respond_by is not None
    for minutes in sorted(looks):
        warnings.sweep(min(asked_at + timedelta(minutes=minutes), paused.respond_by - SECOND))
    assert said(dossier) == set()
