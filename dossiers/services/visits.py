"""The visit in which a dossier is handed in: the ticket that is being served, or has just been."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import local_date
from desk.models import TicketStatus
from desk.services.moving import ticket_not_found
from procedures import catalogue
from procedures.catalogue import Catalogue, OfficeInForce

_READ = """
SELECT stamp.value, now(), t.id, t.number, t.office_id, t.status, t.clerk_id, t.finished_at
FROM procedures_cataloguestamp stamp LEFT JOIN desk_ticket t ON t.token = %s
"""


@dataclass(frozen=True)
class Visit:
    """A turn at the desk as far as a dossier cares; `number` is empty for a visit by post or telephone."""

    ticket_id: int
    number: str
    office_id: int
    status: str
    clerk_id: int | None
    finished_at: datetime | None


def read(token: str) -> tuple[Catalogue, datetime, Visit | None]:
    """Return the catalogue in force, the database clock and the visit of a token, in one statement; without a token no visit.

    Raises `ticket_not_found` for a token that no ticket has.
    """
    if not token:
        return *catalogue.read(), None
    if not (token.isascii() and token.isdigit()):
        raise ticket_not_found()
    with connection.cursor() as cursor:
        cursor.execute(_READ, [token])
        stamp, now, *found = cursor.fetchone()
    if found[0] is None:
        raise ticket_not_found()
    return catalogue.of_stamp(stamp), now, Visit(*found)


def refuse_unless_here(visit: Visit, office: OfficeInForce, *, actor: User, at: datetime) -> None:
    """Refuse a visit that is not being served at this desk; the clerk who finished it today may still add to it."""
    is_just_over = (
        visit.status == TicketStatus.FINISHED
        and visit.clerk_id == actor.pk
        and visit.finished_at is not None
        and local_date(visit.finished_at) == local_date(at)
    )
    if visit.office_id == office.row.pk and (visit.status == TicketStatus.SERVING or is_just_over):
        return
    raise DomainError(
        _(
            "Số %(number)s không phải lượt đang phục vụ tại %(office)s. Hãy bấm “Bắt đầu” cho số đó hoặc bỏ số rồi lưu lại."
        )
        % {"number": visit.number, "office": office.row.name},
        code="ticket_not_serving",
        status=409,
    )
