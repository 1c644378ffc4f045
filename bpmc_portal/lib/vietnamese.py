"""Dates, numbers and durations as Vietnamese readers expect them, always in Asia/Ho_Chi_Minh."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from bpmc_portal.lib.identifiers import InvalidIdentifier

LOCAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
FIRST_YEAR, LAST_YEAR = 1900, 2199
# A two-digit year up to this many years ahead lies in this century; beyond, it is a year of birth.
YEARS_AHEAD = 10


def to_local(at: datetime) -> datetime:
    """Bring an instant to Asia/Ho_Chi_Minh. Raises ValueError for one that carries no zone."""
    if at.utcoffset() is None:
        raise ValueError(f"naive datetime: {at.isoformat()}")
    return at.astimezone(LOCAL_ZONE)


def local_date(at: datetime | None = None) -> date:
    """Return the local date of an instant, or of now."""
    return datetime.now(LOCAL_ZONE).date() if at is None else to_local(at).date()


def _day(value: date) -> date:
    return local_date(value) if isinstance(value, datetime) else value


def weekday_name(value: date) -> str:
    """Name the weekday: "Thứ Năm"; in the language of an English page its English name."""
    return _(WEEKDAYS[_day(value).weekday()])


def format_date(value: date) -> str:
    """Write "14/10/2021"."""
    day = _day(value)
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def format_time(at: datetime) -> str:
    """Write "09:16"."""
    return to_local(at).strftime("%H:%M")


def format_datetime(at: datetime) -> str:
    """Write "09:16, Thứ Năm 14/10/2021"."""
    return f"{format_time(at)}, {weekday_name(at)} {format_date(at)}"


def long_date(value: date) -> str:
    """Write "ngày 14 tháng 10 năm 2021".

    Nghị định 30/2020/NĐ-CP, Phụ lục I: "đối với những số thể hiện ngày nhỏ hơn 10 và tháng 1, 2 phải ghi thêm
    số 0 phía trước".
    """
    day = _day(value)
    month = f"{day.month:02d}" if day.month < 3 else f"{day.month}"
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def hour_words(at: datetime) -> str:
    """Write "16 giờ 30 phút"."""
    local = to_local(at)
    return f"{local.hour} giờ {local.minute:02d} phút"


def format_number(value: int | Decimal | float, *, decimals: int = 0) -> str:
    """Write "2.000" or, with decimals, "95,3"; halves round away from zero."""
    step = Decimal(1).scaleb(-decimals)
    rounded = Decimal(str(value)).quantize(step, rounding=ROUND_HALF_UP)
    grouped = f"{rounded + 0:,f}" if rounded else f"{abs(rounded):,f}"
    return grouped.translate(str.maketrans(",.", ".,"))


def format_money(amount: int | Decimal) -> str:
    """Write "1.234.000 đồng"."""
    return f"{format_number(amount)} đồng"


_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_GROUPS = ("", "nghìn", "triệu")


def number_words(value: int) -> str:
    """Write a whole number in words: 1 001 005 is "một triệu không trăm linh một nghìn không trăm linh năm".

    Groups of nine digits are told apart by "tỷ". Raises ValueError when negative.
    """
    if value < 0:
        raise ValueError(f"negative number: {value}")
    billions, rest = divmod(value, 10**9)
    words = [f"{number_words(billions)} tỷ"] if billions else []
    for power in (2, 1, 0):
        group = rest // 1000**power % 1000
        if group:
            words.append(f"{_group_words(group, is_first=not words)} {_GROUPS[power]}".strip())
    return " ".join(words) or _DIGITS[0]


def _group_words(group: int, *, is_first: bool) -> str:
    """Write one group of three digits; after a larger one its empty hundreds are told: "không trăm linh năm"."""
    hundreds, rest = divmod(group, 100)
    tens, ones = divmod(rest, 10)
    words = [] if is_first and not hundreds else [_DIGITS[hundreds], "trăm"]
    if tens > 1:
        words += [_DIGITS[tens], "mươi"]
    elif tens:
        words.append("mười")
    elif ones and words:
        words.append("linh")
    if ones:
        words.append(_last_digit(tens, ones))
    return " ".join(words)


def _last_digit(tens: int, ones: int) -> str:
    """Write the units as they are said after tens: hai mươi mốt, hai mươi tư, mười lăm."""
    if tens and ones == 5:
        return "lăm"
    if tens > 1 and ones in (1, 4):
        return "mốt" if ones == 1 else "tư"
    return _DIGITS[ones]


def money_words(amount: int) -> str:
    """Write "Năm triệu bốn trăm năm mươi nghìn đồng", as a receipt wants it."""
    words = number_words(amount)
    return f"{words[0].upper()}{words[1:]} đồng"


def format_percent(numerator: int | Decimal, denominator: int | Decimal, *, decimals: int = 1) -> str:
    """Write "95,3%", "100%", or that there is nothing to divide by."""
    if not denominator:
        return _("Chưa có số liệu")
    percent = format_number(Decimal(numerator) * 100 / Decimal(denominator), decimals=decimals)
    whole, comma, fraction = percent.partition(",")
    return f"{whole if not fraction.strip('0') else whole + comma + fraction}%"


def format_duration(length: timedelta, *, day: timedelta = timedelta(days=1)) -> str:
    """Write a duration in its two largest units: "2 ngày 3 giờ", "6 phút 20 giây".

    Office time is told in office days with `day=timedelta(hours=8)`. Raises ValueError when negative.
    """
    if length < timedelta(0):
        raise ValueError(f"negative duration: {length}")
    rest = int(length.total_seconds())
    units = ((int(day.total_seconds()), "ngày"), (3600, "giờ"), (60, "phút"), (1, "giây"))
    words: list[tuple[int, str]] = []
    for seconds, name in units:
        count, rest = divmod(rest, seconds)
        if count or words:
            words.append((count, name))
    return " ".join(f"{count} {name}" for count, name in words[:2] if count) or "0 giây"


_DAY_FIRST = re.compile(r"(\d{1,2})([/.\- ])(\d{1,2})\2(\d{4}|\d{2})")
_RUN_TOGETHER = re.compile(r"(\d{2})()(\d{2})(\d{4}|\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def parse_date(text: str, *, on: date | None = None) -> date:
    """Read a date typed day first: 14/10/2021, 14-10-2021, 14102021, 14/10/21; also 2021-10-14.

    A two-digit year means the nearest one not more than ten years after `on` (today). Raises InvalidIdentifier
    with code date_format, date_year or date_not_real.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    typed = re.sub(r"\s*([/.\-])\s*", r"\1", typed)
    if not typed.isascii():
        raise _unreadable(text)
    if match := _YEAR_FIRST.fullmatch(typed):
        year, month, day = (int(part) for part in match.groups())
    elif match := _DAY_FIRST.fullmatch(typed) or _RUN_TOGETHER.fullmatch(typed):
        day, month = int(match[1]), int(match[3])
        year = int(match[4]) if len(match[4]) == 4 else _full_year(int(match[4]), on or local_date())
    else:
        raise _unreadable(text)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        sentence = _("Năm %(year)d không dùng được. Hãy nhập năm từ %(first)d đến %(last)d.")
        values = {"year": year, "first": FIRST_YEAR, "last": LAST_YEAR}
        raise InvalidIdentifier("date_year", sentence % values)
    try:
        return date(year, month, day)
    except ValueError:
        sentence = _(
            "Ngày %(day)02d/%(month)02d/%(year)d không có trong lịch. Hãy kiểm tra lại ngày và tháng."
        )
        values = {"day": day, "month": month, "year": year}
        raise InvalidIdentifier("date_not_real", sentence % values) from None


def _full_year(two_digits: int, on: date) -> int:
    year = on.year - on.year % 100 + two_digits
    return year if year <= on.year + YEARS_AHEAD else year - 100


def _unreadable(text: str) -> InvalidIdentifier:
    sentence = _("Không hiểu ngày “%(text)s”. Hãy nhập ngày/tháng/năm, ví dụ 14/10/2021.")
    return InvalidIdentifier("date_format", sentence % {"text": text.strip()[:40]})
