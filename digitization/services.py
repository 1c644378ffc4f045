"""Give papers their codes, once for ever."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from bpmc_portal.lib.vietnamese import local_date
from bpmc_portal.numbering import services as numbering
from digitization import codes
from digitization.models import CodeScheme, Document

_DEFAULTS = {
    CodeScheme.Kind.COMPONENT: codes.COMPONENT_TEMPLATE,
    CodeScheme.Kind.RESULT: codes.RESULT_TEMPLATE,
}

# One statement for all: the ORM's bulk update costs a CASE a row and column.
_WRITE = """
UPDATE digitization_document d SET code = given.code, code_nn = given.nn, coded_at = %s
FROM unnest(%s::uuid[], %s::text[], %s::int[]) AS given(id, code, nn) WHERE d.id = given.id
"""


@transaction.atomic
def assign_codes(document_ids: Sequence[UUID | str], *, at: datetime | None = None) -> int:
    """Give a code to each of these documents that has none; return how many got one.

    Idempotent: a document that has its code keeps it. Rows are locked in key order; `nn` runs per (owner, type) without gap or
    reuse, because the series moves in the same transaction.
    """
    waiting = list(
        Document.objects.filter(pk__in=document_ids, code=None, document_type__isnull=False)
        .order_by("pk")
        .select_related("document_type")
        .select_for_update(of=("self",))
    )
    if not waiting:
        return 0
    series = [f"document:{document.code_owner}:{document.code_type}" for document in waiting]
    following = numbering.take_many(Counter(series))
    templates = _templates()
    at = at or timezone.now()
    for document, key in zip(waiting, series, strict=True):
        document.code_nn = following[key]
        following[key] += 1
        document.code = codes.render(
            templates[document.kind],
            owner=document.code_owner,
            origin=document.code_origin,
            type_code=document.code_type,
            nn=document.code_nn,
        )
    written = (
        [str(each.pk) for each in waiting],
        [each.code for each in waiting],
        [each.code_nn for each in waiting],
    )
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [at, *written])
    return len(waiting)


def _templates() -> dict[str, str]:
    """Return the template in force today of each kind."""
    found: dict[str, str] = {str(kind): template for kind, template in _DEFAULTS.items()}
    for scheme in CodeScheme.objects.filter(in_force_from__lte=local_date()).order_by("in_force_from"):
        found[scheme.kind] = scheme.template
    return found
