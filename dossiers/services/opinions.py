"""Opinions of other units: what happens when the deadline passes in silence."""

from datetime import datetime

from django.db import transaction

from dossiers.models import Opinion

BATCH = 500


@transaction.atomic
def close_silent(at: datetime) -> int:
    """Close the questions whose deadline has passed without an answer; return how many. For the clock's sweep, idempotent.

    Silence is agreement where the question said so, else it is told as missing: both are `answered_at` without `answered_by`, and the
    page says which. The dossier's status, step and clock are untouched, so the journal has no event of it.
    """
    late = (
        Opinion.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(answered_at=None, due_at__lt=at)
        .order_by("due_at", "pk")
    )
    keys = list(late.values_list("pk", flat=True)[:BATCH])
    return Opinion.objects.filter(pk__in=keys, answered_at=None).update(answered_at=at) if keys else 0
