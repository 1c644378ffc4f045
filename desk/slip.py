"""The 80-mm slip of a number: what stands on it, for the printer of the kiosk, the browser's print and PDF.

A frozen context of strings ready to print; the same template (templates/desk/slip.html) and style (static/css/slip.css) serve all.
"""

from dataclasses import dataclass
from itertools import groupby

import segno
from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from bpmc_portal.lib import pdf
from bpmc_portal.lib.vietnamese import format_date, format_time, to_local, weekday_name
from desk import words
from desk.models import Counter, Priority, Rank, Ticket
from procedures import catalogue

# Quiet modules drawn around the symbol; the white of the paper gives the rest.
QUIET = 2
GENERAL = "Chuẩn bị: thẻ căn cước và giấy tờ của việc cần làm."


@dataclass(frozen=True)
class Qr:
    """A QR code as one SVG path; `size` in modules, quiet zone included."""

    size: int
    path: str


@dataclass(frozen=True)
class Slip:
    """What the slip says; empty strings are left out by the template."""

    title: str
    dated_at: str
    issuing_org: str
    ministry: str
    number: str
    service: str
    detail: str
    ahead: int
    wait: str
    counters: str
    taken: str
    qr: Qr
    prepare: str


def slip_of(ticket: Ticket) -> Slip:
    """Return the slip of a numbered ticket as it was given out. Needs `office` and `service` loaded."""
    taken = to_local(ticket.issued_at)
    expected = words.range_minutes(ticket.low_s, ticket.high_s)
    return Slip(
        title=f"Phiếu số {ticket.number}",
        dated_at=taken.isoformat(timespec="seconds"),
        issuing_org=ticket.office.name,
        ministry=settings.BRAND["ministry"],
        number=ticket.number,
        service=ticket.service.name,
        detail=_detail(ticket),
        ahead=ticket.ahead,
        wait=f"Chờ khoảng {expected} phút" if expected else "",
        counters=_counters(ticket),
        taken=f"Lấy số {format_time(taken)}, {weekday_name(taken)} {format_date(taken)}",
        qr=qr(url_of(ticket.token)),
        prepare=_prepare(ticket),
    )


def pdf_of(ticket: Ticket) -> bytes:
    """Return the slip as PDF, one page of 80 × 120 mm. Costs a tenth of a second of processor."""
    return pdf.render("pdf/slip.html", slip_of(ticket), size="s80")


def url_of(token: str) -> str:
    """Return the public address of a number, as the QR holds it."""
    return settings.PUBLIC_URL + reverse("desk:ticket", args=[token])


def qr(text: str) -> Qr:
    """Draw a QR code (TCVN 7322:2009) of error level M."""
    matrix = segno.make_qr(text, error="m").matrix
    parts = []
    for y, row in enumerate(matrix, QUIET):
        x = QUIET
        for dark, run in groupby(row, key=bool):
            length = len(list(run))
            if dark:
                parts.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return Qr(len(matrix) + 2 * QUIET, "".join(parts))


def _detail(ticket: Ticket) -> str:
    """Name what makes the turn special: the appointment, the priority, or the procedure."""
    if ticket.rank == Rank.APPOINTMENT:
        return f"Hẹn lúc {format_time(ticket.ready_at)}"
    if ticket.priority:
        return f"Ưu tiên: {Priority(ticket.priority).label}"
    return ticket.procedure.name if ticket.procedure else ""


def _counters(ticket: Ticket) -> str:
    """Name the counters that serve this turn: the one it waits for, else all that take its service."""
    if ticket.for_counter_id:
        numbers = [ticket.for_counter.number] if ticket.for_counter else []
    else:
        # A counter without services of its own serves them all.
        takes = Q(services=ticket.service_id) | Q(services=None)
        serving = Counter.objects.filter(takes, office=ticket.office_id, is_active=True).distinct()
        numbers = list(serving.order_by("number").values_list("number", flat=True))
    return f"Quầy phục vụ: {', '.join(str(number) for number in numbers)}" if numbers else ""


def _prepare(ticket: Ticket) -> str:
    """Say what to have at hand; the number of papers where the procedure is known."""
    if ticket.procedure is None:
        return GENERAL
    version = catalogue.current().procedure(ticket.procedure.key).version_on(ticket.day)
    papers = [each for each in version.case(None).components.values() if each.is_mandatory] if version else []
    count = f"{len(papers)} giấy tờ của thủ tục" if papers else "giấy tờ của thủ tục"
    return f"Chuẩn bị: thẻ căn cước, {count}."
