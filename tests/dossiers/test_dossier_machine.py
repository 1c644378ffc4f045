"""The real dossier beside the model of dossier_model.py: random acts by random people, through the services and over HTTP.

Every act is tried by both. What the law refuses must be refused with no row changed; what it allows must leave status, step, version,
owner and appointment as the model says. The two doors share the 20,000 steps, one a worker of the test run.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from knox.models import AuthToken
from rest_framework.test import APIClient

from bpmc_portal.accounts.models import Role
from bpmc_portal.accounts.permissions import appoint
from bpmc_portal.errors import DomainError
from dossiers.models import Dossier
from dossiers.services.acts import OpinionInput
from dossiers.services.intake import receive_dossier, submit_dossier
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from tests.dossiers.dossier_model import LAW, OPEN, PHONES, RUNNING, Model
from tests.world import START, World

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
# A failure prints its steps as they were; Phase.shrink makes them fewer, in minutes.
EXAMPLES, STEPS, LEAST_STEPS = 215, 50, 10_000
PEOPLE = ("lan", "lan2", "truong", "minh", "ha", "ha2", "binh", "vanphong", "vanthu", "tu", "quantri")
# Everything that an act may change, and how many rows stand beside it, as one text.
_EVERYTHING = """
SELECT d::text, (SELECT count(*) FROM dossiers_dossierevent WHERE dossier_id = d.id), (SELECT count(*) FROM dossiers_letter),
  (SELECT count(*) FROM dossiers_opinion), (SELECT count(*) FROM dossiers_proposal), (SELECT count(*) FROM dossiers_payment),
  (SELECT string_agg(s::text, ',' ORDER BY s.id) FROM dossiers_clockspan s WHERE s.dossier_id = d.id), (SELECT count(*) FROM jobs_job)
FROM dossiers_dossier d WHERE d.id = %s
"""
_LEDGER = """
SELECT count(*) FILTER (WHERE ended_at IS NULL), (SELECT count(*) FROM dossiers_dossierevent WHERE dossier_id = %s),
  (SELECT to_status FROM dossiers_dossierevent WHERE dossier_id = %s ORDER BY seq DESC LIMIT 1)
FROM dossiers_clockspan WHERE dossier_id = %s
"""


def local(at: datetime | None) -> datetime | None:
    """Return an instant as the model keeps it."""
    return at.astimezone(ZONE).replace(tzinfo=None) if at else None


class DossierMachine(RuleBasedStateMachine):
    """Drives one dossier; the test puts in the world and how many steps were done."""

    world: ClassVar[World]
    steps: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()

    def teardown(self) -> None:
        """Leave the world as it was."""
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @initialize(minute=st.integers(0, 1439), day=st.integers(0, 300), is_online=st.booleans())
    def begin(self, minute: int, day: int, is_online: bool) -> None:
        """Come at any minute of any day, to the desk or online."""
        at = datetime(2025, 6, 2, tzinfo=ZONE) + timedelta(days=day, minutes=minute)
        if is_online:
            dossier = submit_dossier(self.world.intake(channel="online"), actor=self.world.tu, at=at)
        else:
            dossier = receive_dossier(self.world.intake(), actor=self.world.lan, at=at)
        self.pk, self.code = dossier.pk, dossier.code
        self.model = Model("submitted" if is_online else "received", at.replace(tzinfo=None))
        if not is_online:
            self.model.receive()

    @rule(
        action=st.sampled_from(sorted(LAW)),
        who=st.sampled_from(PEOPLE),
        minutes=st.integers(1, 4000),
        is_stale=st.sampled_from([False] * 9 + [True]),
        ahead=st.integers(-3, 40),
        phone=st.sampled_from(PHONES),
        likely=st.booleans(),
    )
    def press(
        self, action: str, who: str, minutes: int, is_stale: bool, ahead: int, phone: str, likely: bool
    ) -> None:
        """Let somebody try an act; half of the time somebody who may, so that dossiers get far."""
        type(self).steps += 1
        self.model.now = self.pass_time(minutes)
        if likely:
            open_now = [each for each in sorted(LAW) if self.model.status in LAW[each][1]]
            action = open_now[minutes % len(open_now)] if open_now else action
            who = sorted(LAW[action][0])[ahead % len(LAW[action][0])]
        due_on = self.model.now.date() + timedelta(days=ahead)
        legal = not is_stale and self.model.legal(action, who, due_on=due_on, phone=phone)
        version = self.model.version - 1 if is_stale else self.model.version
        before = self.everything()
        done = self.act(action, who, version, due_on, phone)
        assert done == legal, f"{who}: {action} in {self.model.status}, step {self.model.step}"
        if not done:
            assert self.everything() == before
        else:
            self.model.follow(action, who, due_on=due_on, phone=phone)

    def pass_time(self, minutes: int) -> datetime:
        """Let minutes go by."""
        return self.model.now + timedelta(minutes=minutes)

    def act(self, action: str, who: str, version: int, due_on: date, phone: str) -> bool:
        """Do the act by the services; False when it is refused."""
        params = Params(
            reason="Lý do", legal_basis="Điều 20 Luật 69/2020/QH14", due_on=due_on, assignee="minh",
            opinion=OpinionInput("cuc-viec-lam"), corrections={"phone": phone},
        )  # fmt: skip
        try:
            with transaction.atomic():
                act(
                    self.code, Action(action), actor=self.world.users[who], expected_version=version,
                    params=params, at=self.model.now.replace(tzinfo=ZONE),
                )  # fmt: skip
        except DomainError:
            return False
        return True

    def everything(self) -> Any:
        """Return what no refused act may change."""
        with connection.cursor() as cursor:
            cursor.execute(_EVERYTHING, [self.pk])
            return cursor.fetchone()

    @invariant()
    def the_row_follows_the_model(self) -> None:
        """Compare what the dossier says of itself; the ledger has one open span while the dossier is open."""
        row = Dossier.objects.select_related("step", "assignee").get(pk=self.pk)
        model = self.model
        assert (row.status, row.version, row.phone) == (model.status, model.version, model.phone)
        assert (row.step.position if row.step else 0) == model.step
        assert (row.assignee.username if row.assignee else "") == model.assignee
        assert (row.supplement_count, row.postpone_count) == (model.supplements, model.postponed)
        assert (row.respond_by is not None) == (model.status in OPEN - RUNNING)
        with connection.cursor() as cursor:
            cursor.execute(_LEDGER, [self.pk] * 3)
            assert cursor.fetchone() == (int(model.status in OPEN), model.version, model.status)
        if model.status in RUNNING:
            assert local(row.due_at) == model.due
            assert row.next_act


class OverHttp(DossierMachine):
    """The same over the API, at the hour that it is: the dossier comes from the past, the acts happen now."""

    clients: ClassVar[dict[str, APIClient]]

    def pass_time(self, minutes: int) -> datetime:
        """Let no time go by: the portal has its own clock."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            now: datetime = cursor.fetchone()[0]
        return now.astimezone(ZONE).replace(tzinfo=None)

    def act(self, action: str, who: str, version: int, due_on: date, phone: str) -> bool:
        """Press over HTTP; a refusal has its problem document and is no server error."""
        body = {
            "reason": "Lý do", "legal_basis": "Điều 20 Luật 69/2020/QH14", "due_on": due_on.isoformat(), "assignee": "minh",
            "opinion_unit": "cuc-viec-lam", "corrections": {"phone": phone},
        }  # fmt: skip
        answer = self.clients[who].post(
            f"/api/v1/dossiers/{self.code}/actions/{action}/", body, format="json", headers={"If-Match": f'"{version}"'}
        )  # fmt: skip
        assert answer.status_code in {200, 202, 400, 403, 404, 409, 412}, answer.content
        if answer.status_code < 300:
            return True
        assert answer.json()["code"]
        assert answer.json()["detail"]
        return False


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("machine", [DossierMachine, OverHttp])
def test_a_dossier_follows_the_law_whatever_people_press(
    committed_world: World,
    machine: type[DossierMachine],
    record_property: Callable[[str, object], None],
) -> None:
    appoint(
        committed_world.lan2, unit=committed_world.office.unit, role=Role.DESK_HEAD, office=committed_world.office, starts_on=START
    )  # fmt: skip
    machine.world, machine.steps = committed_world, 0
    OverHttp.clients = {name: client_of(committed_world, name) for name in PEOPLE}
    run_state_machine_as_test(
        seed(654)(machine),
        settings=settings(
            max_examples=EXAMPLES, phases=[Phase.generate], stateful_step_count=STEPS, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    record_property("steps", machine.steps)
    print(f"{machine.steps} steps by {machine.__name__}")
    assert machine.steps >= LEAST_STEPS


def client_of(world: World, name: str) -> APIClient:
    """Return an API client of one person."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {AuthToken.objects.create(world.users[name])[1]}")
    return client
