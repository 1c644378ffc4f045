"""The catalogue in memory: one statement while nothing changes, new at once when something does."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bpmc_portal.accounts.models import OfficeHours
from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import local_date
from procedures import catalogue
from procedures.models import CalendarDay, Case, ComponentRequirement, ProcedureVersion, Step
from procedures.services import CannotPublish, load_calendar, publish
from tests.world import HOLIDAYS, World


def draft(world: World, *, starts_on: date) -> ProcedureVersion:
    """Return a whole draft of the world's procedure."""
    old = world.procedure.versions.get(number=1)
    version = ProcedureVersion.objects.create(
        procedure=world.procedure, number=2, in_force_from=starts_on, limit_value=3, limit_unit="working_days"
    )
    case = Case.objects.create(version=version, code="default", name="Trường hợp chung")
    for need in old.cases.get().components.order_by("position"):
        ComponentRequirement.objects.create(
            case=case,
            code=need.code,
            name=need.name,
            document_type=need.document_type,
            position=need.position,
        )
    Step.objects.create(
        version=version,
        code="tham-dinh",
        name="Thẩm định",
        citizen_name="x",
        role="leader",
        position=1,
        norm_hours=8,
    )
    return version


def test_reading_again_costs_one_statement(world: World, django_assert_num_queries: Any) -> None:
    first = catalogue.current()
    with django_assert_num_queries(1):
        assert catalogue.current() is first


@pytest.mark.parametrize("change", ["day", "hours", "name"])
def test_any_change_is_seen_by_the_next_reading(world: World, change: str) -> None:
    before = catalogue.current()
    if change == "day":
        CalendarDay.objects.create(on=date(2026, 12, 24), kind="fixed", reason="Thử")
    elif change == "hours":
        OfficeHours.objects.filter(weekday=4).delete()
    else:
        world.procedure.name = "Tên khác"
        world.procedure.save()
    assert catalogue.current() is not before


def test_a_rolled_back_change_is_forgotten(world: World) -> None:
    before = catalogue.current()

    class Undone(Exception):
        pass

    with pytest.raises(Undone), transaction.atomic():
        CalendarDay.objects.create(on=date(2026, 12, 24), kind="fixed", reason="Thử")
        assert date(2026, 12, 24) in catalogue.current().office("VPB").calendar.days_off
        raise Undone
    assert date(2026, 12, 24) not in catalogue.current().office("VPB").calendar.days_off
    assert catalogue.current().stamp == before.stamp


def test_loading_the_same_calendar_twice_changes_nothing(world: World) -> None:
    import yaml

    before = catalogue.current().stamp
    written = load_calendar(yaml.safe_load(HOLIDAYS.read_text(encoding="utf-8")))
    assert written == {"years": 0, "days": 0}
    assert catalogue.current().stamp == before


def test_a_new_version_takes_over_on_its_day_and_ends_the_one_before(world: World) -> None:
    tomorrow = local_date() + timedelta(days=1)
    publish(draft(world, starts_on=tomorrow))
    held = catalogue.current()
    assert held.version("QLLDNN-04", local_date())[1].row.number == 1
    assert held.version("QLLDNN-04", tomorrow)[1].row.number == 2


def test_a_dossier_keeps_the_version_it_was_received_under(world: World) -> None:
    dossier = world.received()
    publish(draft(world, starts_on=local_date() + timedelta(days=1)))
    assert catalogue.current().version_by_id(dossier.version_of_procedure_id).row.number == 1


def test_a_version_with_faults_is_not_published_and_every_fault_is_named(world: World) -> None:
    version = ProcedureVersion.objects.create(
        procedure=world.procedure, number=2, in_force_from=date(2030, 1, 1)
    )
    with pytest.raises(CannotPublish) as refused:
        publish(version)
    assert len(refused.value.extra["faults"]) == 3


def test_a_version_is_published_once(world: World) -> None:
    with pytest.raises(DomainError) as refused:
        publish(world.procedure.versions.get())
    assert refused.value.code == "already_published"


@pytest.mark.parametrize("part", ["version", "component", "step", "case", "delete"])
def test_nothing_of_a_published_version_can_change(world: World, part: str) -> None:
    version = world.procedure.versions.get()
    changes = {
        "version": lambda: ProcedureVersion.objects.filter(pk=version.pk).update(limit_value=99),
        "component": lambda: ComponentRequirement.objects.update(is_mandatory=False),
        "step": lambda: Step.objects.update(norm_hours=1),
        "case": lambda: Case.objects.create(version=version, code="khac", name="Khác"),
        "delete": lambda: version.delete(),
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        changes[part]()


def test_two_published_versions_never_overlap(world: World) -> None:
    version = draft(world, starts_on=date(2021, 1, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        ProcedureVersion.objects.filter(pk=version.pk).update(state="published")
