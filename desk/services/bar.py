"""What the keys of the ticket bar do, judged by what the page showed: two tabs or a late answer never end somebody else's turn."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from desk.models import Ticket, TicketStatus
from desk.services import calling, moving, shifts


@transaction.atomic
def call_after(
    office_id: int, *, counter: int, shown: str, actor: User, at: datetime | None = None
) -> Ticket | None:
    """Call the next visitor after the turn that the page showed (its token; empty when it showed none), finishing that turn.

    Raises `ticket_moved` when another turn is being served at the counter by now: it would be ended unseen. Otherwise as
    calling.call_next, whose locks it takes in the same order.
    """
    moving.refuse_stranger(actor, office_id)
    moving.lock_queue(office_id)
    place = shifts.place_of(office_id, counter=counter, actor=actor, at=at)
    there = place.ticket
    if there is not None and there.status == TicketStatus.SERVING and there.token != shown:
        raise DomainError(
            _("Quầy %(counter)s đang phục vụ số %(number)s, mở từ thẻ khác. Hãy xem lại rồi nhấn lần nữa.")
            % {"counter": place.number, "number": there},
            code="ticket_moved",
            status=409,
        )
    return calling.call_next(office_id, counter=counter, actor=actor, at=at)
