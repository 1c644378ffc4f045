"""Book a slot and check in for it. A booked visitor is called from the slot's time on, before those who just came."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Office, User
from bpmc_portal.errors import DomainError, InvalidInput, from_identifier
from bpmc_portal.lib import identifiers, names
from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import LOCAL_ZONE, format_datetime, local_date
from desk import versions
from desk.models import Appointment, Queue, Rank, Service, Ticket
from desk.services import tickets
from procedures import catalogue
from procedures.deadlines import CalendarMissing
from procedures.models import Procedure

BOOKABLE_DAYS = 10
# Whoever comes earlier than this is told to come back: the day's queue is not a waiting room for the afternoon.
EARLIEST = timedelta(hours=2)


@dataclass(frozen=True)
class Slot:
    """A time that may be booked, and how many places are left."""

    at: datetime
    left: int


def slots(
    office: Office, service: str, *, days: int = BOOKABLE_DAYS, at: datetime | None = None
) -> list[Slot]:
    """Return the free slots of a service over the next working days, bounded by `days`."""
    found = tickets.find_service(office, service)
    now = tickets.clock(at)
    rules = list(found.slot_rules.order_by("weekday", "starts_at"))
    offered: dict[datetime, int] = {}
    calendar = catalogue.current().office_by_id(office.pk).calendar
    for step in range(days):
        day = local_date(now) + timedelta(days=step)
        try:
            sessions = calendar.sessions(day)
        except CalendarMissing:
            break
        for rule in (each for each in rules if each.weekday == day.weekday()):
            moment = datetime.combine(day, rule.starts_at, LOCAL_ZONE)
            while moment < datetime.combine(day, rule.ends_at, LOCAL_ZONE):
                if moment > now and any(opens <= moment < closes for opens, closes in sessions):
                    offered[moment] = rule.capacity
                moment += timedelta(minutes=rule.every_min)
    taken = _taken(found, list(offered))
    return [
        Slot(moment, room - taken.get(moment, 0))
        for moment, room in sorted(offered.items())
        if room > taken.get(moment, 0)
    ]


@transaction.atomic
def book(
    office: Office,
    *,
    service: str,
    slot_at: datetime,
    name: str,
    phone: str,
    procedure: Procedure | None = None,
    actor: User | None = None,
    at: datetime | None = None,
) -> Appointment:
    """Book a slot. Locks the service's queue row; raises `slot_taken`, `already_booked`, and what is wrong with name or phone."""
    found = tickets.find_service(office, service)
    try:
        clean_name, clean_phone = names.clean_name(name), identifiers.parse_phone(phone).e164
    except InvalidIdentifier as error:
        raise from_identifier(error, "phone" if error.code.startswith("phone") else "name") from error
    Queue.objects.select_for_update().get(pk=office.pk)
    now = tickets.clock(at)
    free = {slot.at for slot in slots(office, service, at=now)}
    if slot_at not in free:
        sentence = _("Giờ hẹn %s không còn chỗ hoặc không nhận hẹn. Hãy chọn giờ khác.") % format_datetime(
            slot_at
        )
        raise DomainError(sentence, code="slot_taken", status=409, fields={"slot_at": sentence})
    try:
        with transaction.atomic():
            return Appointment.objects.create(
                office=office, service=found, procedure=procedure, slot_at=slot_at, name=clean_name, phone=clean_phone,
                code=_free_code(office), token=tickets.new_token(), booked_at=now, booked_by=actor,
            )  # fmt: skip
    except IntegrityError as error:
        sentence = _("Số điện thoại này đã có lịch hẹn vào giờ đó. Hãy dùng lịch hẹn đã đặt.")
        raise DomainError(sentence, code="already_booked", status=409, fields={"phone": sentence}) from error


@transaction.atomic
def check_in(appointment: Appointment, *, actor: User | None, at: datetime | None = None) -> Ticket:
    """Note that a booked visitor has come and give the number; doing it again gives the same number.

    On time or early: called from the slot's time on, before the ordinary queue. More than the office's `late_min` minutes late: an
    ordinary place from the check-in on (UX D14). Raises `appointment_over` for a cancelled one or another day's.
    """
    mine = _locked(appointment)
    known = Ticket.objects.filter(appointment=mine).first()
    if known is not None:
        return known
    now = tickets.clock(at)
    if mine.status not in (Appointment.Status.BOOKED, Appointment.Status.MISSED) or local_date(
        mine.slot_at
    ) != local_date(now):
        raise DomainError(
            _("Lịch hẹn này không dùng được hôm nay (%s). Hãy lấy số tại máy.")
            % format_datetime(mine.slot_at),
            code="appointment_over",
            status=409,
        )
    if mine.slot_at - now > EARLIEST:
        raise DomainError(
            _("Còn sớm: giờ hẹn là %s. Xin quay lại gần giờ hẹn.") % format_datetime(mine.slot_at),
            code="appointment_early",
            status=409,
        )
    late = timedelta(minutes=Queue.objects.values_list("late_min", flat=True).get(pk=mine.office_id))
    is_late = now - mine.slot_at > late
    mine.status = Appointment.Status.ARRIVED
    mine.save(update_fields=["status"])
    return tickets.issue_for(
        mine,
        rank=Rank.ORDINARY if is_late else Rank.APPOINTMENT,
        ready_at=now if is_late else max(now, mine.slot_at),
        taken_at=now,
        actor=actor,
    )


@transaction.atomic
def cancel(appointment: Appointment, *, actor: User | None) -> Appointment:
    """Give a booked slot up; doing it twice is doing it once."""
    mine = _locked(appointment)
    if mine.status == Appointment.Status.BOOKED:
        mine.status = Appointment.Status.CANCELLED
        mine.save(update_fields=["status"])
        versions.touch(mine.office_id)
    return mine


def of_code(office: Office, code: str) -> Appointment:
    """Return today's or a coming appointment by its six digits or its 24-digit token. Raises `appointment_unknown`."""
    digits = "".join(letter for letter in code if letter.isdigit())
    wanted = Appointment.objects.filter(office=office)
    found = (
        wanted.filter(token=digits).first()
        if len(digits) == 24
        else wanted.filter(code=digits[:6])
        .exclude(status=Appointment.Status.CANCELLED)
        .order_by("-slot_at")
        .first()
    )
    if found is None:
        sentence = _("Không có lịch hẹn mang mã này. Hãy kiểm tra sáu chữ số trong tin nhắn đặt lịch.")
        raise InvalidInput(sentence, code="appointment_unknown", status=404, fields={"code": sentence})
    return found


def mark_missed(office_id: int, day: date) -> int:
    """Note who booked that day and never came."""
    missed = Appointment.objects.filter(office=office_id, slot_at__date=day, status=Appointment.Status.BOOKED)
    return missed.update(status=Appointment.Status.MISSED)


def _locked(appointment: Appointment) -> Appointment:
    """Lock the appointment's row alone: its service and office are shared with everybody who takes a number."""
    rows = Appointment.objects.select_for_update(of=("self",)).select_related("service", "office")
    return rows.get(pk=appointment.pk)


def _taken(service: Service, moments: list[datetime]) -> dict[datetime, int]:
    kept = Appointment.objects.filter(
        service=service,
        slot_at__in=moments,
        status__in=(Appointment.Status.BOOKED, Appointment.Status.ARRIVED),
    )
    return dict(kept.values_list("slot_at").annotate(count=Count("pk")).order_by("slot_at"))


def _free_code(office: Office) -> str:
    while True:
        code = f"{secrets.randbelow(10**6):06d}"
        if not Appointment.objects.filter(
            office=office, code=code, status=Appointment.Status.BOOKED
        ).exists():
            return code
