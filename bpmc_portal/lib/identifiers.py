"""Numbers and codes that people type: read tolerantly, checked strictly, refused with a sentence that helps.

Full-width digits, spaces, dots and dashes are forgiven; letters in a number never are. No identity number
has a check digit, so what merely looks odd is a warning, not a refusal.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Literal, NamedTuple

from django.utils.translation import gettext as _
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.vn import mst

Gender = Literal["male", "female"]

# Thông tư 86/2024/TT-BTC: from this day the personal number of a citizen is also the tax code.
PERSONAL_TAX_CODES_SINCE = date(2025, 7, 1)
# Written out, because the module that owns the zone raises this one's exception.
_VIETNAM = timezone(timedelta(hours=7))

# Where a birth was registered; the 63 provinces before July 2025, which issued numbers keep for ever.
# Foreign places of birth have codes of their own, not collected: an unknown code is only a warning.
_PLACES = (
    "001 Hà Nội, 002 Hà Giang, 004 Cao Bằng, 006 Bắc Kạn, 008 Tuyên Quang, 010 Lào Cai, 011 Điện Biên, "
    "012 Lai Châu, 014 Sơn La, 015 Yên Bái, 017 Hòa Bình, 019 Thái Nguyên, 020 Lạng Sơn, 022 Quảng Ninh, "
    "024 Bắc Giang, 025 Phú Thọ, 026 Vĩnh Phúc, 027 Bắc Ninh, 030 Hải Dương, 031 Hải Phòng, 033 Hưng Yên, "
    "034 Thái Bình, 035 Hà Nam, 036 Nam Định, 037 Ninh Bình, 038 Thanh Hóa, 040 Nghệ An, 042 Hà Tĩnh, "
    "044 Quảng Bình, 045 Quảng Trị, 046 Thừa Thiên Huế, 048 Đà Nẵng, 049 Quảng Nam, 051 Quảng Ngãi, "
    "052 Bình Định, 054 Phú Yên, 056 Khánh Hòa, 058 Ninh Thuận, 060 Bình Thuận, 062 Kon Tum, 064 Gia Lai, "
    "066 Đắk Lắk, 067 Đắk Nông, 068 Lâm Đồng, 070 Bình Phước, 072 Tây Ninh, 074 Bình Dương, 075 Đồng Nai, "
    "077 Bà Rịa - Vũng Tàu, 079 Thành phố Hồ Chí Minh, 080 Long An, 082 Tiền Giang, 083 Bến Tre, "
    "084 Trà Vinh, 086 Vĩnh Long, 087 Đồng Tháp, 089 An Giang, 091 Kiên Giang, 092 Cần Thơ, 093 Hậu Giang, "
    "094 Sóc Trăng, 095 Bạc Liêu, 096 Cà Mau"
)
BIRTH_PLACES = {entry[:3]: entry[4:] for entry in _PLACES.split(", ")}


class InvalidIdentifier(ValueError):
    """What was typed cannot be taken: a stable `code`, a Vietnamese `sentence`, and the `field` once known."""

    def __init__(self, code: str, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.field = field


class SoftWarning(NamedTuple):
    """Something odd that a person should look at, and may confirm."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Cccd:
    """A citizen's number (số định danh cá nhân, số CCCD)."""

    number: str

    @property
    def place_code(self) -> str:
        return self.number[:3]

    @property
    def place(self) -> str | None:
        return BIRTH_PLACES.get(self.place_code)

    @property
    def gender(self) -> Gender:
        return "female" if int(self.number[3]) % 2 else "male"

    @property
    def birth_year(self) -> int:
        return 1900 + int(self.number[3]) // 2 * 100 + int(self.number[4:6])

    @property
    def formatted(self) -> str:
        return _in_threes(self.number)

    @property
    def masked(self) -> str:
        return _in_threes(mask(self.number))


@dataclass(frozen=True, slots=True)
class Passport:
    """A passport number, upper case; a Vietnamese one has one letter and seven digits."""

    number: str
    is_vietnamese: bool

    @property
    def masked(self) -> str:
        return mask(self.number, head=1, tail=3)


@dataclass(frozen=True, slots=True)
class TaxCode:
    """A tax code without its dash: 10 digits, 13 for a branch, or a citizen's 12."""

    number: str

    @property
    def is_personal_id(self) -> bool:
        return len(self.number) == 12

    @property
    def branch(self) -> str | None:
        return self.number[10:] if len(self.number) == 13 else None

    @property
    def formatted(self) -> str:
        return f"{self.number[:10]}-{self.branch}" if self.branch else self.number


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number in E.164."""

    e164: str

    @property
    def formatted(self) -> str:
        """Return the number as it is dialled at home, "0912 345 678"; foreign ones stay in E.164."""
        if not self.e164.startswith("+84"):
            return self.e164
        national = "0" + self.e164[3:]
        area = 3 if len(national) == 11 and national[:3] in ("024", "028") else 4
        return (
            f"{national[:area]} {national[area:-4]} {national[-4:]}"
            if area == 3
            else _four_then_threes(national)
        )

    @property
    def masked(self) -> str:
        return mask(self.e164, head=3, tail=3)


@dataclass(frozen=True, slots=True)
class OrgCode:
    """An agency's code, long (000.00.00.G07, QCVN 102:2016) or short (G07.12, QĐ 20/2020/QĐ-TTg)."""

    code: str

    @property
    def root(self) -> str:
        """The ministry or province at the top: "G07" in both spellings."""
        return self.code[-3:] if self.code[0].isdigit() else self.code[:3]


@dataclass(frozen=True, slots=True)
class ProcedureCode:
    """A procedure's code: six digits of the national database, and the agency's suffix on local copies."""

    code: str

    @property
    def national(self) -> str:
        return self.code[:8]

    @property
    def suffix(self) -> str | None:
        return self.code[9:] or None


def mask(number: str, *, head: int = 3, tail: int = 4) -> str:
    """Hide the middle of a number behind dots."""
    hidden = max(len(number) - head - tail, 0)
    return number[:head] + "•" * hidden + number[head + hidden :]


def parse_cccd(text: str, *, on: date | None = None) -> Cccd:
    """Read a citizen's number; `on` is the day by which its holder must have been born (today)."""
    number = _compact(text)
    if number and not _is_digits(number):
        sentence = _("Số căn cước chỉ gồm chữ số. Hãy xóa “%(odd)s” rồi nhập lại 12 chữ số trên thẻ.")
        raise InvalidIdentifier("cccd_not_digits", sentence % {"odd": _first_odd(number)})
    if len(number) != 12:
        sentence = _("Số căn cước gồm 12 chữ số. Bạn đã nhập %(count)d.") % {"count": len(number)}
        if len(number) == 9:
            sentence += " " + _(
                "Chứng minh nhân dân 9 số đã hết giá trị sử dụng; hãy dùng số trên thẻ căn cước."
            )
        raise InvalidIdentifier("cccd_length", sentence)
    if len(set(number)) == 1:
        sentence = _("Đây không phải số căn cước thật. Nếu người nộp không có số, hãy để trống và ghi lý do.")
        raise InvalidIdentifier("cccd_placeholder", sentence)
    cccd = Cccd(number)
    if cccd.birth_year > (on or datetime.now(_VIETNAM).date()).year:
        sentence = _(
            "Số căn cước này ứng với năm sinh %(year)d, chưa tới. Hãy kiểm tra lại chữ số thứ 4 đến thứ 6."
        )
        raise InvalidIdentifier("cccd_future_birth", sentence % {"year": cccd.birth_year})
    return cccd


def cccd_warnings(
    cccd: Cccd, *, birth_on: date | None = None, gender: Gender | None = None
) -> tuple[SoftWarning, ...]:
    """Compare a citizen's number with what else is known of its holder; warn, never refuse."""
    warnings = []
    if cccd.place is None:
        sentence = _("Mã nơi đăng ký khai sinh %(code)s không có trong danh mục. Hãy đối chiếu với thẻ.")
        warnings.append(SoftWarning("cccd_place_unknown", sentence % {"code": cccd.place_code}))
    if birth_on is not None and birth_on.year != cccd.birth_year:
        sentence = _(
            "Năm sinh theo số căn cước là %(number)d, năm đã nhập là %(typed)d. Hãy đối chiếu với thẻ."
        )
        values = {"number": cccd.birth_year, "typed": birth_on.year}
        warnings.append(SoftWarning("cccd_birth_mismatch", sentence % values))
    if gender is not None and gender != cccd.gender:
        sentence = _("Giới tính theo số căn cước không khớp giới tính đã nhập. Hãy đối chiếu với thẻ.")
        warnings.append(SoftWarning("cccd_gender_mismatch", sentence))
    return tuple(warnings)


def parse_passport(text: str) -> Passport:
    """Read a passport number: one letter and seven digits in Vietnam, 6 to 12 letters and digits elsewhere."""
    number = _compact(text).upper()
    if not re.fullmatch(r"(?=.*[0-9])[A-Z0-9]{6,12}", number):
        sentence = _(
            "Số hộ chiếu gồm 6 đến 12 chữ cái không dấu và chữ số, ví dụ C1234567. "
            "Hãy chép đúng dòng số trên trang có ảnh."
        )
        raise InvalidIdentifier("passport_format", sentence)
    return Passport(number, is_vietnamese=re.fullmatch(r"[A-Z][0-9]{7}", number) is not None)


def parse_tax_code(text: str, *, individual: bool = False, on: date | None = None) -> TaxCode:
    """Read a tax code; 12 digits are taken from individuals only, and from July 2025 on."""
    number = _compact(text)
    if number and not _is_digits(number):
        sentence = _("Mã số thuế chỉ gồm chữ số. Hãy xóa “%(odd)s” rồi nhập lại.")
        raise InvalidIdentifier("tax_code_not_digits", sentence % {"odd": _first_odd(number)})
    if len(number) == 12:
        return _personal_tax_code(number, individual=individual, on=on or datetime.now(_VIETNAM).date())
    if len(number) not in (10, 13):
        sentence = _("Mã số thuế gồm 10 chữ số, hoặc 13 chữ số với đơn vị phụ thuộc. Bạn đã nhập %(count)d.")
        raise InvalidIdentifier("tax_code_length", sentence % {"count": len(number)})
    try:
        return TaxCode(mst.validate(number))
    except InvalidChecksum:
        sentence = _("Mã số thuế %(number)s sai chữ số kiểm tra. Hãy đối chiếu từng chữ số với giấy đăng ký.")
        raise InvalidIdentifier("tax_code_checksum", sentence % {"number": number}) from None
    except ValidationError:
        sentence = _("Mã số thuế %(number)s không có thật. Hãy đối chiếu từng chữ số với giấy đăng ký.")
        raise InvalidIdentifier("tax_code_component", sentence % {"number": number}) from None


def _personal_tax_code(number: str, *, individual: bool, on: date) -> TaxCode:
    if not individual:
        sentence = _(
            "Mã số thuế 12 chữ số chỉ dùng cho cá nhân, hộ kinh doanh. Tổ chức hãy nhập mã 10 hoặc 13 số."
        )
        raise InvalidIdentifier("tax_code_personal_id", sentence)
    if on < PERSONAL_TAX_CODES_SINCE:
        sentence = _(
            "Số định danh cá nhân chỉ thay mã số thuế từ ngày 01/7/2025. Hãy nhập mã số thuế 10 chữ số."
        )
        raise InvalidIdentifier("tax_code_personal_id", sentence)
    return TaxCode(parse_cccd(number, on=on).number)


# After the leading zero: nine digits for mobiles, ten for fixed lines (area code 2x or 2xx).
_VIETNAMESE_PHONE = re.compile(r"[35789][0-9]{8}|2[0-9]{9}")


def parse_phone(text: str) -> Phone:
    """Read a phone number, Vietnamese unless it begins with + and another country's code."""
    number = re.sub(r"[()]", "", _compact(text))
    digits = number.removeprefix("+")
    if not _is_digits(digits):
        sentence = _("Số điện thoại chỉ gồm chữ số, ví dụ 0912 345 678. Hãy nhập lại.")
        raise InvalidIdentifier("phone_format", sentence)
    if digits.startswith("00"):
        number, digits = "+" + digits[2:], digits[2:]
    if number.startswith("+") and not digits.startswith("84"):
        if re.fullmatch(r"[1-9][0-9]{6,14}", digits):
            return Phone("+" + digits)
        sentence = _("Số điện thoại nước ngoài cần mã nước và từ 7 đến 15 chữ số, ví dụ +82 2 1234 5678.")
        raise InvalidIdentifier("phone_format", sentence)
    national = _without_country(digits)
    if not _VIETNAMESE_PHONE.fullmatch(national):
        sentence = _(
            "Số điện thoại di động gồm 10 chữ số bắt đầu bằng 0 (ví dụ 0912 345 678), máy bàn gồm 11 chữ số "
            "kể cả mã vùng. Hãy kiểm tra lại số đã nhập."
        )
        raise InvalidIdentifier("phone_format", sentence)
    return Phone("+84" + national)


def _without_country(digits: str) -> str:
    """Drop the trunk zero or the country code; "084…" is a mobile prefix, "84…" with eleven digits is not."""
    if digits.startswith("0"):
        return digits[1:]
    return digits[2:].removeprefix("0") if digits.startswith("84") and len(digits) > 9 else ""


def parse_org_code(text: str) -> OrgCode:
    """Read an agency's code in either spelling; its dots carry meaning and must be typed."""
    code = _spaceless(text).upper()
    long_form, short_form = r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}", r"[A-Z][0-9]{2}(\.[A-Z0-9]{1,3})*"
    if len(code) > 35 or not re.fullmatch(f"{long_form}|{short_form}", code):
        sentence = _("Mã cơ quan có dạng G07.12 hoặc 000.00.12.G07. Hãy nhập lại, giữ nguyên dấu chấm.")
        raise InvalidIdentifier("org_code_format", sentence)
    return OrgCode(code)


def parse_procedure_code(text: str) -> ProcedureCode:
    """Read a procedure's code, with or without the suffix of an agency."""
    code = _spaceless(text).upper()
    suffix = r"\.[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}|\.[A-Z][0-9]{2}(\.[A-Z0-9_]+)*"
    if len(code) > 60 or not re.fullmatch(rf"[1-3]\.[0-9]{{6}}({suffix})?", code):
        sentence = _("Mã thủ tục có dạng 1.001234, có thể kèm mã cơ quan như 1.001234.H38. Hãy nhập lại.")
        raise InvalidIdentifier("procedure_code_format", sentence)
    return ProcedureCode(code)


def _spaceless(text: str) -> str:
    """Fold full-width forms, drop spaces and invisible characters."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(char for char in folded if not char.isspace() and unicodedata.category(char) != "Cf")


def _compact(text: str) -> str:
    """Also drop the dots and dashes that people put between groups."""
    return "".join(char for char in _spaceless(text) if char != "." and unicodedata.category(char) != "Pd")


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _first_odd(number: str) -> str:
    return next(char for char in number if not _is_digits(char))


def _in_threes(text: str) -> str:
    return " ".join(text[at : at + 3] for at in range(0, len(text), 3))


def _four_then_threes(text: str) -> str:
    return f"{text[:4]} {text[4:7]} {text[7:]}"
