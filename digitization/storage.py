"""The content-addressed store: bytes first, then the row, so that no row ever points at nothing (promise P16)."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from digitization.models import Blob


def path_of(sha256: str) -> Path:
    """Return where the bytes of that hash lie."""
    return Path(settings.DATA_DIR) / "blobs" / sha256[:2] / sha256[2:4] / sha256


def put(chunks: Iterable[bytes], *, media_type: str) -> Blob:
    """Store bytes durably and return their row: temporary file → fsync → rename → fsync of the folder → row.

    The same bytes are stored once. Raises OSError when the disk refuses; nothing is written then.
    """
    root = Path(settings.DATA_DIR) / "blobs" / "incoming"
    root.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    size = 0
    handle, name = tempfile.mkstemp(dir=root)
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        final = path_of(digest.hexdigest())
        final.parent.mkdir(parents=True, exist_ok=True)
        Path(name).replace(final)
        _sync(final.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    blob = Blob(sha256=digest.hexdigest(), size=size, media_type=media_type)
    # The same bytes may be put twice at once; one statement settles it, without a savepoint.
    Blob.objects.bulk_create([blob], ignore_conflicts=True)
    return blob


def read(sha256: str) -> bytes:
    """Return the bytes, or raise FileNotFoundError."""
    return path_of(sha256).read_bytes()


def is_intact(sha256: str) -> bool:
    """Hash the stored bytes again and compare."""
    try:
        with path_of(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
