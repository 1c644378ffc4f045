"""Numbers for the time without a network: a kiosk keeps a block a service, prints from it, and tells us later what it printed.

A block is taken from a series of its own letter (K), so its numbers can never be given twice and the day's first visitor still gets 001. Each has its token from the start, derived like
those of receipts (docs/decisions/0004), so that the QR on the slip is the right one once the kiosk is back.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Office, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.lib.vietnamese import local_date
from bpmc_portal.numbering import services as numbering
from desk.closing import end_of
from desk.models import NumberBlock, Priority, Queue, Ticket, TicketStatus
from desk.services import moving, tickets

SIZE = 20
# A block with fewer unused numbers than this is followed by a new one.
LOW = 5
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Reserved:
    """One number of a block that nobody has yet."""

    serial: int
    number: str
    token: str


@dataclass(frozen=True)
class PrintedTicket:
    """What a kiosk printed: the number of a block, the class of priority chosen, and its own clock."""

    block: int
    serial: int
    priority: str
    taken_at: datetime


@dataclass(frozen=True)
class Settled:
    """What became of one printed number: created, known (told before), or refused with a code."""

    block: int
    serial: int
    status: str
    number: str = ""
    token: str = ""
    code: str = ""


@transaction.atomic
def reserve(
    office: Office, *, service: str, device: str, actor: User, at: datetime | None = None
) -> tuple[NumberBlock, list[Reserved]]:
    """Return a device's block of today with its unused numbers, a new one when it has run low.

    Locks the series of the day until commit. Raises `service_unknown`, `device_missing`, and 403 for a stranger.
    """
    _refuse_stranger(office, actor)
    if not device or len(device) > 40 or not device.isprintable():
        sentence = _("Thiếu mã máy lấy số, dài tối đa 40 ký tự. Hãy tải lại trang trên máy lấy số.")
        raise InvalidInput(sentence, code="device_missing", fields={"device": sentence})
    found = tickets.find_service(office, service)
    now = tickets.clock(at)
    day = local_date(now)
    block = NumberBlock.objects.filter(service=found, device=device, day=day).order_by("-pk").first()
    unused = _unused(block) if block else []
    if block is None or len(unused) < LOW:
        prefix = Queue.objects.values_list("offline_prefix", flat=True).get(pk=office.pk)
        first = numbering.take(tickets.series_of(office.pk, f"{day}", prefix), SIZE)
        block = NumberBlock.objects.create(
            service=found, device=device, day=day, prefix=prefix, first=first, last=first + SIZE - 1, issued_at=now
        )  # fmt: skip
        unused = _unused(block)
    block.service = found
    return block, unused


def reconcile(
    office: Office, *, printed: list[PrintedTicket], actor: User, at: datetime | None = None
) -> list[Settled]:
    """Make tickets of the numbers that a kiosk printed, each with its real time of taking, and say what became of each.

    Telling a number twice makes one ticket. A time outside [the block's issue, now] is brought to its nearer end, because the clock
    of a PC may be wrong. A number of an earlier day is written down as not served. Raises 403 for a stranger.
    """
    _refuse_stranger(office, actor)
    if len(printed) > MOST_AT_ONCE:
        raise DomainError(
            _("Mỗi lần chỉ gửi tối đa %d số. Hãy gửi làm nhiều lần.") % MOST_AT_ONCE,
            code="too_many_tickets",
            status=400,
        )
    return [_settle(office, each, actor, at) for each in printed]


def token_of(block: NumberBlock, serial: int) -> str:
    """Return the 24-digit token of a number of a block."""
    text = f"number-block:{block.pk}:{serial}"
    mac = hmac.new(settings.TRACKING_KEY.encode(), text.encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(mac, 'big') % 10**24:024d}"


@transaction.atomic
def _settle(office: Office, printed: PrintedTicket, actor: User, at: datetime | None) -> Settled:
    """Write one number down. The block's row lock makes two tellings of one number follow each other."""
    blocks = NumberBlock.objects.select_for_update(of=("self",)).select_related("service")
    block = blocks.filter(pk=printed.block, service__office=office).first()
    if block is None or not block.first <= printed.serial <= block.last:
        return Settled(printed.block, printed.serial, "refused", code="number_not_of_block")
    number = tickets.number_words(block.prefix, printed.serial)
    known = Ticket.objects.filter(office=office, day=block.day, prefix=block.prefix, serial=printed.serial)
    if ticket := known.first():
        return Settled(block.pk, printed.serial, "known", number, ticket.token)
    now = tickets.clock(at)
    taken_at = max(block.issued_at, min(printed.taken_at, now, end_of(block.day)))
    priority = printed.priority if printed.priority in Priority.values else ""
    paper = tickets.Printed(block.prefix, printed.serial, token_of(block, printed.serial))
    ticket = tickets.issue_printed(
        block.service, printed=paper, priority=priority, taken_at=taken_at, actor=actor
    )
    if block.day < local_date(now):
        _write_off(ticket, block)
    return Settled(block.pk, printed.serial, "created", number, ticket.token)


def _write_off(ticket: Ticket, block: NumberBlock) -> None:
    """End a number of a day that is over: its bearer left long ago and must not be called today."""
    at = end_of(block.day)
    ticket.status, ticket.finished_at = TicketStatus.UNSERVED, at
    moving.save(ticket, at=at, opens=None, actor=None)
    moving.note_change(ticket, at, unserved=1)


def _unused(block: NumberBlock) -> list[Reserved]:
    taken = set(
        Ticket.objects.filter(
            office=block.service.office_id,
            day=block.day,
            prefix=block.prefix,
            serial__range=(block.first, block.last),
        ).values_list("serial", flat=True)
    )
    return [
        Reserved(serial, tickets.number_words(block.prefix, serial), token_of(block, serial))
        for serial in range(block.first, block.last + 1)
        if serial not in taken
    ]


def _refuse_stranger(office: Office, actor: User) -> None:
    if office.pk not in principal_of(actor).office_ids:
        raise DomainError(
            _("Máy hoặc tài khoản này không thuộc %s nên không lấy được số dự phòng.") % office.name,
            code="not_your_desk",
            status=403,
        )
