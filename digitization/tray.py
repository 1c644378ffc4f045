"""The tray: pages that nobody could place, and what a person does with them. Everything can be undone for some seconds, the files never lie."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_security
from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.jobs.services import Work, enqueue
from bpmc_portal.lib.vietnamese import LOCAL_ZONE, local_date
from digitization import batches, splitting, storage
from digitization.filing import AlreadyFiled, keep_file
from digitization.models import BatchPage, Document

SHOWN = 60
MOST_AT_ONCE = 200
# An assignment becomes a file only after this: until then taking it back costs nothing and nobody has read it.
UNDO_FOR = timedelta(seconds=10)
PDF = "application/pdf"


class Moved(DomainError):
    """Some of the pages are no longer where the caller saw them."""

    code = "pages_moved"
    status = 409


def waiting(user: User) -> QuerySet[BatchPage]:
    """Keep the pages that wait in the trays of the desks in sight, in the order of the stacks."""
    state = BatchPage.State.WAITING
    found = BatchPage.objects.filter(batch__in=batches.in_sight(user).values("pk"), state=state)
    return found.order_by("batch_id", "number")


def page_of(user: User, *, after: tuple[int, int] | None = None) -> tuple[list[BatchPage], str]:
    """Return up to 60 waiting pages after (stack, page number), and the key to go on from, "" at the end; one statement."""
    found = waiting(user)
    if after is not None:
        found = found.filter(Q(batch_id__gt=after[0]) | Q(batch_id=after[0], number__gt=after[1]))
    rows = list(found.select_related("batch").defer("picture")[: SHOWN + 1])
    last = rows[SHOWN - 1] if len(rows) > SHOWN else None
    return rows[:SHOWN], f"{last.batch_id}-{last.number}" if last else ""


def counts(user: User, *, at: datetime | None = None) -> dict[str, int]:
    """Return how many pages wait now, and how many pages went into how many papers today; one statement."""
    since = datetime.combine(local_date(at), time.min, LOCAL_ZONE)
    states = BatchPage.State
    rows = BatchPage.objects.filter(batch__in=batches.in_sight(user).values("pk"))
    rows = rows.filter(Q(state=states.WAITING) | Q(state=states.FILED, settled_at__gte=since))
    found = list(rows.order_by().values_list("state", "document_id"))
    filed = [document for state, document in found if state == states.FILED]
    return {"waiting": len(found) - len(filed), "pages": len(filed), "papers": len(set(filed))}


@transaction.atomic
def assign(
    pages: Iterable[int], document: Document, *, actor: User, at: datetime | None = None
) -> list[BatchPage]:
    """Put waiting pages to a paper; the file is made after the time to undo. Pages put to one paper meanwhile make one file.

    Raises Moved, AlreadyFiled (409), InvalidInput for no page.
    """
    at = at or timezone.now()
    if document.state != Document.State.PAPER:
        raise AlreadyFiled(
            _("“%s” đã có tệp nên không xếp thêm trang được. Hãy chọn giấy tờ khác.") % document.name
        )
    found = _locked(pages, actor, BatchPage.State.WAITING)
    for page in found:
        page.state, page.document, page.settled_at, page.settled_by = (
            BatchPage.State.PLACING,
            document,
            at,
            actor,
        )
    BatchPage.objects.bulk_update(found, ["state", "document", "settled_at", "settled_by"])
    key = f"digitization.file_assigned:{document.pk}:{found[0].pk}:{at.timestamp()}"
    payload = {"document_id": str(document.pk)}
    enqueue(Work("digitization.file_assigned", key, payload, not_before=at + UNDO_FOR))
    return found


@transaction.atomic
def take_back(pages: Iterable[int], *, actor: User) -> list[BatchPage]:
    """Undo an assignment whose file is not made yet. Raises Moved."""
    found = _locked(pages, actor, BatchPage.State.PLACING)
    if any(page.document_id is None for page in found):
        raise _moved()
    for page in found:
        page.state, page.document, page.settled_at = BatchPage.State.WAITING, None, None
    BatchPage.objects.bulk_update(found, ["state", "document", "settled_at"])
    return found


@transaction.atomic
def remove(pages: Iterable[int], *, actor: User) -> list[BatchPage]:
    """Take pages that are no paper out of the tray; the scan itself keeps them. Raises Moved."""
    return _change(_locked(pages, actor, BatchPage.State.WAITING), BatchPage.State.REMOVED, actor)


@transaction.atomic
def restore(pages: Iterable[int], *, actor: User) -> list[BatchPage]:
    """Put removed pages back into the tray. Raises Moved."""
    return _change(_locked(pages, actor, BatchPage.State.REMOVED), BatchPage.State.WAITING, actor)


@transaction.atomic
def turn(pages: Iterable[int], *, by: int, actor: User) -> list[BatchPage]:
    """Turn waiting pages by 90 or -90 degrees to the right; the file is cut as they stand then. Raises Moved."""
    found = _locked(pages, actor, BatchPage.State.WAITING)
    for page in found:
        page.turn = (page.turn + by) % 360
    BatchPage.objects.bulk_update(found, ["turn"])
    return found


def file_assigned(document_id: UUID | str, *, at: datetime | None = None) -> None:
    """Make the file of the pages that people put to this paper, unless somebody is still at it: then a later job does. Inside a job."""
    pages = BatchPage.objects.filter(document_id=document_id, state=BatchPage.State.PLACING)
    found = _loaded(pages)
    last = max((page.settled_at for page in found if page.settled_at), default=None)
    if last is None or last > (at or timezone.now()) - UNDO_FOR:
        return
    actor = found[-1].settled_by
    settle(found, Document.objects.get(pk=document_id), actor=actor or found[-1].batch.actor)


def file_run(batch_id: int, place: str, document: Document, *, actor: User) -> None:
    """Make the file of all pages of a stack that bear this place: runs for one paper are joined in their order. Inside a job."""
    settle(of_place(batch_id, place), document, actor=actor)


def of_place(batch_id: int, place: str) -> list[BatchPage]:
    """Lock and return the pages of a place that are not placed yet."""
    states = [BatchPage.State.PLACING, BatchPage.State.WAITING]
    pages = BatchPage.objects.filter(batch_id=batch_id, place=place, state__in=states, document=None)
    return _loaded(pages.filter(kind=BatchPage.Kind.PAGE))


def hold(pages: Iterable[BatchPage], why: str) -> None:
    """Let pages wait in the tray, with the reason."""
    keys = [page.pk for page in pages]
    BatchPage.objects.filter(pk__in=keys).update(
        state=BatchPage.State.WAITING, why=why, document=None, settled_at=None
    )


def settle(pages: list[BatchPage], document: Document, *, actor: User) -> None:
    """Cut locked pages out of their scans, give them to the paper as its file, and write who did it; what cannot be is left waiting."""
    if not pages:
        return
    try:
        with transaction.atomic():
            blob = storage.put([splitting.cut(pages)], media_type=PDF)
            keep_file(document, blob, pages=len(pages), actor=actor)
    except AlreadyFiled:
        hold(pages, BatchPage.Why.HAS_FILE)
        return
    except (splitting.Unreadable, FileNotFoundError):
        hold(pages, BatchPage.Why.BROKEN)
        return
    keys = [page.pk for page in pages]
    BatchPage.objects.filter(pk__in=keys).update(
        state=BatchPage.State.FILED, why="", picture=b"", document=document, settled_at=timezone.now(), settled_by=actor
    )  # fmt: skip
    record_security(
        "paper_filed", actor=actor, subject=f"document:{document.pk}", batches=sorted({page.batch_id for page in pages}),
        pages=[page.number for page in pages], place=pages[0].place,
    )  # fmt: skip


def _loaded(pages: QuerySet[BatchPage]) -> list[BatchPage]:
    related = pages.select_for_update(of=("self",)).select_related(
        "batch__blob", "batch__actor", "settled_by"
    )
    return list(related.defer("picture").order_by("batch_id", "number"))


def _locked(pages: Iterable[int], actor: User, state: str) -> list[BatchPage]:
    keys = set(pages)
    if not keys or len(keys) > MOST_AT_ONCE:
        sentence = _("Hãy chọn từ 1 đến %d trang rồi làm lại.") % MOST_AT_ONCE
        raise InvalidInput(sentence, code="pages_missing", fields={"page": sentence})
    found = BatchPage.objects.filter(pk__in=keys, state=state, batch__in=batches.in_sight(actor).values("pk"))
    rows = list(found.select_for_update(of=("self",)).defer("picture").order_by("batch_id", "number"))
    if len(rows) != len(keys):
        raise _moved()
    return rows


def _moved() -> Moved:
    return Moved(_("Có trang vừa được người khác xếp hoặc bỏ. Hãy xem lại khay rồi làm lại."))


def _change(pages: list[BatchPage], state: str, actor: User) -> list[BatchPage]:
    keys = [page.pk for page in pages]
    BatchPage.objects.filter(pk__in=keys).update(state=state, settled_by=actor)
    return pages
