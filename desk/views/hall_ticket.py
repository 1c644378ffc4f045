"""A visitor's own number, by the token of the slip: how many are ahead, where to go, later or not at all."""

import hashlib

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation

from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import local_date
from desk import live
from desk.models import Ticket
from desk.services import moving, serving, tickets
from desk.slip import pdf_of, slip_of
from desk.views.hall_ticket_page import ticket_page


def ticket(request: HttpRequest, token: str) -> HttpResponse:
    """Show a number; while nothing has changed in its queue a repeated question costs no statement.

    The tag carries the office, so that the question can be answered before the token is looked up.
    """
    known = request.headers.get("If-None-Match", "").removeprefix("W/").strip('"')
    if known and known == _tag(request, known.rpartition(".")[0], token):
        return HttpResponseNotModified(headers={"ETag": f'W/"{known}"'})
    found = _numbered(token)
    # Taken before the page is made: a change in between is then seen by the next question.
    tag = f'W/"{_tag(request, found.office.code, token)}"'
    response = render(request, "desk/ticket.html", {"page": ticket_page(found), "tag": tag})
    response["ETag"] = tag
    return response


def put_back(request: HttpRequest, token: str) -> HttpResponse:
    """Let a late visitor keep the number, some places back."""
    serving.defer(_numbered(token).token)
    return HttpResponseRedirect(reverse("desk:ticket", args=[token]), status=303)


def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Give a number up."""
    serving.cancel(_numbered(token).token)
    return HttpResponseRedirect(reverse("desk:ticket", args=[token]), status=303)


def slip(request: HttpRequest, token: str) -> HttpResponse:
    """Show the slip for the browser's own print."""
    return render(request, "desk/ticket_print.html", {"paper": slip_of(_numbered(token))})


def slip_pdf(request: HttpRequest, token: str) -> HttpResponse:
    """Send the slip as PDF, to the desk and the kiosk only: it costs a hundred times what a page does."""
    found = _numbered(token)
    name = f"phieu-{found.number}.pdf"
    return HttpResponse(
        pdf_of(found),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


def _numbered(token: str) -> Ticket:
    """Return the ticket of a token; a visit without a number has no page."""
    found = tickets.of_token(token)
    if not found.number:
        raise moving.ticket_not_found()
    return found


def _tag(request: HttpRequest, office: str, token: str) -> str:
    """Return the tag of this visitor's page as it stands; empty for an office that is not there."""
    if not office:
        return ""
    try:
        queue = live.etag_of(office)
    except DomainError:
        return ""
    parts = (
        queue,
        token,
        f"{local_date()}",
        translation.get_language() or "",
        request.COOKIES.get("mc_view", ""),
    )
    return f"{office}.{hashlib.blake2s('|'.join(parts).encode(), digest_size=12).hexdigest()}"
