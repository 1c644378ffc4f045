"""The appointments of a desk: who comes when, check-in, booking by telephone."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Office, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.lib.vietnamese import format_datetime, local_date
from desk.forms import BookForm
from desk.models import Appointment
from desk.services import appointments as bookings
from desk.services import telephone, tickets
from desk.views import appointments_page
from procedures import catalogue

PAGE = "desk/appointments.html"


def appointments(request: HttpRequest) -> HttpResponse:
    """Show a day's appointments; POST books one for a caller."""
    office = _office(request)
    if request.method == "POST":
        return _book(request, office)
    return _shown(request, office)


def check_in(request: HttpRequest) -> HttpResponse:
    """Note that a booked visitor has come, by row, code, QR or telephone number, and say the number."""
    office, user = _office(request), _user(request)
    try:
        row = request.POST.get("appointment", "")
        found = _own(office, row) if row else telephone.todays(office, request.POST.get("code", "")[:40])
        ticket = bookings.check_in(found, actor=user)
        messages.success(
            request, _("Đã ghi nhận %(name)s đến: số %(number)s.") % {"name": found.name, "number": ticket}
        )
    except DomainError as error:
        messages.warning(request, error.sentence)
    return _to_page()


def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a booked slot up."""
    office = _office(request)
    found = bookings.cancel(_own(office, str(pk)), actor=_user(request))
    if found.status == Appointment.Status.CANCELLED:
        messages.success(request, _("Đã huỷ lịch hẹn lúc %s.") % format_datetime(found.slot_at))
    else:
        messages.warning(request, _("Lịch hẹn này không còn chờ nên không huỷ được."))
    return _to_page(local_date(found.slot_at))


def _book(request: HttpRequest, office: Office) -> HttpResponse:
    now = tickets.clock()
    form = appointments_page.book_form(request.POST, office, request.POST.get("service", ""), now)
    if form.is_valid():
        try:
            made = _booked(form, office, _user(request))
            words = _("Đã đặt hẹn %(at)s. Mã hẹn: %(code)s. Hãy đọc mã cho người gọi.")
            messages.success(request, words % {"at": format_datetime(made.slot_at), "code": made.code})
            return _to_page(local_date(made.slot_at))
        except DomainError as error:
            for name, sentence in error.fields.items() or [("", error.sentence)]:
                form.add_error(name if name in form.fields else None, sentence)
    return _shown(request, office, form=form, status=422)


def _booked(form: BookForm, office: Office, user: User) -> Appointment:
    given = form.cleaned_data
    procedure = catalogue.current().procedure(given["procedure"]).row if given["procedure"] else None
    return telephone.book_for_caller(
        office, service=given["service"], slot_at=form.slot(), name=given["name"], phone=given["phone"], procedure=procedure, actor=user
    )  # fmt: skip


def _shown(
    request: HttpRequest, office: Office, *, form: BookForm | None = None, status: int = 200
) -> HttpResponse:
    now = tickets.clock()
    try:
        day = date.fromisoformat(request.GET.get("ngay") or local_date(now).isoformat())
    except ValueError as error:
        raise NotFound from error
    service = request.POST.get("service", "") if form else request.GET.get("dich-vu", "")
    context = appointments_page.page(office, now, day=day, service=service, form=form)
    record_access(request, "appointments", count=sum(len(slot["lines"]) for slot in context["slots"]))
    return render(request, PAGE, context, status=status)


def _user(request: HttpRequest) -> User:
    user: User = request.user  # type: ignore[assignment]
    return user


def _office(request: HttpRequest) -> Office:
    office: Office | None = principal_of(_user(request)).office
    if office is None:
        raise NotFound
    return office


def _own(office: Office, pk: str) -> Appointment:
    found = (
        Appointment.objects.filter(office=office, pk=int(pk)).first()
        if pk.isascii() and pk.isdigit() and len(pk) < 18
        else None
    )
    if found is None:
        raise NotFound
    return found


def _to_page(day: date | None = None) -> HttpResponse:
    place = reverse("desk:appointments")
    return HttpResponseRedirect(f"{place}?ngay={day.isoformat()}" if day else place, status=303)
