"""Give papers their codes, once for ever."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from bpmc_portal.jobs.services import Work, enqueue, works_for
from bpmc_portal.lib.vietnamese import local_date
from bpmc_portal.numbering import services as numbering
from digitization import codes
from digitization.models import CodeScheme, Document

_DEFAULTS = {
    CodeScheme.Kind.COMPONENT: codes.COMPONENT_TEMPLATE,
    CodeScheme.Kind.RESULT: codes.RESULT_TEMPLATE,
}
# One series a holder and type.
SERIES = "document:{owner}:{type}"

# One statement for all: the ORM's bulk update costs a CASE a row and column.
_WRITE = """
UPDATE digitization_document d SET code = given.code, code_nn = given.nn, coded_at = %s
FROM unnest(%s::uuid[], %s::text[], %s::int[]) AS given(id, code, nn) WHERE d.id = given.id
"""
# Above this the subscribers' jobs are written by a job of their own, so that papers do not wait for them to get their codes.
TOLD_AT_ONCE = 100
_COLUMNS = ("pk", "kind", "code_owner", "code_origin", "code_type", "blob_id")


def uncoded() -> QuerySet[Document]:
    """Return the typed papers that wait for a code; one whose place in a dossier is not yet known has no parts to make a code of."""
    return Document.objects.filter(code=None, document_type__isnull=False).exclude(code_type="")


def assign_codes(document_ids: Sequence[UUID | str], *, at: datetime | None = None) -> int:
    """Give a code to each of these documents that has none; return how many got one.

    Idempotent: a document that has its code keeps it. Rows are locked in key order; `nn` runs per (owner, type) without gap or
    reuse, because the series moves in the same transaction. Publishes "digitization.coded" (document_id) for papers with a file.
    """
    return _assign(uncoded().filter(pk__in=document_ids), at=at)


def assign_codes_between(first: UUID, before: UUID | None, *, at: datetime | None = None) -> int:
    """Do the same for all documents from `first` up to, not including, `before` (None: to the end): a slice of a bulk run."""
    slice_of = uncoded().filter(pk__gte=first)
    return _assign(slice_of.filter(pk__lt=before) if before else slice_of, at=at)


@transaction.atomic
def _assign(wanted: QuerySet[Document], *, at: datetime | None) -> int:
    waiting = list(wanted.order_by("pk").select_for_update(of=("self",), no_key=True).values_list(*_COLUMNS))
    if not waiting:
        return 0
    series = [
        SERIES.format(owner=owner, type=type_code) for _pk, _kind, owner, _origin, type_code, _blob in waiting
    ]
    following = numbering.take_many(Counter(series))
    templates = _templates()
    given: tuple[list[str], list[str], list[int]] = ([], [], [])
    for (pk, kind, owner, origin, type_code, _blob), key in zip(waiting, series, strict=True):
        nn = following[key]
        following[key] += 1
        code = codes.render(templates[kind], owner=owner, origin=origin, type_code=type_code, nn=nn)
        for column, value in zip(given, (str(pk), code, nn), strict=True):
            column.append(value)  # type: ignore[attr-defined]  # three columns of their own types
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [at or timezone.now(), *given])
    _tell([str(row[0]) for row in waiting if row[-1]])
    return len(waiting)


def _tell(coded: list[str]) -> None:
    """Publish "digitization.coded" of papers with a file in one statement, or leave that to a job when they are many."""
    if len(coded) <= TOLD_AT_ONCE:
        tell_coded(coded)
        return
    # A paper is coded once, so its id names this telling.
    enqueue(Work("digitization.tell_coded", f"digitization.tell_coded:{coded[0]}", {"document_ids": coded}))


def tell_coded(document_ids: Sequence[str]) -> None:
    """Write one job a subscriber of "digitization.coded" and paper. Idempotent: what is written stays."""
    enqueue(*(work for pk in document_ids for work in works_for("digitization.coded", document_id=pk)))


def _templates() -> dict[str, str]:
    """Return the template in force today of each kind."""
    found: dict[str, str] = {str(kind): template for kind, template in _DEFAULTS.items()}
    for scheme in CodeScheme.objects.filter(in_force_from__lte=local_date()).order_by("in_force_from"):
        found[scheme.kind] = scheme.template
    return found
