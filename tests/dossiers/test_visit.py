"""A dossier belongs to the visit in which it was handed in; and which desk may receive it."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from bpmc_portal.accounts.models import Office, OfficeHours, Role, Unit
from bpmc_portal.accounts.permissions import appoint
from bpmc_portal.errors import DomainError
from desk.models import Ticket
from desk.services import calling, serving, shifts, tickets
from desk.services.setup import establish
from dossiers.models import Dossier
from dossiers.services.intake import receive_dossier
from procedures import catalogue
from tests.api import bodies
from tests.world import START, World, user

Api = Callable[..., APIClient]
A = "ld-ngoai-nuoc"
URL = "/api/v1/dossiers/"


def called(world: World) -> Ticket:
    """Return a ticket that Lan has called to counter 1."""
    tickets.issue(world.office, service=A, actor=None)
    found = calling.call_next(world.office.pk, counter=1, actor=world.lan)
    assert found is not None
    return found


def served(world: World) -> Ticket:
    return serving.start(called(world).token, actor=world.lan)


def test_several_dossiers_of_one_visit_carry_its_ticket(world: World, api: Api) -> None:
    ticket, lan = served(world), api(world.lan)
    codes = []
    for _number in range(2):
        response = lan.post(URL, bodies.intake(world, ticket=ticket.token))
        assert response.status_code == 201, response.content
        codes.append(response.json()["code"])
    assert lan.get(f"{URL}{codes[0]}/").json()["ticket"] == "A001"
    assert set(ticket.dossiers.values_list("code", flat=True)) == set(codes)
    without = lan.post(URL, bodies.intake(world, ticket=None)).json()
    assert lan.get(f"{URL}{without['code']}/").json()["ticket"] is None


def test_a_visit_without_a_number_is_a_visit_too(world: World, api: Api) -> None:
    shifts.open_counter(world.office.pk, counter=1, actor=world.lan)
    ticket = serving.serve_direct(world.office.pk, service=A, reason="post", actor=world.lan)
    code = api(world.lan).post(URL, bodies.intake(world, ticket=ticket.token)).json()["code"]
    assert Dossier.objects.get(code=code).ticket_id == ticket.pk
    assert api(world.lan).get(f"{URL}{code}/").json()["ticket"] is None


def test_a_ticket_that_is_not_served_here_is_refused(world: World, api: Api) -> None:
    lan = api(world.lan)
    ticket = called(world)
    refused = lan.post(URL, bodies.intake(world, ticket=ticket.token))
    assert (refused.status_code, refused.json()["code"]) == (409, "ticket_not_serving")
    assert "A001" in refused.json()["detail"]
    assert world.office.name in refused.json()["detail"]
    serving.start(ticket.token, actor=world.lan)
    serving.hold(ticket.token, actor=world.lan)
    assert lan.post(URL, bodies.intake(world, ticket=ticket.token)).status_code == 409
    for unknown in ("0" * 24, "A001", "9" * 200):
        refused = lan.post(URL, bodies.intake(world, ticket=unknown))
        assert (refused.status_code, refused.json()["code"]) == (404, "ticket_not_found")
    assert not Dossier.objects.exists()


def test_a_visit_that_is_over_takes_dossiers_from_its_own_clerk_on_the_same_day_only(world: World) -> None:
    ticket = served(world)
    over = serving.finish(ticket.token, actor=world.lan)
    assert over.finished_at is not None
    assert world.received(ticket=ticket.token).ticket_id == ticket.pk
    for actor, at in ((world.lan2, over.finished_at), (world.lan, over.finished_at + timedelta(days=1))):
        with pytest.raises(DomainError) as refused:
            receive_dossier(world.intake(ticket=ticket.token), actor=actor, at=at)
        assert refused.value.code == "ticket_not_serving"


def test_a_ticket_of_another_desk_is_refused(world: World) -> None:
    second = Office.objects.create(
        code="CS2", name="Bộ phận Một cửa Cơ sở 2", unit=world.office.unit, address="Hà Nội"
    )
    establish(second)
    world.users["xa"] = user("xa", "Phan Thị Xa")
    appoint(world.xa, unit=second.unit, role=Role.CLERK, office=second, starts_on=START)
    token = tickets.issue(second, service=A, actor=None).token
    calling.call_next(second.pk, counter=1, actor=world.xa)
    serving.start(token, actor=world.xa)
    with pytest.raises(DomainError) as refused:
        world.received(ticket=token)
    assert (refused.value.code, refused.value.status) == ("ticket_not_serving", 409)


@pytest.mark.parametrize("person", ["new", "known", "moved"])
@pytest.mark.parametrize("with_ticket", [True, False])
def test_receiving_takes_fourteen_statements_at_most_with_a_ticket_and_without(
    world: World, api: Api, person: str, with_ticket: bool
) -> None:
    procedure, client = bodies.procedure_of_four(world), api(world.lan)
    token = served(world).token
    papers = [{"component": f"{number:02d}", "provided_as": "original"} for number in range(1, 5)]
    whole = bodies.intake(
        world, procedure=procedure.key, components=papers, **({"ticket": token} if with_ticket else {})
    )
    if person == "new":
        whole["applicant"] = {"kind": "citizen", "identity_number": "001160000027", "name": "Lê Thị Mới"}
    if person == "moved":
        whole["applicant"]["address"] = "1 Tràng Tiền"
    catalogue.current()
    with CaptureQueriesContext(connection) as captured:
        assert client.post(URL, whole, headers={"Idempotency-Key": "k-1"}).status_code == 201
    control = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SET CONSTRAINTS")
    statements = [each["sql"] for each in captured if not each["sql"].startswith(control)]
    assert len(statements) <= 14, "\n".join(
        f"{number}. {sql[:160]}" for number, sql in enumerate(statements, 1)
    )
    assert Dossier.objects.filter(ticket__token=token).exists() is with_ticket


def test_the_desk_that_receives_and_the_unit_that_resolves_are_credited_apart(world: World, api: Api) -> None:
    code = api(world.lan).post(URL, bodies.intake(world)).json()["code"]
    body = api(world.lan).get(f"{URL}{code}/").json()
    assert (body["office"], body["unit"]["code"]) == ("VPB", "cuc-qlldnn")


def test_a_unit_may_keep_its_procedures_to_its_own_desks(world: World, api: Api) -> None:
    Unit.objects.filter(pk=world.agency.pk).update(accepts_at_any_desk=False)
    refused = api(world.lan).post(URL, bodies.intake(world))
    assert (refused.status_code, refused.json()["code"]) == (409, "only_at_own_desk")
    assert world.agency.name in refused.json()["detail"]
    assert "trụ sở của đơn vị" in refused.json()["detail"]
    own = Office.objects.create(
        code="QLLDNN", name="Bộ phận Một cửa của Cục", unit=world.agency, address="Hà Nội"
    )
    OfficeHours.objects.bulk_create(
        OfficeHours(office=own, weekday=weekday, opens_at=time(8), closes_at=time(17)) for weekday in range(5)
    )
    assert own.name in api(world.lan).post(URL, bodies.intake(world)).json()["detail"]
    appoint(world.lan, unit=world.agency, role=Role.CLERK, office=own, starts_on=START)
    received = api(world.lan).post(URL, bodies.intake(world, office="QLLDNN"))
    assert received.status_code == 201, received.content
    Office.objects.filter(pk=world.office.pk).update(unit=world.ministry)
    appoint(world.lan2, unit=world.ministry, role=Role.CLERK, office=world.office, starts_on=START)
    above: Any = api(world.lan2).post(URL, bodies.intake(world))
    assert above.status_code == 201, above.content
