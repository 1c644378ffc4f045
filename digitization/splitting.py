"""Run the splitting program (splitting_program.py) within bounds of time, and keep what it said before it ended."""

import base64
import binascii
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from digitization import separators, storage
from digitization.models import BatchPage, Blob

PATIENCE = 20  # seconds; a transaction that idles for 30 is ended
_SCRIPT = Path(__file__).with_name("splitting_program.py")


@dataclass(frozen=True)
class Seen:
    """What was seen of a part of a scan: all its pages, and the leaves that could be read, with their small pictures."""

    pages: int
    leaves: list[tuple[separators.Leaf, bytes]]


class Unreadable(Exception):
    """The scan cannot be opened, or its pages cannot be cut out."""


def look(blob: Blob, *, first: int, count: int) -> Seen:
    """Read up to `count` pages from `first`. A page that hangs or breaks the program is told as unread, and ends the part.

    Raises Unreadable when the file does not even open, FileNotFoundError when the store has lost it.
    """
    with storage.local_path(blob.sha256) as path:
        said, has_ended_well = _run(["read", str(path), blob.media_type, str(first), str(count)])
    lines = [json.loads(line) for line in said.split(b"\n")[:-1]]
    if not lines or not isinstance(lines[0].get("pages"), int) or lines[0]["pages"] < 1:
        raise Unreadable
    pages, found = lines[0]["pages"], [_leaf(line) for line in lines[1:]]
    if not has_ended_well and len(found) < min(count, pages - first + 1):
        found.append((separators.Leaf(first + len(found), is_unread=True), b""))
    return Seen(pages, found)


def _leaf(line: dict[str, object]) -> tuple[separators.Leaf, bytes]:
    codes = line.get("codes") or ()
    places = (separators.place_of(str(text)) for text in codes)  # type: ignore[attr-defined]
    place = next(filter(None, places), "")
    try:
        picture = base64.b64decode(str(line.get("picture", "")), validate=True)
    except binascii.Error:
        picture = b""
    leaf = separators.Leaf(int(str(line["number"])), place, is_blank=bool(line.get("blank")))
    return leaf, picture


def cut(pages: Sequence[BatchPage]) -> bytes:
    """Return one PDF of these pages in this order, turned as people turned them. The batch and its blob must be loaded.

    Raises Unreadable, FileNotFoundError.
    """
    with ExitStack() as stack:
        paths = {
            key: stack.enter_context(storage.local_path(key))
            for key in {page.batch.blob_id for page in pages}
        }
        wanted = [
            [str(paths[page.batch.blob_id]), page.batch.blob.media_type, page.number, page.turn]
            for page in pages
        ]
        said, has_ended_well = _run(["cut"], given=json.dumps(wanted).encode())
    if not has_ended_well or not said.startswith(b"%PDF-"):
        raise Unreadable
    return said


def _run(wanted: list[str], *, given: bytes = b"") -> tuple[bytes, bool]:
    """Return what the program said and whether it ended well."""
    command = [sys.executable, "-I", str(_SCRIPT), *wanted]
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603  (our own program)
    except subprocess.TimeoutExpired as late:
        return late.stdout or b"", False
    return done.stdout, done.returncode == 0
