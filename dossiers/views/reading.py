"""What was read of a paper: its pages beside their text, what it seems to say, and a search over the papers in sight."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.lib.vietnamese import format_date
from digitization import checking, pages, reading, searching, storage, suggesting
from digitization.models import Document, Page, Suggestion
from digitization.pages import View
from dossiers import documents
from dossiers.services.papers import PaperDamaged

LONGEST_QUERY = 120
_STATES = {"waiting": "info", "done": "ok", "failed": "late"}


def _paper(request: HttpRequest, pk: UUID, purpose: str) -> Document:
    """Return the paper if it is in sight, and log that it is about to be seen. Raises NotFound."""
    user: User = request.user  # type: ignore[assignment]
    found = documents.find(pk, user)
    record_access(request, f"document {found.pk}", purpose=purpose)
    return found


def paper_read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one page of a paper, its text, the verdict on every page, and what the paper seems to say."""
    document = _paper(request, pk, _("nội dung đã đọc"))
    return _show(request, document)


def _show(
    request: HttpRequest,
    document: Document,
    *,
    error: DomainError | None = None,
    wrong: int = 0,
    status: int = 200,
) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    asked = pages.view_of(page=request.GET.get("trang", "1"), zoom="2", turn="0").page
    rows = list(document.page_set.defer("search").order_by("number"))
    current = next((page for page in rows if page.number == asked), rows[0] if rows else None)
    may_decide = suggesting.may_decide(user)
    context = {
        "document": document, "address": reverse("dossiers:paper_read", args=[document.pk]), "current": current,
        "reading": getattr(document, "paper_reading", None), "state_kind": _STATES.get(document.reading, ""),
        "rows": rows, "notes": checking.notes_of(current) if current else [],
        "text": searching.snippet_all(current.text, request.GET.get("q", "")[:LONGEST_QUERY]) if current else [],
        "query": request.GET.get("q", "")[:LONGEST_QUERY],
        "suggestions": [_row(each, wrong, error) for each in document.suggestions.order_by("pk")],
        "may_decide": may_decide, "error": error,
    }  # fmt: skip
    return render(request, "digitization/paper_read.html", context, status=status)


def _row(each: Suggestion, wrong: int, error: DomainError | None) -> dict[str, Any]:
    is_day = each.field in {"issued_on", "good_until"} and each.value[4:5] == "-"
    shown = "/".join(reversed(each.value.split("-"))) if is_day else each.value
    state = "accepted" if each.accepted_at else "dismissed" if each.dismissed_at else ""
    return {
        "pk": each.pk, "label": each.get_field_display(), "value": shown, "page": each.page, "state": state,
        "percent": round(each.confidence * 100), "is_sure": each.confidence >= 0.75,
        "error": error.sentence if error and each.pk == wrong else "",
    }  # fmt: skip


def decide(request: HttpRequest, pk: UUID, suggestion: int) -> HttpResponse:
    """Accept or dismiss one suggestion and come back to the next one."""
    user: User = request.user  # type: ignore[assignment]
    document = _paper(request, pk, _("gợi ý từ giấy tờ"))
    try:
        if request.POST.get("viec") == "bo":
            suggesting.dismiss(document, suggestion, actor=user)
        else:
            suggesting.accept(document, suggestion, actor=user, value=request.POST.get("value", ""))
    except NotFound:
        raise
    except DomainError as error:
        return _show(
            request,
            document,
            error=error,
            wrong=suggestion,
            status=422 if error.status == 400 else error.status,
        )
    return HttpResponseRedirect(f"{reverse('dossiers:paper_read', args=[pk])}#goi-y", status=303)


def read_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have the paper read anew."""
    user: User = request.user  # type: ignore[assignment]
    document = _paper(request, pk, _("đọc lại giấy tờ"))
    try:
        reading.read_again(document, actor=user)
        messages.success(request, _("Đã xếp hàng đọc lại. Kết quả có sau ít phút."))
    except DomainError as error:
        messages.error(request, error.sentence)
    return HttpResponseRedirect(reverse("dossiers:paper_read", args=[pk]), status=303)


def read_page_image(request: HttpRequest, pk: UUID, page: int) -> HttpResponse:
    """Answer with one page as PNG, the right way up; every look is logged, also one that the browser has kept."""
    document = _paper(request, pk, _("trang %d") % page)
    seen: Page | None = document.page_set.only("turn").filter(number=page).first()
    view = View(page, 2, seen.turn if seen else 0)
    etag = pages.etag_of(document, view)
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(pages.draw(document, view), content_type="image/png")
    response["ETag"], response["Cache-Control"] = etag, "private, no-cache"
    return response


def searchable_copy(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Send the copy with the text layer. Raises NotFound before the paper is read, PaperDamaged when the bytes are lost."""
    document = _paper(request, pk, _("tải bản tìm được chữ"))
    if document.searchable_id is None:
        raise NotFound(_("Giấy tờ này chưa có bản tìm được chữ. Hãy chờ đọc xong."))
    try:
        content = storage.open(document.searchable_id)
    except FileNotFoundError as error:
        raise PaperDamaged from error
    return FileResponse(
        content, as_attachment=True, filename=f"{document.pk}.pdf", content_type="application/pdf"
    )


def find_pages(request: HttpRequest) -> HttpResponse:
    """Search the text of the papers in sight, newest first, with or without marks."""
    user: User = request.user  # type: ignore[assignment]
    text, typed = request.GET.get("q", "")[:LONGEST_QUERY].replace("\x00", ""), request.GET.get("truoc", "")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None
    answer = searching.search(text, among=documents.visible_documents(user), before=before)
    record_access(request, "document text", purpose=_("tìm trong giấy tờ"), count=len(answer.found))
    address = reverse("dossiers:find_pages")
    older = f"{address}?{urlencode({'q': text, 'truoc': answer.older})}" if answer.older else ""
    rows = [
        {
            "found": each, "name": _name_of(each.page.document),
            "url": f"{reverse('dossiers:paper_read', args=[each.page.document_id])}?{urlencode({'trang': each.page.number, 'q': text})}",
            "day": format_date(each.page.document.created_at),
        }
        for each in answer.found
    ]  # fmt: skip
    return render(request, "digitization/find_pages.html", {"text": text, "rows": rows, "older": older})


def _name_of(document: Document) -> str:
    kind = document.document_type
    return document.name or (kind.name if kind else "") or str(document)
