"""Numbers that a kiosk prints without the server: never twice, never lost, with their real time of taking."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from bpmc_portal.accounts.models import Office
from bpmc_portal.errors import DomainError
from desk import rollups
from desk.models import NumberBlock, Period, Service, Ticket
from desk.services import blocks, calling, tickets
from desk.services.blocks import PrintedTicket
from tests.world import World

Api = Callable[..., APIClient]
DEVICE = "may-1"
BLOCKS, OFFLINE = "/api/v1/offices/VPB/number-blocks/", "/api/v1/offices/VPB/offline-tickets/"


def code_of(world: World) -> str:
    """Return the service of the letter A."""
    return Service.objects.get(office=world.office, prefix="A").code


def reserved(world: World, device: str = DEVICE, at: datetime | None = None) -> tuple[NumberBlock, list[int]]:
    """Return a device's block and the numbers that are left of it."""
    block, unused = blocks.reserve(
        world.office, service=code_of(world), device=device, actor=world.users["kiosk"], at=at
    )
    return block, [each.serial for each in unused]


def told(world: World, *printed: PrintedTicket, at: datetime | None = None) -> list[blocks.Settled]:
    """Tell the server what was printed."""
    return blocks.reconcile(world.office, printed=list(printed), actor=world.users["kiosk"], at=at)


def test_a_block_and_the_numbers_given_out_never_meet(world: World) -> None:
    kiosk = world.users["kiosk"]
    first = tickets.issue(world.office, service=code_of(world), actor=kiosk)
    block, mine = reserved(world)
    other, theirs = reserved(world, "may-2")
    after = tickets.issue(world.office, service=code_of(world), actor=kiosk)
    assert (first.number, mine, theirs, after.number) == ("A001", [*range(1, 21)], [*range(21, 41)], "A002")
    assert other.pk != block.pk


def test_a_device_gets_its_block_again_until_it_runs_low(world: World) -> None:
    block, serials = reserved(world)
    assert reserved(world) == (block, serials)
    now = timezone.now()
    told(world, *(PrintedTicket(block.pk, serial, "", now) for serial in serials[:16]))
    again, left = reserved(world)
    assert again.pk != block.pk
    assert len(left) == 20


def test_a_printed_number_is_told_twice_and_made_once(world: World) -> None:
    block, serials = reserved(world)
    printed = PrintedTicket(block.pk, serials[0], "merit", timezone.now())
    [first], [second] = told(world, printed), told(world, printed)
    assert (first.status, second.status) == ("created", "known")
    ticket = Ticket.objects.get()
    assert (ticket.number, ticket.token) == (first.number, first.token) == (second.number, second.token)
    assert (ticket.origin, ticket.rank, ticket.priority) == ("offline", 0, "merit")
    assert ticket.token == blocks.token_of(block, serials[0])
    [period] = Period.objects.filter(ticket=ticket)
    assert (period.kind, period.started_at) == ("waiting", ticket.issued_at)


@pytest.mark.parametrize(("minutes", "expected"), [(-60, 0), (5, 5), (600, 30)])
def test_a_wrong_clock_is_brought_between_the_block_and_now(
    world: World, minutes: int, expected: int
) -> None:
    start = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    block, serials = reserved(world, at=start)
    told(
        world,
        PrintedTicket(block.pk, serials[0], "", start + timedelta(minutes=minutes)),
        at=start + timedelta(minutes=30),
    )
    assert Ticket.objects.get().issued_at == start + timedelta(minutes=expected)


def test_who_took_a_number_earlier_is_called_earlier(world: World) -> None:
    start = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    block, serials = reserved(world, at=start)
    online = start + timedelta(minutes=5)
    tickets.issue(world.office, service=code_of(world), actor=world.users["kiosk"], at=online)
    now = start + timedelta(minutes=10)
    told(world, PrintedTicket(block.pk, serials[0], "", start + timedelta(minutes=2)), at=now)
    ticket = calling.call_next(world.office.pk, counter=1, actor=world.users["lan"], at=now)
    assert ticket is not None
    assert ticket.number == f"K{serials[0]:03d}"


def test_a_number_of_yesterday_is_counted_and_never_called(world: World) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    block, serials = reserved(world, at=yesterday)
    [settled] = told(world, PrintedTicket(block.pk, serials[0], "", yesterday))
    ticket = Ticket.objects.get()
    assert (settled.status, ticket.status, ticket.day) == ("created", "unserved", block.day)
    assert not Period.objects.filter(ticket=ticket, ended_at=None).exists()
    assert calling.call_next(world.office.pk, counter=1, actor=world.users["lan"]) is None
    rollups.fold()
    assert rollups.differences(world.office.pk, block.day) == []


def test_numbers_of_no_block_are_refused_one_by_one(world: World) -> None:
    block, serials = reserved(world)
    now = timezone.now()
    settled = told(
        world, PrintedTicket(block.pk, 999, "", now), PrintedTicket(block.pk + 1, 1, "", now), PrintedTicket(block.pk, serials[3], "x", now),
    )  # fmt: skip
    assert [each.status for each in settled] == ["refused", "refused", "created"]
    assert Ticket.objects.get().priority == ""


def test_a_stranger_gets_no_numbers(world: World) -> None:
    other = Office.objects.create(code="KHAC", name="Bộ phận khác", unit=world.office.unit)
    with pytest.raises(DomainError) as caught:
        blocks.reserve(other, service=code_of(world), device=DEVICE, actor=world.users["kiosk"])
    assert (caught.value.code, caught.value.status) == ("not_your_desk", 403)
    with pytest.raises(DomainError):
        blocks.reconcile(other, printed=[], actor=world.users["kiosk"])


def test_the_api_hands_out_a_block_and_takes_the_numbers_back(world: World, api: Api) -> None:
    client = api(world.users["kiosk"])
    answer = client.post(BLOCKS, {"service": code_of(world), "device": DEVICE})
    assert answer.status_code == 201
    block = answer.json()
    assert len(block["tickets"]) == 20
    assert block["tickets"][0]["number"] == "K001"
    assert block["tickets"][0]["qr"]["path"].startswith("M2 2h7")
    printed = {"block": block["id"], "serial": 1, "priority": "", "taken_at": timezone.now().isoformat()}
    body: dict[str, Any] = {"tickets": [printed]}
    first, second = client.post(OFFLINE, body), client.post(OFFLINE, body)
    assert [first.json()["results"][0]["status"], second.json()["results"][0]["status"]] == [
        "created",
        "known",
    ]
    assert first.json()["results"][0]["token"] == block["tickets"][0]["token"]
    bad = client.post(OFFLINE, {"tickets": [{**printed, "taken_at": "hôm qua"}]})
    assert (bad.status_code, bad.json()["code"]) == (400, "instant_format")
    assert client.post(BLOCKS, {"service": code_of(world), "device": ""}).json()["code"] == "device_missing"
    assert api(world.users["minh"]).post(BLOCKS, {"service": "x", "device": "y"}).status_code == 403
