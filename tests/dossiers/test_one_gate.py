"""One gate: whatever the world, every surface shows a person the same dossiers, and binh nothing of minh's.

What each surface is, by its definition, compared with `visible_to`:

* the API's list walked by cursor, its `?count=1`, and the API's search by the name that all applicants of the world share: everything;
* the search page `/tim/?q=` by a code: everything, one dossier at a time;
* the worklist (all its tabs, each walked to its end), its counts, its `?q=`, and its files: what is open, and what waits at one's own
  desk to be handed over (`cho-tra`); roles without case work or desk see there what is asked of them or shared with them by name.

A door that the access table closes to a role (403) must show nothing; that counts as the empty set on that surface.
"""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from bpmc_portal.accounts.models import Role, User
from bpmc_portal.accounts.permissions import appoint, principal_of
from dossiers.models import Dossier, DossierShare, Opinion, Status
from dossiers.models.dossier import OPEN
from dossiers.services import worklist as lists
from dossiers.services.acts import OpinionInput
from dossiers.services.intake import submit_dossier
from dossiers.services.transitions import Params, act
from dossiers.workflow import Action
from procedures import catalogue
from tests.world import START, World, user

EVERYBODY = (
    "lan", "truong", "minh", "minh2", "ha", "binh", "vanthu", "sohoa", "vanphong", "thanhtra", "quantri", "kiosk", "tu",
)  # fmt: skip
WORLDS = 2
# A failure prints its plan as it was: shrinking it would take minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
NAME = "Trần Thị Tư"
REASON = Params(reason="Lý do", assignee="minh", opinion=OpinionInput("cuc-viec-lam"))
# How a dossier came to stand where it stands.
WAYS: dict[str, list[tuple[Action, str]]] = {
    "submitted": [],
    "received": [],
    "processing": [(Action.FORWARD, "minh")],
    "to_sign": [(Action.FORWARD, "minh"), (Action.FORWARD, "minh")],
    "paused": [(Action.FORWARD, "minh"), (Action.REQUEST_SUPPLEMENT, "minh")],
    "asked": [(Action.FORWARD, "minh"), (Action.ASK_OPINION, "minh")],
    "asked_and_answered": [
        (Action.FORWARD, "minh"),
        (Action.ASK_OPINION, "minh"),
        (Action.GIVE_OPINION, "binh"),
    ],
    "finished": [(Action.FORWARD, "minh"), (Action.FORWARD, "minh"), (Action.APPROVE, "ha")],
    "returned": [
        (Action.FORWARD, "minh"),
        (Action.FORWARD, "minh"),
        (Action.APPROVE, "ha"),
        (Action.RETURN_RESULT, "lan"),
    ],
    "stopped": [(Action.FORWARD, "minh"), (Action.STOP, "ha")],
    "withdrawn": [(Action.WITHDRAW, "lan")],
}
plans = st.lists(
    st.tuples(
        st.sampled_from(sorted(WAYS)),
        st.sampled_from(["", "minh2", "minh"]),
        st.sampled_from(["", "binh", "sohoa", "vanthu"]),
        st.booleans(),
        st.integers(-20, 40),
    ),
    min_size=1,
    max_size=4,
)


def build(world: World, way: str, assignee: str, shared: str, is_over: bool, days: int) -> None:
    """Bring one dossier where it shall stand, through the services; a share may be over, an appointment near or past."""
    if way == "submitted":
        dossier = submit_dossier(world.intake(channel="online"), actor=world.tu)
    else:
        dossier = world.received()
    for action, actor in WAYS[way]:
        if action is Action.RETURN_RESULT:
            dossier = act(
                dossier.code, action, actor=world.users[actor], params=Params(collector={"name": NAME})
            )
        else:
            dossier = act(dossier.code, action, actor=world.users[actor], params=REASON)
    if assignee and dossier.is_open:
        act(dossier.code, Action.ASSIGN, actor=world.ha, params=Params(assignee=assignee))
    if dossier.is_open:
        now = timezone.now()
        Dossier.objects.filter(pk=dossier.pk).update(
            received_at=now - timedelta(days=50), due_at=now + timedelta(days=days)
        )
    if shared:
        permission = Permission.objects.get(codename="view_dossier", content_type__app_label="dossiers")
        expires_at = timezone.now() + timedelta(hours=-1 if is_over else 1)
        DossierShare.objects.create(
            user=world.users[shared],
            content_object=dossier,
            permission=permission,
            expires_at=expires_at,
            reason="Phối hợp",
        )


def fresh(person: User) -> User:
    """Return the account as the next request reads it."""
    return User.objects.get(pk=person.pk)


def expected(person: User) -> tuple[set[str], set[str]]:
    """Return the codes that the gate lets through: all of them, and those that a worklist holds."""
    seen = Dossier.objects.visible_to(person)
    desks = principal_of(person).office_ids if principal_of(person).units_where("receive_dossiers") else set()
    listed = seen.filter(status__in=OPEN) | seen.filter(status=Status.FINISHED, office_id__in=desks)
    return set(seen.values_list("code", flat=True)), set(listed.values_list("code", flat=True))


def walked_by_api(client: APIClient, **query: str) -> tuple[set[str], int | None]:
    """Walk the API's list to its end; return the codes and the exact count."""
    answer = client.get("/api/v1/dossiers/", {"limit": "2", "count": "1", **query})
    if answer.status_code == 403:
        return set(), 0
    codes, count = [], answer.json()["count"]
    while True:
        body = answer.json()
        codes += [each["code"] for each in body["results"]]
        if body["next"] is None:
            assert len(codes) == len(set(codes))
            return set(codes), count
        where = urlsplit(body["next"])
        answer = client.get(f"{where.path}?{where.query}")


def walked_by_list(client: Client, query: str) -> list[str]:
    """Walk one tab of the worklist to its end."""
    codes: list[str] = []
    while True:
        page = client.get(f"/viec/{query}").content.decode()
        codes += re.findall(r'id="hs-([^"]+)"', page)
        following = re.search(r'href="(\?[^"]+)" rel="next"', page)
        if following is None:
            return codes
        query = following[1].replace("&amp;", "&")


def in_file(client: Client, query: str) -> list[str]:
    text = b"".join(client.get(f"/viec/xuat/{query}").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return [row[0] for row in csv.reader(io.StringIO(text), delimiter=";")][1:]


def on_the_worklist(person: User, client: Client) -> set[str]:
    """Return what all tabs hold, after seeing that rows, file, count and search agree tab by tab."""
    if client.get("/viec/").status_code == 403:
        assert client.get("/viec/xuat/").status_code == client.get("/viec/so-luong/").status_code == 403
        return set()
    held, now = catalogue.read()
    found: set[str] = set()
    counts = client.get("/viec/so-luong/").json()["counts"]
    for tab in lists.read({}, user=person, held=held, now=now).tabs:
        query = f"?muc={tab.slug}"
        rows = walked_by_list(client, query)
        assert len(rows) == len(set(rows))
        assert rows == in_file(client, query) == walked_by_list(client, f"{query}&q=tran+thi+tu"), tab.slug
        assert counts[tab.slug] == lists.count_words(len(rows)), tab.slug
        found |= set(rows)
    return found


def found_by_search(client: Client, codes: list[str]) -> set[str]:
    """Return the dossiers that the search page opens when their codes are typed."""
    return {code for code in codes if client.get("/tim/", {"q": code}).status_code == 302}


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERYBODY)
@settings(max_examples=WORLDS, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(plan=plans)
def test_every_surface_shows_what_the_gate_lets_through(
    world: World,
    as_user: Callable[[Any], Client],
    api: Callable[[Any], APIClient],
    short_pages: None,
    name: str,
    plan: list[Any],
) -> None:
    with transaction.atomic():
        populate(world, plan)
        every = list(Dossier.objects.order_by("pk").values_list("code", flat=True))
        person = fresh(world.users[name])
        client, caller = as_user(person), api(person)
        seen, listed = expected(person)
        codes, count = walked_by_api(caller)
        assert codes == (seen if caller.get("/api/v1/dossiers/").status_code == 200 else set())
        assert count == len(codes)
        assert walked_by_api(caller, q=NAME)[0] == codes
        assert on_the_worklist(person, client) == (
            listed if client.get("/viec/").status_code == 200 else set()
        )
        searches = client.get("/tim/", {"q": "x"}).status_code == 200
        assert found_by_search(client, every) == (seen if searches else set())
        assert {code for code in every if client.get(f"/ho-so/{code}/").status_code == 200} == codes
        transaction.set_rollback(True)


@settings(max_examples=4 * WORLDS, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(plan=plans)
def test_the_gate_itself_opens_by_unit_question_and_share_only(world: World, plan: list[Any]) -> None:
    with transaction.atomic():
        populate(world, plan)
        every = set(Dossier.objects.values_list("code", flat=True))
        asked = Opinion.objects.filter(answered_at=None).values_list("dossier__code", flat=True)
        shared = DossierShare.objects.filter(user=world.binh, expires_at__gt=timezone.now()).values_list(
            "content_object__code", flat=True
        )
        assert expected(fresh(world.binh))[0] == {*asked, *shared}
        for name in ("vanphong", "thanhtra", "minh", "minh2", "ha", "tu"):
            assert expected(fresh(world.users[name]))[0] == every, name
        for name in ("quantri", "kiosk"):
            assert expected(fresh(world.users[name]))[0] == set(), name
        transaction.set_rollback(True)


def populate(world: World, plan: list[Any]) -> None:
    """Put a second officer and the planned dossiers into the world."""
    world.users["minh2"] = user("minh2", "Trần Văn Minh")
    appoint(world.minh2, unit=world.agency, role=Role.OFFICER, starts_on=START)
    for each in plan:
        build(world, *each)


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pages so short that walking them to the end means something."""
    monkeypatch.setattr(lists, "PAGE", 2)
