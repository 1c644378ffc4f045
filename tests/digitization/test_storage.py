"""The store: bytes first, then the row; what lies there is what was put."""

from pathlib import Path
from typing import Any

import pytest

from digitization import storage
from digitization.models import Blob


def test_the_same_bytes_are_stored_once(db: None) -> None:
    first = storage.put([b"gi\xe1\xba\xa5y ", b"t\xe1\xbb\x9d"], media_type="text/plain")
    again = storage.put([b"gi\xe1\xba\xa5y t\xe1\xbb\x9d"], media_type="text/plain")
    assert first.pk == again.pk
    assert Blob.objects.get().size == 11
    assert storage.read(first.sha256).decode() == "giấy tờ"


def test_a_flipped_byte_or_a_lost_file_is_noticed(db: None) -> None:
    blob = storage.put([b"noi dung"], media_type="text/plain")
    assert storage.is_intact(blob.sha256)
    path = storage.path_of(blob.sha256)
    path.write_bytes(b"noi dunG")
    assert not storage.is_intact(blob.sha256)
    path.unlink()
    assert not storage.is_intact(blob.sha256)


def test_a_disk_that_refuses_leaves_neither_row_nor_rest(db: None, settings: Any, tmp_path: Path) -> None:
    def chunks() -> Any:
        yield b"first half"
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        storage.put(chunks(), media_type="text/plain")
    assert not Blob.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
