"""Where I sit and what I serve: open, take over, pause, close a counter, and try its printer and scanner."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from desk.forms import OpenForm, PauseForm
from desk.models import Shift
from desk.services import shifts
from desk.standing import Standing, standing_of
from desk.views import counters_page

PAGE = "desk/counters.html"


def counters(request: HttpRequest) -> HttpResponse:
    """Show the counters of the clerk's desk, or whom to ask when it has none."""
    standing = standing_of(_user(request))
    if standing is None:
        return render(request, "desk/counters_none.html", {"is_admin": _user(request).is_staff})
    return _shown(request, standing)


def open_counter(request: HttpRequest, number: int) -> HttpResponse:
    """Open a counter, or take it over from who sits there when that was asked for."""
    standing = _standing(request)
    form = OpenForm(request.POST, services=counters_page.services_of(standing))
    if not form.is_valid():
        return _shown(request, standing, form=form, status=422)
    try:
        shifts.open_counter(
            standing.office_id, counter=number, actor=_user(request), services=form.cleaned_data["services"],
            take_over=form.cleaned_data["take_over"],
        )  # fmt: skip
    except DomainError as error:
        form.add_error("services" if "services" in error.fields else None, error.sentence)
        return _shown(request, standing_of(_user(request)) or standing, form=form, status=_status(error))
    return _to_page()


def close_counter(request: HttpRequest, number: int) -> HttpResponse:
    """Close the own counter without a report; what is left is handed over on the report's page."""
    _try(request, number, lambda shift: shifts.close_counter(shift, actor=_user(request)))
    return _to_page()


def pause_counter(request: HttpRequest, number: int) -> HttpResponse:
    """Begin a break with its reason."""
    standing = _standing(request)
    form = PauseForm(request.POST)
    if form.is_valid():
        try:
            shifts.pause(_own(request, number), reason=form.words(), actor=_user(request))
            return _to_page()
        except DomainError as error:
            form.add_error("reason" if error.fields else None, error.sentence)
    return _shown(request, standing, pause=form, status=422)


def resume_counter(request: HttpRequest, number: int) -> HttpResponse:
    """End the break and go back to the page on which that was pressed."""
    _try(request, number, lambda shift: shifts.resume(shift, actor=_user(request)))
    back = request.POST.get("back", "")
    is_own = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return HttpResponseRedirect(back if is_own else reverse("desk:counters"), status=303)


def print_test(request: HttpRequest) -> HttpResponse:
    """Show a page to print, with every mark of Vietnamese and a code to scan back."""
    standing = _standing(request)
    return render(
        request, "desk/counters_print.html", {"standing": standing, "sample": "012345678901234567890123"}
    )


def _user(request: HttpRequest) -> User:
    user: User = request.user  # type: ignore[assignment]
    return user


def _standing(request: HttpRequest) -> Standing:
    found = standing_of(_user(request))
    if found is None:
        raise DomainError(
            _("Bộ phận Một cửa này chưa có hàng đợi. Hãy báo quản trị hệ thống lập hàng đợi."),
            code="queue_missing",
            status=409,
        )
    return found


def _own(request: HttpRequest, number: int) -> Shift:
    """Return the open shift of the person at that counter. Raises `counter_closed`."""
    found = shifts.current_shift(_user(request))
    if found is None or found.counter.number != number:
        raise DomainError(
            _("Bạn không còn trực ở quầy %s. Hãy xem lại trang Quầy.") % number,
            code="counter_closed",
            status=409,
        )
    return found


def _try(request: HttpRequest, number: int, act: Callable[[Shift], object]) -> None:
    """Do something with the own shift; a refusal is said on the page that follows."""
    try:
        act(_own(request, number))
    except DomainError as error:
        messages.warning(request, error.sentence)


def _shown(
    request: HttpRequest,
    standing: Standing,
    *,
    form: OpenForm | None = None,
    pause: PauseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    return render(
        request, PAGE, counters_page.page(standing, _user(request), form=form, pause=pause), status=status
    )


def _status(error: DomainError) -> int:
    return 422 if error.status == 400 else error.status


def _to_page() -> HttpResponse:
    return HttpResponseRedirect(reverse("desk:counters"), status=303)
