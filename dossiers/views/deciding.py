"""What stands beside the acts on a dossier's page: the draft of the result, the fee, and proposals that wait for a second person."""

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from digitization import uploads
from dossiers.services import corrections, results, settling
from dossiers.views.decide_cards import ResultForm
from dossiers.views.detail import scoped


def result(request: HttpRequest, code: str) -> HttpResponse:
    """Write or change the draft of the result."""
    user: User = request.user  # type: ignore[assignment]
    dossier = scoped(request, code)
    form = ResultForm(request.POST, request.FILES)
    try:
        form.is_valid()
        file, typed = form.cleaned_data.get("file"), form.cleaned_data
        document = None
        if isinstance(file, UploadedFile) and results.may_draft(dossier, user):
            upload = uploads.take(file, document_type="", holder="", actor=user)
            document = uploads.record(upload, actor=user).pk
        drafted = results.draft(
            dossier,
            actor=user,
            title=typed.get("title", ""),
            number=typed.get("number", ""),
            document=document,
            at=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("Đã lưu dự thảo kết quả, lần %s.") % drafted.revision)
    return HttpResponseRedirect(f"{reverse('dossiers:detail', args=[dossier.code])}#result-title", status=303)


def settle_fee(request: HttpRequest, code: str) -> HttpResponse:
    """Let the open fee go, or note that a paid one went back."""
    user: User = request.user  # type: ignore[assignment]
    dossier = scoped(request, code)
    reason, version = request.POST.get("reason", ""), request.POST.get("expected_version", "")
    payment = request.POST.get("payment", "")
    try:
        if payment.isdigit():
            settling.give_back(dossier.code, int(payment), actor=user, reason=reason, at=timezone.now())
            said = _("Đã ghi nhận hoàn tiền.")
        else:
            settling.waive(
                dossier.code,
                actor=user,
                reason=reason,
                expected_version=int(version) if version.isdigit() else None,
            )
            said = _("Đã quyết định không thu. Thời gian giải quyết được tính tiếp.")
    except DomainError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, said)
    return HttpResponseRedirect(f"{reverse('dossiers:detail', args=[dossier.code])}#fees-title", status=303)


def drop_proposal(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take an open proposal back."""
    user: User = request.user  # type: ignore[assignment]
    dossier = scoped(request, code)
    try:
        corrections.drop(dossier.code, pk, actor=user, at=timezone.now())
    except DomainError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _("Đã bỏ đề nghị; không có gì thay đổi."))
    return HttpResponseRedirect(reverse("dossiers:detail", args=[dossier.code]), status=303)
