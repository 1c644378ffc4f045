"""The access copy (bản sao tra cứu): the paper's pages with its code as text and as QR at the head of the first one.

It is made of the searchable file, else of the original, and is a file of its own: neither of them is touched. The merging runs in a
process of its own (copy_stamping.py), because the source came from outside. docs/decisions/0026-codes.md says what the QR holds.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import segno
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bpmc_portal.lib.vietnamese import format_date
from digitization import storage, verify_token
from digitization.models import Blob, CodeScheme, Document

PATIENCE = 60  # seconds, the start of the process included; half of a job's limit
NAME_LENGTH = 60  # of the QR: a long name would make its modules too small for a scan at 150 dpi
_SCRIPT = Path(__file__).with_name("copy_stamping.py")
_PIECE = 64 * 1024
# Higher layers know in which dossier a paper came.
_TELLERS: list[Callable[[Document], str]] = []


class StampFailed(RuntimeError):
    """The copy could not be made; the job ledger tries again and then shows it to the operator."""


@dataclass(frozen=True)
class Strip:
    """What stands in the strip at the head of the copy; strings ready to print, and the QR as a path of `side` modules."""

    title: str
    issuing_org: str
    dated_at: str
    code: str
    name: str
    address: str
    token: str
    side: int
    path: str


def tells_dossier(teller: Callable[[Document], str]) -> Callable[[Document], str]:
    """Register how a higher layer names the dossier of a paper ("" for none)."""
    if teller not in _TELLERS:
        _TELLERS.append(teller)
    return teller


def stamp(document_id: str) -> None:
    """Make the access copy of a paper that has a code and a file. Raises StampFailed and FileNotFoundError.

    Idempotent: the same paper gives the same bytes. When the searchable file arrives meanwhile, its own job makes the copy.
    """
    document = (
        Document.objects.select_related("blob", "searchable", "document_type", "holder")
        .filter(pk=document_id, code__isnull=False, blob__isnull=False)
        .first()
    )
    if document is None or document.blob is None:
        return
    copy = _made(document, document.searchable or document.blob)
    Document.objects.filter(pk=document.pk, searchable=document.searchable_id).update(access_copy=copy)


def words_of(document: Document) -> str:
    """Return the text of the QR: the least that TT 01/2023/TT-VPCP asks for, a line each, and the address that proves it."""
    is_result = document.kind == CodeScheme.Kind.RESULT
    with translation.override("vi"):
        lines = [
            (_("Mã giấy tờ"), document.code or ""),
            (_("Mã hồ sơ"), next(filter(None, (tell(document) for tell in _TELLERS)), "")),
            (_("Số, ký hiệu") if is_result else _("Mã TTHC"), document.code_origin),
            (_("Chủ giấy tờ"), document.code_owner),
            (_("Tên"), _name_of(document)[:NAME_LENGTH]),
            (_("Hệ thống"), f"{settings.BRAND['name']} {settings.BRAND['ministry']}"),
            (_("Thời gian"), _coded_at(document)),
        ]
        if is_result:
            until = format_date(document.good_until) if document.good_until else _("không ghi thời hạn")
            lines += [(_("Hiệu lực đến"), until), (_("Phạm vi"), _("toàn quốc"))]
    said = [f"{label}: {value}" for label, value in lines if value]
    return "\n".join([*said, verify_token.url_of(document)])


def _made(document: Document, source: Blob) -> Blob:
    # WeasyPrint is loaded with the first paper that a worker prints.
    from bpmc_portal.lib import pdf

    strip = pdf.render("pdf/stamp.html", _strip_of(document), size="st", is_long=True)
    with tempfile.TemporaryDirectory(prefix="stamp-") as place, storage.local_path(source.sha256) as path:
        head, out = Path(place) / "strip.pdf", Path(place) / "copy.pdf"
        head.write_bytes(strip)
        _run(path, source.media_type, head, out)
        with out.open("rb") as file:
            return storage.put(iter(lambda: file.read(_PIECE), b""), media_type="application/pdf")


def _run(source: Path, media_type: str, strip: Path, out: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603  (our own program; paths and type are ours)
            [sys.executable, "-I", str(_SCRIPT), str(source), media_type, str(strip), str(out)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StampFailed(f"no copy after {PATIENCE} s") from None
    if done.returncode != 0 or not out.exists():
        raise StampFailed(done.stderr.strip().rsplit("\n", 1)[-1][:300] or f"exit {done.returncode}")


def _strip_of(document: Document) -> Strip:
    symbol = segno.make_qr(words_of(document), error="l")
    rows = [list(row) for row in symbol.matrix]
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return Strip(
        title=f"{document.code} · {_name_of(document)}",
        issuing_org=settings.BRAND["ministry"],
        dated_at=_coded_at(document),
        code=document.code or "",
        name=_name_of(document),
        address=f"{settings.PUBLIC_URL.split('//')[-1]}/xac-minh/",
        token=verify_token.token_of(document),
        side=len(rows),
        path=path,
    )


def _name_of(document: Document) -> str:
    return document.name or (document.document_type.name if document.document_type else "")


def _coded_at(document: Document) -> str:
    """Return when the paper was coded: a time of its own, so that a copy made again has the same bytes."""
    return timezone.localtime(document.coded_at).isoformat(timespec="minutes") if document.coded_at else ""
