"""The pages of a stored file as pictures, one at a time, within bounds of size and time.

The drawing runs in a process of its own (page_drawing.py): a file that hangs, swells or crashes the library costs one refused
picture, never a worker.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore

from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError, NotFound
from digitization import storage
from digitization.models import Blob, Document

# Pixels across at the three steps of the magnifier.
WIDTHS = {1: 1000, 2: 1600, 3: 2400}
TURNS = (0, 90, 180, 270)
MOST_PAGES = 200
PATIENCE = 12  # seconds, the start of the process included
_SCRIPT = Path(__file__).with_name("page_drawing.py")
_NO_SUCH_PAGE = 3
# Two at once in one worker; who waits longer than the patience is told to come again.
_drawing = BoundedSemaphore(2)


@dataclass(frozen=True)
class View:
    """One page as somebody wants to see it: the number from 1, the step of the magnifier, the turn to the right in degrees."""

    page: int = 1
    zoom: int = 1
    turn: int = 0


def view_of(*, page: str, zoom: str, turn: str) -> View:
    """Return the view that an address asks for; what makes no sense is the usual view."""
    number = int(page) if page.isascii() and page.isdigit() and len(page) <= 4 else 1
    step = int(zoom) if zoom in {"1", "2", "3"} else 1
    return View(max(number, 1), step, int(turn) if turn in {"90", "180", "270"} else 0)


def etag_of(document: Document, view: View) -> str:
    """Return the entity tag of a picture: the content's hash and the view. Raises NotFound for a paper without file."""
    if document.blob_id is None:
        raise NotFound(_("Giấy tờ này chỉ có bản giấy, chưa có tệp."))
    return f'"{document.blob_id[:32]}-{view.page}-{view.zoom}-{view.turn}"'


def draw(document: Document, view: View) -> bytes:
    """Return one page as PNG. Raises NotFound for an absent page, DomainError for a file that is lost, broken or too slow."""
    if document.blob is None or view.page > min(document.pages or MOST_PAGES, MOST_PAGES):
        raise NotFound(_("Giấy tờ này không có trang bạn hỏi."))
    return draw_blob(document.blob, view)


def draw_blob(blob: Blob, view: View) -> bytes:
    """Return one page of a stored file as PNG; raises as `draw` does."""
    if not _drawing.acquire(timeout=PATIENCE):
        raise DomainError(
            _("Máy đang mở nhiều tài liệu cùng lúc. Hãy thử lại sau ít giây."),
            code="viewer_busy",
            status=503,
        )
    try:
        with storage.local_path(blob.sha256) as path:
            return _drawn(path, blob.media_type, view)
    except FileNotFoundError:
        sentence = _(
            "Tệp của giấy tờ này bị mất trong kho. Hãy báo quản trị hệ thống khôi phục từ bản sao lưu."
        )
        raise DomainError(sentence, code="file_lost", status=500) from None
    finally:
        _drawing.release()


def _drawn(path: Path, media_type: str, view: View) -> bytes:
    wanted = [str(path), media_type, str(view.page), str(WIDTHS[view.zoom]), str(view.turn)]
    broken = DomainError(
        _("Không hiện được trang này: tệp hỏng hoặc quá nặng. Hãy tải tệp về để xem, hoặc quét lại."),
        code="page_unreadable",
        status=422,
    )
    try:
        done = subprocess.run(  # noqa: S603  (our own program; path, type and numbers are ours)
            [sys.executable, "-I", str(_SCRIPT), *wanted],
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise broken from None
    if done.returncode == _NO_SUCH_PAGE:
        raise NotFound(_("Giấy tờ này không có trang bạn hỏi."))
    if done.returncode != 0 or not done.stdout:
        raise broken
    return done.stdout
