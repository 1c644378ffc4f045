"""Put a file to a paper that was seen at the desk: the paper becomes a stored one, once."""

from django.db import transaction
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from bpmc_portal.jobs.services import publish
from digitization.models import Blob, Document


class AlreadyFiled(DomainError):
    """The paper has a file; a second one would replace what people have already read and relied on."""

    code = "already_filed"
    status = 409


@transaction.atomic
def keep_file(document: Document, blob: Blob, *, pages: int, actor: User) -> None:
    """Give a paper its file of that many pages and tell whoever reads, checks and codes files ("digitization.stored").

    Locks the paper. Idempotent for the same file; raises AlreadyFiled (409) when the paper has another one.
    """
    paper = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if paper.blob_id == blob.pk:
        return
    if paper.state != Document.State.PAPER:
        raise AlreadyFiled(
            _("Giấy tờ này đã có tệp. Hãy mở giấy tờ để xem, hoặc chọn giấy tờ khác để xếp trang vào.")
        )
    paper.blob, paper.pages, paper.state, paper.uploaded_by = blob, pages, Document.State.STORED, actor
    paper.verdict = _("Quét từ bản giấy, %s trang.") % pages
    paper.save(update_fields=["blob", "pages", "state", "uploaded_by", "verdict"])
    publish("digitization.stored", document_id=str(paper.pk))
