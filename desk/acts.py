"""The table of what may be done with a turn: from which states, to which, and what the visitor's time is spent on then."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError
from desk.models import PeriodKind, Ticket, TicketStatus


class Act(StrEnum):
    """What is done with a turn."""

    CALL = "call"
    RECALL = "recall"
    START = "start"
    FINISH = "finish"
    HOLD = "hold"
    ABSENT = "absent"
    UNDO_ABSENT = "undo_absent"
    TRANSFER = "transfer"
    DEFER = "defer"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Turn:
    """One row: `opens` is the period that begins with the act, None when the turn is over."""

    sources: frozenset[str]
    target: TicketStatus
    opens: PeriodKind | None


def _turn(sources: tuple[TicketStatus, ...], target: TicketStatus, opens: PeriodKind | None) -> Turn:
    return Turn(frozenset(sources), target, opens)


W, C, S, H, N = (
    TicketStatus.WAITING,
    TicketStatus.CALLED,
    TicketStatus.SERVING,
    TicketStatus.HELD,
    TicketStatus.NO_SHOW,
)
TURNS: dict[Act, Turn] = {
    Act.CALL: _turn((W,), C, PeriodKind.CALLED),
    # Again to the same visitor, or to one who comes back: set aside, sent back, or written off as absent.
    Act.RECALL: _turn((C, W, H, N), C, PeriodKind.CALLED),
    Act.START: _turn((C, H), S, PeriodKind.SERVING),
    Act.FINISH: _turn((S,), TicketStatus.FINISHED, None),
    Act.HOLD: _turn((S,), H, PeriodKind.HELD),
    # The first absence sends the visitor some places back, the second ends the turn (serving.absent).
    Act.ABSENT: _turn((C,), W, PeriodKind.ABSENT),
    Act.UNDO_ABSENT: _turn((W, N), C, PeriodKind.CALLED),
    Act.TRANSFER: _turn((C, S, H), W, PeriodKind.WAITING),
    Act.DEFER: _turn((W,), W, None),
    Act.CANCEL: _turn((W, H), TicketStatus.CANCELLED, None),
}


def allowed(status: str) -> list[str]:
    """Return the acts that may follow a state."""
    return [act.value for act, turn in TURNS.items() if status in turn.sources and act is not Act.CALL]


def refuse_unless(act: Act, ticket: Ticket) -> Turn:
    """Return the act's row, or raise `ticket_state` with what may be done instead."""
    turn = TURNS[act]
    if ticket.status in turn.sources:
        return turn
    following = [each.replace("_", "-") for each in allowed(ticket.status)]
    sentence = _(
        "Số %(number)s đang ở trạng thái “%(status)s” nên không làm việc này được. Hãy tải lại hàng đợi."
    )
    raise DomainError(
        sentence % {"number": ticket, "status": ticket.get_status_display()},
        code="ticket_state",
        status=409,
        extra={"status_of_ticket": ticket.status, "allowed": following, "allowed_actions": following},
    )
