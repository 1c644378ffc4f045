"""Stacks of scans: sending one, how far each is, and the pictures of its pages. The tray itself knows dossiers (dossiers/views/tray.py)."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.lib.vietnamese import format_datetime
from digitization import batches, pages
from digitization.models import Batch, BatchPage
from digitization.pages import View

LARGE = 2  # the step of the magnifier that a page is read at


def send(request: HttpRequest) -> HttpResponse:
    """Take in one or more scans from a form and begin to split them."""
    user: User = request.user  # type: ignore[assignment]
    files = [file for file in request.FILES.getlist("file") if isinstance(file, UploadedFile)]
    try:
        if not files:
            sentence = _("Chưa có tệp nào. Hãy chọn hoặc thả tệp quét vào ô rồi gửi.")
            raise InvalidInput(sentence, code="required", fields={"file": sentence})
        for file in files:
            batches.take(file, actor=user)
            messages.success(request, _("Đã nhận “%s”, đang tách theo tờ phân cách.") % file.name)
    except DomainError as error:
        messages.error(request, error.sentence)
    asked = {"ho-so": request.POST["ho-so"][:60]} if request.POST.get("ho-so") else {}
    return HttpResponseRedirect(f"{reverse('dossiers:tray')}?{urlencode(asked)}", status=303)


def progress(request: HttpRequest) -> HttpResponse:
    """Draw the list of stacks; it asks again only while one of them is worked on, and calls the whole page when an empty tray fills."""
    user: User = request.user  # type: ignore[assignment]
    context = list_of(user, request.GET.get("truoc", ""))
    context["is_empty"] = "trong" in request.GET
    response = render(request, "digitization/batch_list.html", context)
    is_done = not context["is_working"]
    if is_done and context["is_empty"] and any(row["waiting"] for row in context["rows"]):
        response["HX-Refresh"] = "true"
    return response


def picture(request: HttpRequest, batch: int, number: int) -> HttpResponse:
    """Answer with the small picture of a waiting page; `?lon=1` draws it to be read, and that look is logged."""
    user: User = request.user  # type: ignore[assignment]
    found = (
        BatchPage.objects.filter(batch__in=batches.in_sight(user).values("pk"), batch_id=batch, number=number)
        .select_related("batch__blob")
        .first()
    )
    if found is None:
        raise NotFound(_("Không tìm thấy trang này trong chồng giấy. Có thể trang đã được xếp."))
    is_large = "lon" in request.GET or not found.picture
    etag = f'"{found.batch.blob_id[:32]}-{number}-{int(is_large)}"'
    if is_large:
        record_access(request, f"batch:{batch}", purpose=_("trang %d") % number)
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    elif is_large:
        drawn = pages.draw_blob(found.batch.blob, View(number, LARGE, 0))
        response = HttpResponse(drawn, content_type="image/png")
    else:
        response = HttpResponse(bytes(found.picture), content_type="image/jpeg")
    response["ETag"], response["Cache-Control"] = etag, "private, no-cache"
    return response


def list_of(user: User, before: str = "") -> dict[str, Any]:
    """Return the context of the list of stacks: one statement."""
    key = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
    found, following = batches.page_of(user, before=key)
    rows = [row_of(batch) for batch in found]
    return {
        "rows": rows,
        "is_working": any(row["is_working"] for row in rows),
        "before": key,
        "following": following,
        "is_empty": False,
    }


def row_of(batch: Any) -> dict[str, Any]:
    """Put one stack with its counts (batches.with_counts) into words."""
    is_reading = batch.state == Batch.State.READING
    words = {
        Batch.State.READING: _("Đã đọc %(read)d/%(pages)s trang")
        % {"read": batch.pages_read, "pages": batch.pages or "…"},
        Batch.State.FAILED: batch.fault,
        Batch.State.SPLIT: _("%(filed)d trang vào %(papers)d giấy tờ")
        % {"filed": batch.filed, "papers": batch.papers},
    }[batch.state]
    return {
        "name": batch.name,
        "note": f"{format_datetime(batch.created_at)} · {batch.actor}",
        "words": words,
        "is_reading": is_reading,
        "is_failed": batch.state == Batch.State.FAILED,
        "is_working": is_reading or batch.placing > 0,
        "placing": batch.placing,
        "waiting": batch.waiting,
        "read": batch.pages_read,
        "pages": batch.pages or 0,
    }
