"""What people write beside the main line of a dossier: internal notes, and messages with the applicant."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages as told
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError, InvalidInput
from dossiers.models import Dossier
from dossiers.services import messages, notes
from dossiers.views.detail import back_to, scoped, show
from dossiers.views.paper_view import is_htmx
from dossiers.views.side_rows import Typed
from procedures import catalogue


def note(request: HttpRequest, code: str) -> HttpResponse:
    """Write an internal note."""
    user: User = request.user  # type: ignore[assignment]
    dossier, now = scoped(request, code), catalogue.read()[1]
    text = request.POST.get("text", "")
    return _written(
        request,
        dossier,
        "ghi-chu",
        lambda: notes.write(dossier, author=user, text=text, at=now),
        _("Đã ghi chú nội bộ."),
    )


def message(request: HttpRequest, code: str) -> HttpResponse:
    """Send a message to the applicant."""
    user: User = request.user  # type: ignore[assignment]
    dossier, now = scoped(request, code), catalogue.read()[1]
    text = request.POST.get("text", "")
    return _written(
        request,
        dossier,
        "trao-doi",
        lambda: messages.write(dossier, author=user, text=text, at=now),
        _("Đã gửi tin nhắn cho người nộp."),
    )


def messages_read(request: HttpRequest, code: str) -> HttpResponse:
    """Note that the applicant's messages were read by somebody who works on the dossier."""
    user: User = request.user  # type: ignore[assignment]
    dossier, now = scoped(request, code), catalogue.read()[1]
    if notes.works_on(user, dossier):
        messages.mark_read(dossier, by_staff=True, at=now)
    if is_htmx(request):
        return HttpResponse(status=204)
    return _back(request, dossier, "trao-doi")


def _written(
    request: HttpRequest, dossier: Dossier, place: str, write: Callable[[], Any], done: str
) -> HttpResponse:
    """Do it and go back to the place on the page; after a refusal the page comes again with what was typed."""
    try:
        write()
    except (InvalidInput, DomainError) as error:
        typed = Typed(place, request.POST.get("text", ""), error.sentence)
        return show(request, dossier, typed=typed, status=422 if error.status == 400 else error.status)
    told.success(request, done)
    return _back(request, dossier, place)


def _back(request: HttpRequest, dossier: Dossier, place: str) -> HttpResponse:
    return HttpResponseRedirect(f"{back_to(request, dossier)}#{place}", status=303)
