"""Booking for somebody who calls: the slot is taken and its code goes to the caller by text message."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Office, User
from bpmc_portal.errors import InvalidInput
from bpmc_portal.lib import identifiers
from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import format_date, local_date, to_local
from bpmc_portal.notices.models import Notice
from bpmc_portal.notices.services import notify
from desk.models import Appointment
from desk.services import appointments, moving, tickets
from procedures.models import Procedure


@transaction.atomic
def book_for_caller(
    office: Office,
    *,
    service: str,
    slot_at: datetime,
    name: str,
    phone: str,
    procedure: Procedure | None,
    actor: User,
) -> Appointment:
    """Book as appointments.book does, and write the message with the code; it names nobody and no procedure."""
    moving.refuse_stranger(actor, office.pk)
    made = appointments.book(
        office, service=service, slot_at=slot_at, name=name, phone=phone, procedure=procedure, actor=actor
    )
    local = to_local(made.slot_at)
    words = {
        "slot": f"{local.hour}h{local.minute:02d} {format_date(made.slot_at)}",
        "office": office.code,
        "code": made.code,
    }
    notify(
        "booked", channel=Notice.Channel.SMS, address=made.phone, subject=f"lich-hen-{made.pk}", dedup_key=f"appointment:{made.pk}:booked",
        context=words,
    )  # fmt: skip
    return made


def todays(office: Office, typed: str, *, at: datetime | None = None) -> Appointment:
    """Return an appointment by the code, the token of its QR, or the telephone number it was booked with (today's, not yet come).

    Raises `appointment_unknown`; `appointment_several` when a number has booked more than one.
    """
    try:
        phone = identifiers.parse_phone(typed).e164
    except InvalidIdentifier:
        return appointments.of_code(office, typed)
    today = local_date(tickets.clock(at))
    mine = Appointment.objects.filter(
        office=office, phone=phone, slot_at__date=today, status=Appointment.Status.BOOKED
    )
    found = list(mine.order_by("slot_at")[:2])
    if len(found) > 1:
        sentence = _("Số điện thoại này có nhiều lịch hẹn hôm nay. Hãy chọn đúng giờ trong danh sách.")
        raise InvalidInput(sentence, code="appointment_several", status=409, fields={"code": sentence})
    return found[0] if found else appointments.of_code(office, typed)
