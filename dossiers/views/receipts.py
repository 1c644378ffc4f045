"""The slip of receipt and appointment: issued once by a worker, shown from the store, reprinted with a reason."""

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from dossiers.forms import ReprintForm
from dossiers.models import Dossier
from dossiers.services import papers
from dossiers.views.detail import scoped

SIZES = ("A5", "A4")


# The page after the reception prints the slip from a hidden frame of our own origin; nobody else may frame it.
@csp_replace({"frame-ancestors": [SELF]})  # type: ignore[arg-type]  # its hints know no view with a code
@xframe_options_sameorigin
def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """Show the issued PDF; while it is being made, a small page that asks again each second. POST asks for another size."""
    dossier = scoped(request, code)
    size = request.GET.get("kho", "A5")
    size = size if size in SIZES else "A5"
    if request.method == "POST":
        papers.ask_for(dossier, size=size)
        return HttpResponseRedirect(_address(dossier, size), status=303)
    # Only an issued paper is read here: asking for one that is not writes a job, and a GET writes nothing.
    is_issued = dossier.issued_papers.filter(form="receipt", size=size).exists()
    content = papers.issued_pdf(dossier, size=size) if is_issued else None
    if content is None:
        return _waiting(request, dossier, size)
    name = f"giay-tiep-nhan-{dossier.code}-{size}.pdf"
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


def _waiting(request: HttpRequest, dossier: Dossier, size: str) -> HttpResponse:
    context = {"dossier": dossier, "size": size, "address": _address(dossier, size)}
    response = render(request, "dossiers/receipt_waiting.html", context, status=202)
    if dossier.received_at is not None:
        response["Refresh"] = "1"
    return response


def _address(dossier: Dossier, size: str) -> str:
    return f"{reverse('dossiers:receipt', args=[dossier.code])}?kho={size}"


def reprint(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the reason, record a numbered reprint, and show the paper as it was issued."""
    user: User = request.user  # type: ignore[assignment]
    dossier = scoped(request, code)
    form = ReprintForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        size = form.cleaned_data["size"]
        try:
            papers.reprint(dossier, actor=user, reason=form.cleaned_data["reason"], size=size)
            messages.success(request, _("Đã ghi lần in lại của hồ sơ %s.") % dossier.code)
            return HttpResponseRedirect(_address(dossier, size), status=303)
        except DomainError as error:
            form.refuse(error)
    context = {"dossier": dossier, "form": form}
    return render(request, "dossiers/reprint.html", context, status=422 if form.errors else 200)
