"""What waits for the leader's decision: one list over all units where the person approves, with what is needed to decide."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from dossiers.models import Component, Dossier, DossierEvent, PaperVerdict, Status
from dossiers.services.worklist import beyond, cursor_of
from dossiers.workflow import Action

PAGE = 25


@dataclass(frozen=True)
class Waiting:
    """The figures above the list."""

    count: int
    overdue: int
    oldest_due_at: datetime | None


@dataclass(frozen=True)
class SignPage:
    """One keyset page and the cursor of the next, "" at the end."""

    rows: list[Dossier]
    following: str


def waiting_for(user: User) -> QuerySet[Dossier]:
    """Keep what this person may approve now: dossiers at their last step in units where they approve. Read off a partial index."""
    units = sorted(principal_of(user).units_where("approve_dossiers"))
    return Dossier.objects.filter(unit_id__in=units, status=Status.PROCESSING, next_act=Action.APPROVE)


def figures(user: User, *, now: datetime) -> Waiting:
    """Count what waits. One statement."""
    found = waiting_for(user).aggregate(
        count=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=now)), oldest=Min("due_at")
    )
    return Waiting(found["count"], found["overdue"], found["oldest"])


def page_of(user: User, *, after: str = "") -> SignPage:
    """Return a page by appointment, each row with its draft, the officer's proposal and its papers counted. One statement."""
    proposal = (
        DossierEvent.objects.filter(dossier=OuterRef("pk"), action=Action.FORWARD)
        .exclude(reason="")
        .order_by("-seq")
        .values("reason")[:1]
    )
    rows: Any = beyond(waiting_for(user), "due_at", after)  # type: ignore[arg-type]
    found = list(
        rows.select_related("result__document", "result__drafted_by", "assignee", "case")
        .annotate(
            proposal=Coalesce(Subquery(proposal), Value(""), output_field=TextField()),
            papers=_papers(),
            failed=_papers(verdict=PaperVerdict.FAILED),
        )
        .order_by("due_at", "id")[: PAGE + 1]
    )
    has_more, found = len(found) > PAGE, found[:PAGE]
    return SignPage(found, cursor_of(found[-1].due_at, found[-1].pk) if has_more else "")


def _papers(**verdict: str) -> Coalesce:
    counted = (
        Component.objects.filter(dossier=OuterRef("pk"), **verdict)
        .order_by()
        .values("dossier")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return Coalesce(Subquery(counted), 0)
