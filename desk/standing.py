"""How one clerk stands: the counter, the turn at it, who is set aside, how long the queue is. One statement, for every desk page."""

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.lib.vietnamese import local_date
from desk.models.ticket import WAITS

# How long an absence may be taken back with one key (UX section 3).
UNDO_S = 10
_WAITS = ", ".join(f"'{kind.value}'" for kind in WAITS)
_STANDING = f"""
WITH clock AS (SELECT clock_timestamp() AS now),
here AS (
  SELECT o.id, o.code, o.name, q.target_wait_s, q.target_serve_s, q.absent_calls, q.absent_after_s, s.id AS shift_id, s.opened_at,
    s.service_ids, c.id AS counter_id, c.number AS counter, b.started_at AS paused_at, b.reason
  FROM accounts_office o JOIN desk_queue q ON q.office_id = o.id
  LEFT JOIN (desk_shift s JOIN desk_counter c ON c.id = s.counter_id)
    ON s.user_id = %(user)s AND s.closed_at IS NULL AND c.office_id = o.id
  LEFT JOIN desk_shiftbreak b ON b.shift_id = s.id AND b.ended_at IS NULL
  WHERE o.id = ANY(%(offices)s) ORDER BY s.opened_at DESC NULLS LAST, o.position, o.code LIMIT 1
)
SELECT clock.now, here.*, t.token, t.number, t.status, t.calls, t.priority, v.code, v.name,
  (SELECT started_at FROM desk_period WHERE ticket_id = t.id AND ended_at IS NULL),
  coalesce(t.wait_s, (SELECT floor(extract(epoch FROM sum(coalesce(ended_at, clock.now) - started_at)))::int
    FROM desk_period WHERE ticket_id = t.id AND kind IN ({_WAITS}))),
  (SELECT floor(coalesce(extract(epoch FROM sum(ended_at - started_at)), 0))::int FROM desk_period
    WHERE ticket_id = t.id AND kind = 'serving' AND ended_at IS NOT NULL),
  (SELECT min(started_at) FROM desk_period WHERE ticket_id = t.id AND kind = 'called' AND started_at >= coalesce(
    (SELECT max(started_at) FROM desk_period WHERE ticket_id = t.id AND kind <> 'called'), '-infinity')),
  queue.waiting, queue.oldest,
  (SELECT json_agg(json_build_object('token', h.token, 'number', h.number) ORDER BY h.id) FROM desk_ticket h
    WHERE h.office_id = here.id AND h.status = 'held' AND h.clerk_id = %(user)s),
  (SELECT json_build_object('token', a.token, 'number', a.number, 'is_over', a.status = 'no_show') FROM desk_ticket a
    WHERE a.clerk_id = %(user)s AND a.day >= %(day)s AND a.absences > 0 AND a.office_id = here.id AND (
      (a.status = 'no_show' AND a.finished_at > clock.now - %(undo)s) OR (a.status = 'waiting' AND EXISTS (
        SELECT 1 FROM desk_period p WHERE p.ticket_id = a.id AND p.ended_at IS NULL AND p.kind = 'absent' AND p.started_at > clock.now - %(undo)s)))
    ORDER BY a.id DESC LIMIT 1),
  (SELECT json_agg(json_build_array(e.code, e.name) ORDER BY e.position, e.code) FROM desk_service e WHERE e.office_id = here.id AND e.is_active),
  (SELECT json_agg(f.number ORDER BY f.number) FROM desk_counter f WHERE f.office_id = here.id AND f.is_active AND f.id <> here.counter_id),
  CASE WHEN here.shift_id IS NULL THEN (SELECT json_build_object('counter', g.number, 'by', l.closing ->> 'taken_over_by', 'at', l.closed_at)
    FROM desk_shift l JOIN desk_counter g ON g.id = l.counter_id WHERE l.user_id = %(user)s ORDER BY l.opened_at DESC LIMIT 1) END,
  (SELECT count(*) FROM desk_ticket d WHERE d.clerk_id = %(user)s AND d.day = %(day)s AND d.status = 'finished')
FROM clock CROSS JOIN here
LEFT JOIN desk_ticket t ON t.counter_id = here.counter_id AND t.status IN ('called', 'serving')
LEFT JOIN desk_service v ON v.id = t.service_id
CROSS JOIN LATERAL (SELECT count(*) AS waiting, min(wait_from) AS oldest FROM desk_ticket WHERE office_id = here.id AND status = 'waiting') queue
"""  # noqa: S608  (words of this module)


@dataclass(frozen=True)
class Turn:
    """The visitor at the counter. `since` began the state, `called_from` this round of calls; `served_s` is of earlier sittings."""

    token: str
    number: str
    status: str
    calls: int
    priority: str
    service: str
    service_name: str
    since: datetime
    waited_s: int
    served_s: int
    called_from: datetime | None


@dataclass(frozen=True)
class Standing:
    """All of it at `now`, the database's clock. Without a shift `counter` is None and `last` tells of the shift before."""

    now: datetime
    office_id: int
    office_code: str
    office_name: str
    target_wait_s: int
    target_serve_s: int
    absent_calls: int
    absent_after_s: int
    shift_id: int | None
    opened_at: datetime | None
    service_ids: list[int] | None
    counter_id: int | None
    counter: int | None
    paused_at: datetime | None
    pause_reason: str | None
    turn: Turn | None
    waiting: int
    oldest: datetime | None
    held: list[dict[str, str]] = field(default_factory=list)
    undo: dict[str, Any] | None = None
    services: list[tuple[str, str]] = field(default_factory=list)
    other_counters: list[int] = field(default_factory=list)
    last: dict[str, Any] | None = None
    served_today: int = 0


_OF_OFFICE, _OF_TURN = 15, 11


def standing_of(user: User) -> Standing | None:
    """Return how a clerk stands, None for who receives at no desk (then nothing is asked) or at one without a queue."""
    principal = principal_of(user)
    if not principal.office_ids or not principal.units_where("receive_dossiers"):
        return None
    values: dict[str, Any] = {
        "user": user.pk, "offices": sorted(principal.office_ids), "day": local_date(), "undo": timedelta(seconds=UNDO_S),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, values)
        row = cursor.fetchone()
    if row is None:
        return None
    office, turn, rest = (
        row[:_OF_OFFICE],
        row[_OF_OFFICE : _OF_OFFICE + _OF_TURN],
        row[_OF_OFFICE + _OF_TURN :],
    )
    waiting, oldest, held, undo, services, counters, last, served_today = rest
    values = dict(zip([each.name for each in fields(Standing)], office, strict=False))
    return Standing(
        **values, turn=Turn(*turn) if turn[0] is not None else None, waiting=waiting, oldest=oldest, held=held or [], undo=undo,
        services=[(code, name) for code, name in services or []], other_counters=counters or [], last=last, served_today=served_today,
    )  # fmt: skip
