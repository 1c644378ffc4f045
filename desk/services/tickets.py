"""Give out a number."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Office, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.lib.vietnamese import local_date, to_local
from bpmc_portal.numbering import services as numbering
from desk import versions
from desk.models import Appointment, Origin, Priority, Queue, Rank, Service, Ticket
from desk.services.moving import SELECT, from_row, ticket_not_found
from desk.waits import ANY_BUCKET, BUCKETS
from procedures.models import Procedure

# People ahead are counted no further: the cost of a number does not grow with the queue.
COUNTED_AHEAD = 200
_CLOCK = "SELECT coalesce(%s::timestamptz, clock_timestamp())"
_SERVICE = Service._meta.concrete_fields
_OFFERED = f"""
SELECT clock_timestamp(), {", ".join(str(field.column) for field in _SERVICE)} FROM desk_service
WHERE office_id = %s AND upper(code) = upper(%s) AND is_active
"""  # noqa: S608  (column names of the model)
_ISSUE = f"""
WITH ahead AS MATERIALIZED (
  SELECT count(*)::int AS n FROM (
    SELECT 1 FROM desk_ticket WHERE service_id = %(service_id)s AND status = 'waiting' AND rank <= %(rank)s LIMIT {COUNTED_AHEAD}
  ) counted
), expected AS (
  SELECT low_s, high_s FROM desk_forecast, ahead
  WHERE service_id = %(service_id)s AND hour = %(hour)s AND bucket IN (width_bucket(ahead.n, %(bounds)s::int[]), {ANY_BUCKET})
  ORDER BY bucket DESC LIMIT 1
), made AS (
  INSERT INTO desk_ticket AS t (office_id, service_id, procedure_id, appointment_id, day, prefix, serial, number, token, origin,
    status, priority, rank, place, ready_at, passed_over, issued_at, wait_from, calls, absences, is_forced,
    ahead, low_s, high_s)
  SELECT %(office_id)s, %(service_id)s, %(procedure_id)s, %(appointment_id)s, %(day)s, %(prefix)s, %(serial)s, %(number)s,
    %(token)s, %(origin)s, 'waiting', %(priority)s, %(rank)s, %(place)s, %(ready_at)s, 0, %(issued_at)s, %(ready_at)s, 0, 0, false,
    ahead.n, expected.low_s, expected.high_s
  FROM ahead LEFT JOIN expected ON true RETURNING {SELECT}
), early AS (
  INSERT INTO desk_period (ticket_id, kind, started_at, ended_at, actor_id, note)
  SELECT id, 'early', issued_at, ready_at, %(actor_id)s, '' FROM made WHERE ready_at > issued_at
), chained AS (
  INSERT INTO desk_period (ticket_id, kind, started_at, actor_id, note)
  SELECT id, 'waiting', ready_at, %(actor_id)s, '' FROM made
)
SELECT * FROM made
"""  # noqa: S608  (column names and numbers of this module)


@dataclass(frozen=True)
class Printed:
    """A number drawn from its series, with its token."""

    prefix: str
    serial: int
    token: str


def issue(
    office: Office,
    *,
    service: str,
    priority: str = "",
    origin: str = Origin.KIOSK,
    actor: User | None,
    procedure: Procedure | None = None,
    at: datetime | None = None,
) -> Ticket:
    """Give the next number of a service, or of the priority series.

    Locks the series of the day until commit. Raises `service_unknown`, `priority_unknown`, and 403 for who has no part in this desk.
    """
    if actor is not None and office.pk not in principal_of(actor).office_ids:
        raise DomainError(
            _("Máy hoặc tài khoản này không thuộc %s nên không cấp số ở đây được.") % office.name,
            code="not_your_desk",
            status=403,
        )
    priority = priority.strip().lower()
    if priority not in Priority.values:
        sentence = _(
            "Không có diện ưu tiên “%(typed)s”. Các diện: %(known)s; để trống nếu lấy số thường."
        ) % {
            "typed": priority[:20],
            "known": ", ".join(value for value in Priority.values if value),
        }
        raise InvalidInput(sentence, code="priority_unknown", fields={"priority": sentence})
    found, asked_at = _offered(office, service)
    rank = Rank.PRIORITY if priority else Rank.ORDINARY
    with transaction.atomic():
        prefix, day = _prefix_of(found, rank), local_date(at or asked_at)
        # The clock is read again under the lock of the series, so that the order of the numbers is the order of taking.
        serial, now = numbering.take_with_clock(series_of(office.pk, f"{day}", prefix))
        taken_at = at or now
        return _write(
            found, origin=origin, priority=priority, rank=rank, taken_at=taken_at, ready_at=taken_at, place=taken_at, day=day,
            procedure=procedure, actor=actor, drawn=Printed(prefix, serial, new_token()),
        )  # fmt: skip


def issue_for(
    appointment: Appointment, *, rank: Rank, ready_at: datetime, taken_at: datetime, actor: User | None
) -> Ticket:
    """Give the number of an appointment that has checked in (services.appointments decides its rank and time)."""
    return _write(
        appointment.service, origin=Origin.BOOKING, priority="", rank=rank, taken_at=taken_at, ready_at=ready_at,
        place=ready_at, procedure=appointment.procedure, actor=actor, appointment=appointment,
    )  # fmt: skip


def issue_printed(
    service: Service, *, printed: Printed, priority: str, taken_at: datetime, actor: User | None
) -> Ticket:
    """Write down a number that a kiosk has printed without the server (services.blocks judges it)."""
    return _write(
        service, origin=Origin.OFFLINE, priority=priority, rank=Rank.PRIORITY if priority else Rank.ORDINARY,
        taken_at=taken_at, ready_at=taken_at, place=taken_at, procedure=None, actor=actor, drawn=printed,
    )  # fmt: skip


def find_service(office: Office, code: str) -> Service:
    """Return an active service of the office, whatever the case of its code. Raises `service_unknown`."""
    return _offered(office, code)[0]


def _offered(office: Office, code: str) -> tuple[Service, datetime]:
    """Return a service and the database's clock, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_OFFERED, [office.pk, code.strip()[:40]])
        row = cursor.fetchone()
    if row is not None:
        return Service.from_db("default", [field.attname for field in _SERVICE], list(row[1:])), row[0]
    active = Service.objects.filter(office=office, is_active=True)
    names = ", ".join(active.values_list("code", flat=True))
    sentence = _("Không có dịch vụ “%(code)s” tại quầy này. Các dịch vụ: %(names)s.")
    sentence %= {"code": code[:40], "names": names or "—"}
    raise DomainError(sentence, code="service_unknown", status=404, fields={"service": sentence})


def of_token(token: str) -> Ticket:
    """Return a ticket with its service and counter. Raises `ticket_not_found`."""
    found = Ticket.objects.select_related("service", "counter", "office").filter(token=token[:24]).first()
    if found is None:
        raise ticket_not_found()
    return found


def clock(at: datetime | None = None) -> datetime:
    """Return the database's clock, or the given instant."""
    if at is not None:
        return at
    with connection.cursor() as cursor:
        cursor.execute(_CLOCK, [at])
        now: datetime = cursor.fetchone()[0]
    return now


def new_token() -> str:
    """Return 24 random digits (≈ 80 bits): digits survive scanners and Vietnamese keyboards."""
    return f"{secrets.randbelow(10**24):024d}"


def series_of(office_id: int, day: str, prefix: str) -> str:
    """Name the series of one office, local day and first letter."""
    return f"ticket:{office_id}:{day}:{prefix}"


def number_words(prefix: str, serial: int) -> str:
    """Write A012."""
    return f"{prefix}{serial:03d}"


def _prefix_of(service: Service, rank: int) -> str:
    """Return the first letter of the series that a number of this rank is taken from."""
    if rank != Rank.PRIORITY:
        return service.prefix
    return Queue.objects.values_list("priority_prefix", flat=True).get(pk=service.office_id)


def _write(
    service: Service,
    *,
    origin: str,
    priority: str,
    rank: Rank,
    taken_at: datetime,
    ready_at: datetime,
    place: datetime,
    procedure: Procedure | None,
    actor: User | None,
    appointment: Appointment | None = None,
    drawn: Printed | None = None,
    day: date | None = None,
) -> Ticket:
    day = day or local_date(taken_at)
    if drawn is None:
        prefix = _prefix_of(service, rank)
        drawn = Printed(prefix, numbering.take(series_of(service.office_id, f"{day}", prefix)), new_token())
    values = {
        "office_id": service.office_id, "service_id": service.pk, "procedure_id": procedure.pk if procedure else None,
        "appointment_id": appointment.pk if appointment else None, "day": day, "prefix": drawn.prefix, "serial": drawn.serial,
        "number": number_words(drawn.prefix, drawn.serial), "token": drawn.token, "origin": origin, "priority": priority, "rank": int(rank),
        "place": place, "ready_at": ready_at, "issued_at": taken_at, "hour": to_local(taken_at).hour, "bounds": list(BUCKETS),
        "actor_id": actor.pk if actor else None,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ISSUE, values)
        ticket = from_row(cursor.fetchone())
    ticket.service = service
    versions.touch(service.office_id)
    return ticket
