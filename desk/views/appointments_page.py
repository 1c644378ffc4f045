"""What the page of appointments shows: the day by slot, and the form for who books by telephone."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Office
from bpmc_portal.lib.vietnamese import format_date, format_time, local_date, weekday_name
from desk.forms import BookForm
from desk.models import Appointment, Service
from desk.services import appointments
from desk.services.appointments import Slot
from desk.views.counters_page import initials_of
from procedures import catalogue
from procedures.catalogue import Catalogue

KINDS = {"booked": "info", "arrived": "ok", "missed": "warn", "cancelled": "pause"}


@dataclass(frozen=True)
class Line:
    """One booking as its row: initials only, for the screen is seen by who stands before it."""

    pk: int
    name: str
    service: str
    code: str
    state: str
    kind: str
    number: str
    token: str
    may_come: bool
    may_cancel: bool


def page(office: Office, now: datetime, *, day: date, service: str, form: BookForm | None) -> dict[str, Any]:
    """Return the context: the slots of the day, and the booking form when a service is chosen."""
    services = list(Service.objects.filter(office=office, is_active=True).order_by("position", "code"))
    chosen = next((each for each in services if each.code == service), None)
    if form is None and chosen is not None:
        form = book_form(None, office, chosen.code, now)
    return {
        "office": office, "day": day, "day_words": f"{weekday_name(day)}, {format_date(day)}", "is_today": day == local_date(now),
        "slots": timeline(office, day, now), "form": form, "services": [(each.code, each.name) for each in services],
        "chosen": chosen.code if chosen else "", "chosen_name": chosen.name if chosen else "",
        "days": _days(office, day, now), "has_slots": form is not None and bool(form.fields["slot_at"].choices),  # type: ignore[attr-defined]
    }  # fmt: skip


def book_form(data: Any, office: Office, service: str, now: datetime) -> BookForm:
    """Return the form with the free slots of a service, grouped by day, and the procedures of its fields."""
    free = appointments.slots(office, service, at=now)
    found = Service.objects.filter(office=office, code=service).prefetch_related("fields").first()
    fields = {field.pk for field in found.fields.all()} if found else set()
    held = catalogue.current()
    return BookForm(
        data, slots=_grouped(free), procedures=_procedures(held, fields), initial={"service": service}
    )


def timeline(office: Office, day: date, now: datetime) -> list[dict[str, Any]]:
    """Return the day's slots with their lines, in order of time."""
    rows = (
        Appointment.objects.filter(office=office, slot_at__date=day)
        .select_related("service", "ticket")
        .order_by("slot_at", "pk")
    )
    grouped: dict[datetime, list[Line]] = {}
    for row in rows:
        grouped.setdefault(row.slot_at, []).append(_line(row, now))
    return [{"at": format_time(at), "is_past": at < now, "lines": lines} for at, lines in grouped.items()]


def _line(row: Appointment, now: datetime) -> Line:
    ticket = getattr(row, "ticket", None)
    is_waited_for = row.status == Appointment.Status.BOOKED
    is_today = local_date(row.slot_at) == local_date(now)
    return Line(
        pk=row.pk, name=initials_of(row.name), service=row.service.name, code=row.code, state=row.get_status_display(), kind=KINDS[row.status],
        number=ticket.number if ticket else "", token=ticket.token if ticket else "",
        may_come=is_today and row.status in (Appointment.Status.BOOKED, Appointment.Status.MISSED), may_cancel=is_waited_for,
    )  # fmt: skip


def _grouped(free: list[Slot]) -> list[tuple[str, list[tuple[str, str]]]]:
    grouped: dict[str, list[tuple[str, str]]] = {}
    for slot in free:
        words = _("%(at)s, còn %(left)d chỗ") % {"at": format_time(slot.at), "left": slot.left}
        grouped.setdefault(f"{weekday_name(slot.at)}, {format_date(slot.at)}", []).append(
            (slot.at.isoformat(), words)
        )
    return list(grouped.items())


def _procedures(held: Catalogue, fields: set[int]) -> list[tuple[str, str]]:
    rows = [each.row for each in held.each() if each.row.is_active and each.row.field_id in fields]
    return [(row.key, row.name) for row in rows]


def _days(office: Office, day: date, now: datetime) -> list[dict[str, Any]]:
    """Return today and the days ahead on which somebody has booked, as tabs."""
    today = local_date(now)
    booked = (
        Appointment.objects.filter(office=office, slot_at__date__gt=today, status=Appointment.Status.BOOKED)
        .order_by("slot_at__date")
        .values_list("slot_at__date", flat=True)
        .distinct()
    )
    days = dict.fromkeys([today, *booked[:7], day])
    return [
        {"label": _("Hôm nay") if each == today else f"{weekday_name(each)} {each:%d/%m}", "url": f"?ngay={each.isoformat()}", "current": each == day}
        for each in sorted(days)
    ]  # fmt: skip
