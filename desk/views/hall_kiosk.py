"""The kiosk: two taps to a number. JavaScript adds printing, going home and numbers without a network; every form works without it."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation

from bpmc_portal.accounts.models import Office, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.idempotency.services import once
from desk import live
from desk.models import Priority, Ticket
from desk.services import appointments, tickets
from desk.slip import Qr, Slip, slip_of, url_of
from desk.views.hall_page import WaitRow, wait_rows
from procedures import catalogue

ROWS = 6
BLANK = Slip(
    title="", dated_at="", issuing_org="", ministry="", number="", service="", detail="", ahead=0, wait="", counters="", taken="",
    qr=Qr(1, ""), prepare="",
)  # fmt: skip
NOTHING = WaitRow(code="", prefix="", name="", icon="", count="", range="")


@dataclass(frozen=True)
class KioskPage:
    """One screen of the kiosk: `screen` is home, choose or booked; `chosen` the service of the second tap."""

    office: Office
    screen: str
    services: tuple[WaitRow, ...]
    chosen: WaitRow
    classes: tuple[tuple[str, str], ...]
    guide_url: str
    queue_url: str
    blocks_url: str
    offline_url: str
    paper: Slip


def kiosk(request: HttpRequest, office: str) -> HttpResponse:
    """Show what may be chosen; POST takes a number for a service, or for an appointment's code."""
    found = _own_office(request, office)
    if request.method == "POST":
        return _take(request, found)
    return render(request, "desk/kiosk.html", {"page": _page(request, found)})


def _take(request: HttpRequest, office: Office) -> HttpResponse:
    """Give the number: as JSON for kiosk.js, else the way to the slip."""
    user: User = request.user  # type: ignore[assignment]
    given = {name: request.POST.get(name, "")[:40] for name in ("service", "priority", "code")}
    wants_json = request.headers.get("X-Requested-With") == "fetch"
    try:
        answer = once(
            lambda: (201, {"token": _issued(office, given, user).token}),
            actor=user,
            key=request.headers.get("Idempotency-Key"),
            body={"path": request.path, **given},
        )
    except DomainError as error:
        if not wants_json:
            raise
        return JsonResponse({"code": error.code, "detail": error.sentence}, status=error.status)
    token = answer.body["token"]
    if not wants_json:
        return HttpResponseRedirect(reverse("desk:ticket_slip", args=[token]), status=303)
    return JsonResponse({**asdict(slip_of(tickets.of_token(token))), "url": url_of(token)}, status=201)


def _issued(office: Office, given: dict[str, str], user: User) -> Ticket:
    if given["code"]:
        return appointments.check_in(appointments.of_code(office, given["code"]), actor=user)
    return tickets.issue(office, service=given["service"], priority=given["priority"], actor=user)


def _own_office(request: HttpRequest, code: str) -> Office:
    """Return the office when the account works there; a stranger's desk is not found."""
    office = catalogue.current().offices.get(code)
    if office is None or office.row.pk not in principal_of(request.user).office_ids:
        raise NotFound
    return office.row


def _page(request: HttpRequest, office: Office) -> KioskPage:
    rows = _rows(office)
    chosen = next((row for row in rows if row.code == request.GET.get("viec")), NOTHING)
    is_booked = "hen" in request.GET
    is_english = translation.get_language() == "en"
    return KioskPage(
        office=office,
        screen="booked" if is_booked else "choose" if chosen.code else "home",
        services=rows,
        chosen=chosen,
        classes=tuple((str(value), str(label)) for value, label in Priority.choices if value),
        guide_url=reverse("desk:voice", args=["huong-dan-en" if is_english else "huong-dan"]),
        queue_url=reverse("api:queue", args=[office.code]),
        blocks_url=reverse("api:number_blocks", args=[office.code]),
        offline_url=reverse("api:offline_tickets", args=[office.code]),
        paper=replace(BLANK, ministry=settings.BRAND["ministry"]),
    )


def _rows(office: Office) -> tuple[WaitRow, ...]:
    state: dict[str, Any] = json.loads(live.cached(office.code)[1])
    return wait_rows(state)[:ROWS]
