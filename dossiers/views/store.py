"""A citizen's or enterprise's own store of papers (C11): the list, one paper with its history, the file, and a word about an error."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError
from digitization import storage
from digitization.models import Document
from dossiers.services import own_store
from procedures import catalogue

_EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif"}


class ObjectionForm(forms.Form):
    """What is wrong with a paper."""

    use_required_attribute = False
    text = forms.CharField(
        label=gettext_lazy("Giấy tờ này sai ở đâu?"), max_length=own_store.TEXT_LENGTH, required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Ví dụ: tên chủ, số, ngày cấp, hoặc trang quét bị thiếu."),
    )  # fmt: skip


def store(request: HttpRequest) -> HttpResponse:
    """List the papers that are held of this person, the newest first."""
    user: User = request.user  # type: ignore[assignment]
    now = catalogue.read()[1]
    page = own_store.page_of(user, after=request.GET.get("sau", ""))
    record_access(request, f"holder:{user.applicant.identity_number}", count=len(page.papers))  # type: ignore[union-attr]
    following = f"?{urlencode({'sau': page.following})}" if page.following else ""
    rows = [shown(paper, now) for paper in page.papers]
    return render(request, "dossiers/store.html", {"rows": rows, "following": following})


def paper(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one paper: what it says, where it served again, who looked; POST sends a word about an error."""
    user: User = request.user  # type: ignore[assignment]
    now = catalogue.read()[1]
    found = own_store.paper_of(user, pk)
    form = ObjectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            own_store.object_to(user, pk, form.cleaned_data["text"], at=now)
        except DomainError as error:
            form.add_error("text", error.sentence)
        else:
            messages.success(request, _("Đã gửi phản ánh. Câu trả lời sẽ hiện ở trang này."))
            return HttpResponseRedirect(reverse("dossiers:store_paper", args=[pk]), status=303)
    record_access(request, f"document:{found.pk}")
    reuses = list(found.reuses.order_by("-at")[: own_store.LOOKS_SHOWN])
    objections = list(found.objections.order_by("-made_at")[:10])
    context = {
        "row": shown(found, now),
        "form": form,
        "looks": own_store.looks_at(found),
        "reuses": reuses,
        "own_codes": own_store.own_codes(user, [each.dossier_code for each in reuses]),
        "objections": objections,
        "may_object": not any(each.state == "open" for each in objections),
    }
    return render(request, "dossiers/store_paper.html", context, status=422 if form.errors else 200)


def file(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Send the file of an own paper, to be saved: the copy with the code where there is one."""
    user: User = request.user  # type: ignore[assignment]
    found = own_store.paper_of(user, pk)
    blob = found.access_copy or found.blob
    if blob is None:
        raise DomainError(_("Giấy tờ này chỉ có bản giấy, chưa có tệp."), code="no_file", status=404)
    record_access(request, f"document:{found.pk}", purpose=_("tải về"))
    try:
        opened = storage.open(blob.sha256)
    except FileNotFoundError:
        sentence = _(
            "Tệp của giấy tờ này bị mất trong kho. Hãy báo quản trị hệ thống khôi phục từ bản sao lưu."
        )
        raise DomainError(sentence, code="file_lost", status=500) from None
    name = f"{found.code}.{_EXTENSIONS.get(blob.media_type, 'bin')}"
    response = FileResponse(opened, as_attachment=True, filename=name, content_type=blob.media_type)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def shown(paper: Document, now: Any) -> dict[str, Any]:
    """Return one paper as the store shows it; needs `valid_until`."""
    until = paper.valid_until  # type: ignore[attr-defined]  # annotated
    if paper.revoked_on is not None:
        state, words = "late", _("Đã thu hồi")
    elif until is not None and until <= now:
        state, words = "pause", _("Hết hạn")
    else:
        state, words = "ok", _("Còn giá trị")
    return {
        "paper": paper,
        "name": paper.name or (paper.document_type.name if paper.document_type else ""),
        "until": until,
        "state": state,
        "state_words": words,
        "source": paper.get_source_display(),
        "signed": paper.get_signed_display() if paper.signed else _("Chưa kiểm tra chữ ký số"),
    }
