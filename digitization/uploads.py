"""Take in an uploaded file: judged by its bytes and structure, never by its name or by what the sender calls it."""

from dataclasses import dataclass
from typing import Any, BinaryIO

import pikepdf
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from PIL import Image, UnidentifiedImageError

from bpmc_portal.accounts.models import Applicant, User
from bpmc_portal.errors import InvalidInput
from bpmc_portal.lib.identifiers import InvalidIdentifier, parse_cccd, parse_passport, parse_tax_code
from digitization import storage
from digitization.models import Blob, Document
from procedures.models import DocumentType

MEGABYTE = 1024 * 1024
LARGEST_IMAGE = 40_000_000  # pixels of one page; an A4 page at 600 dpi has 35 million
LARGEST_STACK = 200_000_000  # pixels of all pages of one TIFF
MOST_PAGES = 2000
CLEAR_WIDTH = 1200  # pixels; an A4 page at 150 dpi, below which small print is lost
NAME_LENGTH = 300

_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/tiff": "TIFF"}
# What the two libraries raise on hostile bytes, as their documentation and their fuzzers say.
_PDF_FAULTS = (
    pikepdf.PdfError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    RuntimeError,
    OverflowError,
)
_IMAGE_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    ZeroDivisionError,
    EOFError,
    RuntimeError,
    UserWarning,
)


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
    judgement: Judgement
    name: str
    document_type: DocumentType | None
    holder: Applicant | None


class RefusedFile(InvalidInput):
    """The file cannot be taken; the sentence says why and what to send instead."""

    code = "file_refused"

    def __init__(self, sentence: str, code: str, *, status: int | None = None) -> None:
        super().__init__(sentence, code=code, status=status, fields={"file": sentence})


def judge(file: BinaryIO, *, size: int) -> Judgement:
    """Say what the file is, or raise RefusedFile. Reads the whole structure: a file that is cut short is refused."""
    if size == 0:
        raise RefusedFile(_("Tệp rỗng. Hãy chọn lại tệp."), "file_empty")
    if size > settings.DOCUMENT_MAX_BYTES:
        sentence = _("Tệp vượt quá %s MB. Hãy quét lại với độ phân giải thấp hơn hoặc chia nhỏ.") % (
            settings.DOCUMENT_MAX_BYTES // MEGABYTE
        )
        raise RefusedFile(sentence, "too_large", status=413)
    file.seek(0)
    head = file.read(16)
    media_type = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    file.seek(0)
    if media_type is None:
        raise RefusedFile(
            _("Chỉ nhận tệp PDF, JPEG, PNG hoặc TIFF. Hãy xuất tệp sang PDF rồi gửi lại."), "file_type"
        )
    return _judge_pdf(file) if media_type == "application/pdf" else _judge_image(file, media_type)


def _judge_pdf(file: BinaryIO) -> Judgement:
    unreadable = _("Không đọc được tệp PDF này, có thể tệp bị hỏng hoặc tải dở. Hãy xuất lại rồi gửi lại.")
    locked = _("Tệp PDF có mật khẩu hoặc bị khoá. Hãy bỏ khoá rồi gửi lại.")
    try:
        with pikepdf.open(file, attempt_recovery=False, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise RefusedFile(locked, "pdf_encrypted")
            pages = len(pdf.pages)
            if pages > MOST_PAGES:
                raise RefusedFile(
                    _("Tệp PDF có %s trang, nhiều nhất là %s. Hãy chia nhỏ.") % (pages, MOST_PAGES),
                    "too_many_pages",
                )
            # A page that is not a page is met only when it is read.
            if any(page.obj.get("/Type", "/Page") != "/Page" or not page.mediabox for page in pdf.pages):
                raise RefusedFile(unreadable, "pdf_unreadable")
    except pikepdf.PasswordError:
        raise RefusedFile(locked, "pdf_encrypted") from None
    except _PDF_FAULTS as error:
        raise RefusedFile(unreadable, "pdf_unreadable") from error
    if pages == 0:
        raise RefusedFile(_("Tệp PDF không có trang nào. Hãy xuất lại rồi gửi lại."), "pdf_no_pages")
    return Judgement("application/pdf", pages, _("PDF %s trang, đọc được.") % pages)


def _judge_image(file: BinaryIO, media_type: str) -> Judgement:
    pages = pixels = 0
    try:
        with Image.open(file, formats=[_FORMATS[media_type]]) as image:
            width, height = image.size
            while True:
                here = image.size[0] * image.size[1]
                pages, pixels = pages + 1, pixels + here
                if here > LARGEST_IMAGE or pixels > LARGEST_STACK or pages > MOST_PAGES:
                    raise _too_many_pixels()
                image.load()  # only decoding finds a file that is cut short
                if media_type != "image/tiff" or not _next_page(image, pages):
                    break
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except (UnidentifiedImageError, *_IMAGE_FAULTS) as error:
        raise RefusedFile(
            _("Không đọc được ảnh này, có thể tệp bị hỏng hoặc tải dở. Hãy chụp hoặc quét lại."),
            "image_unreadable",
        ) from error
    return Judgement(media_type, pages, _words_of(width, height, pages))


def _next_page(image: Image.Image, number: int) -> bool:
    try:
        image.seek(number)
    except EOFError:
        return False
    return True


def _too_many_pixels() -> RefusedFile:
    sentence = _("Ảnh có quá nhiều điểm ảnh, nhiều nhất là %s triệu. Hãy quét lại ở 300 dpi.") % (
        LARGEST_IMAGE // 1_000_000
    )
    return RefusedFile(sentence, "image_too_large")


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
    judgement = judge(file, size=file.size or 0)  # type: ignore[arg-type]  # an uploaded file reads as a binary file
    file.seek(0)
    blob = storage.put(file.chunks(), media_type=judgement.media_type)
    return Upload(blob, judgement, kind.name if kind else "", kind, person)


def record(upload: Upload, *, actor: User) -> Document:
    """Record the paper of an upload in the caller's transaction."""
    return Document.objects.create(
        holder=upload.holder, document_type=upload.document_type, name=upload.name[:NAME_LENGTH], state=Document.State.STORED, blob=upload.blob,
        pages=upload.judgement.pages, verdict=upload.judgement.verdict, uploaded_by=actor,
    )  # fmt: skip


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
