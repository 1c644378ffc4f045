"""The watched folder of the scanners: what a machine puts into SCANS_DIR/<account>/ becomes a stack of that account's desk.

A file goes the way of every upload in pieces (transfers.py), under a key made of its path, size and time: a kill in the middle goes on
at the next look and takes the file once. Files nobody can take go to the folder khong-nhan/ beside a text that says why.
"""

import logging
import os
import stat
import time
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db import IntegrityError

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from digitization import batches, transfers
from digitization.models import Transfer
from digitization.uploads import RefusedFile

log = logging.getLogger(__name__)

QUIET_SECONDS = 10.0  # a scanner writes page after page: a file that was just touched is not finished
MOST_FILES = 20  # a look; the next one comes with the next minute
REFUSED = "khong-nhan"
_HALF_WRITTEN = (".tmp", ".part", ".filepart", ".crdownload")


def look(*, now: float | None = None) -> list[Path]:
    """Take in the finished files of all accounts, the oldest first; return those that became stacks.

    A file stays where it is while its account has no desk, the day's amount is used up or the store is full: the next look tries it again.
    """
    now = time.time() if now is None else now
    taken = []
    for path in _waiting(now)[:MOST_FILES]:
        try:
            if _take(path):
                taken.append(path)
        except RefusedFile as refused:
            _put_aside(path, refused.sentence)
        except (DomainError, OSError) as error:
            log.warning("scan folder: %s stays: %s", path, error)
    return taken


def _waiting(now: float) -> list[Path]:
    """Return the plain files that nobody has touched for some seconds; links and half-written files are none."""
    found = []
    for place in Path(settings.SCANS_DIR).glob("*/*"):
        known = place.lstat()
        is_finished = now - known.st_mtime >= QUIET_SECONDS and place.suffix.lower() not in _HALF_WRITTEN
        if stat.S_ISREG(known.st_mode) and is_finished and not place.name.startswith((".", "~")):
            found.append((known.st_mtime, place))
    return [place for _, place in sorted(found)]


def _take(path: Path) -> bool:
    actor = User.objects.filter(username=path.parent.name, is_active=True).first()
    if actor is None:
        log.warning("scan folder: no account is called %s", path.parent.name)
        return False
    batches.office_of(actor)
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as file:
        known = os.fstat(descriptor)
        row = _transfer_of(path, known, actor)
        file.seek(row.received)
        while row.state == Transfer.State.OPEN and (piece := file.read(transfers.CHUNK)):
            row.received = transfers.append(row, row.received, piece)
    transfers.finish(row)
    path.unlink()
    return True


def _transfer_of(path: Path, known: os.stat_result, actor: User) -> Transfer:
    """Return the upload of this very file: begun now, or by a look that was killed."""
    key: UUID = uuid5(NAMESPACE_URL, f"{path}:{known.st_size}:{known.st_mtime_ns}:{known.st_ino}")
    if begun := Transfer.objects.filter(pk=key).first():
        return begun
    try:
        return transfers.begin(
            key=key, name=path.name, size=known.st_size, actor=actor, purpose=Transfer.Purpose.BATCH
        )
    except IntegrityError:  # another worker looks at the same moment
        return Transfer.objects.get(pk=key)


def _put_aside(path: Path, sentence: str) -> None:
    """Move a refused file out of the way and say why beside it, where the person at the scanner finds both."""
    log.warning("scan folder: %s refused: %s", path, sentence)
    aside = path.parent / REFUSED
    aside.mkdir(exist_ok=True)
    (aside / f"{path.name}.txt").write_text(f"{sentence}\n", encoding="utf-8")
    path.replace(aside / path.name)
