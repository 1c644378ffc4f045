"""What every page knows: the brand, the demo banner, the navigation of the person's roles, large print."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal import access
from bpmc_portal.accounts.permissions import principal_of

# In order of use. What does not fit on a screen of 1366 pixels goes under "Thêm".
_NAV = (
    ("desk:counters", "Quầy", "armchair"),
    ("dossiers:receive", "Tiếp nhận", "file-text"),
    ("dossiers:worklist", "Việc của tôi", "inbox"),
    ("dossiers:sign", "Trình ký", "signature"),
    ("dossiers:return_results", "Trả kết quả", "file-check"),
    ("dossiers:shift_report", "Ca trực", "clipboard-list"),
    ("desk:appointments", "Lịch hẹn", "calendar-clock"),
    ("dossiers:register", "Sổ theo dõi", "files"),
    ("dossiers:absences", "Ngày vắng", "calendar"),
    ("desk:live", "Hàng đợi", "gauge"),
    ("procedures:list", "Thủ tục", "files"),
    ("steps:list", "Quy trình", "list"),
)
_NAV_SHOWN = 5


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
    return {
        "brand": {**settings.BRAND, "emblem_url": static(settings.BRAND["emblem"])},
        "demo": settings.DEMO,
        "nav_items": items[:_NAV_SHOWN],
        "nav_more": items[_NAV_SHOWN:],
        "member": {"unit": {"name": principal.unit_name}, "office": {"name": principal.office_name}}
        if principal
        else None,
        "view_mode": request.COOKIES.get("mc_view", ""),
        "find_url": reverse("dossiers:find") if access.ACCESS["dossiers:find"]["GET"] & roles else "",
        "is_staff_member": bool(roles & access.STAFF),
    }
