"""What the counter page shows: the counters and who sits there, the services, who waits, who has booked the next hour."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.lib.vietnamese import format_time
from desk import live, words
from desk.forms import OpenForm, PauseForm
from desk.models import Appointment, Counter, Service, Shift
from desk.standing import Standing
from desk.views.bar_page import drawn, taken_over_words

SOON = timedelta(hours=1)


@dataclass(frozen=True)
class Seat:
    """One counter: `state` free, mine, taken or here (free and last used)."""

    number: int
    name: str
    state: str
    told: str


def page(
    standing: Standing, user: User, *, form: OpenForm | None = None, pause: PauseForm | None = None
) -> dict[str, Any]:
    """Return the context of the counter page."""
    counters = Counter.objects.filter(office=standing.office_id, is_active=True).order_by("number")
    offered = list(
        Service.objects.filter(office=standing.office_id, is_active=True).order_by("position", "code")
    )
    last = Shift.objects.filter(user=user, counter__office=standing.office_id).order_by("-opened_at").first()
    seats = _seats(standing, user, list(counters), last)
    state = json.loads(live.cached(standing.office_code)[1])
    return {
        "ticket_bar": drawn(standing), "seats": seats, "form": form or _opening(standing, offered, last), "pause": pause or PauseForm(),
        "taken_over": taken_over_words(standing), "chosen": [each.name for each in offered if each.pk in (standing.service_ids or ())],
        "waiting": [_waiting(each) for each in state["services"]], "soon": _soon(standing),
    }  # fmt: skip


def services_of(standing: Standing) -> list[tuple[str, str]]:
    """Return the services as choices of the form."""
    return [(code, name) for code, name in standing.services]


def _opening(standing: Standing, offered: list[Service], last: Shift | None) -> OpenForm:
    """Tick what the clerk served last; everything for who never sat here."""
    known = standing.service_ids or (last.service_ids if last else None)
    ticked = [each.code for each in offered if not known or each.pk in known]
    return OpenForm(
        services=services_of(standing), initial={"services": ticked or [each.code for each in offered]}
    )


def _seats(standing: Standing, user: User, counters: list[Counter], last: Shift | None) -> list[Seat]:
    taken = {
        shift.counter_id: shift
        for shift in Shift.objects.filter(counter__in=counters, closed_at=None).select_related("user")
    }
    free = [each for each in counters if each.pk not in taken]
    wanted = last.counter_id if last else None
    here = next((each.pk for each in free if each.pk == wanted), free[0].pk if free else None)
    return [_seat(each, taken.get(each.pk), user, is_here=each.pk == here) for each in counters]


def _seat(counter: Counter, shift: Shift | None, user: User, *, is_here: bool) -> Seat:
    if shift is None:
        return Seat(counter.number, counter.name, "here" if is_here else "free", _("Trống"))
    if shift.user_id == user.pk:
        return Seat(counter.number, counter.name, "mine", _("Bạn trực từ %s") % format_time(shift.opened_at))
    told = _("%(who)s trực từ %(at)s") % {"who": shift.user, "at": format_time(shift.opened_at)}
    return Seat(counter.number, counter.name, "taken", told)


def _waiting(service: dict[str, Any]) -> dict[str, str]:
    return {
        "name": service["name"], "prefix": service["prefix"], "count": str(service["waiting"]),
        "range": words.range_words(service["low_s"], service["high_s"]),
    }  # fmt: skip


def _soon(standing: Standing) -> list[dict[str, str]]:
    booked = Appointment.objects.filter(
        office=standing.office_id,
        status=Appointment.Status.BOOKED,
        slot_at__range=(standing.now, standing.now + SOON),
    ).select_related("service")
    return [
        {"at": format_time(each.slot_at), "name": initials_of(each.name), "service": each.service.name}
        for each in booked.order_by("slot_at", "pk")
    ]


def initials_of(name: str) -> str:
    """Write "Tr. T. Tư": enough to ask for somebody, not enough to know who it is."""
    parts = name.split()
    return " ".join([f"{part[0]}." for part in parts[:-1]] + parts[-1:])
