"""The ticket bar: its fragment, and the keys on it. Every key is a plain form; htmx swaps the bar alone."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.idempotency.services import once
from desk.forms import TurnForm
from desk.models import Ticket
from desk.services import bar as keys
from desk.services import calling, serving
from desk.standing import Standing, standing_of
from desk.views.bar_page import RESULTS, bar_of, taken_over_words

BAR = "desk/bar.html"
Given = dict[str, Any]


def bar(request: HttpRequest) -> HttpResponse:
    """Show the bar as things stand."""
    return _drawn(request)


def act(request: HttpRequest, act: str) -> HttpResponse:
    """Do what a key of the bar says, once a key, and show the bar again; a turn that begins opens its page."""
    user: User = request.user  # type: ignore[assignment]
    form, doing = TurnForm(request.POST), ACTS.get(act)
    if doing is None:
        raise NotFound
    try:
        given = _given(form)
        answer = once(
            lambda: (200, doing(given, user)),
            actor=user,
            key=f"{given['key']}:{act}",
            body={"act": act, **given},
        )
    except DomainError as error:
        return _refused(request, error)
    if answer.body.get("go"):
        return _to(request, answer.body["go"])
    if answer.body.get("words"):
        return (
            _drawn(request, error=answer.body["words"])
            if _is_htmx(request)
            else _told(request, answer.body["words"])
        )
    return _drawn(request) if _is_htmx(request) else _to(request, _back(request))


def _given(form: TurnForm) -> Given:
    if not form.is_valid():
        raise InvalidInput(
            _("Thanh gọi số của trang này đã cũ. Hãy tải lại trang rồi nhấn lại."), code="bar_stale"
        )
    return {name: value for name, value in form.cleaned_data.items() if name != "back"}


def _call(given: Given, user: User) -> Given:
    standing = _open(user, given)
    called = keys.call_after(
        standing.office_id, counter=standing.counter or 0, shown=given["ticket"], actor=user
    )
    return {} if called else {"words": _("Không còn ai chờ dịch vụ của quầy này.")}


def _recall(given: Given, user: User) -> Given:
    calling.recall(given["ticket"], actor=user)
    return {}


def _start(given: Given, user: User) -> Given:
    return {"go": place_of(serving.start(given["ticket"], actor=user))}


def _finish(given: Given, user: User) -> Given:
    serving.finish(given["ticket"], actor=user)
    return {}


def _hold(given: Given, user: User) -> Given:
    serving.hold(given["ticket"], actor=user, note=given["reason"])
    return {}


def _absent(given: Given, user: User) -> Given:
    serving.absent(given["ticket"], actor=user)
    return {}


def _undo(given: Given, user: User) -> Given:
    serving.undo_absent(given["ticket"], actor=user)
    return {}


def _transfer(given: Given, user: User) -> Given:
    serving.transfer(
        given["ticket"],
        service=given["service"] or None,
        counter=given["to_counter"],
        reason=given["reason"],
        actor=user,
    )
    return {}


def _direct(given: Given, user: User) -> Given:
    standing = _open(user, given)
    return {
        "go": place_of(
            serving.serve_direct(
                standing.office_id, service=given["service"], reason=given["reason"], actor=user
            )
        )
    }


ACTS: dict[str, Callable[[Given, User], Given]] = {
    "goi-tiep": _call, "goi-lai": _recall, "bat-dau": _start, "xong": _finish, "giu": _hold, "vang": _absent,
    "hoan-tac": _undo, "chuyen": _transfer, "lay-lai": _start, "khong-so": _direct,
}  # fmt: skip


def place_of(ticket: Ticket) -> str:
    """Return the address of the page on which a turn is served."""
    name = "dossiers:return_results" if ticket.service.code == RESULTS else "dossiers:receive"
    return f"{reverse(name)}?so={ticket.token}"


def _open(user: User, given: Given) -> Standing:
    """Return the standing of a clerk at the counter that the page showed. Raises `counter_closed`, `counter_moved`."""
    standing = standing_of(user)
    if standing is None or standing.counter is None:
        words = taken_over_words(standing) if standing else ""
        raise DomainError(
            words or _("Bạn chưa mở quầy. Hãy mở quầy rồi gọi số."), code="counter_closed", status=409
        )
    if given["counter"] and given["counter"] != standing.counter:
        sentence = _("Bạn đã chuyển sang quầy %s. Hãy xem lại rồi nhấn lần nữa.") % standing.counter
        raise DomainError(sentence, code="counter_moved", status=409)
    return standing


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _drawn(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    return render(request, BAR, {"bar": bar_of(user, error=error)}, status=status)


def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Say why not, with the true state: bar.js swaps the bar on a refusal too."""
    if _is_htmx(request):
        return _drawn(request, error=error.sentence, status=error.status)
    return _told(request, error.sentence)


def _told(request: HttpRequest, words: str) -> HttpResponse:
    messages.warning(request, words)
    return _to(request, _back(request))


def _to(request: HttpRequest, place: str) -> HttpResponse:
    if _is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": place})
    return HttpResponseRedirect(place, status=303)


def _back(request: HttpRequest) -> str:
    """Return the page on which the key was pressed."""
    typed = request.POST.get("back", "")
    is_own = url_has_allowed_host_and_scheme(typed, allowed_hosts=None) and typed.startswith("/")
    return typed if is_own else reverse("desk:counters")
