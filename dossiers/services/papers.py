"""Issue a paper once, keep its bytes, hand out copies. What was issued is never made again, not even when its file is lost."""

import hashlib
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.jobs.services import Work, enqueue
from bpmc_portal.lib import names, pdf
from bpmc_portal.lib.identifiers import InvalidIdentifier
from bpmc_portal.lib.vietnamese import local_date
from digitization import storage
from dossiers.models import Dossier, IssuedPaper, Letter, Reprint
from dossiers.print_forms import FORMS, letter_form
from procedures.models import Fee

MEDIA_TYPE = "application/pdf"
REASON_LENGTH = 200
LETTER_LOADED = (
    "dossier__office__unit__parent", "dossier__unit__parent", "dossier__procedure", "dossier__applicant", "dossier__step", "issued_by",
)  # fmt: skip
_LOADED = ("office__unit__parent", "unit", "procedure", "version_of_procedure", "applicant", "received_by")


class PaperNotReady(DomainError):
    """The paper is being made in the background; asking again in some seconds will do."""

    code = "paper_not_ready"
    status = 409

    def __init__(self) -> None:
        super().__init__(_("Giấy này đang được tạo. Hãy thử lại sau vài giây."))


class PaperDamaged(DomainError):
    """The stored bytes are gone or are not those that were issued. An operator restores them from the backup; nothing makes them anew."""

    code = "paper_damaged"
    status = 500

    def __init__(self) -> None:
        super().__init__(
            _(
                "Tệp của giấy đã phát hành bị mất hoặc bị thay đổi nên không in được. Hãy báo quản trị hệ thống khôi phục từ bản sao lưu."
            )
        )


@dataclass(frozen=True)
class _Key:
    dossier_id: int
    form: str
    size: str


def issue(dossier_id: int, *, form: str = "receipt", size: str = "A5") -> IssuedPaper:
    """Make, store and record a paper, or return the one that was issued before.

    Two callers at once make one paper: the second waits on an advisory lock, which leaves the dossier's row free for the desk while
    the page is laid out. Raises DomainError when the dossier is not received yet. At most ten statements, however many papers it lists.
    """
    if size not in FORMS[form].sizes:
        raise DomainError(_("Mẫu này không có khổ %s.") % size[:10], code="unknown_size")
    with transaction.atomic():
        _lock(_Key(dossier_id, form, size))
        found = _issued(dossier_id, form, size)
        if found is not None:
            return found
        version_id, content = _compose(dossier_id, form, size)
        blob = storage.put([content], media_type=MEDIA_TYPE)
        return IssuedPaper.objects.create(
            dossier_id=dossier_id, form=form, form_version=version_id, size=size, blob=blob
        )


def issue_letter(letter_id: int) -> IssuedPaper:
    """Make, store and record the PDF of an issued letter, or return the one that was made before; two callers make one paper."""
    with transaction.atomic():
        loaded = Letter.objects.select_for_update(of=("self",)).select_related(*LETTER_LOADED)
        letter = loaded.get(pk=letter_id)
        if letter.issued_at is None:
            raise DomainError(
                _("Thư này còn là dự thảo nên chưa có bản phát hành."), code="letter_draft", status=409
            )
        form = letter_form(letter.kind, local_date(letter.issued_at))
        size = form.sizes[0]
        found = IssuedPaper.objects.filter(letter=letter, size=size).first()
        if found is not None:
            return found
        version = form.version_on(local_date(letter.issued_at))
        content = pdf.render(
            form.template, form.build(letter, form=form, version=version, size=size), size=size
        )
        blob = storage.put([content], media_type=MEDIA_TYPE)
        return IssuedPaper.objects.create(
            dossier=letter.dossier,
            letter=letter,
            form=form.key,
            form_version=version.id,
            size=size,
            blob=blob,
        )


def letter_pdf(letter: Letter) -> bytes:
    """Return the bytes of an issued letter as they were stored; one statement. Raises PaperNotReady, PaperDamaged."""
    found = IssuedPaper.objects.filter(letter=letter).first()
    if found is None:
        raise PaperNotReady
    return _bytes_of(found)


def issued_pdf(dossier: Dossier, *, size: str = "A5") -> bytes | None:
    """Return the stored receipt, or None while it is being made.

    The A5 one is made by the job of the reception, so asking for it only reads and a GET may do it. Another size is asked for here when
    there is none. Raises PaperDamaged.
    """
    form = FORMS["receipt"]
    found = _issued(dossier.pk, form.key, size)
    if found is not None:
        return _bytes_of(found)
    if size != form.sizes[0]:
        ask_for(dossier, size=size)
    return None


def ask_for(dossier: Dossier, *, size: str) -> None:
    """Write the job that makes the receipt in this size; asking again changes nothing, and before the reception there is nothing to make."""
    if size not in FORMS["receipt"].sizes:
        raise DomainError(_("Mẫu này không có khổ %s.") % size[:10], code="unknown_size")
    if dossier.received_at is not None:
        enqueue(
            Work(
                "dossiers.issue_receipt",
                f"receipt:{dossier.code_key}:{size}",
                {"dossier_id": dossier.pk, "size": size},
            )
        )


def reprint(dossier: Dossier, *, actor: User, reason: str, size: str = "A5") -> bytes:
    """Record a numbered reprint with its reason and return the issued bytes unchanged.

    The number stands in the record and on the screen, not on the sheet: the hash of what was issued stays the hash of every copy
    (docs/decisions/0008-paper.md). Raises InvalidInput without a reason, PaperNotReady, PaperDamaged.
    """
    why = _clean(reason)
    with transaction.atomic():
        found = (
            IssuedPaper.objects.select_for_update()
            .filter(dossier=dossier, form="receipt", size=size, letter=None)
            .first()
        )
        if found is not None:
            content = _bytes_of(found)
            Reprint.objects.create(paper=found, number=found.reprints.count() + 1, reason=why, actor=actor)
            return content
    # Outside the transaction above, so that the job stays when the refusal ends it.
    ask_for(dossier, size=size)
    raise PaperNotReady


def _lock(key: _Key) -> None:
    """Hold this paper for the transaction: an advisory lock needs no row, and there is none yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"paper:{key.dossier_id}:{key.form}:{key.size}"],
        )


def _issued(dossier_id: int, form: str, size: str) -> IssuedPaper | None:
    return IssuedPaper.objects.filter(dossier_id=dossier_id, form=form, size=size, letter=None).first()


def _compose(dossier_id: int, key: str, size: str) -> tuple[str, bytes]:
    """Return the id of the form's version and the PDF."""
    dossier = Dossier.objects.select_related(*_LOADED).get(pk=dossier_id)
    if dossier.received_at is None or dossier.first_due_at is None:
        raise DomainError(
            _("Hồ sơ chưa được tiếp nhận nên chưa có giấy hẹn."), code="not_received", status=409
        )
    form = FORMS[key]
    version = form.version_on(local_date(dossier.received_at))
    paper = form.build(
        dossier,
        components=list(dossier.components.order_by("position")),
        fees=list(Fee.objects.filter(version=dossier.version_of_procedure_id).order_by("pk")),
        form=form,
        version=version,
        size=size,
    )
    return version.id, pdf.render(form.template, paper, size=size)


def _bytes_of(paper: IssuedPaper) -> bytes:
    try:
        content = storage.read(paper.blob_id)
    except OSError as error:
        raise PaperDamaged from error
    if hashlib.sha256(content).hexdigest() != paper.blob_id:
        raise PaperDamaged
    return content


def _clean(reason: str) -> str:
    try:
        why = names.clean_text(reason, REASON_LENGTH)
    except InvalidIdentifier as error:
        raise InvalidInput(error.sentence, code=error.code, fields={"reason": error.sentence}) from error
    if not why:
        sentence = _("Hãy ghi lý do in lại, ví dụ “kẹt giấy” hoặc “người nộp làm mất”.")
        raise InvalidInput(sentence, code="reason_missing", fields={"reason": sentence})
    return why
