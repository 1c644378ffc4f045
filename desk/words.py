"""Words of the hall, pure: how long a wait may be, how long ago somebody was called, when the desk rests.

static/js/board.js, kiosk.js and ticket.js say the same in the browser.
"""

from datetime import datetime

from django.utils.translation import gettext as _


def range_minutes(low_s: int | None, high_s: int | None) -> str:
    """Return "6–9" or "8", whole minutes rounded outwards and never less than one; empty when too little is known."""
    if low_s is None or high_s is None:
        return ""
    low = max(1, low_s // 60)
    high = max(low, -(-high_s // 60))
    return str(low) if low == high else f"{low}–{high}"


def range_words(low_s: int | None, high_s: int | None) -> str:
    """Return "khoảng 6–9 phút", or that too few visits are known to tell."""
    minutes = range_minutes(low_s, high_s)
    return _("khoảng %s phút") % minutes if minutes else _("chưa đủ dữ liệu")


def ago_words(at: datetime, now: datetime) -> str:
    """Return "3 phút trước", or "vừa xong" within the first minute."""
    minutes = int((now - at).total_seconds()) // 60
    return _("%d phút trước") % minutes if minutes >= 1 else _("vừa xong")


def hours_words(hours: list[str]) -> str:
    """Return the rest at noon when the day has two sessions, else the hours, else that the desk is closed."""
    if not hours:
        return _("Hôm nay không làm việc")
    if len(hours) == 2:
        return _("Nghỉ trưa %s") % f"{hours[0].split('–')[-1]}–{hours[1].split('–')[0]}"
    return _("Giờ làm việc: %s") % ", ".join(hours)
