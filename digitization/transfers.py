"""Uploads in pieces: what was acknowledged is on the disk, a cut upload goes on where it stopped, and a finished file is recorded once."""

import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.lib.vietnamese import to_local
from digitization import storage, uploads
from digitization.models import Blob, Document, Handoff, Transfer
from digitization.uploads import MEGABYTE, RefusedFile

CHUNK = MEGABYTE
OPEN_FOR = timedelta(hours=24)
KEPT_FOR = timedelta(days=30)
NAME_LENGTH = 300
_DIGITS_OF_SHA256 = 64


class WrongOffset(DomainError):
    """The piece does not begin where the file ends; `offset` in the problem document says where that is."""

    code = "wrong_offset"
    status = 409

    def __init__(self, offset: int) -> None:
        super().__init__(
            _("Phần vừa gửi không nối tiếp phần đã nhận. Máy tự gửi tiếp từ chỗ đã nhận."),
            extra={"offset": offset},
        )


class TransferGone(DomainError):
    """The day is over, or the disk has lost what had arrived: the file has to be sent anew."""

    code = "transfer_gone"
    status = 410

    def __init__(self) -> None:
        super().__init__(_("Lần gửi tệp này đã hết hạn. Hãy chọn lại tệp và gửi từ đầu."))


def begin(
    *, name: str, size: int, actor: User, purpose: str = Transfer.Purpose.PAPER, place: str = "",
    sha256: str = "", handoff: Handoff | None = None, key: UUID | None = None, at: datetime | None = None,
) -> Transfer:  # fmt: skip
    """Open an upload of `size` bytes for `actor`; `place` is the page it belongs to, `sha256` what the sender says of the bytes.

    `key` is the upload's own key, where the sender must find it again.

    Raises RefusedFile for an empty or too large file, InvalidInput, and DomainError 429 when the day's amount is used up.
    """
    at = at or timezone.now()
    if purpose not in Transfer.Purpose.values or (sha256 and not _is_sha256(sha256)):
        raise InvalidInput(_("Yêu cầu tải lên không đọc được. Hãy tải lại trang rồi gửi lại."))
    _refuse_size(size, purpose)
    with transaction.atomic():
        # The amount of the day is counted and used under the lock of the account, so that two uploads at once are not one too many.
        User.objects.select_for_update(no_key=True).only("pk").get(pk=actor.pk)
        _refuse_beyond_quota(actor, size, at)
        return Transfer.objects.create(
            pk=key or uuid4(), user=actor, handoff=handoff, purpose=purpose, place=place[:80], name=_clean(name), size=size, sha256=sha256.lower(),
            created_at=at, expires_at=at + OPEN_FOR,
        )  # fmt: skip


def find(key: UUID, *, actor: User | None = None, handoff: Handoff | None = None) -> Transfer:
    """Return an upload of this account, or of this one-time page. Raises NotFound, the same for an absent one and another's."""
    mine = Transfer.objects.filter(handoff=handoff) if handoff else Transfer.objects.filter(user=actor)
    found = mine.select_related("document__blob", "user").filter(pk=key).first()
    if found is None:
        raise NotFound(_("Không tìm thấy lần gửi tệp này. Hãy chọn lại tệp và gửi từ đầu."))
    return found


def append(transfer: Transfer, offset: int, chunk: bytes, *, at: datetime | None = None) -> int:
    """Write a piece at `offset` and return how many bytes are durable now: the answer is given after fsync.

    A piece that is there already changes nothing. Raises WrongOffset with the true offset, TransferGone, StoreFull (nothing of the
    piece stays), and DomainError 413 for a piece above 1 MB or beyond the declared size.
    """
    at = at or timezone.now()
    if len(chunk) > CHUNK:
        raise DomainError(_("Mỗi phần gửi lên không quá 1 MB."), code="chunk_too_large", status=413)
    with transaction.atomic():
        row = Transfer.objects.select_for_update().get(pk=transfer.pk)
        if row.state != Transfer.State.OPEN or offset + len(chunk) <= row.received:
            return row.received
        if row.expires_at <= at:
            raise TransferGone
        if offset != row.received:
            raise WrongOffset(row.received)
        if offset + len(chunk) > row.size:
            raise DomainError(
                _("Tệp gửi lên dài hơn đã báo. Hãy chọn lại tệp."), code="beyond_size", status=413
            )
        _write(path_of(row), offset, chunk)
        row.received = offset + len(chunk)
        row.save(update_fields=["received"])
    return row.received


def finish(transfer: Transfer, *, place: str = "", at: datetime | None = None) -> Transfer:
    """Judge the whole file and record what it is, once however often this is asked; `place` renames the page it belongs to.

    The judging runs outside of any transaction; two at once judge the same bytes and one of them records. The same bytes for the
    same page of the same account are the same paper. Raises RefusedFile (remembered, the same at every repeat), WrongOffset when
    bytes are missing, TransferGone, StoreFull, StoreUnavailable.
    """
    row = Transfer.objects.select_related("document__blob", "user").get(pk=transfer.pk)
    if row.state != Transfer.State.OPEN:
        return _settled(row)
    if row.expires_at <= (at or timezone.now()):
        raise TransferGone
    if row.received < row.size:
        raise WrongOffset(row.received)
    try:
        with path_of(row).open("rb") as file:
            taken = _take_stack(row, file) if row.purpose == Transfer.Purpose.BATCH else _take(row, file)
    except FileNotFoundError:
        row.refresh_from_db()
        if row.state != Transfer.State.OPEN:  # somebody else has just finished it
            return _settled(row)
        raise TransferGone from None
    except RefusedFile as refused:
        if refused.status < 500:
            _refuse(row, refused)
        raise
    return _record(row, taken, place)


def path_of(transfer: Transfer) -> Path:
    """Return where the pieces of an upload lie."""
    return folder() / str(transfer.pk)


def folder() -> Path:
    """Return the folder of uploads on their way."""
    return Path(settings.DATA_DIR) / "incoming-transfers"


def sweep(*, at: datetime | None = None) -> int:
    """Forget uploads that nobody finished in a day, and all of them after 30 days, with their files; return how many files went."""
    at = at or timezone.now()
    stale = Transfer.objects.filter(state=Transfer.State.OPEN, expires_at__lt=at - timedelta(hours=1))
    stale.delete()
    Transfer.objects.filter(created_at__lt=at - KEPT_FOR).exclude(state=Transfer.State.OPEN).delete()
    Handoff.objects.filter(expires_at__lt=at - KEPT_FOR).delete()
    if not folder().is_dir():
        return 0
    # A file is younger than its row: the rows are read after the files, so a file without one is nobody's.
    files = list(folder().iterdir())
    going_on = Transfer.objects.filter(state=Transfer.State.OPEN).values_list("pk", flat=True)
    wanted = {str(pk) for pk in going_on}
    left = [path for path in files if path.name not in wanted]
    transaction.on_commit(lambda: _delete(left))
    return len(left)


def _delete(files: list[Path]) -> None:
    for path in files:
        path.unlink(missing_ok=True)


def _refuse_size(size: int, purpose: str) -> None:
    limit = settings.BATCH_MAX_BYTES if purpose == Transfer.Purpose.BATCH else settings.DOCUMENT_MAX_BYTES
    if size <= 0:
        raise RefusedFile(_("Tệp rỗng. Hãy chọn lại tệp."), "file_empty")
    if size > limit:
        sentence = _("Tệp vượt quá %s MB. Hãy quét lại với độ phân giải thấp hơn hoặc chia nhỏ.") % (
            limit // MEGABYTE
        )
        raise RefusedFile(sentence, "too_large", status=413)


def _refuse_beyond_quota(actor: User, size: int, at: datetime) -> None:
    midnight = to_local(at).replace(hour=0, minute=0, second=0, microsecond=0)
    sent = (
        Transfer.objects.filter(user=actor, created_at__gte=midnight).aggregate(all=Sum("size"))["all"] or 0
    )
    if sent + size > settings.UPLOAD_MAX_BYTES_A_DAY:
        sentence = _(
            "Hôm nay tài khoản này đã gửi gần hết %s MB cho phép một ngày. Hãy gửi tiếp vào ngày mai, hoặc nhờ quản trị hệ thống nâng mức."
        )
        raise DomainError(
            sentence % (settings.UPLOAD_MAX_BYTES_A_DAY // MEGABYTE), code="upload_quota", status=413
        )


def _clean(name: str) -> str:
    last = PurePath(name.replace("\\", "/")).name
    kept = "".join(letter for letter in last if letter.isprintable() and letter not in '<>:"|?*')
    return kept.strip(" .")[-NAME_LENGTH:] or "scan"


def _is_sha256(text: str) -> bool:
    return len(text) == _DIGITS_OF_SHA256 and set(text.lower()) <= set("0123456789abcdef")


def _write(path: Path, offset: int, chunk: bytes) -> None:
    """Write at the offset and make it durable; a piece for which there is no room is taken away again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.fstat(descriptor).st_size < offset:
            raise TransferGone  # the disk has lost what was acknowledged, as after a restored backup
        rest, place = memoryview(chunk), offset
        while rest:
            written = os.pwrite(descriptor, rest, place)
            rest, place = rest[written:], place + written
        os.fsync(descriptor)
    except OSError as error:
        os.ftruncate(descriptor, offset)
        raise (storage.StoreFull() if storage.is_full(error) else error) from error
    finally:
        os.close(descriptor)
    if offset == 0:
        storage.sync_folder(path.parent)


def _take(row: Transfer, file: BinaryIO) -> uploads.Upload:
    """Judge and store one paper."""
    _refuse_other_bytes(row, file)
    upload: UploadedFile[Any] = UploadedFile(file, name=row.name, size=row.size)
    taken = uploads.take(upload, document_type="", holder="", actor=row.user)
    return uploads.Upload(**{**vars(taken), "name": row.name})


def _take_stack(row: Transfer, file: BinaryIO) -> Blob:
    """Judge and store a stack of scans."""
    _refuse_other_bytes(row, file)
    return uploads.keep(file, size=row.size, most=settings.BATCH_MAX_BYTES)[0]


def _refuse_other_bytes(row: Transfer, file: BinaryIO) -> None:
    if row.sha256 and hashlib.file_digest(file, "sha256").hexdigest() != row.sha256:  # type: ignore[arg-type]
        raise RefusedFile(
            _("Tệp đến nơi không giống tệp đã gửi. Hãy chọn lại tệp và gửi lại."), "sha256_mismatch"
        )
    file.seek(0)


def _record(row: Transfer, taken: "uploads.Upload | Blob", place: str) -> Transfer:
    """Record the paper or the batch and close the upload, in one transaction; its pieces go after it."""
    with transaction.atomic():
        locked = Transfer.objects.select_for_update(of=("self",)).select_related("user").get(pk=row.pk)
        if locked.state != Transfer.State.OPEN:
            return _settled(find(row.pk, actor=row.user))
        locked.place = place[:80] or locked.place
        if isinstance(taken, uploads.Upload):
            locked.document = _known(locked, taken.blob.pk) or uploads.record(taken, actor=locked.user)
        else:
            # The stack's own part of the system imports what a web worker without stacks need not load.
            from digitization import batches

            batch = batches.begin(
                taken, name=locked.name, office=batches.office_of(locked.user), actor=locked.user, draft=_key_of(locked.place)
            )  # fmt: skip
            locked.batch = str(batch.pk)
        locked.state = Transfer.State.DONE
        locked.save(update_fields=["place", "document", "batch", "state"])
        transaction.on_commit(lambda: path_of(row).unlink(missing_ok=True))
    return locked


def _known(row: Transfer, sha256: str) -> Document | None:
    """Return the paper of the same bytes that this account has sent to the same page before."""
    if not row.place:
        return None
    before = Transfer.objects.select_related("document__blob").filter(
        user=row.user, place=row.place, state=Transfer.State.DONE, document__blob=sha256, document__code=None
    )
    found = before.order_by("created_at").first()
    return found.document if found else None


def _key_of(place: str) -> UUID | None:
    try:
        return UUID(place)
    except ValueError:
        return None


def _settled(row: Transfer) -> Transfer:
    if row.state == Transfer.State.REFUSED:
        raise RefusedFile(row.refusal, row.refusal_code)
    return row


def _refuse(row: Transfer, refused: RefusedFile) -> None:
    with transaction.atomic():
        Transfer.objects.filter(pk=row.pk, state=Transfer.State.OPEN).update(
            state=Transfer.State.REFUSED, refusal_code=refused.code[:40], refusal=refused.sentence[:500]
        )
        transaction.on_commit(lambda: path_of(row).unlink(missing_ok=True))
