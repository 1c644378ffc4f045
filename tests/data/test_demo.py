"""The demo world: through the services, consistent, the same every time, quiet."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django import Settings

from bpmc_portal.accounts.models import Absence, User
from bpmc_portal.jobs.models import Job
from bpmc_portal.lib.identifiers import parse_cccd, parse_tax_code
from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from bpmc_portal.notices.models import Notice
from desk import live
from desk.models import Appointment, DayClosing, Period, Rank, Ticket, WaitDelta
from digitization.models import Document
from dossiers.demo.build import build
from dossiers.models import (
    Alert,
    Component,
    Dossier,
    Letter,
    Message,
    Note,
    Opinion,
    Payment,
    Result,
    SavedFilter,
)
from dossiers.services import sentinel
from procedures import catalogue
from procedures.bundled import import_bundled
from tests.data.invariants import broken, unequal_days

NOW = datetime(2021, 3, 16, 10, 20, tzinfo=LOCAL_ZONE)
ACCOUNTS = [
    "lan",
    "lan2",
    "lan3",
    "lan4",
    "lan5",
    "minh",
    "ha",
    "binh",
    "vanthu",
    "sohoa",
    "truong",
    "vanphong",
    "thanhtra",
    "quantri",
    "kiosk",
    "tu",
    "congty",
]


def story() -> list[tuple[object, ...]]:
    rows = Dossier.objects.order_by("code").values_list(
        "code", "applicant_name", "status", "due_at", "events__action", "events__at"
    )
    return list(rows.order_by("code", "events__seq"))


def visits() -> list[tuple[object, ...]]:
    rows = Period.objects.order_by("ticket__day", "ticket__prefix", "ticket__serial", "started_at", "pk")
    return list(
        rows.values_list(
            "ticket__number", "ticket__status", "ticket__wait_s", "ticket__low_s", "ticket__service__code", "kind", "started_at",
            "ended_at", "counter__number", "ticket__dossiers__code",
        )
    )  # fmt: skip


@pytest.mark.django_db
def test_the_world_is_whole_quiet_and_the_same_every_time() -> None:
    import_bundled()
    point = transaction.savepoint()
    build(now=NOW, total=70)
    first, came = story(), visits()
    transaction.savepoint_rollback(point)
    counts = build(now=NOW, total=70)
    assert story() == first
    assert visits() == came
    assert counts["dossiers"] == Dossier.objects.count() > 40
    assert broken() == {}
    assert unequal_days() == []
    assert not WaitDelta.objects.exists()
    assert not Dossier.objects.filter(events__at__gt=NOW).exists()
    assert not Document.objects.filter(code=None, components__isnull=False).exists()
    assert not Document.objects.filter(components__isnull=False, created_at__gt=NOW).exists()
    assert not Notice.objects.exists()
    last_day = Dossier.objects.filter(received_at__date=NOW.date())
    assert set(Job.objects.values_list("kind", flat=True)) <= {
        "dossiers.issue_receipt",
        "dossiers.issue_letter",
        # What was scanned for the first day is read, coded, stamped and split by the workers.
        "digitization.assign_codes",
        "digitization.read_document",
        "digitization.split_batch",
        "digitization.stamp_stored",
        "digitization.verify_signatures",
    }
    assert Job.objects.filter(kind="dossiers.issue_receipt").count() == last_day.count() > 0
    assert (
        Job.objects.filter(kind="dossiers.issue_letter").count()
        == Letter.objects.filter(state="issued", issued_at__gte=NOW - timedelta(days=31)).count()
    )


@pytest.mark.django_db
def test_every_kind_of_work_lies_on_the_tables_and_nothing_is_stuck() -> None:
    import_bundled()
    now = datetime(2021, 3, 31, 15, 20, tzinfo=LOCAL_ZONE)
    build(now=now, total=350)
    there = set(Dossier.objects.values_list("status", "next_act"))
    assert {("received", "forward"), ("processing", "forward"), ("processing", "approve")} <= there
    assert {("awaiting_supplement", "supplement"), ("finished", "return_result")} <= there
    assert {"overdue", "soon"} <= set(Alert.objects.values_list("level", flat=True))
    assert {("supplement", "issued"), ("apology", "draft"), ("apology", "issued")} <= set(
        Letter.objects.values_list("kind", "state")
    )
    assert Letter.objects.filter(kind="supplement", answered_at=None).exists()
    assert Letter.objects.filter(kind="supplement", answered_at__isnull=False, items__isnull=False).exists()
    assert Message.objects.filter(author=None, read_at=None).exists()
    assert Opinion.objects.filter(answered_at=None, due_at__gt=now).exists()
    assert Opinion.objects.filter(answered_by__isnull=False).exists()
    assert Component.objects.filter(verdict="failed").exists()
    for rows in (Note, Payment, Result, SavedFilter, Absence):
        assert rows.objects.exists()
    assert {each.code for each in sentinel.violations(now)} <= {"letter_without_paper"}
    binh = User.objects.get(username="binh")
    assert not Dossier.objects.visible_to(binh).filter(unit__code="cuc-qlldnn").exists()
    assert broken() == {}


@pytest.mark.usefixtures("committed")
def test_two_processes_build_one_consistent_world() -> None:
    import_bundled()
    build(now=NOW, total=70, parts=2)
    assert broken() == {}
    assert unequal_days() == []
    assert not Document.objects.filter(code=None, components__isnull=False).exists()
    assert Dossier.objects.filter(applicant__users__username="tu").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "now",
    [
        datetime(2021, 1, 12, 10, 20, tzinfo=LOCAL_ZONE),
        datetime(2021, 1, 12, 8, 3, tzinfo=LOCAL_ZONE),
        datetime(2021, 1, 16, 22, 41, tzinfo=LOCAL_ZONE),
        datetime(2021, 1, 13, 0, 9, tzinfo=LOCAL_ZONE),
    ],
    ids=["at work", "at opening", "on a Saturday night", "soon after midnight"],
)
def test_a_working_day_is_in_progress_whatever_the_hour(now: datetime) -> None:
    import_bundled()
    build(now=now, total=20)
    queue = live.snapshot(catalogue.current().office("VPB"))
    assert [each["state"] for each in queue["counters"]] == [
        "closed",
        "serving",
        "serving",
        "serving",
        "calling",
        "closed",
    ]
    assert (queue["waiting"], queue["waiting_priority"]) == (9, 1)
    assert Ticket.objects.filter(status="held").count() == 1
    assert Ticket.objects.filter(status="waiting", rank=Rank.APPOINTMENT, ready_at__lte=now).count() == 1
    assert set(Ticket.objects.filter(finished_at=None).values_list("day", flat=True)) == {now.date()}
    assert not Ticket.objects.filter(issued_at__gt=now).exists()
    assert Ticket.objects.filter(called_at__gte=now - timedelta(minutes=5)).count() >= 2
    assert Appointment.objects.filter(slot_at__gt=now, status="booked").count() == 14
    assert DayClosing.objects.filter(day__lt=now.date()).count() == len(
        set(Ticket.objects.filter(day__lt=now.date()).values_list("day"))
    )
    assert not DayClosing.objects.filter(day=now.date()).exists()
    assert unequal_days() == []
    assert broken() == {}


@pytest.mark.django_db
def test_the_accounts_of_the_contract_can_sign_in_and_binh_sees_nothing_of_minh() -> None:
    import_bundled()
    build(now=NOW, total=70)
    users = {user.username: user for user in User.objects.filter(username__in=ACCOUNTS)}
    assert sorted(users) == sorted(ACCOUNTS)
    for name in ("lan", "tu", "quantri"):
        assert users[name].check_password("motcua-demo")
    seen_by_minh = set(Dossier.objects.visible_to(users["minh"]).values_list("code", flat=True))
    seen_by_binh = set(Dossier.objects.visible_to(users["binh"]).values_list("code", flat=True))
    assert seen_by_minh
    assert seen_by_binh
    assert not seen_by_minh & seen_by_binh
    assert parse_cccd(users["tu"].applicant.identity_number).number == "001160000019"
    assert parse_tax_code(users["congty"].applicant.identity_number).number
    assert Dossier.objects.filter(applicant=users["congty"].applicant, status="submitted").exists()


@pytest.mark.django_db
def test_the_command_refuses_outside_demo_and_over_existing_dossiers(settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("demo")
    settings.DEMO = True
    import_bundled()
    build(now=datetime(2021, 1, 5, 10, tzinfo=LOCAL_ZONE), total=30)
    before = Dossier.objects.count()
    with pytest.raises(CommandError, match="--reset"):
        call_command("demo")
    call_command("demo", if_empty=True, stdout=StringIO())
    assert Dossier.objects.count() == before
