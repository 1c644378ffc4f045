"""What happens to a turn once it is called: begun, finished, set aside, absent, passed on, or given up."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.lib.vietnamese import local_date
from desk import versions
from desk.acts import Act
from desk.models import Counter, Origin, Period, PeriodKind, Queue, Rank, Service, Shift, Ticket, TicketStatus
from desk.models.ticket import WAITS
from desk.services import moving, shifts, tickets
from desk.waits import FIFTEEN, THIRTY, seconds

TICK = timedelta(microseconds=1)
MAX_ABSENCES = 1


@transaction.atomic
def start(token: str, *, actor: User, at: datetime | None = None) -> Ticket:
    """Begin to serve. The first start ends the wait: its seconds are the sum of the waiting periods, and go into the figures."""
    held = moving.lock(token, at)
    ticket = held.ticket
    moving.judge(Act.START, ticket, actor)
    is_first = ticket.started_at is None
    if ticket.status == TicketStatus.HELD:
        place = shifts.place_of(ticket.office_id, counter=None, actor=actor, at=at)
        _refuse_busy(place, ticket)
        ticket.counter_id, ticket.clerk_id = place.counter_id, actor.pk
    ticket.status = TicketStatus.SERVING
    if is_first:
        ticket.started_at, ticket.wait_s = held.at, _waited(ticket, held.at)
    moving.save(ticket, at=held.at, opens=PeriodKind.SERVING, actor=actor)
    if is_first and ticket.origin != Origin.DIRECT:
        _note_wait(ticket, held.at)
    return ticket


@transaction.atomic
def finish(token: str, *, actor: User, at: datetime | None = None) -> Ticket:
    """End a turn that is being served."""
    held = moving.lock(token, at)
    ticket = held.ticket
    moving.judge(Act.FINISH, ticket, actor)
    return _finish(ticket, held.at, actor)


@transaction.atomic
def hold(token: str, *, actor: User, note: str = "", at: datetime | None = None) -> Ticket:
    """Set a visitor aside (to fill in a form, to fetch a paper): the counter is free, the turn is not over."""
    held = moving.lock(token, at)
    ticket = held.ticket
    moving.judge(Act.HOLD, ticket, actor)
    ticket.status, ticket.counter_id = TicketStatus.HELD, None
    return moving.save(ticket, at=held.at, opens=PeriodKind.HELD, actor=actor, note=note)


@transaction.atomic
def absent(token: str, *, actor: User, at: datetime | None = None) -> Ticket:
    """Note that a called visitor did not come: the first time some places back in the queue, the second time the turn is over."""
    held = moving.lock(token, at)
    ticket = held.ticket
    moving.judge(Act.ABSENT, ticket, actor)
    ticket.absences += 1
    ticket.counter_id = None
    if ticket.started_at is not None:
        return _finish(ticket, held.at, actor)
    if ticket.absences <= MAX_ABSENCES:
        ticket.status, ticket.place = TicketStatus.WAITING, _places_back(ticket, held.at)
        return moving.save(ticket, at=held.at, opens=PeriodKind.ABSENT, actor=actor)
    ticket.status, ticket.finished_at = TicketStatus.NO_SHOW, held.at
    moving.save(ticket, at=held.at, opens=None, actor=actor)
    moving.note_change(ticket, held.at, no_shows=1)
    return ticket


@transaction.atomic
def undo_absent(token: str, *, actor: User, at: datetime | None = None) -> Ticket:
    """Take an absence back: the visitor is at the counter after all."""
    held = moving.lock(token, at)
    ticket = held.ticket
    moving.judge(Act.UNDO_ABSENT, ticket, actor)
    if not ticket.absences:
        raise DomainError(
            _("Số %s chưa bị báo vắng nên không có gì để hoàn tác.") % ticket, code="ticket_state", status=409
        )
    place = shifts.place_of(ticket.office_id, counter=None, actor=actor, at=at)
    _refuse_busy(place, ticket)
    if ticket.status == TicketStatus.NO_SHOW:
        moving.note_undone(ticket, no_shows=1)
    ticket.absences -= 1
    ticket.status, ticket.counter_id, ticket.clerk_id = TicketStatus.CALLED, place.counter_id, actor.pk
    ticket.called_at, ticket.finished_at = held.at, None
    return moving.call_back(ticket, at=held.at, actor=actor, note=_("hoàn tác báo vắng"))


@transaction.atomic
def transfer(
    token: str,
    *,
    service: str | None = None,
    counter: int | None = None,
    reason: str = "",
    actor: User,
    at: datetime | None = None,
) -> Ticket:
    """Send a visitor to another service or counter. The place in the order stays that of the first number taken."""
    held = moving.lock(token, at)
    ticket = held.ticket
    moving.judge(Act.TRANSFER, ticket, actor)
    if not service and counter is None:
        sentence = _("Hãy chọn dịch vụ hoặc quầy để chuyển tới.")
        raise InvalidInput(sentence, code="transfer_nowhere", fields={"service": sentence})
    left = ticket.service_id
    if service:
        ticket.service = tickets.find_service(ticket.office, service)
    ticket.for_counter = None
    if counter is not None:
        ticket.for_counter = Counter.objects.filter(
            office=ticket.office_id, number=counter, is_active=True
        ).first()
        if ticket.for_counter is None:
            raise shifts.counter_unknown(counter)
        ticket.service_id = _service_there(ticket)
    ticket.status, ticket.counter_id = TicketStatus.WAITING, None
    return moving.save(
        ticket, at=held.at, opens=PeriodKind.WAITING, actor=actor, note=reason,
        moved_from=left if left != ticket.service_id else None,
    )  # fmt: skip


@transaction.atomic
def defer(token: str, *, actor: User | None = None, at: datetime | None = None) -> Ticket:
    """Keep the place of a visitor who comes late: some places back, as often as is asked for."""
    held = moving.lock(token, at)
    ticket = held.ticket
    moving.judge(Act.DEFER, ticket, actor)
    ticket.place = _places_back(ticket, held.at)
    Ticket.objects.filter(pk=ticket.pk).update(place=ticket.place)
    versions.touch(ticket.office_id)
    return ticket


@transaction.atomic
def cancel(token: str, *, actor: User | None = None, at: datetime | None = None) -> Ticket:
    """Give a number up; a visitor who was already served in part is finished instead."""
    held = moving.lock(token, at)
    ticket = held.ticket
    moving.judge(Act.CANCEL, ticket, actor)
    if ticket.started_at is not None:
        return _finish(ticket, held.at, actor)
    ticket.status, ticket.finished_at = TicketStatus.CANCELLED, held.at
    moving.save(ticket, at=held.at, opens=None, actor=actor)
    moving.note_change(ticket, held.at, cancelled=1)
    return ticket


def serve_direct(
    office_id: int, *, service: str, reason: str, actor: User, at: datetime | None = None
) -> Ticket:
    """Serve without a number (post, telephone): a turn that waited for nothing and counts in no wait."""
    moving.refuse_stranger(actor, office_id)
    with transaction.atomic():
        place = shifts.place_of(office_id, counter=None, actor=actor, at=at)
        found = (
            Service.objects.select_related("office")
            .filter(office=office_id, code=service, is_active=True)
            .first()
        )
        if found is None:
            raise DomainError(
                _("Không có dịch vụ này tại quầy. Hãy chọn lại."), code="service_unknown", status=404
            )
        if place.ticket is not None:
            _refuse_busy(place, None)
        try:
            with transaction.atomic():
                ticket = Ticket.objects.create(
                    office_id=office_id, service=found, day=local_date(place.at), token=tickets.new_token(), origin=Origin.DIRECT,
                    status=TicketStatus.SERVING, rank=Rank.ORDINARY, place=place.at, ready_at=place.at, counter_id=place.counter_id,
                    clerk=actor, issued_at=place.at, wait_from=place.at, started_at=place.at, wait_s=0,
                )  # fmt: skip
        except IntegrityError:
            _refuse_busy(shifts.place_of(office_id, counter=None, actor=actor, at=at), None)
            raise
        Period.objects.create(
            ticket=ticket, kind=PeriodKind.SERVING, started_at=place.at, counter_id=place.counter_id, actor=actor, note=reason[:200]
        )  # fmt: skip
        versions.touch(office_id)
        return ticket


def _finish(ticket: Ticket, at: datetime, actor: User | None) -> Ticket:
    """End a turn that was served, and note how long."""
    ticket.status, ticket.finished_at = TicketStatus.FINISHED, at
    moving.save(ticket, at=at, opens=None, actor=actor)
    served = moving.spans(ticket, [PeriodKind.SERVING], until=at)
    moving.note_change(ticket, at, served=1, serve_s=seconds(served))
    return ticket


def _refuse_busy(place: shifts.Place, ticket: Ticket | None) -> None:
    if place.ticket is not None and (ticket is None or place.ticket.pk != ticket.pk):
        raise DomainError(
            _("Quầy %(counter)s đang có số %(number)s. Hãy xong hoặc chuyển số đó trước.")
            % {"counter": place.number, "number": place.ticket},
            code="counter_busy",
            status=409,
        )


def _waited(ticket: Ticket, at: datetime) -> int:
    """Return the whole seconds of the waiting periods up to `at`."""
    return seconds(moving.spans(ticket, WAITS, until=at))


def _note_wait(ticket: Ticket, at: datetime) -> None:
    waited = ticket.wait_s or 0
    hit = ticket.low_s is not None and ticket.high_s is not None and ticket.low_s <= waited <= ticket.high_s
    moving.note_change(
        ticket, at, visits=1, wait_s=waited, wait_max_s=waited, over_15=int(waited > FIFTEEN), over_30=int(waited > THIRTY),
        forecasts=int(ticket.low_s is not None), forecast_hits=int(hit),
    )  # fmt: skip


def _places_back(ticket: Ticket, at: datetime) -> datetime:
    """Return a place behind the next few visitors of the same rank and service; behind all of them when they are fewer."""
    back = Queue.objects.values_list("back_places", flat=True).get(pk=ticket.office_id)
    after = Ticket.objects.filter(
        service=ticket.service_id, status=TicketStatus.WAITING, rank=ticket.rank, place__gt=ticket.place
    ).exclude(pk=ticket.pk)
    places = list(after.order_by("place", "id").values_list("place", flat=True)[:back])
    return places[-1] + TICK if places else max(at, ticket.place)


def _service_there(ticket: Ticket) -> int:
    """Return a service that the wanted counter serves now, the ticket's own if it does; else the ticket would wait unseen."""
    shift = Shift.objects.filter(counter=ticket.for_counter, closed_at=None).first()
    if shift is None or not shift.service_ids or ticket.service_id in shift.service_ids:
        return ticket.service_id
    first: int = shift.service_ids[0]
    return first
