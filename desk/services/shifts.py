"""Who sits at which counter: open, take over, pause, close."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError, InvalidInput
from desk import versions
from desk.models import Counter, Service, Shift, ShiftBreak, Ticket
from desk.services import moving
from desk.services.moving import SELECT, from_row
from desk.services.tickets import clock

_PLACE = f"""
SELECT coalesce(%(at)s::timestamptz, clock_timestamp()), c.id, c.number, s.id, s.user_id, u.full_name, s.service_ids, b.id, {SELECT}
FROM desk_counter c
LEFT JOIN desk_shift s ON s.counter_id = c.id AND s.closed_at IS NULL
LEFT JOIN accounts_user u ON u.id = s.user_id
LEFT JOIN desk_shiftbreak b ON b.shift_id = s.id AND b.ended_at IS NULL
LEFT JOIN desk_ticket t ON t.counter_id = c.id AND t.status IN ('called', 'serving')
WHERE c.office_id = %(office_id)s AND c.is_active AND {{which}}
ORDER BY s.opened_at DESC NULLS LAST, t.id LIMIT 1
"""  # noqa: S608  (column names of the model)


@dataclass(frozen=True)
class Place:
    """A counter as its clerk finds it at `at`: what it serves and the ticket that is there."""

    at: datetime
    counter_id: int
    number: int
    service_ids: list[int]
    ticket: Ticket | None


def place_of(office_id: int, *, counter: int | None, actor: User, at: datetime | None = None) -> Place:
    """Return the actor's place; a free counter is opened and a break ended. Without a number, the counter opened last.

    Raises `counter_unknown`, `counter_taken`, `counter_closed`.
    """
    which = "c.number = %(counter)s" if counter is not None else "s.user_id = %(user_id)s"
    values = {"at": at, "office_id": office_id, "counter": counter, "user_id": actor.pk}
    with connection.cursor() as cursor:
        cursor.execute(_PLACE.format(which=which), values)
        row = cursor.fetchone()
    if row is None:
        raise counter_unknown(counter) if counter is not None else _nowhere()
    now, counter_id, number, shift_id, user_id, holder, service_ids, break_id = row[:8]
    if shift_id is None:
        service_ids = _start(counter_id, actor, None, now).service_ids
    elif user_id != actor.pk:
        raise counter_taken(number, holder)
    elif break_id is not None:
        _end_break(shift_id, now)
        versions.touch(office_id)
    return Place(now, counter_id, number, service_ids, from_row(row[8:]) if row[8] is not None else None)


def current_shift(user: User) -> Shift | None:
    """Return the shift that the user opened last and has not closed."""
    mine = Shift.objects.filter(user=user, closed_at=None).select_related("counter__office")
    return mine.order_by("-opened_at").first()


@transaction.atomic
def open_counter(
    office_id: int,
    *,
    counter: int,
    actor: User,
    services: Iterable[str] | None = None,
    take_over: bool = False,
    at: datetime | None = None,
) -> Shift:
    """Open a counter for the actor, leaving the counter where the actor sat before.

    `services` are codes; None takes those of the counter. Another's counter is refused (`counter_taken`) unless taken over: then
    that shift ends, the visitor at the counter becomes the actor's, and the former holder finds it said on the counter page.
    """
    moving.refuse_stranger(actor, office_id)
    moving.lock_queue(office_id)
    found = (
        Counter.objects.select_for_update().filter(office=office_id, number=counter, is_active=True).first()
    )
    if found is None:
        raise counter_unknown(counter)
    now = clock(at)
    chosen = _chosen(found, services)
    there = Shift.objects.filter(counter=found, closed_at=None).select_related("user").first()
    if there is not None and there.user_id == actor.pk:
        Shift.objects.filter(pk=there.pk).update(service_ids=chosen)
        there.service_ids = chosen
        versions.touch(office_id)
        return there
    if there is not None:
        if not take_over:
            raise counter_taken(counter, str(there.user))
        _end(there, now, {"taken_over_by": str(actor)})
        Ticket.objects.filter(counter=found, status__in=("called", "serving")).update(clerk=actor)
    for other in Shift.objects.filter(user=actor, closed_at=None, counter__office=office_id):
        close_counter(other, actor=actor, leftovers={"moved_to": counter}, at=now)
    return _start(found.pk, actor, chosen, now)


@transaction.atomic
def close_counter(
    shift: Shift, *, actor: User, leftovers: dict[str, Any] | None = None, at: datetime | None = None
) -> Shift:
    """Close a counter; one that is closed stays as it was closed. Raises `counter_busy` while somebody is called or served there."""
    moving.lock_queue(shift.counter.office_id)
    shift.refresh_from_db(fields=["closed_at", "closing"])
    if shift.closed_at is not None:
        return shift
    there = Ticket.objects.filter(counter=shift.counter, status__in=("called", "serving")).first()
    if there is not None:
        raise DomainError(
            _("Quầy %(counter)s còn số %(number)s. Hãy kết thúc hoặc chuyển số đó rồi đóng quầy.")
            % {"counter": shift.counter.number, "number": there},
            code="counter_busy",
            status=409,
        )
    return _end(shift, clock(at), leftovers or {})


@transaction.atomic
def pause(shift: Shift, *, reason: str, actor: User, at: datetime | None = None) -> ShiftBreak:
    """Begin a break with its reason; doing it twice is doing it once."""
    reason = reason.strip()
    if not reason:
        sentence = _("Hãy ghi lý do tạm nghỉ.")
        raise InvalidInput(sentence, code="required", fields={"reason": sentence})
    moving.lock_queue(shift.counter.office_id)
    if Shift.objects.values_list("closed_at", flat=True).get(pk=shift.pk) is not None:
        raise _nowhere()
    found, _created = ShiftBreak.objects.get_or_create(
        shift=shift,
        ended_at=None,
        defaults={"reason": reason[:100], "started_at": max(clock(at), shift.opened_at)},
    )
    versions.touch(shift.counter.office_id)
    return found


@transaction.atomic
def resume(shift: Shift, *, actor: User, at: datetime | None = None) -> None:
    """End the break."""
    _end_break(shift.pk, clock(at))
    versions.touch(shift.counter.office_id)


def counter_unknown(number: int) -> DomainError:
    """Return the refusal of a counter that the office does not have."""
    return DomainError(
        _("Không có quầy số %s tại đây. Hãy chọn lại quầy.") % number, code="counter_unknown", status=404
    )


def counter_taken(number: int, holder: str) -> DomainError:
    """Return the refusal of a counter where somebody else sits."""
    sentence = _(
        "Quầy %(number)s đang do %(holder)s trực. Hãy chọn quầy khác hoặc chiếm quầy tại trang Quầy."
    )
    return DomainError(sentence % {"number": number, "holder": holder}, code="counter_taken", status=409)


def _nowhere() -> DomainError:
    return DomainError(
        _("Bạn chưa mở quầy. Hãy mở quầy tại trang Quầy rồi thử lại."), code="counter_closed", status=409
    )


def _chosen(counter: Counter, codes: Iterable[str] | None) -> list[int]:
    """Return the ids of the services to serve: those named, else the counter's own, else all of the office."""
    offered = dict(
        Service.objects.filter(office_id=counter.office_id, is_active=True)
        .values_list("code", "pk")
        .order_by("position")
    )
    if codes is not None:
        found = [offered[code] for code in codes if code in offered]
        if not found:
            sentence = _("Hãy chọn ít nhất một dịch vụ để phục vụ.")
            raise InvalidInput(sentence, code="services_missing", fields={"services": sentence})
        return found
    own = set(counter.services.values_list("pk", flat=True))
    return [pk for pk in offered.values() if not own or pk in own]


def _start(counter_id: int, actor: User, service_ids: list[int] | None, at: datetime) -> Shift:
    counter = Counter.objects.get(pk=counter_id)
    shift = Shift.objects.create(
        counter=counter, user=actor, opened_at=at,
        service_ids=_chosen(counter, None) if service_ids is None else service_ids,
    )  # fmt: skip
    versions.touch(counter.office_id)
    return shift


def _end(shift: Shift, at: datetime, closing: dict[str, Any]) -> Shift:
    _end_break(shift.pk, at)
    shift.closed_at, shift.closing = max(at, shift.opened_at), closing
    shift.save(update_fields=["closed_at", "closing"])
    versions.touch(shift.counter.office_id)
    return shift


def _end_break(shift_id: int, at: datetime) -> None:
    """End the break, never before it began."""
    ShiftBreak.objects.filter(shift=shift_id, ended_at=None).update(
        ended_at=Greatest("started_at", Value(at))
    )
