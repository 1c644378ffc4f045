"""Dossier codes: `{org code}-{yymmdd}-{nnnn}`, one series per issuing identifier and local day, widening past 9999.

TT 01/2018/TT-VPCP Điều 19. Desks without an identifier of their own issue under the nearest unit above that has one, and then
share its series, so that a code can never be given twice (docs/decisions/0005).
"""

import re
from datetime import date

from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError
from bpmc_portal.numbering import services as numbering

_NOT_CODE = re.compile(r"[^0-9A-Z]")


def code_key(typed: str) -> str:
    """Return what a code is looked up by: upper case, no dots, dashes or spaces."""
    return _NOT_CODE.sub("", typed.upper().replace("Đ", "D"))[:60]


def format_code(org_code: str, day: date, number: int) -> str:
    """Return the dossier code of a number."""
    return f"{org_code}-{day:%y%m%d}-{number:04d}"


def next_code(org_code: str, day: date) -> str:
    """Take the next number of the series and return the code. Call it last before the insert: the series is locked until commit."""
    if not org_code:
        raise DomainError(
            _(
                "Bộ phận Một cửa này chưa có mã định danh nên chưa cấp được mã hồ sơ. Hãy báo quản trị hệ thống."
            ),
            code="office_without_org_code",
            status=409,
        )
    return format_code(org_code, day, numbering.take(f"dossier:{org_code}:{day:%Y-%m-%d}"))
