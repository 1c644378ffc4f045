"""The archive: the package of a dossier, the list of packages, and the lists of what is to be destroyed."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError, NotFound
from digitization import destruction, storage
from digitization.models import ArchivePackage, DestructionList
from dossiers.forms.archive import DecisionForm, ProposalForm
from dossiers.services import archiving
from dossiers.services.papers import PaperDamaged
from dossiers.views.detail import scoped

PAGE = 50
_KINDS = {"waiting": "info", "sealed": "ok", "failed": "late", "destroyed": "pause"}


def package(request: HttpRequest, code: str) -> HttpResponseBase:
    """Send the newest package of a dossier; the access is logged. Raises NotFound, PaperDamaged."""
    dossier = scoped(request, code, purpose=_("Tải gói lưu trữ"))
    found = archiving.last_package(dossier)
    if found is None or found.blob is None or found.state != ArchivePackage.State.SEALED:
        raise NotFound(_("Hồ sơ này chưa có gói lưu trữ để tải."))
    try:
        content = storage.open(found.blob.sha256)
    except FileNotFoundError as error:
        raise PaperDamaged from error
    if found.blob.fault:
        content.close()
        raise PaperDamaged
    name = f"luu-tru-{dossier.code}-{found.number}.zip"
    return FileResponse(content, as_attachment=True, filename=name, content_type="application/zip")


def packages(request: HttpRequest) -> HttpResponse:
    """List the packages of one's units, fifty at a time; failed ones can be asked for again by who keeps the papers."""
    user: User = request.user  # type: ignore[assignment]
    state, typed = request.GET.get("tinh-trang", ""), request.GET.get("truoc", "")
    rows = archiving.shown_to(user)
    if state in ArchivePackage.State.values:
        rows = rows.filter(state=state)
    if typed.isascii() and typed.isdigit() and len(typed) <= 18:
        rows = rows.filter(pk__lt=int(typed))
    found = list(rows[: PAGE + 1])
    record_access(request, "archive_packages", count=len(found[:PAGE]))
    query = {"tinh-trang": state} if state in ArchivePackage.State.values else {}
    context = {
        "rows": [_row(each, user) for each in found[:PAGE]],
        "following": f"?{urlencode({**query, 'truoc': found[PAGE - 1].pk})}" if len(found) > PAGE else "",
        "filters": [_filter(state)],
    }
    return render(request, "digitization/packages.html", context)


def _filter(state: str) -> dict[str, Any]:
    options = [("", _("Tất cả")), *((value, str(label)) for value, label in ArchivePackage.State.choices)]
    return {"name": "tinh-trang", "label": _("Tình trạng"), "options": options, "value": state}


def _row(each: ArchivePackage, user: User) -> dict[str, Any]:
    is_keeper = principal_of(user).may("register_papers", each.unit_id)
    return {
        "package": each, "kind": _KINDS[each.state], "state": each.get_state_display(), "blob": each.blob,
        "is_faulty": bool(each.blob and each.blob.fault),
        "may_again": is_keeper and each.state == ArchivePackage.State.FAILED,
    }  # fmt: skip


def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a failed package once more."""
    user: User = request.user  # type: ignore[assignment]
    found = archiving.again(pk, actor=user)
    messages.success(request, _("Đang đóng gói lại hồ sơ %s.") % found.dossier_code)
    return HttpResponseRedirect(reverse("dossiers:packages"), status=303)


def destructions(request: HttpRequest) -> HttpResponse:
    """Show what may be destroyed and what was proposed; POST puts the ticked packages on a list."""
    user: User = request.user  # type: ignore[assignment]
    form = ProposalForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _destructions(request, user, form)
    try:
        row = destruction.propose(form.packages(), reason=form.cleaned_data["reason"], actor=user)
    except DomainError as error:
        form.refuse(error)
        return _destructions(request, user, form)
    messages.success(
        request, _("Đã lập danh mục đề nghị tiêu huỷ gồm %d gói, chờ người khác duyệt.") % row.items.count()
    )
    return HttpResponseRedirect(reverse("dossiers:destructions"), status=303)


def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or refuse a list of destruction."""
    user: User = request.user  # type: ignore[assignment]
    form = DecisionForm(request.POST)
    if not form.is_valid():
        raise DomainError(_("Hãy chọn duyệt hoặc không duyệt."), code="decision_missing")
    is_approved = form.cleaned_data["decision"] == "approve"
    row = destruction.decide(pk, actor=user, is_approved=is_approved, note=form.cleaned_data["note"])
    if is_approved:
        messages.success(request, _("Đã duyệt tiêu huỷ, biên bản số %s đang được lập.") % row.number)
    else:
        messages.success(request, _("Đã trả lại danh mục, không tiêu huỷ gói nào."))
    return HttpResponseRedirect(reverse("dossiers:destructions"), status=303)


def certificate(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the certificate of a destruction."""
    user: User = request.user  # type: ignore[assignment]
    units = principal_of(user).units_where("view_dossiers")
    row = DestructionList.objects.filter(pk=pk, unit_id__in=units, certificate__isnull=False).first()
    if row is None or row.certificate_id is None:
        raise NotFound(_("Chưa có biên bản tiêu huỷ này."))
    record_access(request, f"destruction:{row.pk}")
    name = f"bien-ban-tieu-huy-{row.number.replace('/', '-')}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(storage.read(row.certificate_id), content_type="application/pdf", headers=headers)


def _destructions(request: HttpRequest, user: User, form: ProposalForm) -> HttpResponse:
    lists = destruction.shown_to(user)
    context = {
        "form": form,
        "proposable": destruction.proposable(user),
        "ticked": form.packages() if form.is_bound else [],
        "is_keeper": bool(principal_of(user).units_where("register_papers")),
        "lists": [
            {
                "row": row,
                "packages": [item.package for item in row.items.all()],
                "may_decide": row.state == DestructionList.State.PROPOSED
                and row.proposed_by_id != user.pk
                and destruction.may_decide(user, row.unit_id),
            }
            for row in lists
        ],
    }
    record_access(request, "archive_destructions", count=len(lists))
    return render(request, "digitization/destructions.html", context, status=422 if form.errors else 200)
