"""A hall for the benchmark: fifty counters of one office with their clerks, and queues of any length. Runs in prepare.py's process."""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Greatest, Now
from django.utils import timezone
from knox.models import AuthToken

from bpmc_portal.accounts.models import Office, Role, User
from bpmc_portal.accounts.permissions import appoint
from bpmc_portal.lib.vietnamese import local_date
from desk.models import OPEN, Period, Ticket
from desk.services import calling, shifts, tickets
from desk.services.setup import establish

COUNTERS = 50
SERVICES = ("ld-ngoai-nuoc", "viec-lam-atld")
# Numbers of one service that all wait, taken a second apart up to now.
_QUEUE_UP = """
WITH place AS (SELECT s.*, coalesce((SELECT max(serial) FROM desk_ticket WHERE office_id = s.office_id AND day = %(day)s AND prefix = s.prefix), 0) AS last
  FROM desk_service s WHERE s.office_id = %(office)s AND s.code = %(service)s
), made AS (
  INSERT INTO desk_ticket (office_id, service_id, day, prefix, serial, number, token, origin, status, priority, rank, place, ready_at,
    passed_over, issued_at, wait_from, calls, absences, is_forced, ahead)
  SELECT office_id, id, %(day)s, prefix, last + i, prefix || lpad((last + i)::text, greatest(3, length((last + i)::text)), '0'), lpad((random() * 1e15)::bigint::text || i, 24, '7'),
    'kiosk', 'waiting', '', 2, taken, taken, 0, taken, taken, 0, 0, false, 0
  FROM place, generate_series(1, %(count)s) i, LATERAL (SELECT clock_timestamp() - (%(count)s - i) * interval '1 second' AS taken) at
  RETURNING id, issued_at, prefix, serial
), chained AS (
  INSERT INTO desk_period (ticket_id, kind, started_at, note) SELECT id, 'waiting', issued_at, '' FROM made
)
INSERT INTO numbering_series (key, last)
SELECT 'ticket:' || %(office)s || ':' || %(day)s || ':' || min(prefix), max(serial) FROM made
ON CONFLICT (key) DO UPDATE SET last = excluded.last
"""


def hall() -> dict[str, Any]:
    """Set fifty counters up, each open with its clerk, and return their tokens and the machine's."""
    office = Office.objects.order_by("position", "code").first()
    if office is None:
        raise RuntimeError("no office")
    with transaction.atomic():
        establish(office, counters=COUNTERS)
        clerks = [_person(f"quay{number:02d}", Role.CLERK, office) for number in range(1, COUNTERS + 1)]
        kiosk = _person("may-lay-so", Role.KIOSK, office)
        for number, clerk in enumerate(clerks, 1):
            shifts.open_counter(office.pk, counter=number, actor=clerk)
    return {
        "office": office.code,
        "services": SERVICES,
        "kiosk": AuthToken.objects.create(kiosk)[1],
        "clerks": [AuthToken.objects.create(clerk)[1] for clerk in clerks],
    }


def queue_up(count: int) -> dict[str, Any]:
    """Let so many more visitors wait, all for the first service."""
    office = Office.objects.order_by("position", "code").first()
    values: dict[str, Any] = {
        "office": office.pk if office else 0,
        "day": local_date(),
        "service": SERVICES[0],
        "count": count,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_QUEUE_UP, values)
        cursor.execute("VACUUM ANALYZE desk_ticket")
        cursor.execute("VACUUM ANALYZE desk_period")
    return {"last": Ticket.objects.filter(day=local_date()).aggregate(last=Max("serial"))["last"]}


def empty(but: int) -> dict[str, Any]:
    """Let nobody wait or be served any more but the last few: who is left ends now."""
    left = Ticket.objects.filter(status__in=OPEN)
    keep = list(left.filter(status="waiting").order_by("-pk").values_list("pk", flat=True)[:but])
    over = list(left.exclude(pk__in=keep).values_list("pk", flat=True))
    with transaction.atomic():
        Period.objects.filter(ticket__in=over, ended_at=None).update(ended_at=Greatest("started_at", Now()))
        left.filter(pk__in=over).update(status="cancelled", counter=None)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE desk_ticket")
        cursor.execute("VACUUM ANALYZE desk_period")
    return {"waiting": len(keep)}


def ticket_cost() -> dict[str, Any]:
    """Return the statements and the buffer pages of giving a number and of calling the next one; nothing is kept."""
    office, clerk = Office.objects.order_by("position", "code").first(), User.objects.get(username="quay50")
    if office is None:
        raise RuntimeError("no office")
    acts: dict[str, Callable[[], Any]] = {
        "issue": lambda: tickets.issue(office, service=SERVICES[0], actor=None),
        "next": lambda: calling.call_next(office.pk, counter=COUNTERS, actor=clerk),
    }
    return {name: _cost(act) for name, act in acts.items()}


def _cost(act: Callable[[], Any]) -> dict[str, int]:
    """Run an act twice, each time in a transaction that is rolled back; count the second, when all is warm."""
    for _turn in range(2):
        pages: list[int] = []
        with transaction.atomic(), connection.execute_wrapper(_explaining(pages)):
            act()
            transaction.set_rollback(True)
    return {"statements": len(pages), "pages": sum(pages)}


def _explaining(pages: list[int]) -> Callable[..., Any]:
    """Note the pages of every statement, by running it first under EXPLAIN in a savepoint that is rolled back."""

    def explain(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().split(None, 1)[0].upper() in {"SELECT", "WITH", "INSERT", "UPDATE"}:
            place = connection.savepoint() or ""
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
                plan = cursor.fetchone()[0][0]["Plan"]
            connection.savepoint_rollback(place)
            pages.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        return run(sql, params, many, context)

    return explain


def _person(username: str, role: Role, office: Office) -> User:
    found, created = User.objects.get_or_create(username=username, defaults={"full_name": username})
    if created:
        appoint(found, unit=office.unit, role=role, office=office, starts_on=timezone.now().date())
    return found
