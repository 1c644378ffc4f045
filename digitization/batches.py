"""Stacks of many papers in one scan: taken in whole, read part by part in the background, and split at the separator sheets.

Every part is one job of some seconds: it commits the pages it has read, and a kill costs that part only. `Batch.pages_read` is locked
and compared, so that a part done twice adds nothing.
"""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpmc_portal.accounts.models import Office, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError
from bpmc_portal.jobs.services import Work, enqueue, publish
from digitization import separators, splitting, uploads
from digitization.judging_rules import MOST_PAGES
from digitization.models import Batch, BatchPage, Blob

PART = 10  # pages a job; some seconds at the half resolution
NAME_LENGTH = 300
SHOWN = 8
_UNREADABLE = gettext_lazy("Không đọc được tệp này nên không tách được. Hãy quét hoặc xuất lại rồi gửi lại.")
_LOST = gettext_lazy(
    "Tệp đã gửi bị mất trong kho. Hãy báo quản trị hệ thống khôi phục từ bản sao lưu, hoặc quét lại."
)


def take(file: "UploadedFile[bytes]", *, actor: User, draft: UUID | None = None) -> Batch:
    """Judge a scan that came with a form, store it and begin to split it. Raises RefusedFile, and DomainError for who has no desk."""
    office = office_of(actor)
    most = settings.BATCH_MAX_BYTES
    blob, *_others = uploads.keep(file, size=file.size or 0, most=most)  # type: ignore[arg-type]  # an uploaded file reads as a binary file
    return begin(blob, name=file.name or "", office=office, actor=actor, draft=draft)


@transaction.atomic
def begin(blob: Blob, *, name: str, office: Office, actor: User, draft: UUID | None = None) -> Batch:
    """Record a judged scan as a stack of that desk and have it split. `draft` is the key of the intake page it was scanned from."""
    batch = Batch.objects.create(
        blob=blob, name=name[:NAME_LENGTH] or _("Chồng giấy quét"), office=office, actor=actor, draft=draft
    )
    _go_on(batch)
    return batch


def office_of(actor: User) -> Office:
    """Return the desk this person scans for, or raise DomainError."""
    office = principal_of(actor).office
    if office is None:
        raise DomainError(
            _("Bạn chưa được phân công về Bộ phận Một cửa nào nên chưa gửi được chồng giấy quét."),
            code="no_desk",
            status=409,
        )
    return office


def in_sight(user: User) -> QuerySet[Batch]:
    """Keep the stacks of the desks where this person receives or digitises."""
    principal = principal_of(user)
    if not (principal.units_where("receive_dossiers") or principal.units_where("digitise_papers")):
        return Batch.objects.none()
    return Batch.objects.filter(office_id__in=principal.office_ids)


def with_counts(batches: QuerySet[Batch]) -> QuerySet[Batch]:
    """Add how many pages of each stack are being placed, wait, lie in a paper, and into how many papers they went."""
    states = BatchPage.State
    return batches.annotate(
        placing=Count("sheets", filter=Q(sheets__state=states.PLACING)),
        waiting=Count("sheets", filter=Q(sheets__state=states.WAITING)),
        filed=Count("sheets", filter=Q(sheets__state=states.FILED)),
        papers=Count("sheets__document", filter=Q(sheets__state=states.FILED), distinct=True),
    )


def page_of(user: User, *, before: int | None = None) -> tuple[list[Batch], int | None]:
    """Return the newest stacks in sight, older than the stack `before`, and the key to go on from; one statement."""
    found = in_sight(user)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(with_counts(found).select_related("actor").order_by("-pk")[: SHOWN + 1])
    return rows[:SHOWN], rows[SHOWN - 1].pk if len(rows) > SHOWN else None


def read_part(batch_id: int, first: int) -> None:
    """Read the next pages of a stack, or find all its places when none is left. Called by the job, inside its transaction."""
    batch = Batch.objects.select_for_update(of=("self",)).select_related("blob").get(pk=batch_id)
    if batch.state != Batch.State.READING or batch.pages_read != first - 1:
        return
    try:
        seen = splitting.look(batch.blob, first=first, count=PART)
    except (splitting.Unreadable, FileNotFoundError) as error:
        _fail(batch, str(_LOST if isinstance(error, FileNotFoundError) else _UNREADABLE))
        return
    if seen.pages > MOST_PAGES:
        _fail(batch, _("Tệp có %s trang, nhiều nhất là %s. Hãy chia nhỏ.") % (seen.pages, MOST_PAGES))
        return
    _keep(batch, seen)
    if batch.pages_read < seen.pages:
        _go_on(batch)
    else:
        _sort(batch)


def _fail(batch: Batch, words: str) -> None:
    batch.state, batch.fault = Batch.State.FAILED, words
    batch.save(update_fields=["state", "fault"])


def _go_on(batch: Batch) -> None:
    first = batch.pages_read + 1
    key = f"digitization.split_batch:{batch.pk}:{first}"
    enqueue(Work("digitization.split_batch", key, {"batch_id": batch.pk, "first": first}))


def _keep(batch: Batch, seen: splitting.Seen) -> None:
    BatchPage.objects.bulk_create(
        [
            BatchPage(
                batch=batch, number=leaf.number, place=leaf.place, is_blank=leaf.is_blank, is_unread=leaf.is_unread, picture=picture,
            )
            for leaf, picture in seen.leaves
        ]
    )  # fmt: skip
    batch.pages = seen.pages
    batch.pages_read += len(seen.leaves)
    batch.save(update_fields=["pages", "pages_read"])


def _sort(batch: Batch) -> None:
    """Say of every page what it is and where its run belongs; the dossiers place what has a place."""
    leaves = list(batch.sheets.order_by("number").defer("picture"))
    seen = [
        separators.Leaf(each.number, each.place, is_blank=each.is_blank, is_unread=each.is_unread)
        for each in leaves
    ]
    for leaf, found in zip(leaves, separators.sort(seen), strict=True):
        leaf.kind, leaf.run, leaf.place = found.kind, found.run, found.place
        if found.kind == BatchPage.Kind.PAGE:
            leaf.state = BatchPage.State.PLACING if found.place else BatchPage.State.WAITING
            leaf.why = "" if found.place else BatchPage.Why.NO_PLACE
            leaf.why = BatchPage.Why.UNREAD if found.is_unread else leaf.why
    BatchPage.objects.bulk_update(leaves, ["kind", "run", "place", "state", "why"])
    batch.state = Batch.State.SPLIT
    batch.save(update_fields=["state"])
    batch.sheets.filter(state=BatchPage.State.DROPPED).update(picture=b"")
    publish("digitization.batch_split", batch_id=batch.pk)


def places_of(batch_id: int) -> Sequence[str]:
    """Return the places of a stack's pages that are still to be placed."""
    pages = BatchPage.objects.filter(batch_id=batch_id, state=BatchPage.State.PLACING).exclude(place="")
    return list(pages.order_by("place").values_list("place", flat=True).distinct())
