"""Take in an uploaded file: judged by its bytes and structure, never by its name or by what the sender calls it.

Nothing here opens the file: a program inside the sandbox does (sandbox.py, judging.py). Here stand the sentences.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bpmc_portal.accounts.models import Applicant, User
from bpmc_portal.errors import InvalidInput
from bpmc_portal.jobs.services import publish
from bpmc_portal.lib.identifiers import InvalidIdentifier, parse_cccd, parse_passport, parse_tax_code
from digitization import sandbox, storage
from digitization.judging_rules import MOST_PAGES
from digitization.models import Blob, Document
from procedures.models import DocumentType

MEGABYTE = 1024 * 1024
CLEAR_WIDTH = 1200  # pixels; an A4 page at 150 dpi, below which small print is lost
NAME_LENGTH = 300
HEIC = "image/heic"
MEDIA_TYPES = frozenset({"application/pdf", "image/jpeg", "image/png", "image/tiff", HEIC})


@dataclass(frozen=True)
class Judgement:
    """What a file is: its real type, its pages, and a sentence on its quality."""

    media_type: str
    pages: int
    verdict: str


@dataclass(frozen=True)
class Upload:
    """A judged file that lies in the store, and whose paper it is."""

    blob: Blob
    photo: Blob | None
    judgement: Judgement
    name: str
    document_type: DocumentType | None
    holder: Applicant | None


class RefusedFile(InvalidInput):
    """The file cannot be taken; the sentence says why and what to send instead."""

    code = "file_refused"

    def __init__(self, sentence: str, code: str, *, status: int | None = None) -> None:
        super().__init__(sentence, code=code, status=status, fields={"file": sentence})


def judge(file: BinaryIO, *, size: int, most: int | None = None) -> Judgement:
    """Say what the file is, or raise RefusedFile. Its whole structure is read, in the sandbox: one that is cut short is refused.

    The file may lie on a disk or in memory; it is passed on as a descriptor and stands at its beginning afterwards. `most` is the
    largest size in bytes, DOCUMENT_MAX_BYTES unless told. Raises DomainError 503 when the sandbox cannot run.
    """
    if size == 0:
        raise RefusedFile(_("Tệp rỗng. Hãy chọn lại tệp."), "file_empty")
    largest = most or settings.DOCUMENT_MAX_BYTES
    if size > largest:
        sentence = _("Tệp vượt quá %s MB. Hãy quét lại với độ phân giải thấp hơn hoặc chia nhỏ.") % (
            largest // MEGABYTE
        )
        raise RefusedFile(sentence, "too_large", status=413)
    return _judgement_of(_asked("judge", file))


def _asked(operation: str, file: BinaryIO, *, target: int | None = None, **options: Any) -> dict[str, Any]:
    """Ask the sandbox and turn its refusal into one with a sentence."""
    try:
        with sandbox.opened(file) as source:
            answer = sandbox.ask(operation, source, target=target, options=options)
    except sandbox.FileDied:
        raise _refused("file_dangerous", {}) from None
    if "refused" in answer:
        raise _refused(str(answer["refused"]), answer)
    return answer


def _judgement_of(answer: dict[str, Any]) -> Judgement:
    """Believe the sandbox only what a file can be: a judge that a file took over could say anything."""
    media_type = answer.get("media_type")
    pages, width, height = (answer.get(figure, 0) for figure in ("pages", "width", "height"))
    if (
        media_type not in MEDIA_TYPES
        or not all(isinstance(figure, int) for figure in (pages, width, height))
        or not 1 <= pages <= MOST_PAGES
    ):
        raise _refused("file_dangerous", {})
    if media_type == "application/pdf":
        return Judgement(media_type, pages, _("PDF %s trang, đọc được.") % pages)
    return Judgement(media_type, pages, _words_of(width, height, pages))


def _refused(code: str, figures: dict[str, Any]) -> RefusedFile:
    sentences = {**_file_sentences(), **_pdf_sentences()}
    if code == "file_type":
        sentence = _other_types().get(str(figures.get("kind")), sentences[code])
    else:
        code = code if code in sentences else "file_dangerous"
        sentence = sentences[code]
    known = {name: figures[name] for name in ("pages", "most") if isinstance(figures.get(name), int)}
    return RefusedFile(sentence % {"pages": 0, "most": 0, **known}, code)


def _file_sentences() -> dict[str, str]:
    return {
        "file_type": _("Chỉ nhận tệp PDF, JPEG, PNG, TIFF hoặc HEIC. Hãy xuất tệp sang PDF rồi gửi lại."),
        "file_mixed": _(
            "Tệp trộn nhiều loại nội dung, ví dụ tệp nén hoặc mã lệnh giấu trong ảnh. Hãy quét lại, hoặc mở tệp rồi xuất ra PDF mới và gửi lại."
        ),
        "file_dangerous": _(
            "Không kiểm tra được tệp này một cách an toàn: tệp quá nặng hoặc có cấu tạo bất thường. Hãy quét lại, hoặc in ra PDF mới rồi gửi lại."
        ),
        "image_unreadable": _(
            "Không đọc được ảnh này, có thể tệp bị hỏng hoặc tải dở. Hãy chụp hoặc quét lại."
        ),
        "image_too_large": _(
            "Ảnh có quá nhiều điểm ảnh, nhiều nhất là %(most)s triệu. Hãy quét lại ở 300 dpi."
        ),
    }


def _pdf_sentences() -> dict[str, str]:
    return {
        "pdf_unreadable": _(
            "Không đọc được tệp PDF này, có thể tệp bị hỏng hoặc tải dở. Hãy xuất lại rồi gửi lại."
        ),
        "pdf_encrypted": _("Tệp PDF có mật khẩu hoặc bị khoá. Hãy bỏ khoá rồi gửi lại."),
        "pdf_no_pages": _("Tệp PDF không có trang nào. Hãy xuất lại rồi gửi lại."),
        "pdf_active": _(
            "Tệp PDF có nội dung tự chạy, tệp đính kèm hoặc liên kết tới tệp khác nên không nhận được. Hãy mở tệp, chọn In rồi “Lưu thành PDF” và gửi tệp mới."
        ),
        "pdf_too_complex": _(
            "Tệp PDF quá phức tạp nên không kiểm tra hết được. Hãy mở tệp, chọn In rồi “Lưu thành PDF” và gửi tệp mới, hoặc chia nhỏ."
        ),
        "too_many_pages": _("Tệp có %(pages)s trang, nhiều nhất là %(most)s. Hãy chia nhỏ."),
    }


def _other_types() -> dict[str, str]:
    return {
        "archive": _(
            "Không nhận tệp nén. Hãy giải nén rồi gửi từng tệp PDF hoặc ảnh (JPEG, PNG, TIFF, HEIC)."
        ),
        "office": _("Không nhận tệp Word, Excel hay PowerPoint. Hãy lưu tệp thành PDF rồi gửi lại."),
        "program": _("Đây là tệp chương trình, không phải giấy tờ. Hãy gửi tệp PDF hoặc ảnh của giấy tờ."),
    }


def _words_of(width: int, height: int, pages: int) -> str:
    measure = ngettext(
        "Ảnh %(pages)s trang, %(width)s × %(height)s điểm",
        "Ảnh %(pages)s trang, %(width)s × %(height)s điểm",
        pages,
    )
    words = measure % {"pages": pages, "width": width, "height": height}
    if min(width, height) < CLEAR_WIDTH:
        return words + _(", độ phân giải thấp: chữ nhỏ có thể không đọc được, nên quét lại từ 200 dpi.")
    return words + _(", đủ rõ.")


def take(file: "UploadedFile[Any]", *, document_type: str, holder: str, actor: User) -> Upload:
    """Judge the file, put its bytes into the store and return what is known of it; no paper is recorded yet.

    The bytes are durable before any row speaks of them (promise P16). `holder` is an identity number; one that nobody has yet
    stays open, and the intake names the holder. Raises RefusedFile and InvalidInput.
    """
    kind = _type_of(document_type)
    person = _holder_of(holder, actor)
    blob, judgement, photo = keep(file, size=file.size or 0)  # type: ignore[arg-type]  # an uploaded file reads as a binary file
    return Upload(blob, photo, judgement, kind.name if kind else "", kind, person)


def keep(file: BinaryIO, *, size: int, most: int | None = None) -> tuple[Blob, Judgement, Blob | None]:
    """Judge a file of at most `most` bytes (as judge) and put it into the store. Raises RefusedFile.

    A HEIC photograph becomes an upright JPEG without EXIF, which is the paper's file; the photograph is stored beside it and returned
    last, and the JPEG's comment names it (docs/decisions/0019-sandbox.md).
    """
    judgement = judge(file, size=size, most=most)
    if judgement.media_type != HEIC:
        return storage.put(_chunks(file), media_type=judgement.media_type), judgement, None
    with tempfile.TemporaryFile() as picture:
        origin = f"original sha256 {_sha256(file)}"
        _asked("convert", file, target=picture.fileno(), origin=origin)
        photo = storage.put(_chunks(file), media_type=HEIC)
        blob = storage.put(_chunks(picture), media_type="image/jpeg")
    return blob, replace(judgement, media_type="image/jpeg"), photo


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(MEGABYTE):
        yield chunk


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(file):
        digest.update(chunk)
    return digest.hexdigest()


def record(upload: Upload, *, actor: User) -> Document:
    """Record the paper of an upload in the caller's transaction, and tell who reads and checks papers that it lies in the store."""
    document = Document.objects.create(
        holder=upload.holder, document_type=upload.document_type, name=upload.name[:NAME_LENGTH], state=Document.State.STORED, blob=upload.blob, photo=upload.photo,
        pages=upload.judgement.pages, verdict=upload.judgement.verdict, uploaded_by=actor,
    )  # fmt: skip
    publish("digitization.stored", document_id=str(document.pk))
    return document


def _type_of(code: str) -> DocumentType | None:
    if not code:
        return None
    found = DocumentType.objects.filter(code=code).first()
    if found is None:
        sentence = _("Không có loại giấy tờ mã “%s”. Hãy lấy mã trong danh mục thủ tục.") % code[:40]
        raise InvalidInput(sentence, code="unknown_document_type", fields={"document_type": sentence})
    return found


def _holder_of(number: str, actor: User) -> Applicant | None:
    """Return the person named as holder. A citizen uploads for itself only; whether a number is known is never told."""
    if actor.applicant_id is not None:
        own: Any = actor.applicant
        if number and number.replace(" ", "") != own.identity_number:
            sentence = _("Bạn chỉ tải lên được giấy tờ của chính mình.")
            raise InvalidInput(sentence, code="not_your_identity", status=403, fields={"holder": sentence})
        return own  # type: ignore[no-any-return]
    return (
        Applicant.objects.filter(identity_number=_number_of(number)).order_by("pk").first()
        if number
        else None
    )


def _number_of(typed: str) -> str:
    """Return the number in the form in which it is stored: a citizen's, an organisation's or a passport's."""
    for parse in (parse_cccd, parse_tax_code, parse_passport):
        try:
            return parse(typed).number
        except InvalidIdentifier:
            continue
    sentence = _(
        "Số định danh của chủ giấy tờ không đúng. Hãy nhập số căn cước, mã số thuế hoặc số hộ chiếu."
    )
    raise InvalidInput(sentence, code="holder_format", fields={"holder": sentence})
