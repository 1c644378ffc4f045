"""Who has read a dossier: its pages, its papers and its answers of the API, from the log of accesses."""

from dataclasses import dataclass

from django.db.models import QuerySet

from bpmc_portal.audit.models import AccessEvent
from dossiers.models import Dossier

PAGE = 50


@dataclass(frozen=True)
class Reading:
    """One page of the log, newest first; `following` is the key to go on from, None at the end."""

    events: list[AccessEvent]
    following: int | None


def who_read(dossier: Dossier, *, before: int | None = None) -> Reading:
    """Return up to 50 showings of the dossier or one of its papers, older than the event `before`. Two statements."""
    papers = dossier.components.values_list("document_id", flat=True)
    subjects = [dossier.code, *(f"document:{key}" for key in papers)]
    found: QuerySet[AccessEvent] = AccessEvent.objects.filter(subject__in=subjects)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found.select_related("actor").order_by("-pk")[: PAGE + 1])
    return Reading(rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else None)
