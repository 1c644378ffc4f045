"""Call the next visitor.

The order of a queue: the preferred (priority, then appointments whose time has come) before the ordinary, each rank in the order
of taking; but the ordinary visitor who has waited longest is passed over no more often than the office's bound. The calls of an
office follow one another under the lock of its Queue row, so two counters never get one number and the bound holds exactly.
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from desk import versions
from desk.acts import Act
from desk.models import PeriodKind, Rank, Ticket, TicketStatus
from desk.services import moving, serving, shifts
from desk.services.moving import SELECT, from_row
from desk.services.shifts import Place

_HEAD = """
  SELECT t.id, t.rank, t.place, t.passed_over FROM unnest(%(services)s::bigint[]) AS wanted(id), LATERAL (
    SELECT id, rank, place, passed_over FROM desk_ticket
    WHERE service_id = wanted.id AND status = 'waiting' AND {rank} AND ready_at <= %(at)s
      AND (for_counter_id IS NULL OR for_counter_id = %(counter_id)s)
    ORDER BY rank, place, id LIMIT 1 FOR UPDATE SKIP LOCKED
  ) t ORDER BY t.rank, t.place, t.id LIMIT 1
"""
_CALL = f"""
WITH preferred AS MATERIALIZED ({_HEAD.format(rank=f"rank < {Rank.ORDINARY}")}),
longest AS MATERIALIZED ({_HEAD.format(rank=f"rank = {Rank.ORDINARY}")}),
chosen AS MATERIALIZED (
  SELECT CASE WHEN p.id IS NULL OR l.passed_over >= %(bound)s THEN l.id ELSE p.id END AS id,
    CASE WHEN p.id IS NOT NULL AND l.passed_over < %(bound)s THEN l.id END AS passed_id
  FROM (SELECT 1) one LEFT JOIN preferred p ON true LEFT JOIN longest l ON true
), passed AS (
  UPDATE desk_ticket t SET passed_over = t.passed_over + 1 FROM chosen WHERE t.id = chosen.passed_id
), called AS (
  UPDATE desk_ticket t SET status = 'called', counter_id = %(counter_id)s, clerk_id = %(actor_id)s, called_at = %(at)s,
    first_called_at = coalesce(t.first_called_at, %(at)s), calls = 1
  FROM chosen WHERE t.id = chosen.id AND t.status = 'waiting' RETURNING {SELECT}
), ended AS (
  UPDATE desk_period d SET ended_at = greatest(d.started_at, %(at)s) FROM called WHERE d.ticket_id = called.id AND d.ended_at IS NULL
  RETURNING d.ticket_id, d.started_at, d.ended_at
), opened AS (
  INSERT INTO desk_period (ticket_id, kind, started_at, counter_id, actor_id, note)
  SELECT ticket_id, 'called', ended_at, %(counter_id)s, %(actor_id)s, '' FROM ended
)
SELECT ended.started_at, called.* FROM called JOIN ended ON ended.ticket_id = called.id
"""  # noqa: S608  (column names and numbers of this module)


@transaction.atomic
def call_next(office_id: int, *, counter: int, actor: User, at: datetime | None = None) -> Ticket | None:
    """Call the next visitor to a counter; None when nobody waits for it.

    Opens the counter when it is free and ends its break. With a number that is being called it returns that number again, so that a
    lost answer may be asked for once more; a turn that is being served is finished first. Raises `counter_unknown`, `counter_taken`.
    """
    moving.refuse_stranger(actor, office_id)
    bound = moving.lock_queue(office_id)
    place = shifts.place_of(office_id, counter=counter, actor=actor, at=at)
    now = place.at
    if place.ticket is not None:
        if place.ticket.status == TicketStatus.CALLED:
            return place.ticket
        finished = serving.finish(place.ticket.token, actor=actor, at=at)
        now = max(now, finished.finished_at or now)
    values: dict[str, Any] = {
        "services": place.service_ids, "counter_id": place.counter_id, "actor_id": actor.pk, "bound": bound, "at": now,
    }  # fmt: skip
    with moving.one_at_a_counter(), connection.cursor() as cursor:
        cursor.execute(_CALL, values)
        row = cursor.fetchone()
    if row is None:
        return None
    ticket = from_row(row[1:])
    moving.leave_out_closed_hours(ticket, row[0], until=now)
    versions.touch(office_id)
    return ticket


@transaction.atomic
def recall(token: str, *, actor: User, counter: int | None = None, at: datetime | None = None) -> Ticket:
    """Call the same number again, or take back one that was set aside, sent back or absent, to the actor's free counter."""
    office_id = _office_of(token)
    moving.refuse_stranger(actor, office_id)
    moving.lock_queue(office_id)
    held = moving.lock(token, at)
    ticket, was = held.ticket, held.ticket.status
    moving.judge(Act.RECALL, ticket, actor)
    ticket.calls = ticket.calls + 1 if was == TicketStatus.CALLED else 1
    ticket.called_at = held.at
    if was == TicketStatus.CALLED:
        return moving.save(ticket, at=held.at, opens=PeriodKind.CALLED, actor=actor, note=_("gọi lại"))
    place = shifts.place_of(office_id, counter=counter, actor=actor, at=at)
    if was == TicketStatus.NO_SHOW:
        moving.note_undone(ticket, no_shows=1)
    take(ticket, place, actor)
    return moving.call_back(ticket, at=held.at, actor=actor)


def take(ticket: Ticket, place: Place, actor: User) -> None:
    """Put a ticket at a counter. Raises `counter_busy` when another one is there."""
    if place.ticket is not None and place.ticket.pk != ticket.pk:
        raise DomainError(
            _("Quầy %(counter)s đang có số %(number)s. Hãy xong hoặc chuyển số đó trước.")
            % {"counter": place.number, "number": place.ticket},
            code="counter_busy",
            status=409,
        )
    ticket.status, ticket.counter_id, ticket.clerk_id = TicketStatus.CALLED, place.counter_id, actor.pk
    ticket.first_called_at = ticket.first_called_at or ticket.called_at
    ticket.finished_at = None


def _office_of(token: str) -> int:
    found = Ticket.objects.filter(token=token[:24]).values_list("office_id", flat=True).first()
    if found is None:
        raise moving.ticket_not_found()
    return found
