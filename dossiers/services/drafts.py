"""Keep what a clerk has typed and scanned, until the dossier is received or nobody comes back to it."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpmc_portal.accounts.models import Office, User
from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.idempotency.models import RememberedAnswer
from digitization import uploads
from digitization.models import Document
from digitization.uploads import Upload
from dossiers.models import IntakeDraft

_GONE = gettext_lazy("Không tìm thấy nháp này. Có thể hồ sơ đã được tiếp nhận hoặc nháp đã bị bỏ.")
KEPT_FOR = timedelta(days=30)
OFFERED = 5
MOST_BOXES = 1000
LONGEST_TEXT = 1000


@transaction.atomic
def save(key: UUID, data: Mapping[str, str], *, actor: User, office: Office) -> IntakeDraft:
    """Keep the page as it stands. Raises NotFound for somebody else's page, DomainError for one that is received."""
    draft = _locked(key, actor=actor, office=office)
    draft.data = {name[:100]: data[name][:LONGEST_TEXT] for name in list(data)[:MOST_BOXES]}
    draft.ticket = draft.data.get("ticket", "")[:40]
    draft.save(update_fields=["data", "ticket", "updated_at"])
    return draft


@transaction.atomic
def take_file(key: UUID, upload: Upload, *, actor: User, office: Office) -> Document:
    """Record an uploaded file for the page; the same bytes sent again to the same page are the same paper."""
    draft = _locked(key, actor=actor, office=office)
    known = draft.files.get(upload.blob.pk)
    found = Document.objects.filter(pk=known, uploaded_by=actor).first() if known else None
    if found is None:
        found = uploads.record(upload, actor=actor)
        draft.files[upload.blob.pk] = str(found.pk)
        draft.save(update_fields=["files", "updated_at"])
    return found


def find(key: str, *, actor: User) -> IntakeDraft:
    """Return an own draft. Raises NotFound, the same for an absent one, a malformed key and somebody else's."""
    wanted = _ids([key])
    draft = IntakeDraft.objects.filter(pk__in=wanted, user=actor).first() if wanted else None
    if draft is None:
        raise NotFound(str(_GONE))
    return draft


def of_ticket(ticket: str, *, actor: User) -> IntakeDraft | None:
    """Return the own draft of a visit: a page that was lost while the person sat at the counter."""
    return IntakeDraft.objects.filter(user=actor, ticket=ticket).order_by("-updated_at").first()


def own(actor: User) -> list[IntakeDraft]:
    """Return the last drafts of this person, the newest first."""
    return list(IntakeDraft.objects.filter(user=actor).order_by("-updated_at")[:OFFERED])


def discard(key: UUID, *, actor: User) -> bool:
    """Throw an own draft away and say whether there was one; its files stay in the store until they are swept."""
    return IntakeDraft.objects.filter(pk=key, user=actor).delete()[0] > 0


def forget_old() -> int:
    """Delete the drafts that nobody has touched for 30 days and return how many there were."""
    return IntakeDraft.objects.filter(updated_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def files_of(ids: Iterable[str], *, actor: User) -> dict[str, Document]:
    """Return the files that this person has uploaded and that belong to no dossier yet, by id; unreadable ids are left out."""
    wanted = _ids(ids)
    if not wanted:
        return {}
    found = Document.objects.select_related("blob").filter(pk__in=wanted, uploaded_by=actor, code=None)
    return {str(document.pk): document for document in found.order_by("pk")}


def _ids(texts: Iterable[str]) -> list[UUID]:
    readable = []
    for text in texts:
        try:
            readable.append(UUID(text))
        except ValueError:
            continue
    return readable


def _locked(key: UUID, *, actor: User, office: Office) -> IntakeDraft:
    draft = IntakeDraft.objects.select_for_update().filter(pk=key).first()
    if draft is None:
        if RememberedAnswer.objects.filter(actor=actor, key=str(key)).exists():
            raise DomainError(
                _(
                    "Trang này đã được tiếp nhận thành hồ sơ nên không lưu nháp nữa. Hãy mở trang tiếp nhận mới."
                ),
                code="already_received",
                status=409,
            )
        # Two autosaves of one page at once: one of them writes, both go on.
        IntakeDraft.objects.bulk_create(
            [IntakeDraft(pk=key, user=actor, office=office)], ignore_conflicts=True
        )
        draft = IntakeDraft.objects.select_for_update().get(pk=key)
    if draft.user_id != actor.pk:
        raise NotFound(str(_GONE))
    return draft
