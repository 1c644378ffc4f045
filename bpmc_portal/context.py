"""What every page knows: the brand, the demo banner, the navigation of the person's roles, large print."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal import access
from bpmc_portal.accounts.permissions import principal_of

# In order of use. What does not fit on a screen of 1366 pixels goes under "Thêm": so many links, and letters in them.
_NAV = (
    ("desk:counters", "Quầy", "armchair"),
    ("dossiers:receive", "Tiếp nhận", "file-text"),
    ("dossiers:worklist", "Việc của tôi", "inbox"),
    ("dossiers:sign", "Trình ký", "signature"),
    ("dossiers:sign_results", "Ký số", "file-check"),
    ("dossiers:return_results", "Trả kết quả", "file-check"),
    ("dossiers:tray", "Số hoá", "scan-line"),
    ("dossiers:shift_report", "Ca trực", "clipboard-list"),
    ("desk:appointments", "Lịch hẹn", "calendar-clock"),
    ("dossiers:register", "Sổ theo dõi", "files"),
    ("dossiers:absences", "Ngày vắng", "calendar"),
    ("desk:live", "Hàng đợi", "gauge"),
    ("dossiers:packages", "Lưu trữ", "archive"),
    ("procedures:list", "Thủ tục", "files"),
    ("steps:list", "Quy trình", "list"),
    ("digitization:codes", "Mã giấy tờ", "qr-code"),
    ("digitization:register", "Sổ kết quả cũ", "archive"),
    ("dossiers:objections", "Phản ánh giấy tờ", "message-square"),
    ("digitization:progress", "Tiến độ số hoá", "gauge"),
    ("dossiers:find_pages", "Tìm trong giấy tờ", "search"),
)
_NAV_SHOWN, _NAV_LETTERS = 5, 44


def portal(request: HttpRequest) -> dict[str, Any]:
    """Return the context of every template. Costs no statement beyond the person's grants, which the request needs anyway."""
    user = getattr(request, "user", None)
    principal = principal_of(user) if user is not None else None
    roles = principal.roles if principal else {"anonymous"}
    current = request.resolver_match.view_name if request.resolver_match else ""
    items = [
        {"url": reverse(name), "label": _(label), "icon": icon, "current": current == name, "count": None}
        for name, label, icon in _NAV
        if access.ACCESS[name].get("GET", frozenset()) & roles
    ]
    shown = _shown(items)
    return {
        "brand": {**settings.BRAND, "emblem_url": static(settings.BRAND["emblem"])},
        "demo": settings.DEMO,
        "nav_items": items[:shown],
        "nav_more": items[shown:],
        "member": {"unit": {"name": principal.unit_name}, "office": {"name": principal.office_name}}
        if principal
        else None,
        "view_mode": request.COOKIES.get("mc_view", ""),
        "find_url": reverse("dossiers:find") if access.ACCESS["dossiers:find"]["GET"] & roles else "",
        "is_staff_member": bool(roles & access.STAFF),
    }


def _shown(items: Sequence[Mapping[str, Any]]) -> int:
    """Return how many of the links fit."""
    letters = list(accumulate(len(item["label"]) for item in items[:_NAV_SHOWN]))
    return sum(total <= _NAV_LETTERS for total in letters)
