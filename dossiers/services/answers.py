"""The applicant answers a letter without an account: a paper for each item, and with the last one the clock runs on by itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.jobs.services import publish
from bpmc_portal.lib.vietnamese import format_datetime
from digitization import uploads
from digitization.models import Document
from dossiers.models import Dossier, Letter, LetterItem, Status
from dossiers.models.dossier import OPEN
from dossiers.services.transitions import act_for_applicant
from dossiers.workflow import Action

NAME_LENGTH = 300


class Came(StrEnum):
    """What became of a paper that was sent."""

    KEPT = "kept"
    RESUMED = "resumed"
    LATE = "late"


class SupplementClosed(DomainError):
    """The desk has taken the papers already, or the dossier goes on for another reason."""

    code = "supplement_closed"
    status = 409


@dataclass(frozen=True)
class Handed:
    """A paper that was taken in, and the dossier as it stands now."""

    came: Came
    dossier: Dossier


def letters_for(dossier_id: int) -> list[Letter]:
    """Return the issued letters of a dossier with their items, the newest first. Two statements."""
    items = LetterItem.objects.select_related("document__blob").order_by("position")
    issued = Letter.objects.filter(dossier_id=dossier_id, state=Letter.State.ISSUED)
    return list(issued.prefetch_related(Prefetch("items", queryset=items)).order_by("-pk"))


def hand_in(dossier_id: int, item_id: int, file: "UploadedFile[Any]", *, at: datetime) -> Handed:
    """Judge a file, keep it as the answer to one item, and do the supplement when nothing is missing any more.

    The bytes are durable before any row speaks of them. The row of the dossier is locked, so that two tabs count as one after the
    other; the same bytes for the same item change nothing. A paper that comes after the desk closed the request is kept beside its
    item for the officer (Came.LATE). Raises RefusedFile, NotFound, SupplementClosed.
    """
    blob, judgement, photo = uploads.keep(file, size=file.size or 0)  # type: ignore[arg-type]  # an uploaded file reads as a binary file
    with transaction.atomic():
        dossier, item = _locked(dossier_id, item_id)
        is_open = _is_open(dossier, item)
        if item.document is not None and item.document.blob_id == blob.pk:
            return Handed(Came.KEPT if is_open else _after(item), dossier)
        if not is_open and (item.document is not None or dossier.status not in OPEN):
            raise _closed(item)
        item.document = Document.objects.create(
            holder_id=dossier.applicant_id, name=PurePath(file.name or "").name[:NAME_LENGTH], blob=blob, photo=photo,
            state=Document.State.STORED, pages=judgement.pages, verdict=judgement.verdict,
        )  # fmt: skip
        publish("digitization.stored", document_id=str(item.document.pk))
        item.answered_at = item.answered_at or at
        item.save(update_fields=["document", "answered_at"])
        if not is_open:
            return Handed(Came.LATE, dossier)
        if item.letter.items.filter(answered_at=None).exists():
            return Handed(Came.KEPT, dossier)
        return Handed(Came.RESUMED, act_for_applicant(dossier_id, Action.SUPPLEMENT, at=at))


def take_back(dossier_id: int, item_id: int) -> None:
    """Empty one item again, while others are missing. The file stays in the store. Raises NotFound, SupplementClosed."""
    with transaction.atomic():
        dossier, item = _locked(dossier_id, item_id)
        if not _is_open(dossier, item):
            raise _closed(item)
        item.document, item.answered_at = None, None
        item.save(update_fields=["document", "answered_at"])


def _locked(dossier_id: int, item_id: int) -> tuple[Dossier, LetterItem]:
    dossier = Dossier.objects.select_for_update(of=("self",)).get(pk=dossier_id)
    wanted = LetterItem.objects.select_related("letter", "document").filter(
        pk=item_id, letter__dossier=dossier, letter__kind=Letter.Kind.SUPPLEMENT, letter__state=Letter.State.ISSUED
    )  # fmt: skip
    item = wanted.first()
    if item is None:
        raise NotFound(_("Không tìm thấy giấy tờ được yêu cầu. Hãy tải lại trang."))
    return dossier, item


def _is_open(dossier: Dossier, item: LetterItem) -> bool:
    return dossier.status == Status.AWAITING_SUPPLEMENT and item.letter.answered_at is None


def _after(item: LetterItem) -> Came:
    """Say what the same bytes met that were sent twice: the request that they completed, or one that the desk closed before."""
    is_ours = (
        item.letter.answered_at is None
        or (item.answered_at or item.letter.answered_at) <= item.letter.answered_at
    )
    return Came.RESUMED if is_ours else Came.LATE


def _closed(item: LetterItem) -> SupplementClosed:
    if item.letter.answered_at is None:
        return SupplementClosed(
            _(
                "Hồ sơ không còn chờ bổ sung, nên tệp vừa gửi không được đưa vào. Hãy tải lại trang để xem tình trạng mới."
            )
        )
    return SupplementClosed(
        _(
            "Phần bổ sung đã được nhận đủ lúc %s, nên không thay đổi được nữa. Cần sửa gì, hãy gọi Bộ phận Một cửa."
        )
        % format_datetime(item.letter.answered_at)
    )
