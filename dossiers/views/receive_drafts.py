"""What the intake page sends on its own: what has been typed so far, and the scans as they arrive."""

from dataclasses import replace
from pathlib import PurePath
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import PROBLEM_JSON, DomainError, InvalidInput, problem
from digitization import uploads, wording
from dossiers.services import drafts
from dossiers.views import intake_page
from procedures import catalogue


def keep(request: HttpRequest) -> HttpResponse:
    """Keep the page as it stands, or throw a draft away."""
    user: User = request.user  # type: ignore[assignment]
    if "discard" in request.POST:
        drafts.discard(_key(request, "discard"), actor=user)
        if request.headers.get("HX-Request"):
            return HttpResponse()
        return HttpResponseRedirect(reverse("dossiers:receive"), status=303)
    desk = intake_page.desk_of(catalogue.current(), user)
    typed = {name: str(value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    try:
        drafts.save(_key(request), typed, actor=user, office=desk.row)
    except DomainError as error:
        return _problem(error)
    return HttpResponse(status=204)


def take_file(request: HttpRequest) -> HttpResponse:
    """Take one scan of the page in; the same bytes sent again are the same paper."""
    user: User = request.user  # type: ignore[assignment]
    try:
        desk = intake_page.desk_of(catalogue.current(), user)
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            sentence = _("Thiếu tệp. Hãy chọn lại tệp cần gửi.")
            raise InvalidInput(sentence, code="required", fields={"file": sentence})
        upload = uploads.take(file, document_type="", holder="", actor=user)
        upload = replace(upload, name=PurePath(file.name or "").name)
        document = drafts.take_file(_key(request), upload, actor=user, office=desk.row)
    except DomainError as error:
        return _problem(error)
    return JsonResponse(wording.described(document), status=201)


def _key(request: HttpRequest, name: str = "idempotency_key") -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        sentence = _("Thiếu khoá của trang tiếp nhận. Hãy tải lại trang.")
        raise InvalidInput(sentence, code="page_key_missing", fields={name: sentence}) from None


def _problem(error: DomainError) -> HttpResponse:
    return JsonResponse(
        problem(error),
        status=error.status,
        content_type=PROBLEM_JSON,
        json_dumps_params={"ensure_ascii": False},
    )
