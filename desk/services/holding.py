"""Pass on who is set aside: another clerk takes care of the turn."""

from collections.abc import Iterable

from django.db import transaction

from bpmc_portal.accounts.models import User
from desk import versions
from desk.models import Ticket, TicketStatus
from desk.services import moving


@transaction.atomic
def pass_on(tokens: Iterable[str], *, to: User, actor: User) -> int:
    """Put held turns into a colleague's list; what is held no longer is left as it is. Raises 403 for who is not of the desk."""
    mine = Ticket.objects.select_for_update().filter(token__in=list(tokens), status=TicketStatus.HELD)
    count = 0
    for ticket in mine.order_by("pk"):
        for person in (actor, to):
            moving.refuse_stranger(person, ticket.office_id)
        Ticket.objects.filter(pk=ticket.pk).update(clerk=to)
        versions.touch(ticket.office_id)
        count += 1
    return count
