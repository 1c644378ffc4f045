"""Find anything: the palette's fragment, and the same search as a page for who has no JavaScript."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from bpmc_portal import access
from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import NotFound
from dossiers.numbering import code_key
from dossiers.services import palette
from dossiers.services.finding import MAX_TYPED
from procedures import catalogue

PAGE = 20
PERSON_PAGE = 50


def find(request: HttpRequest) -> HttpResponse:
    """Answer what was typed: options for the palette, or a page; a whole code opens its dossier."""
    user: User = request.user  # type: ignore[assignment]
    if pk := request.GET.get("nguoi", ""):
        return _person(request, user, pk)
    text = request.GET.get("q", "").strip()[:MAX_TYPED]
    is_fragment, is_everywhere = request.headers.get("HX-Request") == "true", "khap" in request.GET
    held, now = catalogue.read()
    if is_everywhere:
        answer = palette.search_all(user, text, held=held, now=now, most=PERSON_PAGE)
    else:
        answer = palette.search(user, text, held=held, now=now, most=palette.MOST if is_fragment else PAGE)
    if not is_fragment and (url := _exact(answer, text)):
        return HttpResponseRedirect(url)
    if answer.persons_shown:
        record_access(request, "find", purpose="search" if text else "recent", count=answer.persons_shown)
    context = {"answer": answer, "text": text, "is_everywhere": is_everywhere, **_elsewhere(user, text)}
    response = render(request, f"dossiers/{'find_options' if is_fragment else 'find'}.html", context)
    response.headers["Vary"] = "HX-Request, Cookie"
    return response


def _person(request: HttpRequest, user: User, pk: str) -> HttpResponse:
    """Show one person's dossiers, as far as this user may see them; logged before it is shown."""
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        raise NotFound
    held, now = catalogue.read()
    found = palette.person(user, int(pk), held=held, now=now, most=PERSON_PAGE)
    record_access(request, f"applicant:{found.pk}", purpose="find", count=len(found.dossiers))
    context = {"person": found, "is_cut": len(found.dossiers) == PERSON_PAGE, "most": PERSON_PAGE}
    return render(request, "dossiers/find_person.html", context)


def _exact(answer: palette.Answer, text: str) -> str:
    """Return the address of the dossier whose whole code was typed or scanned."""
    first = answer.groups[0].items[0] if answer.groups and answer.groups[0].slug == "ho-so" else None
    return first.url if first and code_key(first.code) == code_key(text) else ""


def _elsewhere(user: User, text: str) -> dict[str, Any]:
    """Return where else one can look: the worklist, for who has one, and everywhere at leisure."""
    query, roles = urlencode({"q": text}), principal_of(user).roles
    has_worklist = bool(access.ACCESS["dossiers:worklist"]["GET"] & roles)
    return {
        "worklist": f"{reverse('dossiers:worklist')}?{query}" if has_worklist else "",
        "everywhere": f"{reverse('dossiers:find')}?{query}&khap=1",
    }
