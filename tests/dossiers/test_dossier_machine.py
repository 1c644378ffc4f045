"""A model of the life cycle beside the code: random acts by random people, and the dossier must follow the law's table.

The model knows only the table of domain.md section 0, written out again by hand; the deadline is checked against the slow oracle
of tests/procedures/oracle.py through the pauses the model itself remembers.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bpmc_portal.errors import DomainError
from dossiers.models import ClockPause, Dossier
from dossiers.services.intake import receive_dossier
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.procedures.oracle import due_by_walking
from tests.world import World

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
IN_HAND, WAITING = {"received", "processing"}, {"awaiting_supplement", "awaiting_payment"}
# action → (people who may, from, to): the law's table once more, in the words of domain.md.
LAW: dict[str, tuple[set[str], set[str], str]] = {
    "forward": ({"minh", "ha"}, IN_HAND, "processing"),
    "send_back": ({"minh", "ha"}, {"processing"}, "processing"),
    "request_supplement": ({"minh", "ha"}, IN_HAND, "awaiting_supplement"),
    "supplement": ({"lan", "truong"}, {"awaiting_supplement"}, "processing"),
    "request_payment": ({"minh", "ha"}, IN_HAND, "awaiting_payment"),
    "pay": ({"lan", "truong"}, {"awaiting_payment"}, "processing"),
    "approve": ({"ha"}, {"processing"}, "finished"),
    "refuse": ({"ha"}, {"processing"}, "finished"),
    "return_result": ({"lan", "truong"}, {"finished"}, "returned"),
    "withdraw": ({"lan", "truong", "tu"}, IN_HAND | WAITING, "withdrawn"),
    "stop": ({"ha"}, IN_HAND | WAITING, "stopped"),
}
PEOPLE = ("lan", "truong", "minh", "ha", "binh", "vanphong", "tu", "quantri")


class DossierMachine(RuleBasedStateMachine):
    """Drives one dossier; `world` is put in by the test."""

    world: ClassVar[World]

    @initialize(hour=st.integers(0, 23), day=st.integers(0, 300))
    def receive(self, hour: int, day: int) -> None:
        """Receive at any hour of any day of 2025 and 2026."""
        self.now = datetime(2025, 6, 2, hour, 7, tzinfo=ZONE) + timedelta(days=day)
        dossier = receive_dossier(self.world.intake(), actor=self.world.lan, at=self.now)
        self.pk, self.code = dossier.pk, dossier.code
        self.status, self.step, self.supplements, self.version = "received", 0, 0, 1

    def legal(self, action: str, who: str) -> bool:
        """Say what the law says."""
        people, sources, _ = LAW[action]
        if who not in people or self.status not in sources:
            return False
        if action == "forward":
            return self.step < 2
        if action == "send_back":
            return self.step > 1
        if action == "approve":
            return self.step == 2
        if action == "request_supplement":
            return self.supplements == 0 or who == "ha"
        return True

    @rule(
        action=st.sampled_from(sorted(LAW)),
        who=st.sampled_from(PEOPLE),
        minutes=st.integers(1, 5000),
        is_stale=st.booleans(),
    )
    def press(self, action: str, who: str, minutes: int, is_stale: bool) -> None:
        """Let somebody try an act, now and then with a stale version."""
        self.now += timedelta(minutes=minutes)
        expected = self.version - 1 if is_stale else self.version
        params = Params(reason="Lý do", legal_basis="Điều 20 Luật 69/2020/QH14")
        try:
            act(
                self.code,
                Action(action),
                actor=self.world.users[who],
                expected_version=expected,
                params=params,
                at=self.now,
            )
        except DomainError:
            assert is_stale or not self.legal(action, who), f"{who} may {action} in {self.status}"
            return
        assert not is_stale
        assert self.legal(action, who), f"{who} must not {action} in {self.status}"
        self.follow(action)

    def follow(self, action: str) -> None:
        """Move the model."""
        self.version += 1
        self.step += {"forward": 1, "send_back": -1}.get(action, 0)
        self.supplements += action == "request_supplement"
        self.status = LAW[action][2]
        if self.status == "processing" and self.step == 0:
            self.step = 1

    @invariant()
    def the_row_follows_the_model(self) -> None:
        """Compare status, version, step and clock."""
        row = Dossier.objects.select_related("step").get(pk=self.pk)
        assert (row.status, row.version) == (self.status, self.version)
        assert (row.step.position if row.step else 0) == self.step
        assert row.events.count() == self.version
        pauses = list(
            ClockPause.objects.filter(dossier=row)
            .order_by("started_at")
            .values_list("started_at", "ended_at")
        )
        assert (bool(pauses) and pauses[-1][1] is None) == (self.status in WAITING)
        if self.status in IN_HAND:
            assert row.due_at is not None
            spells = tuple(
                (start.astimezone(ZONE).replace(tzinfo=None), end.astimezone(ZONE).replace(tzinfo=None))
                for start, end in pauses
            )
            assert row.received_at is not None
            received_at = row.received_at.astimezone(ZONE).replace(tzinfo=None)
            assert row.due_at.astimezone(ZONE).replace(tzinfo=None) == due_by_walking(
                received_at, 5, "working_days", spells
            )


@pytest.mark.django_db
def test_a_dossier_follows_the_law_whatever_people_press(world: World) -> None:
    DossierMachine.world = world
    checks: list[Any] = list(HealthCheck)
    run_state_machine_as_test(
        DossierMachine,
        settings=settings(
            max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=checks
        ),
    )
