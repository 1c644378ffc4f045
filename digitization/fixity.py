"""Look at the bytes again: every file once a month by its hash, the longest unseen first; and sweep what no row ever pointed at."""

import hashlib
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from bpmc_portal.health import health_note
from digitization import storage
from digitization.models import ArchivePackage, Blob, Document

log = logging.getLogger(__name__)

PIECE = 1 << 20
EVERY = timedelta(days=30)
# One slice of the minute's tick: far below Celery's limit, and a store of eight million files is seen in a month.
SLICE, SLICE_SECONDS = 200, 20.0
# A faulty file is looked at again sooner, so that what was restored from the backup is known by the next hour.
FAULTY_AGAIN = timedelta(hours=1)
ORPHAN_AFTER = timedelta(hours=24)
ASIDE = ".leaving"

# Of these files, which belong to what: pairs of the hash and words for people.
Names = Callable[[Collection[str]], Iterable[tuple[str, str]]]
_NAMES: list[Names] = []
# Of these files, which are still used outside what leaves (dossier codes); with the models that the answer speaks for.
Keeps = Callable[..., Iterable[str]]
KEEPS: list[Keeps] = []
SPOKEN_FOR: set[str] = set()


@dataclass(frozen=True)
class Finding:
    """One file that is lost or changed, and the papers and dossiers that use it."""

    sha256: str
    fault: str
    used_by: tuple[str, ...]


def names(function: Names) -> Names:
    """Register who can say what a file belongs to: this app does not know the dossiers above it."""
    _NAMES.append(function)
    return function


def keeps(*models: str) -> Callable[[Keeps], Keeps]:
    """Register who can say that a file is still needed, and for which models ("dossiers.IssuedPaper") it speaks."""

    def register(function: Keeps) -> Keeps:
        KEEPS.append(function)
        SPOKEN_FOR.update(each.lower() for each in models)
        return function

    return register


def to_check(*, at: datetime, limit: int) -> list[Blob]:
    """Return the files that nobody has looked at for a month, the longest unseen first; what was never checked counts from its day."""
    return list(_unseen().filter(seen__lt=at - EVERY).order_by("seen")[:limit])


def _unseen() -> "QuerySet[Any]":
    # Any: the checker does not follow the annotation `seen` out of here.
    return Blob.objects.filter(destroyed_at=None).annotate(seen=Coalesce("checked_at", "created_at"))


def check_slice(*, at: datetime, limit: int = SLICE, seconds: float = SLICE_SECONDS) -> list[Finding]:
    """Check what is due now, at most `limit` files and about so many seconds; return what was found. The work of one tick."""
    began = time.monotonic()
    again = Blob.objects.exclude(fault="").filter(checked_at__lt=at - FAULTY_AGAIN).order_by("checked_at")
    found: list[Finding] = []
    for blob in [*again[: limit // 4], *to_check(at=at, limit=limit)]:
        if time.monotonic() - began > seconds:
            break
        found += check([blob], at=at)
    return found


def check_all(*, at: datetime, limit: int | None = None, since: datetime | None = None) -> Iterator[Finding]:
    """Check every file (`limit` of them, or those last seen before `since`), the longest unseen first, page by page."""
    left = limit
    before = since or at
    while left is None or left > 0:
        page = list(_unseen().filter(seen__lt=before).order_by("seen")[: min(left or SLICE, SLICE)])
        if not page:
            return
        yield from check(page, at=at)
        left = None if left is None else left - len(page)


def check(blobs: Iterable[Blob], *, at: datetime) -> list[Finding]:
    """Hash these files again and write down what they are; a restored file loses its fault. Logs and returns the faulty ones."""
    blobs = list(blobs)
    by_fault: dict[str, list[str]] = defaultdict(list)
    for blob in blobs:
        by_fault[fault_of(blob)].append(blob.pk)
    for fault, keys in by_fault.items():
        Blob.objects.filter(pk__in=keys).update(checked_at=at, fault=fault)
    ArchivePackage.objects.filter(blob__in=[each.pk for each in blobs]).update(checked_at=at)
    faulty = {key: fault for fault, keys in by_fault.items() if fault for key in keys}
    uses = used_by(faulty) if faulty else {}
    found = [Finding(key, fault, tuple(uses[key])) for key, fault in sorted(faulty.items())]
    for each in found:
        log.error("fixity %s %s: %s", each.fault, each.sha256, "; ".join(each.used_by))
    return found


def fault_of(blob: Blob) -> str:
    """Say what is wrong with the stored bytes: "" when they are those that were put."""
    digest = hashlib.sha256()
    try:
        with storage.open(blob.sha256) as file:
            while piece := file.read(PIECE):
                digest.update(piece)
    except FileNotFoundError:
        return Blob.Fault.LOST
    return "" if digest.hexdigest() == blob.sha256 else Blob.Fault.CHANGED


def used_by(blobs: Collection[str]) -> dict[str, list[str]]:
    """Return by hash what people call the papers, packages and dossiers that use a file."""
    found: dict[str, list[str]] = {key: [] for key in blobs}
    uses = Q(*((f"{field}__in", blobs) for field in Document.FILES), _connector=Q.OR)
    for paper in Document.objects.filter(uses).order_by("pk"):
        for key in {getattr(paper, f"{field}_id") for field in Document.FILES} & found.keys():
            found[str(key)].append(_("giấy tờ %s") % (paper.code or paper.pk))
    for package in ArchivePackage.objects.filter(blob__in=blobs).order_by("pk"):
        found[str(package.blob_id)].append(_("gói lưu trữ %s") % package)
    for register in _NAMES:
        for key, words in register(list(blobs)):
            if words not in found[key]:
                found[key].append(words)
    return found


@health_note("file_faults")
def faults() -> int:
    """Count the files that are lost or changed; the index holds these alone."""
    return Blob.objects.exclude(fault="").count()


def sweep_orphans(prefix: str, *, at: datetime) -> int:
    """Delete the files under one of the 256 folders that no row has pointed at for a day; return how many. Only for the folder store.

    A file is moved aside before it is judged: one that is put again meanwhile makes a file of its own, and one that got its row
    between the look and the move goes back to its place.
    """
    if settings.BLOB_STORE:
        return 0
    root = Path(settings.DATA_DIR) / "blobs"
    for aside in (root / prefix).glob(f"*/*{ASIDE}"):
        # A sweep was killed between the move and the judgement: back to its place, where it is judged again.
        aside.replace(aside.with_suffix(""))
    old = [path for path in (root / prefix).glob("*/*") if _is_old(path, at)]
    known = set(
        Blob.objects.filter(destroyed_at=None, pk__in=[path.name for path in old]).values_list(
            "pk", flat=True
        )
    )
    swept = sum(_remove(path, at=at) for path in old if path.name not in known)
    for path in (root / "incoming").glob("*"):
        if path.is_file() and _is_old(path, at):
            path.unlink(missing_ok=True)
    if swept:
        log.warning("fixity swept %d files that no row points at under %s", swept, prefix)
    return swept


def _is_old(path: Path, at: datetime) -> bool:
    try:
        return path.stat().st_mtime < (at - ORPHAN_AFTER).timestamp()
    except FileNotFoundError:
        return False


def _remove(path: Path, *, at: datetime) -> bool:
    aside = path.with_suffix(ASIDE)
    try:
        path.replace(aside)
    except FileNotFoundError:
        return False
    # mtime travels with the file: a fresh one was put after the list was made, and its row may be on the way.
    if _is_old(aside, at) and not Blob.objects.filter(pk=path.name, destroyed_at=None).exists():
        aside.unlink(missing_ok=True)
        return True
    if path.exists():
        aside.unlink(missing_ok=True)
    else:
        aside.replace(path)
    return False


def prefix_of(at: datetime) -> str:
    """Return the folder whose turn it is in this minute: the whole store comes round in four hours and a quarter."""
    return f"{int(at.timestamp()) // 60 % 256:02x}"
