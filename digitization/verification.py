"""What strangers may learn of a paper: whether it is ours and still holds, and nothing that the paper itself does not show.

Three ways in: the QR of the access copy (code and token), the code and the check digits typed, or the file itself, which is hashed, looked at
and thrown away. Whatever does not match is one answer. Only results vouch for themselves: a paper that somebody handed in is answered as a copy
that we keep, because nobody here has judged that its issuer is genuine.
"""

import hashlib
import ipaddress
import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.db.models import F, Q
from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.lib.names import initials
from bpmc_portal.lib.vietnamese import format_date, format_datetime, local_date
from digitization import verify_token, verifying
from digitization.models import Document, Signature, VerificationBudget

MOST_BYTES = 20 * 1024 * 1024
FAILURES_AN_HOUR = 20
FILES_AN_HOUR = 40
_SPEND = """
INSERT INTO digitization_verificationbudget AS b (bucket, count, until) VALUES (%s, 1, now() + interval '1 hour')
ON CONFLICT (bucket) DO UPDATE SET
  count = CASE WHEN b.until < now() THEN 1 ELSE b.count + 1 END,
  until = CASE WHEN b.until < now() THEN now() + interval '1 hour' ELSE b.until END
RETURNING count
"""


class TooManyVerifications(DomainError):
    """The network has used up its tries of this hour. The QR still works."""

    code = "too_many_verifications"
    status = 429

    def __init__(self) -> None:
        super().__init__(
            _("Có quá nhiều lần xác minh từ mạng này. Hãy thử lại sau một giờ, hoặc quét mã QR trên giấy.")
        )


@dataclass(frozen=True)
class Answer:
    """What the page says. `kind` colours it: ok, warn, late; `signatures` are sentences."""

    kind: str
    icon: str
    headline: str
    text: str
    facts: list[dict[str, Any]] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)

    @property
    def is_match(self) -> bool:
        """Whether a paper of ours stands behind it."""
        return bool(self.facts)


def by_token(code: str, token: str) -> Answer:
    """Answer for the QR of an access copy. Never limited: a token cannot be guessed, and a wrong one costs no statement."""
    return _answer(verify_token.document_of(code, token))


def by_code(code: str, check: str, *, network: str | None) -> Answer:
    """Answer for what was typed. Only failures spend the network's budget. Raises TooManyVerifications."""
    bucket = f"code:{network_of(network)}"
    _spend(bucket, FAILURES_AN_HOUR)
    answer = _answer(verify_token.document_by_check(code, check))
    if answer.is_match:
        VerificationBudget.objects.filter(pk=bucket).update(count=F("count") - 1)
    return answer


def by_file(file: "UploadedFile[Any]", *, network: str | None) -> Answer:
    """Answer for a file: its bytes must be ours, to the last one. Raises TooManyVerifications, InvalidInput for one that is too big or empty."""
    _spend(f"file:{network_of(network)}", FILES_AN_HOUR)
    if not 0 < (file.size or 0) <= MOST_BYTES:
        sentence = _("Tệp phải có dung lượng từ 1 byte đến 20 MB.")
        raise InvalidInput(sentence, code="file_size", fields={"file": sentence})
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile() as copy:
        for chunk in file.chunks():
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        answer = _answer(_document_with(digest.hexdigest()))
        if answer.is_match:
            return answer
        found = verifying.verify(Path(copy.name))
    return _no_match([each.words for each in found.signatures] or _unreadable(found))


def forget_old() -> None:
    """Delete the budgets of hours that are over."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM digitization_verificationbudget WHERE until < now()")


def network_of(address: str | None) -> str:
    """Return the IPv4 address or the /64 of an IPv6 address: what one household or attacker holds."""
    if not address:
        return "unknown"
    parsed = ipaddress.ip_address(address)
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False))


def _unreadable(found: verifying.Verdict) -> list[str]:
    return [found.words] if found.state == Document.Signed.BROKEN else []


def _spend(bucket: str, most: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, [bucket])
        if cursor.fetchone()[0] > most:
            raise TooManyVerifications


def _document_with(sha256: str) -> Document | None:
    """Return the paper whose file in force has these bytes: as it came, searchable, or the access copy. A draft that was signed since is none."""
    return (
        Document.objects.select_related("document_type", "holder")
        .filter(Q(blob_id=sha256) | Q(searchable_id=sha256) | Q(access_copy_id=sha256))
        .filter(_told())
        .order_by("-kind", "created_at")
        .first()
    )


def _told() -> Q:
    """Keep what is told to strangers: issued results (they have a holder), results of the old register, and papers that have their code."""
    is_result = Q(kind="result") | Q(source__in=[Document.Source.RESULT, Document.Source.LEGACY])
    return (
        Q(is_result, holder__isnull=False)
        | Q(source=Document.Source.LEGACY)
        | Q(~is_result, code__isnull=False)
    )


def _answer(document: Document | None) -> Answer:
    if document is None or not Document.objects.filter(_told(), pk=document.pk).exists():
        return _no_match([])
    facts, signatures = _facts(document), _signatures(document)
    if document.revoked_on is not None:
        return Answer(
            "late", "circle-x", _("Thật, đã thu hồi %s") % format_date(document.revoked_on),
            _("Giấy này do cơ quan cấp nhưng không còn giá trị sử dụng."), facts, signatures,
        )  # fmt: skip
    if document.good_until is not None and document.good_until < local_date():
        return Answer(
            "warn", "clock", _("Thật, hết hạn %s") % format_date(document.good_until),
            _("Giấy này do cơ quan cấp và đã qua ngày có giá trị."), facts, signatures,
        )  # fmt: skip
    if not _is_result(document):
        return Answer(
            "ok", "file-check", _("Khớp với bản số hoá cơ quan đang lưu"),
            _("Trang này xác nhận bản số hoá, không xác nhận nội dung do nơi khác cấp. Hãy hỏi nơi cấp giấy khi cần."), facts, signatures,
        )  # fmt: skip
    return Answer(
        "ok", "badge-check", _("Thật, còn hiệu lực"), _("Giấy này do cơ quan cấp và đang có giá trị."), facts, signatures,
    )  # fmt: skip


def _is_result(document: Document) -> bool:
    return document.kind == "result" or document.source in {Document.Source.RESULT, Document.Source.LEGACY}


def _no_match(signatures: list[str]) -> Answer:
    return Answer(
        "late", "circle-x", _("Không khớp"),
        _(
            "Không có giấy nào của cơ quan khớp với thông tin hoặc tệp này. Tệp chỉ cần khác một ký tự so với bản gốc là không khớp. "
            "Hãy kiểm tra lại hoặc hỏi nơi cấp giấy."
        ),
        [], signatures,
    )  # fmt: skip


def _facts(document: Document) -> list[dict[str, Any]]:
    """Return what the paper shows, the holder by initials."""
    kind = document.document_type.name if document.document_type else document.name
    rows: list[tuple[str, str, bool]] = [
        (_("Loại giấy"), kind, False),
        (_("Số, ký hiệu"), document.number, False),
        (_("Ngày cấp"), _day(document.issued_on), False),
        (_("Nơi cấp"), document.issuer, False),
        (_("Có giá trị đến"), _day(document.good_until), False),
        (_("Chủ giấy"), initials(document.holder.name) if document.holder else "", False),
        (_("Mã giấy tờ"), document.code or "", True),
    ]
    return [{"label": label, "value": value, "code": is_code} for label, value, is_code in rows if value]


def _day(value: date | None) -> str:
    return format_date(value) if value else ""


def _signatures(document: Document) -> list[str]:
    """Say by whom and when the file was signed, in the reader's language, as the last look found it."""
    found = Signature.objects.filter(blob_id=document.blob_id).order_by("position")
    return [_words_of(each) for each in found]


def _words_of(signature: Signature) -> str:
    facts = {
        "who": signature.signer,
        "organisation": signature.organisation or "–",
        "when": format_datetime(signature.signed_at) if signature.signed_at else "–",
    }
    if signature.verdict == Document.Signed.VALID:
        return _("%(who)s (%(organisation)s) ký lúc %(when)s, chữ ký hợp lệ.") % facts
    if signature.verdict == Document.Signed.UNKNOWN:
        return _("%(who)s (%(organisation)s) ký lúc %(when)s, chưa xác minh được chứng thư.") % facts
    return _("%(who)s (%(organisation)s): chữ ký không hợp lệ.") % facts
