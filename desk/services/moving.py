"""How a turn moves: lock it, judge by the table, write the turn and its chain in one statement, note the change for the figures.

Every instant is the database's (`at` is given only where a past is rebuilt or tested). Locks are taken in one order: the office's
queue (only by a call and by who opens or leaves a counter), then the ticket.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.lib.vietnamese import to_local
from desk import versions
from desk.acts import Act, allowed, refuse_unless
from desk.models import AT_COUNTER, Period, PeriodKind, Ticket, WaitDelta
from desk.models.ticket import WAITS
from desk.waits import closed_spans
from procedures import catalogue

COLUMNS = [field.column for field in Ticket._meta.concrete_fields]
SELECT = ", ".join(f"t.{column}" for column in COLUMNS)
# What an act may change; the rest of a ticket is written once.
_CHANGING = (
    "service_id", "status", "rank", "place", "ready_at", "passed_over", "counter_id", "for_counter_id", "clerk_id", "called_at",
    "first_called_at", "calls", "started_at", "finished_at", "absences", "wait_s", "is_forced",
)  # fmt: skip
_LOCK_QUEUE = "SELECT preferred_bound FROM desk_queue WHERE office_id = %s FOR UPDATE"
_LOCK = f"""
SELECT coalesce(%s::timestamptz, clock_timestamp()), {SELECT} FROM desk_ticket t WHERE t.token = %s FOR UPDATE
"""  # noqa: S608  (column names of the model)
_SAVE = f"""
WITH moved AS (UPDATE desk_ticket SET {", ".join(f"{column} = %({column})s" for column in _CHANGING)} WHERE id = %(id)s),
ended AS (
  UPDATE desk_period SET ended_at = greatest(started_at, %(at)s) WHERE ticket_id = %(id)s AND ended_at IS NULL
  RETURNING ticket_id, ended_at
)
INSERT INTO desk_period (ticket_id, kind, started_at, counter_id, actor_id, note, moved_from_id)
SELECT ticket_id, %(opens)s, ended_at, %(counter_id)s, %(actor_id)s, %(note)s, %(moved_from)s::bigint FROM ended WHERE %(opens)s IS NOT NULL
"""  # noqa: S608
# Called or given up before the hour of the appointment: the visitor's time before it ends now, and nothing begins in the future.
_CUT_EARLY = """
WITH early AS (UPDATE desk_period SET ended_at = %(at)s WHERE ticket_id = %(id)s AND kind = 'early' AND ended_at > %(at)s)
UPDATE desk_period SET started_at = %(at)s WHERE ticket_id = %(id)s AND ended_at IS NULL AND started_at > %(at)s
"""
_SPLIT = """
WITH cut AS (UPDATE desk_period SET ended_at = %(closes)s WHERE id = %(id)s)
INSERT INTO desk_period (ticket_id, kind, started_at, ended_at, actor_id, note)
SELECT %(ticket_id)s, kind, since, till, NULL, '' FROM (VALUES
  ('closed', %(closes)s::timestamptz, %(opens)s::timestamptz), (%(kind)s, %(opens)s, %(until)s)
) part(kind, since, till) WHERE since < till  -- nothing is left to wait for who is called as the desk opens
RETURNING id
"""
_NOTED = [str(field.column) for field in WaitDelta._meta.concrete_fields if field.column != "id"]
_NOTE = (
    f"INSERT INTO desk_waitdelta ({', '.join(_NOTED)}) VALUES ({', '.join(f'%({each})s' for each in _NOTED)})"  # noqa: S608
)
_SPANS = """
SELECT started_at, greatest(coalesce(ended_at, %s), started_at) FROM desk_period WHERE ticket_id = %s AND kind = ANY(%s)
ORDER BY started_at, id
"""
# A turn that was over and is taken up again: the visitor was away in between, and the chain says so.
_REOPEN = """
WITH away AS (
  INSERT INTO desk_period (ticket_id, kind, started_at, ended_at, counter_id, actor_id, note)
  SELECT %(id)s, 'absent', max(ended_at), greatest(max(ended_at), %(at)s), NULL, NULL, '' FROM desk_period WHERE ticket_id = %(id)s
  RETURNING ended_at
)
INSERT INTO desk_period (ticket_id, kind, started_at, counter_id, actor_id, note)
SELECT %(id)s, %(opens)s, ended_at, %(counter_id)s, %(actor_id)s, %(note)s FROM away
"""


def from_row(row: tuple[Any, ...]) -> Ticket:
    """Return a ticket from the columns of `SELECT`."""
    return Ticket.from_db("default", [field.attname for field in Ticket._meta.concrete_fields], list(row))


@dataclass
class Locked:
    """A ticket under its row lock, and the database's clock at that moment, never before the ticket's last change."""

    ticket: Ticket
    at: datetime


def lock(token: str, at: datetime | None = None) -> Locked:
    """Lock a ticket. Raises `ticket_not_found`, the same for an unknown and a malformed token."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [at, token[:24]])
        row = cursor.fetchone()
    if row is None:
        raise ticket_not_found()
    ticket = from_row(row[1:])
    known = [ticket.issued_at, ticket.called_at, ticket.started_at]
    return Locked(ticket, max(row[0], *(each for each in known if each is not None)))


def lock_queue(office_id: int) -> int:
    """Lock the queue of an office until commit and return its bound. Raises `queue_missing`."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_QUEUE, [office_id])
        row = cursor.fetchone()
    if row is None:
        raise DomainError(
            _("Bộ phận Một cửa này chưa có hàng đợi. Hãy báo quản trị hệ thống lập hàng đợi."),
            code="queue_missing",
            status=409,
        )
    bound: int = row[0]
    return bound


def ticket_not_found() -> NotFound:
    """Return the one refusal of every unknown ticket."""
    error = NotFound(_("Không có số này hôm nay. Hãy kiểm tra lại phiếu hoặc lấy số mới."))
    error.code = "ticket_not_found"
    return error


def judge(act: Act, ticket: Ticket, actor: User | None) -> None:
    """Refuse what the table refuses, and a clerk who is not at this desk or not at this ticket's counter."""
    if actor is not None:
        refuse_stranger(actor, ticket.office_id)
    refuse_unless(act, ticket)
    if actor is None or ticket.status not in AT_COUNTER or ticket.clerk_id == actor.pk:
        return
    if not principal_of(actor).units_where("supervise_desk"):
        sentence = _("Số %(number)s đang ở quầy %(counter)s của người khác. Hãy nhờ quầy đó hoặc phụ trách.")
        number = ticket.counter.number if ticket.counter else ""
        raise DomainError(
            sentence % {"number": ticket, "counter": number}, code="ticket_other_counter", status=409
        )


def available(ticket: Ticket, actor: User) -> list[str]:
    """Return the acts that this person may do on the ticket now, with dashes as the API's addresses have them."""
    principal = principal_of(actor)
    is_here = ticket.office_id in principal.office_ids and bool(principal.units_where("receive_dossiers"))
    is_others = ticket.status in AT_COUNTER and ticket.clerk_id != actor.pk
    if not is_here or (is_others and not principal.units_where("supervise_desk")):
        return []
    acts = [act for act in allowed(ticket.status) if act != Act.UNDO_ABSENT or ticket.absences]
    return [act.replace("_", "-") for act in acts]


def refuse_stranger(actor: User, office_id: int) -> None:
    """Refuse who does not receive at this desk today."""
    principal = principal_of(actor)
    if office_id not in principal.office_ids or not principal.units_where("receive_dossiers"):
        raise DomainError(
            _("Bạn không trực tại Bộ phận Một cửa này nên không gọi số ở đây được."),
            code="not_your_desk",
            status=403,
        )


def save(
    ticket: Ticket,
    *,
    at: datetime,
    opens: PeriodKind | None,
    actor: User | None,
    note: str = "",
    moved_from: int | None = None,
) -> Ticket:
    """Write the ticket, end its open period at `at` and open the next one; tell the pollers on commit."""
    values = {column: getattr(ticket, column) for column in _CHANGING}
    values |= {
        "id": ticket.pk,
        "at": at,
        "opens": opens.value if opens else None,
        "actor_id": actor.pk if actor else None,
        "note": note[:200],
        "moved_from": moved_from,
    }
    with one_at_a_counter(), connection.cursor() as cursor:
        if at < ticket.ready_at:
            cursor.execute(_CUT_EARLY, values)
        cursor.execute(_SAVE, values)
        if opens is not None and cursor.rowcount == 0:
            cursor.execute(_REOPEN, values)
    versions.touch(ticket.office_id)
    return ticket


def call_back(ticket: Ticket, *, at: datetime, actor: User, note: str = "") -> Ticket:
    """Write a ticket that somebody called out of its turn; what it has waited until now leaves out closed hours."""
    waiting = Period.objects.filter(ticket=ticket, ended_at=None, kind__in=WAITS).first()
    save(ticket, at=at, opens=PeriodKind.CALLED, actor=actor, note=note)
    if waiting is not None:
        leave_out_closed_hours(ticket, waiting.started_at, until=at)
    return ticket


def leave_out_closed_hours(ticket: Ticket, since: datetime, *, until: datetime) -> None:
    """Split the wait that a call has just ended where the desk was closed in between, lunch break or night."""
    calendar = catalogue.current().office_by_id(ticket.office_id).calendar
    spans = list(closed_spans(calendar, since, until))
    if not spans:
        return
    ended = Period.objects.get(ticket=ticket, kind__in=WAITS, started_at=since, ended_at=until)
    period_id = ended.pk
    for closes, opens in spans:
        values: dict[str, Any] = {
            "id": period_id, "ticket_id": ticket.pk, "kind": ended.kind, "closes": closes, "opens": opens, "until": until,
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(_SPLIT, values)
            period_id = max(each[0] for each in cursor.fetchall())


@contextmanager
def one_at_a_counter() -> Iterator[None]:
    """Say in words what the database refuses when two tabs bring two visitors to one counter at once (`counter_busy`)."""
    try:
        yield
    except IntegrityError as error:
        if "ticket_one_at_a_counter" not in str(error):
            raise
        sentence = _("Quầy vừa có số khác, từ thẻ hoặc máy khác. Hãy tải lại trang rồi thử lại.")
        raise DomainError(sentence, code="counter_busy", status=409) from error


def note_change(ticket: Ticket, at: datetime, **sums: int) -> None:
    """Write a change of the figures of the local day and hour of `at`, to be folded soon."""
    _note(ticket, at, sums)


def note_undone(ticket: Ticket, **sums: int) -> None:
    """Take a noted end back, in the hour in which it was noted."""
    _note(ticket, ticket.finished_at or ticket.issued_at, {name: -value for name, value in sums.items()})


def _note(ticket: Ticket, at: datetime, sums: dict[str, int]) -> None:
    local = to_local(at)
    values = dict.fromkeys(_NOTED, 0) | sums
    values |= {"office_id": ticket.office_id, "service_id": ticket.service_id, "hour": local.hour}
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {**values, "day": local.date()})


def spans(ticket: Ticket, kinds: Iterable[str], *, until: datetime) -> list[tuple[datetime, datetime]]:
    """Return what a turn's periods of some kinds reach from and to; the open one to `until`."""
    with connection.cursor() as cursor:
        cursor.execute(_SPANS, [until, ticket.pk, list(kinds)])
        return list(cursor.fetchall())
