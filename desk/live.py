"""The queue as it stands, once for the board, the kiosk, the counters, the phones and the API.

Read from PostgreSQL when the version has moved, kept in Redis under that version otherwise: an unchanged queue costs no statement.
No name and no token is in it.
"""

import json
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import connection
from redis import RedisError

from bpmc_portal.api_http import iso
from bpmc_portal.lib.vietnamese import local_date, to_local
from desk import forecasting, rollups, versions
from desk.models import Queue, Service, Ticket, TicketStatus
from procedures import catalogue
from procedures.catalogue import OfficeInForce
from procedures.opening import opening_of

CALLS_SHOWN = 6
_COUNTERS = """
SELECT c.number, s.id, b.started_at, t.number, t.status, t.called_at, t.calls,
  coalesce((SELECT p.started_at FROM desk_period p WHERE p.ticket_id = t.id AND p.ended_at IS NULL), s.opened_at), clock_timestamp()
FROM desk_counter c
LEFT JOIN desk_shift s ON s.counter_id = c.id AND s.closed_at IS NULL
LEFT JOIN desk_shiftbreak b ON b.shift_id = s.id AND b.ended_at IS NULL
LEFT JOIN desk_ticket t ON t.counter_id = c.id AND t.status IN ('called', 'serving')
WHERE c.office_id = %s AND c.is_active ORDER BY c.number
"""
_WAITING = """
SELECT service_id, count(*), count(*) FILTER (WHERE rank = 0), min(wait_from) FROM desk_ticket
WHERE office_id = %s AND status = 'waiting' AND service_id IN (SELECT id FROM desk_service WHERE office_id = %s) GROUP BY service_id
"""
# Office ids by code, for answers that must not touch PostgreSQL. A code never changes its office.
_office_ids: dict[str, int] = {}


def cached(office_code: str) -> tuple[str, bytes]:
    """Return (entity tag, JSON body) of an office's queue. Raises `unknown_office`."""
    office_id = office_id_of(office_code)
    version = versions.of(office_id)
    key = f"q:{office_id}:b:{version}"
    try:
        found = versions.redis().get(key)
    except RedisError:
        found = None
    if isinstance(found, bytes):
        return f'"{office_id}-{version}"', found
    office = catalogue.current().office(office_code)
    if office.row.pk != office_id:  # the database was built anew under a running process
        forget()
        return cached(office_code)
    body = json.dumps(snapshot(office), ensure_ascii=False).encode()
    with suppress(RedisError):
        versions.redis().set(key, body, ex=versions.LIVES_FOR)
    return f'"{office_id}-{version}"', body


def etag_of(office_code: str) -> str:
    """Return the entity tag alone."""
    office_id = office_id_of(office_code)
    return f'"{office_id}-{versions.of(office_id)}"'


def office_id_of(office_code: str) -> int:
    """Return the office's id, asking PostgreSQL once a process. Raises `unknown_office`."""
    found = _office_ids.get(office_code)
    if found is None:
        found = catalogue.current().office(office_code).row.pk
        _office_ids[office_code] = found
    return found


def forget() -> None:
    """Forget the ids of the offices."""
    _office_ids.clear()


def snapshot(office: OfficeInForce, *, at: datetime | None = None) -> dict[str, Any]:
    """Read the queue of an office: five statements whatever its length. `at` is the database's clock unless given."""
    queue = Queue.objects.get(pk=office.row.pk)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTERS, [office.row.pk])
        counters = cursor.fetchall()
        cursor.execute(_WAITING, [office.row.pk, office.row.pk])
        waiting = {row[0]: row[1:] for row in cursor.fetchall()}
    now: datetime = at or (counters[0][-1] if counters else catalogue.read()[1])
    oldest = min((row[2] for row in waiting.values()), default=None)
    today = rollups.of_days(office.row.pk, local_date(now))
    opening = opening_of(office, now)
    return {
        "office": office.row.code,
        "as_of": iso(now),
        "services": _services(office.row.pk, waiting, now),
        "counters": [_counter(row) for row in counters],
        "waiting": sum(row[0] for row in waiting.values()),
        "waiting_priority": sum(row[1] for row in waiting.values()),
        "longest_wait_s": max(int((now - oldest).total_seconds()), 0) if oldest else 0,
        "oldest_wait_from": iso(oldest),
        "serving": [
            {"number": row[3], "counter": row[0], "state": row[4], "called_at": iso(row[5]), "calls": row[6]}
            for row in counters
            if row[3]
        ],
        "calls": _calls(office.row.pk, now),
        "average_wait_s_today": today.average_wait_s,
        "visits_today": today.visits,
        "target_s": queue.target_wait_s,
        "priority_prefix": queue.priority_prefix,
        "quiet_hours": queue.quiet_hours,
        "hours_today": opening.hours_today if opening else [],
        "is_open": opening.is_open if opening else True,
    }


def _services(office_id: int, waiting: dict[int, Any], now: datetime) -> list[dict[str, Any]]:
    offered = Service.objects.filter(office=office_id, is_active=True).order_by("position", "code")
    ahead = {each.pk: waiting.get(each.pk, (0,))[0] for each in offered}
    ranges = forecasting.expected_now(office_id, to_local(now).hour, ahead)
    return [
        {
            "code": each.code, "name": each.name, "name_en": each.name_en or each.name, "prefix": each.prefix, "icon": each.icon,
            "waiting": ahead[each.pk], "low_s": ranges.get(each.pk, (None, None))[0], "high_s": ranges.get(each.pk, (None, None))[1],
        }
        for each in offered
    ]  # fmt: skip


def _counter(row: tuple[Any, ...]) -> dict[str, Any]:
    number, shift, break_from, ticket, status, _called_at, _calls, since = row[:8]
    if status is not None:
        state = "calling" if status == TicketStatus.CALLED else "serving"
    elif shift is None:
        state = "closed"
    else:
        state = "paused" if break_from else "idle"
    return {"number": number, "state": state, "ticket": ticket or None, "since": iso(break_from or since)}


def _calls(office_id: int, now: datetime) -> list[dict[str, Any]]:
    """Return the calls made last, one a number, newest first."""
    made = Ticket.objects.filter(
        office=office_id, day=local_date(now), called_at__isnull=False, counter__isnull=False
    )
    rows = made.order_by("-called_at", "-id").values_list("number", "counter__number", "called_at", "calls")
    return [
        {"number": number, "counter": counter, "called_at": iso(at), "calls": calls}
        for number, counter, at, calls in rows[:CALLS_SHOWN]
    ]
