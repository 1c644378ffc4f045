"""The first dossier from counter to citizen, through the services."""

import pytest

from bpmc_portal.errors import NotFound
from bpmc_portal.jobs import services as jobs
from digitization.models import Document
from dossiers import tracking
from dossiers.models import Dossier, Status
from dossiers.services import lookup
from dossiers.services.transitions import IllegalTransition, act
from dossiers.workflow import Action
from tests.world import World


def test_a_dossier_goes_from_counter_to_citizen(world: World) -> None:
    dossier = world.received()
    assert dossier.status == Status.RECEIVED
    assert dossier.code.startswith("000.00.00.G07-")
    assert dossier.code.endswith("-0001")
    jobs.run_due()
    codes = list(Document.objects.order_by("code").values_list("code", flat=True))
    assert codes == ["001160000019.QLLDNN-04.MC-GT0001.01", "001160000019.QLLDNN-04.MC-GT0002.01"]
    assert act(dossier.code, Action.FORWARD, actor=world.minh).step.code == "tham-dinh"
    assert act(dossier.code, Action.FORWARD, actor=world.minh).step.code == "trinh-ky"
    assert act(dossier.code, Action.APPROVE, actor=world.ha).outcome == "granted"
    assert act(dossier.code, Action.RETURN_RESULT, actor=world.lan).status == Status.RETURNED
    seen = lookup.by_token(tracking.token_of(dossier.code, 1))
    assert seen.status == "returned"
    assert [event["action"] for event in seen.events] == [
        "receive",
        "forward",
        "forward",
        "approve",
        "return_result",
    ]


def test_a_stranger_cannot_tell_a_foreign_dossier_from_an_absent_one(world: World) -> None:
    dossier = world.received()
    assert not Dossier.objects.visible_to(world.binh).exists()
    with pytest.raises(NotFound):
        act(dossier.code, Action.FORWARD, actor=world.binh)


def test_an_act_that_the_table_does_not_allow_is_refused_with_the_allowed_ones(world: World) -> None:
    dossier = world.received()
    with pytest.raises(IllegalTransition) as refused:
        act(dossier.code, Action.APPROVE, actor=world.ha)
    assert refused.value.extra["allowed_actions"] == [
        "forward",
        "request_supplement",
        "request_payment",
        "stop",
        "assign",
    ]
