"""Separator sheets to print: of a dossier that was received, or of a procedure's checklist."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.lib.vietnamese import local_date
from digitization.models import Document
from dossiers import separator_forms
from dossiers.services import filing
from procedures import catalogue


def of_dossier(request: HttpRequest, code: str) -> HttpResponse:
    """Lay out a sheet for each paper of the dossier that has no file yet; `?giay=3` for one of them."""
    user: User = request.user  # type: ignore[assignment]
    dossier = filing.in_reach(user, code)
    record_access(request, dossier.code, purpose="separators")
    papers = [each for each in filing.papers_of(dossier) if each.document.state == Document.State.PAPER]
    if wanted := request.GET.get("giay", ""):
        papers = [each for each in papers if str(each.position) == wanted]
    if not papers:
        raise DomainError(
            _("Giấy tờ của hồ sơ này đã có tệp cả, không cần tờ phân cách."),
            code="nothing_to_scan",
            status=409,
        )
    _held, now = catalogue.read()
    return _file(separator_forms.of_dossier(dossier, papers, at=now), f"to-phan-cach-{dossier.code}")


def of_checklist(request: HttpRequest, key: str) -> HttpResponse:
    """Lay out a sheet for each paper that a procedure asks for; `?truong-hop=` names the case."""
    user: User = request.user  # type: ignore[assignment]
    held, now = catalogue.read()
    procedure, version = held.version(key, local_date(now))
    papers = list(version.case(request.GET.get("truong-hop")).components.values())
    if not papers:
        raise NotFound(
            _("Thành phần hồ sơ của thủ tục này chưa được xác định nên chưa in được tờ phân cách.")
        )
    org = principal_of(user).office_name
    content = separator_forms.of_checklist(procedure.row, papers, org=org, at=now)
    return _file(content, f"to-phan-cach-{procedure.row.key}")


def _file(content: bytes, name: str) -> HttpResponse:
    disposition = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=disposition)
