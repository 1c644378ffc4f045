"""Liên thông: a step opens a dossier of another agency, with its own code and clock, and waits for its result."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bpmc_portal.accounts.models import Role, User
from bpmc_portal.accounts.permissions import appoint
from bpmc_portal.errors import DomainError
from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.models import Job
from bpmc_portal.lib.vietnamese import local_date
from dossiers.models import ClockSpan, Component, Dossier, DossierEvent, Note, PaperVerdict, Reason, Status
from dossiers.services import linked
from dossiers.services.acts import ItemInput
from dossiers.services.commands import ComponentInput
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from procedures.models import Case, ComponentRequirement, DocumentType, Procedure, ProcedureVersion, Step
from procedures.services import copy_to_draft, publish
from tests.world import START, World, user


def child_procedure(
    world: World, *, kinds: tuple[str, ...] = ("MC-GT0001", "MC-GT0002"), days: int = 3
) -> Procedure:
    """Publish a procedure of the other agency that asks for these papers."""
    procedure = Procedure.objects.create(
        key="VL-01",
        name="Xác nhận nhu cầu lao động",
        field=world.procedure.field,
        unit=world.other,
        search_key="xac nhan",
    )
    version = ProcedureVersion.objects.create(
        procedure=procedure, number=1, in_force_from=START, limit_value=days, limit_unit="working_days"
    )
    case = Case.objects.create(version=version, code="default", name="Trường hợp chung")
    for position, code in enumerate(kinds, 1):
        kind, _created = DocumentType.objects.get_or_create(code=code, defaults={"name": f"Giấy {code}"})
        ComponentRequirement.objects.create(
            case=case,
            code=f"{position:02d}",
            name=kind.name,
            document_type=kind,
            position=position,
            is_reusable=False,
        )
    Step.objects.create(
        version=version, code="ky", name="Ký", citizen_name="Đang ký", role="leader", position=1, norm_hours=8
    )
    publish(version)
    return procedure


def link(world: World, procedure: Procedure) -> None:
    """Put a step that opens the other agency's dossier between the two steps of the world's procedure, from today."""
    draft = copy_to_draft(world.procedure.versions.get(number=1))
    draft.steps.filter(code="tham-dinh").update(norm_hours=16)
    draft.steps.filter(code="trinh-ky").update(position=3)
    Step.objects.create(
        version=draft, code="lien-thong", name="Phối hợp", citizen_name="Đang phối hợp", role="officer", position=2, norm_hours=8,
        linked_procedure=procedure,
    )  # fmt: skip
    publish(draft, starts_on=local_date())


def at_first_step(world: World, **changes: object) -> Dossier:
    """Return a dossier one hand-over before the linked step."""
    return act(world.received(**changes).code, Action.FORWARD, actor=world.minh)


def entered(world: World, **changes: object) -> tuple[Dossier, Dossier]:
    """Return a dossier in the linked step, and its child."""
    parent = act(at_first_step(world, **changes).code, Action.FORWARD, actor=world.minh)
    return parent, Dossier.objects.get(parent=parent)


@pytest.fixture
def other_leader(world: World) -> User:
    """Return a leader of the other agency."""
    leader = user("lanh-dao-vl", "Phan Lãnh Đạo")
    appoint(leader, unit=world.other, role=Role.LEADER, starts_on=START)
    return leader


def decide(world: World, child: Dossier, leader: User, action: Action = Action.APPROVE) -> Dossier:
    """Bring a child to its end."""
    act(child.code, Action.FORWARD, actor=world.binh)
    return act(
        child.code,
        action,
        actor=leader,
        params=Params(reason="Không đủ điều kiện.", reason_codes=("refuse-1",)),
    )


def test_entering_the_step_opens_a_dossier_with_its_own_code_clock_and_journal(world: World) -> None:
    link(world, child_procedure(world))
    parent, child = entered(world)
    assert child.code != parent.code
    assert child.tracking_hash != parent.tracking_hash
    assert (child.status, child.unit, child.office, child.procedure.key) == (
        Status.RECEIVED,
        world.other,
        world.office,
        "VL-01",
    )
    assert (child.applicant_id, child.applicant_name, child.phone) == (
        parent.applicant_id,
        parent.applicant_name,
        parent.phone,
    )
    assert child.received_at is not None
    assert child.due_at is not None
    assert parent.due_at is not None
    assert child.due_at < parent.due_at
    assert child.received_by == world.minh
    assert list(child.events.values_list("seq", "action", "data__parent")) == [(1, "receive", parent.code)]
    assert parent.events.latest("seq").data["children"] == [child.code]
    assert Job.objects.filter(kind="dossiers.issue_receipt", payload__dossier_id=child.pk).count() == 1


def test_the_papers_of_the_parent_are_taken_over(world: World) -> None:
    link(world, child_procedure(world))
    parent, child = entered(world)
    assert [paper.document_id for paper in child.components.order_by("position")] == [
        paper.document_id for paper in parent.components.order_by("position")
    ]
    assert set(child.components.values_list("provided_as", "was_held", "asked_again")) == {
        ("reused", True, "")
    }
    assert list(child.components.order_by("position").values_list("copies", flat=True)) == [1, 2]
    jobs.run_due()
    assert set(child.components.values_list("document__code", flat=True)) == set(
        parent.components.values_list("document__code", flat=True)
    )


def test_the_clock_of_the_child_stands_still_alone(world: World) -> None:
    link(world, child_procedure(world))
    parent, child = entered(world)
    act(
        child.code,
        Action.REQUEST_SUPPLEMENT,
        actor=world.binh,
        params=Params(reason="Bản mờ", items=(ItemInput("01", "paper-1"),)),
    )
    assert ClockSpan.objects.filter(dossier=child).paused().count() == 1
    assert ClockSpan.objects.filter(dossier=parent).paused().count() == 0
    open_spans = ClockSpan.objects.filter(dossier__in=[parent, child], ended_at=None)
    assert {(each.dossier_id, each.status) for each in open_spans} == {
        (parent.pk, "processing"),
        (child.pk, "awaiting_supplement"),
    }
    assert Dossier.objects.get(pk=parent.pk).due_at == parent.due_at


def test_a_missing_mandatory_paper_keeps_the_parent_where_it_is(world: World) -> None:
    link(world, child_procedure(world, kinds=("MC-GT0001", "GIAY-A", "GIAY-B")))
    parent = at_first_step(world)
    counts = (
        Dossier.objects.count(),
        Component.objects.count(),
        DossierEvent.objects.count(),
        Job.objects.count(),
    )
    with pytest.raises(DomainError, match="Giấy GIAY-A; Giấy GIAY-B") as refused:
        act(parent.code, Action.FORWARD, actor=world.minh)
    assert (refused.value.code, refused.value.status) == ("child_papers_missing", 409)
    assert (
        Dossier.objects.count(),
        Component.objects.count(),
        DossierEvent.objects.count(),
        Job.objects.count(),
    ) == counts
    assert Dossier.objects.get(pk=parent.pk).step_id == parent.step_id


def test_a_paper_that_was_found_wanting_is_not_handed_on(world: World) -> None:
    link(world, child_procedure(world))
    parent = at_first_step(world)
    Component.objects.filter(dossier=parent, position=2).update(
        verdict=PaperVerdict.FAILED, verdict_reason=Reason.objects.get(code="paper-1")
    )
    with pytest.raises(DomainError, match="Bản sao hợp đồng cung ứng"):
        act(parent.code, Action.FORWARD, actor=world.minh)


def test_a_number_used_by_a_failed_entry_is_given_to_the_next_dossier(world: World) -> None:
    procedure = child_procedure(world, days=3)
    link(world, procedure)
    parent = at_first_step(world)
    Component.objects.filter(dossier=parent, position=1).update(
        verdict=PaperVerdict.FAILED, verdict_reason=Reason.objects.get(code="paper-1")
    )
    with pytest.raises(DomainError):
        act(parent.code, Action.FORWARD, actor=world.minh)
    numbers = sorted(int(code.split("-")[-1]) for code in [parent.code, world.received().code])
    assert numbers[1] - numbers[0] == 1


def test_the_step_is_not_left_while_the_child_is_open(world: World, other_leader: User) -> None:
    link(world, child_procedure(world))
    parent, child = entered(world)
    with pytest.raises(DomainError, match=child.code) as refused:
        act(parent.code, Action.FORWARD, actor=world.minh)
    assert refused.value.code == "child_open"
    assert refused.value.extra == {"children": [child.code]}
    decide(world, child, other_leader)
    onward = act(parent.code, Action.FORWARD, actor=world.minh)
    assert onward.step is not None
    assert onward.step.code == "trinh-ky"
    assert onward.events.latest("seq").data["children_ended"] == ["granted"]


def test_the_parent_hears_of_a_refusal_and_may_go_on(world: World, other_leader: User) -> None:
    link(world, child_procedure(world))
    parent, child = entered(world)
    decide(world, child, other_leader, Action.REFUSE)
    note = Note.objects.get(dossier=parent)
    assert note.text == f"Hồ sơ liên thông {child.code} (Xác nhận nhu cầu lao động): Đã có văn bản từ chối."
    onward = act(parent.code, Action.FORWARD, actor=world.minh)
    assert onward.events.latest("seq").data["children_ended"] == ["refused"]


def test_coming_back_opens_no_second_child_unless_the_first_was_refused(
    world: World, other_leader: User
) -> None:
    link(world, child_procedure(world))
    parent, child = entered(world)
    act(parent.code, Action.SEND_BACK, actor=world.minh, params=Params(reason="Xem lại"))
    act(parent.code, Action.FORWARD, actor=world.minh)
    assert list(parent.children.all()) == [child]
    decide(world, child, other_leader, Action.REFUSE)
    act(parent.code, Action.SEND_BACK, actor=world.minh, params=Params(reason="Xem lại"))
    act(parent.code, Action.FORWARD, actor=world.minh)
    assert parent.children.count() == 2


def test_everybody_sees_only_what_is_theirs(world: World) -> None:
    link(world, child_procedure(world))
    parent, child = entered(world)
    shown = {
        name: ([row.code for row in linked.rows_of(parent, world.users[name])], [row.code for row in linked.rows_of(child, world.users[name])])
        for name in ("minh", "binh", "lan", "tu", "vanphong", "sohoa")
    }  # fmt: skip
    both = ([child.code], [parent.code])
    # The desk received both, the citizen owns both, the ministry office sees all; each agency sees its own alone.
    assert shown == {
        "minh": ([], [parent.code]), "binh": ([child.code], []), "lan": both, "tu": both, "vanphong": both, "sohoa": ([], []),
    }  # fmt: skip
    assert Dossier.objects.visible_to(world.binh).filter(pk=parent.pk).count() == 0


def test_rows_cost_one_statement_however_many(
    world: World, other_leader: User, django_assert_max_num_queries: Any
) -> None:
    link(world, child_procedure(world))
    parent, child = entered(world)
    decide(world, child, other_leader, Action.REFUSE)
    for _turn in range(2):
        act(parent.code, Action.SEND_BACK, actor=world.minh, params=Params(reason="Xem lại"))
        act(parent.code, Action.FORWARD, actor=world.minh)
        open_child = parent.children.filter(status="received").get()
        decide(world, open_child, other_leader, Action.REFUSE)
    parent = Dossier.objects.get(pk=parent.pk)
    with django_assert_max_num_queries(2):
        assert len(linked.rows_of(parent, world.vanphong)) == 3


def test_opening_a_child_costs_a_bounded_number_of_statements(
    world: World, django_assert_max_num_queries: Any
) -> None:
    link(world, child_procedure(world))
    parent = at_first_step(world)
    with django_assert_max_num_queries(20):
        act(parent.code, Action.FORWARD, actor=world.minh)


def test_the_page_of_the_child_lists_its_parent(world: World, as_user: Callable[[User], Client]) -> None:
    link(world, child_procedure(world))
    parent, child = entered(world)
    text = as_user(world.lan).get(f"/ho-so/{child.code}/").content.decode()
    assert parent.code in text
    assert parent.code not in as_user(world.binh).get(f"/ho-so/{child.code}/").content.decode()


def test_more_papers_than_asked_for_stay_with_the_parent(world: World) -> None:
    link(world, child_procedure(world, kinds=("MC-GT0002",)))
    three = (
        ComponentInput("01", "original"),
        ComponentInput("02", "copy", 2),
        ComponentInput("03", "original"),
    )
    _parent, child = entered(world, components=three)
    assert list(child.components.values_list("name", flat=True)) == ["Bản sao hợp đồng cung ứng"]
