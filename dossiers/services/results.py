"""The result of a dossier: drafted by the officer, made valid by the approval, put back to a draft when the dossier is opened again."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Subquery
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Unit, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.jobs.services import Work, enqueue
from bpmc_portal.lib import names
from bpmc_portal.lib.vietnamese import local_date
from digitization.models import CodeScheme, Document
from dossiers.models import Dossier, Result, Status
from dossiers.services.acts import Act
from procedures.models import ProcedureVersion


def draft(
    dossier: Dossier, *, actor: User, title: str, number: str = "", document: UUID | None = None, at: datetime
) -> Result:
    """Write or change the draft of the result while the dossier is being processed; every change is a new revision.

    Raises DomainError when the dossier is not being processed, InvalidInput without a title, NotFound for a foreign upload.
    """
    with transaction.atomic():
        locked = Dossier.objects.select_for_update(of=("self",)).get(pk=dossier.pk)
        if not may_draft(locked, actor):
            raise DomainError(
                _("Chỉ dự thảo được kết quả khi hồ sơ đang xử lý tại đơn vị của bạn."),
                code="not_processing",
                status=409,
            )
        words = names.clean_text(title, 300)
        if not words:
            sentence = _("Hãy ghi trích yếu của kết quả.")
            raise InvalidInput(sentence, code="title_missing", fields={"title": sentence})
        if document is not None and not Document.objects.filter(pk=document, uploaded_by=actor).exists():
            raise NotFound(_("Không tìm thấy tệp kết quả. Hãy tải tệp lên lại."))
        values = {
            "title": words, "number": names.clean_text(number, 60), "drafted_by": actor, "drafted_at": at, "issued_at": None,
        }  # fmt: skip
        if document is not None:
            values["document_id"] = document
        found, is_new = Result.objects.get_or_create(dossier=locked, defaults=values)
        if not is_new:
            Result.objects.filter(pk=found.pk).update(**values, revision=F("revision") + 1)
            found.refresh_from_db()
        return found


def issue(deed: Act) -> None:
    """Make the draft valid with the approval; who approves must have read the draft that stands. A dossier may have no draft on file."""
    found = Result.objects.filter(dossier=deed.dossier).first() if deed.has("has_result") else None
    if found is None:
        return
    wanted = deed.params.result_revision
    if wanted is not None and wanted != found.revision:
        raise DomainError(
            _("Dự thảo kết quả vừa được sửa sau khi bạn mở. Hãy đọc lại dự thảo mới rồi phê duyệt."),
            code="result_changed", status=409,
        )  # fmt: skip
    Result.objects.filter(pk=found.pk).update(issued_at=deed.at)
    if found.document_id is not None:
        _give(found, found.document_id, deed)
    deed.data["result_revision"] = found.revision


def _give(result: Result, file: UUID, deed: Act) -> None:
    """Make the file a paper of the applicant's, who finds it among their own, and let it have its code (TT 01/2023/TT-VPCP Điều 10).

    Where the catalogue does not say what kind of result the procedure gives, the paper has no code and cannot serve again.
    """
    dossier = deed.dossier
    issuer = Unit.objects.filter(pk=dossier.unit_id).values("name")[:1]
    paper = Document.objects.filter(pk=file)
    paper.update(
        holder_id=dossier.applicant_id, name=result.title, kind=CodeScheme.Kind.RESULT, source=Document.Source.RESULT,
        number=result.number, issued_on=local_date(deed.at), issuer=Subquery(issuer),
    )  # fmt: skip
    kind = (
        ProcedureVersion.objects.select_related("result_type")
        .get(pk=dossier.version_of_procedure_id)
        .result_type
    )
    if kind is None:
        return
    paper.filter(code=None).update(
        document_type=kind, code_owner=dossier.applicant.identity_number, code_origin=result.number, code_type=kind.code
    )  # fmt: skip
    key = f"codes:result:{result.pk}:{result.revision}"
    enqueue(Work("digitization.assign_codes", key, {"document_ids": [str(file)]}))


def reopen(deed: Act) -> None:
    """Turn the result back into a draft, which the applicant does not see."""
    if not deed.has("has_result"):
        return
    Result.objects.filter(dossier=deed.dossier).update(issued_at=None)
    Document.objects.filter(pk__in=Result.objects.filter(dossier=deed.dossier).values("document_id")).update(
        holder=None
    )


def may_draft(dossier: Dossier, user: User) -> bool:
    """Say whether this person may write or change the draft now."""
    return dossier.status == Status.PROCESSING and principal_of(user).may("process_dossiers", dossier.unit_id)
