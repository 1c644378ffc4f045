"""The dossier through other eyes: what the citizen sees, and who has looked at it."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpmc_portal.audit.models import AccessEvent
from bpmc_portal.errors import NotFound
from bpmc_portal.lib.vietnamese import format_datetime
from dossiers import tracking
from dossiers.services import lookup, readers
from dossiers.tracked_page import TrackedPage, page_of
from dossiers.views.detail import scoped
from procedures import catalogue

# What the pages are called in the log of readings.
_PAGES = {
    "dossiers:detail": gettext_lazy("Trang hồ sơ"),
    "dossiers:act": gettext_lazy("Biểu mẫu xử lý"),
    "dossiers:paper": gettext_lazy("Xem giấy tờ"),
    "dossiers:page_image": gettext_lazy("Xem giấy tờ"),
    "dossiers:verdict": gettext_lazy("Kết luận giấy tờ"),
    "dossiers:note": gettext_lazy("Ghi chú nội bộ"),
    "dossiers:message": gettext_lazy("Nhắn người nộp"),
    "dossiers:messages_read": gettext_lazy("Đọc tin nhắn"),
    "dossiers:receipt": gettext_lazy("Giấy tiếp nhận và hẹn trả"),
    "dossiers:as_citizen": gettext_lazy("Xem như người dân"),
    "dossiers:readers": gettext_lazy("Xem ai đã đọc"),
    "dossiers:package": gettext_lazy("Tải gói lưu trữ"),
    "api:dossier": gettext_lazy("Đọc qua API"),
    "api:dossier_events": gettext_lazy("Đọc nhật ký qua API"),
    "api:document": gettext_lazy("Đọc giấy tờ qua API"),
    "api:document_content": gettext_lazy("Tải tệp giấy tờ"),
}


def as_citizen(request: HttpRequest, code: str) -> HttpResponse:
    """Show exactly what the citizen sees by the token of the receipt, to read only."""
    dossier = scoped(request, code)
    held, now = catalogue.read()
    try:
        found = lookup.by_token(tracking.token_of(dossier.code, dossier.tracking_version))
    except lookup.CannotTrack:
        sentence = _(
            "Người nộp không còn xem được hồ sơ này: trang theo dõi đóng 12 tháng sau ngày trả kết quả."
        )
        raise NotFound(sentence) from None
    context = {"page": without_doors(page_of(found, held, now)), "dossier": dossier}
    return render(request, "dossiers/as_citizen.html", context)


def without_doors(page: TrackedPage) -> TrackedPage:
    """Return the page with every mark in its place and no way to act as the applicant: no token leaves by it, not even in the QR."""
    return replace(
        page,
        url=f"{settings.PUBLIC_URL}{reverse('dossiers:track')}",
        letters_url=page.letters_url and "#todo",
        pay_url=page.pay_url and "#todo",
    )


def readers_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show who has looked at the dossier, fifty at a time."""
    dossier = scoped(request, code)
    typed = request.GET.get("truoc", "")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 18 else None
    found = readers.who_read(dossier, before=before)
    following = f"?{urlencode({'truoc': found.following})}" if found.following else ""
    context = {"dossier": dossier, "rows": [_row(event) for event in found.events], "following": following}
    return render(request, "dossiers/readers.html", context)


def _row(event: AccessEvent) -> dict[str, Any]:
    return {
        "when": format_datetime(event.at),
        "who": str(event.actor or _("Người có mã tra cứu")),
        "page": str(_PAGES.get(event.view, event.view)),
        "purpose": event.purpose,
        "workstation": event.workstation or "",
    }
