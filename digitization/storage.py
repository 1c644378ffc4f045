"""The content-addressed store: bytes first, then the row, so that no row ever points at nothing (promise P16).

The bytes lie in a folder, or in an S3-compatible store when BLOB_STORE names one (docs/decisions/0020-files.md). Everybody reads
them by `open` or `local_path`, which work for both.
"""

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError
from digitization.models import Blob

PIECE = 64 * 1024
# What a disk answers that has no room: full, the quota reached, the largest length of a file reached.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class StoreFull(DomainError):
    """There is no room; nothing was kept."""

    code = "disk_full"
    status = 507

    def __init__(self) -> None:
        super().__init__(
            _(
                "Kho tệp của máy chủ đã hết chỗ nên tệp chưa được lưu. Hãy báo quản trị hệ thống, rồi gửi lại tệp này."
            )
        )


class StoreUnavailable(DomainError):
    """The store does not answer, or has not got all of what was sent; nothing was recorded."""

    code = "store_unavailable"
    status = 503

    def __init__(self) -> None:
        super().__init__(_("Kho tệp tạm thời không trả lời nên việc này chưa xong. Hãy thử lại sau ít phút."))


class Store(Protocol):
    """Where bytes lie under their hash. Raises FileNotFoundError for absent bytes, OSError or StoreUnavailable when it refuses."""

    def keep(self, file: Path, sha256: str, size: int) -> None:
        """Take over a finished temporary file; the bytes are durable on return."""

    def open(self, sha256: str) -> BinaryIO:
        """Open the bytes for reading from the start to the end."""

    def size(self, sha256: str) -> int:
        """Return how many bytes there are."""

    def delete(self, sha256: str) -> None:
        """Delete the bytes; absent ones are no error."""


class Folder:
    """The folder DATA_DIR/blobs of this machine, or one that several machines mount."""

    def keep(self, file: Path, sha256: str, size: int) -> None:
        """Rename the file into its place and make the folder's entry durable."""
        final = path_of(sha256)
        final.parent.mkdir(parents=True, exist_ok=True)
        file.replace(final)
        sync_folder(final.parent)

    def open(self, sha256: str) -> BinaryIO:
        """Open the file."""
        return path_of(sha256).open("rb")

    def size(self, sha256: str) -> int:
        """Return the length of the file."""
        return path_of(sha256).stat().st_size

    def delete(self, sha256: str) -> None:
        """Delete the file and make that durable."""
        path = path_of(sha256)
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)


def store() -> Store:
    """Return the store that the settings name."""
    return _bucket(settings.BLOB_STORE) if settings.BLOB_STORE else Folder()


@cache
def _bucket(address: str) -> Store:
    # boto3 takes a second and 40 MB: only a deployment that keeps its files in a bucket pays for it.
    from digitization.s3_store import Bucket

    return Bucket(address)


def path_of(sha256: str) -> Path:
    """Return where the bytes of that hash lie in the folder store."""
    return Path(settings.DATA_DIR) / "blobs" / sha256[:2] / sha256[2:4] / sha256


def put(chunks: Iterable[bytes], *, media_type: str) -> Blob:
    """Store bytes durably and return their row: temporary file → fsync → the store → row.

    The same bytes are stored once. Raises StoreFull, StoreUnavailable, or another OSError of the disk; nothing is written then.
    """
    digest = hashlib.sha256()
    size = 0
    handle, name = tempfile.mkstemp(dir=_incoming())
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        store().keep(temporary, digest.hexdigest(), size)
    except OSError as error:
        raise (StoreFull() if is_full(error) else error) from error
    finally:
        temporary.unlink(missing_ok=True)
    blob = Blob(sha256=digest.hexdigest(), size=size, media_type=media_type)
    # The same bytes may be put twice at once; one statement settles it, without a savepoint.
    # What lay here before may have been faulty or destroyed: now it is whole again.
    Blob.objects.bulk_create(
        [blob], update_conflicts=True, unique_fields=["sha256"], update_fields=["fault", "destroyed_at"]
    )
    return blob


def open(sha256: str) -> BinaryIO:
    """Open the bytes for reading once from start to end, or raise FileNotFoundError. The caller closes."""
    return store().open(sha256)


def read(sha256: str) -> bytes:
    """Return the bytes, or raise FileNotFoundError."""
    with open(sha256) as file:
        return file.read()


@contextmanager
def local_path(sha256: str) -> Iterator[Path]:
    """Give a path at which programs may read the bytes while the block runs, or raise FileNotFoundError. Nobody writes there."""
    if not settings.BLOB_STORE:
        path = path_of(sha256)
        if not path.is_file():
            raise FileNotFoundError(path)
        yield path
        return
    with open(sha256) as file, tempfile.NamedTemporaryFile(dir=_incoming(), prefix="read-") as copy:
        while piece := file.read(PIECE):
            copy.write(piece)
        copy.flush()
        yield Path(copy.name)


def is_intact(sha256: str) -> bool:
    """Hash the stored bytes again and compare."""
    digest = hashlib.sha256()
    try:
        with open(sha256) as file:
            while piece := file.read(PIECE):
                digest.update(piece)
    except FileNotFoundError:
        return False
    return digest.hexdigest() == sha256


def delete(sha256: str) -> None:
    """Delete the bytes for good; whether a row still needs them is the caller's question."""
    store().delete(sha256)


def is_full(error: OSError) -> bool:
    """Say whether the disk refused for want of room."""
    return error.errno in _FULL


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _incoming() -> Path:
    root = Path(settings.DATA_DIR) / "blobs" / "incoming"
    root.mkdir(parents=True, exist_ok=True)
    return root
