"""The one-time phone page: the desk opens and watches it, a phone without an account sends photos to it."""

from uuid import UUID

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from bpmc_portal.accounts.models import User
from digitization import handoff as pages
from digitization import transfers, wording
from digitization.models import Handoff, Transfer
from digitization.views.transfers import answers_json, result_of, size_of, standing, take_piece


@answers_json
def open_page(request: HttpRequest) -> HttpResponse:
    """Open a page for the desk's page `place`; the QR is a picture in the answer, because the token is nowhere else."""
    user: User = request.user  # type: ignore[assignment]
    opened = pages.open_page(request.POST.get("place", ""), actor=user)
    symbol = segno.make_qr(opened.url, error="m")
    own = [opened.handoff.pk]
    return JsonResponse(
        {
            "url": opened.url,
            "qr": symbol.svg_data_uri(scale=6, border=2, dark="#12202e", light="#fff"),
            "files_url": reverse("digitization:handoff_files", args=own),
            "close_url": reverse("digitization:handoff_close", args=own),
        },
        status=201,
    )


@answers_json
def files(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what has come from the phone so far, and for how long the page is still open."""
    user: User = request.user  # type: ignore[assignment]
    found = pages.own(pk, actor=user)
    sent = pages.arrived(found)
    left = max(int((found.expires_at - timezone.now()).total_seconds()), 0)
    return JsonResponse(
        {
            "is_open": pages.is_open(found),
            "seconds_left": left,
            "files": [result_of(each) for each in sent if each.state == Transfer.State.DONE],
            "arriving": [
                {"name": each.name, "percent": each.percent}
                for each in sent
                if each.state == Transfer.State.OPEN
            ],
        }
    )


@answers_json
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the page from the desk."""
    user: User = request.user  # type: ignore[assignment]
    pages.close(pages.own(pk, actor=user))
    return HttpResponse(status=204)


def phone(request: HttpRequest, token: str) -> HttpResponse:
    """Show the phone its page; take whole files, or close it."""
    try:
        found = pages.by_token(token)
    except pages.HandoffClosed as error:
        return _private(render(request, "digitization/phone_closed.html", {"error": error}, status=404))
    if request.method != "POST":
        return _private(render(request, "digitization/phone.html", _context(found, token)))
    if "close" in request.POST:
        pages.close(found)
        return HttpResponseRedirect(reverse("digitization:phone_done"), status=303)
    for sentence in pages.take(found, request.FILES.getlist("files")):
        messages.error(request, sentence)
    return HttpResponseRedirect(reverse("digitization:phone", args=[token]), status=303)


def phone_done(request: HttpRequest) -> HttpResponse:
    """Thank the phone's owner."""
    return _private(render(request, "digitization/phone_done.html"))


@answers_json
def phone_begin(request: HttpRequest, token: str) -> HttpResponse:
    """Open the upload of one photo."""
    found = pages.by_token(token)
    transfer = pages.begin(found, name=request.POST.get("name", ""), size=size_of(request))
    return JsonResponse(standing(transfer), status=201)


@answers_json
def phone_piece(request: HttpRequest, token: str, key: UUID) -> HttpResponse:
    """Take a piece of a photo, or say how far it is."""
    found = pages.by_token(token, is_under_way=True)
    return take_piece(request, transfers.find(key, handoff=found))


@answers_json
def phone_finish(request: HttpRequest, token: str, key: UUID) -> HttpResponse:
    """Judge and record a whole photo; the phone learns the verdict, not the number of the paper."""
    found = pages.by_token(token, is_under_way=True)
    return JsonResponse(_line(transfers.finish(transfers.find(key, handoff=found))), status=201)


def _context(found: Handoff, token: str) -> dict[str, object]:
    lines = [_line(each) for each in pages.arrived(found) if each.state != Transfer.State.OPEN]
    return {"token": token, "office": found.office, "ends_at": found.expires_at, "lines": lines}


def _line(transfer: Transfer) -> dict[str, object]:
    """Return a file as the phone sees it."""
    document = transfer.document
    return {
        "name": transfer.name,
        "words": document.verdict if document else transfer.refusal,
        "is_refused": transfer.state == Transfer.State.REFUSED,
        "is_doubtful": document is not None and wording.is_doubtful(document),
    }


def _private(response: HttpResponse) -> HttpResponse:
    """Keep the page out of caches and search engines: its address is the key."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
