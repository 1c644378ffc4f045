"""One act on one dossier as the services pass it along: what was asked, and what it has changed so far."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from bpmc_portal.jobs.services import Work
from dossiers.models import Dossier, Letter, Result
from dossiers.services.collecting import Delivery
from dossiers.workflow import Action, Transition
from procedures.catalogue import Catalogue, Version
from procedures.working_calendar import WorkingCalendar


class IllegalTransition(DomainError):
    """The table, the step or the grants do not allow the act now; `allowed_actions` says what is allowed."""

    code = "illegal_transition"
    status = 409


class StaleVersion(DomainError):
    """Somebody changed the dossier since the caller read it; nothing was changed."""

    code = "stale_version"
    status = 412


@dataclass(frozen=True)
class ItemInput:
    """One thing that a letter says about one paper: the requirement's code, the coded reason, and words that replace the catalogue's."""

    component: str
    reason: str
    text: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class OpinionInput:
    """How another unit is asked. Past `due_on` silence counts as agreement, or is told as missing."""

    unit: str
    due_on: date | None = None
    silence_is_consent: bool = False
    is_confidential: bool = False


@dataclass(frozen=True)
class MoneyInput:
    """What is asked for, or how it was paid. `amount` in đồng; None asks for the fee of the catalogue."""

    amount: int | None = None
    name: str = ""
    method: str = ""
    transaction: str = ""


@dataclass(frozen=True)
class Params:
    """What an act may need besides the dossier; doors fill in what they have."""

    reason: str = ""
    paper_handoff: bool = False
    to_step: str | None = None
    opinion_unit: str | None = None
    opinion: OpinionInput | None = None
    due_on: date | None = None
    respond_by: date | None = None
    collector: dict[str, Any] | None = None
    legal_basis: str = ""
    delivery: Delivery | None = None
    # Username of who shall do the work; None lets the load decide.
    assignee: str | None = None
    items: tuple[ItemInput, ...] = ()
    # Codes of reasons from the catalogue (decline, refuse, delay, stop), joined to the text of the letter.
    reason_codes: tuple[str, ...] = ()
    money: MoneyInput | None = None
    # New values by field, of the first person of a correction; the second person confirms without.
    corrections: dict[str, str] = field(default_factory=dict)
    # The draft of the result that the approver has read; another one means that it changed meanwhile.
    result_revision: int | None = None
    # The fee is let go, not paid: only services/settling.py says so, after it has asked whether the person may.
    is_waived: bool = False
    # Papers that answer a supplement: requirement code → uploaded document.
    answers: dict[str, UUID] = field(default_factory=dict)


# What may stand beside a dossier, told with its lock, so that an act asks only for what is there.
BESIDE = {
    "has_draft": Exists(Letter.objects.filter(dossier=OuterRef("pk"), state=Letter.State.DRAFT)),
    "has_result": Exists(Result.objects.filter(dossier=OuterRef("pk"))),
}


@dataclass
class Act:
    """One act under way: everything the change functions need, what they put into the event, and the work it leaves behind.

    `actor` is None for what the applicant does by the token of the receipt, or the clock by itself.
    """

    dossier: Dossier
    action: Action
    transition: Transition
    actor: User | None
    at: datetime
    params: Params
    held: Catalogue
    version: Version
    data: dict[str, Any] = field(default_factory=dict)
    works: list[Work] = field(default_factory=list)

    @property
    def calendar(self) -> WorkingCalendar:
        """The working calendar of the desk, by which both clocks run."""
        return self.held.office_by_id(self.dossier.office_id).calendar

    def has(self, what: str) -> bool:
        """Say whether one of BESIDE stands beside the dossier."""
        return bool(getattr(self.dossier, what))

    @property
    def officer(self) -> User:
        """Who acts, where nobody but staff can."""
        if self.actor is None:
            raise ValueError(f"{self.action} is done by staff")
        return self.actor
