"""Signatures of a file in plain words: who, when, whether it still holds, and what came after.

The parsing runs in a process of its own (verifying_program.py). No answer depends on the network.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import override

from bpmc_portal.lib.vietnamese import format_datetime
from digitization import storage
from digitization.models import Document, Signature

PATIENCE = 25  # seconds, the start of the process included
WORDS = 500
_PROGRAM = Path(__file__).with_name("verifying_program.py")
# A signature names the bytes that it covers; this name is never packed away, because it must be read before anything else.
_MARK = b"/ByteRange"
_CHUNK = 1024 * 1024
Signed = Document.Signed
_WORST = (Signed.BROKEN, Signed.UNKNOWN, Signed.VALID)


@dataclass(frozen=True)
class Found:
    """One signature as it was judged."""

    verdict: Signed
    words: str
    signer: str
    organisation: str
    serial: str
    signed_at: datetime | None
    level: str
    field: str
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """The whole file: the worst of its signatures, the words for all of them."""

    state: Signed
    words: str
    signatures: tuple[Found, ...] = ()


def verify(path: Path) -> Verdict:
    """Judge the signatures of a file. A file without the mark of a signature costs no process; one that cannot be read is unknown."""
    if not _is_marked(path):
        return Verdict(Signed.NONE, _("Không có chữ ký số."))
    command = [sys.executable, "-I", str(_PROGRAM), str(path), str(trust_folder())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603  (our own program)
        raw = json.loads(done.stdout)["signatures"] if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        raw = None
    if raw is None:
        return Verdict(Signed.BROKEN, _("Tệp có chữ ký số nhưng không đọc được chữ ký. Hãy xin lại tệp gốc."))
    if not raw:
        return Verdict(Signed.NONE, _("Không có chữ ký số."))
    return verdict_of(raw)


def trust_folder() -> Path:
    """Return the folder of root certificates and revocation lists."""
    return Path(settings.SIGNING_DIR) / "trust"


def roots() -> list[Path]:
    """Return the files of trusted roots."""
    folder = trust_folder()
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in found if path.suffix in {".pem", ".crt", ".cer"}]


def look_at(document_id: str) -> None:
    """Judge the file of a paper and note what was found, with its evidence. Idempotent: what was noted is noted again."""
    document = Document.objects.select_related("blob").filter(pk=document_id, blob__isnull=False).first()
    if document is None or document.blob is None:
        return
    if document.blob.media_type != "application/pdf":
        note(document, Verdict(Signed.NONE, _("Không có chữ ký số.")))
        return
    with override("vi"), storage.local_path(document.blob_id or "") as path:
        note(document, verify(path))


@transaction.atomic
def note(document: Document, verdict: Verdict) -> None:
    """Write the verdict beside the paper unless its file is another one by now."""
    held = Document.objects.filter(pk=document.pk, blob_id=document.blob_id)
    if not held.update(signed=verdict.state, signed_words=verdict.words[:WORDS]):
        return
    keep(str(document.blob_id), verdict.signatures)


def keep(sha256: str, signatures: Sequence[Found]) -> None:
    """Keep what was found in a file; a later look at the same file replaces an earlier one."""
    now = timezone.now()
    rows = [
        Signature(
            blob_id=sha256, position=place, field=each.field, signer=each.signer, organisation=each.organisation,
            serial=each.serial, signed_at=each.signed_at, level=each.level, verdict=each.verdict, words=each.words[:WORDS],
            evidence=each.evidence, checked_at=now,
        )
        for place, each in enumerate(signatures, 1)
    ]  # fmt: skip
    written = [
        "field",
        "signer",
        "organisation",
        "serial",
        "signed_at",
        "level",
        "verdict",
        "words",
        "evidence",
    ]
    Signature.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["blob", "position"],
        update_fields=[*written, "checked_at"],
    )


def _is_marked(path: Path) -> bool:
    """Say whether the file has a signature's mark, looking over the edges of the chunks."""
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if _MARK in rest + chunk:
                return True
            rest = chunk[-len(_MARK) :]
    return False


def verdict_of(raw: list[dict[str, Any]]) -> Verdict:
    """Return the verdict on what the program read of at least one signature."""
    found = tuple(_found(each, raw[place + 1 :]) for place, each in enumerate(raw))
    state = next(state for state in _WORST if any(each.verdict == state for each in found))
    return Verdict(state, " ".join(each.words for each in found)[:WORDS], found)


def _found(raw: dict[str, Any], later: list[dict[str, Any]]) -> Found:
    signed_at = parse_datetime(raw.get("signed_at") or "")
    verdict, words = _judged(raw, signed_at, later)
    return Found(
        verdict, words, raw["signer"], raw["organisation"], raw["serial"], signed_at, raw.get("level", ""), raw["field"],
        raw["evidence"],
    )  # fmt: skip


def _judged(
    raw: dict[str, Any], signed_at: datetime | None, later: list[dict[str, Any]]
) -> tuple[Signed, str]:
    who = _("%(signer)s (%(organisation)s)") % raw if raw["organisation"] else raw["signer"]
    facts = {"who": who, "when": format_datetime(signed_at) if signed_at else _("lúc không rõ")}
    if not raw["intact"] or not raw["covers_revision"]:
        return Signed.BROKEN, _(
            "Chữ ký của %(who)s không còn đúng: nội dung đã bị thay đổi sau khi ký."
        ) % facts
    if not raw["changes_allowed"] or raw["changes"] in {"OTHER", "ANNOTATIONS"}:
        words = _(
            "Sau khi %(who)s ký có thêm hoặc sửa nội dung trong tệp; phần thêm không được chữ ký này bảo đảm."
        )
        return Signed.BROKEN, words % facts
    if raw["revoked"]:
        return Signed.BROKEN, _(
            "Chứng thư của %(who)s đã bị thu hồi trước khi ký hoặc chưa rõ lúc ký."
        ) % facts
    after = _after(raw, later)
    if not raw["trusted"]:
        words = _("Chữ ký của %(who)s còn nguyên vẹn nhưng chưa xác minh được nơi cấp chứng thư.") % facts
        return Signed.UNKNOWN, words + after
    if raw["stamped"]:
        return Signed.VALID, _("%(who)s ký lúc %(when)s (có dấu thời gian), hợp lệ.") % facts + after
    return Signed.VALID, _("%(who)s ký lúc %(when)s (theo máy của người ký), hợp lệ.") % facts + after


def _after(raw: dict[str, Any], later: list[dict[str, Any]]) -> str:
    """Name what was added behind the signature."""
    if raw["covers_all"]:
        return ""
    if later:
        return " " + _("Sau khi ký có thêm chữ ký của %s.") % ", ".join(each["signer"] for each in later)
    if raw["changes"] == "FORM_FILLING":
        return " " + _("Sau khi ký có thêm nội dung điền vào biểu mẫu.")
    return " " + _("Sau khi ký có thêm dữ liệu phục vụ kiểm tra chữ ký lâu dài.")
