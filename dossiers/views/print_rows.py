"""The card of papers to print on the dossier page: which papers make sense now, and where they open."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.lib.vietnamese import format_date
from dossiers.models import Dossier, Letter, Payment, Status
from dossiers.print_forms import ON_DEMAND

_SHORT = {
    "phieu-kiem-soat": "Phiếu kiểm soát quá trình giải quyết", "qua-trinh-xu-ly": "Quá trình xử lý",
    "nhieu-ho-so": "Giấy tiếp nhận nhiều hồ sơ", "bien-nhan-tra-ket-qua": "Giấy biên nhận trả kết quả",
    "bien-nhan-so-hoa": "Phiếu biên nhận số hóa", "bien-lai": "Bản thông tin thu phí, lệ phí",
    "de-nghi-rut": "Giấy đề nghị rút hồ sơ", "danh-gia": "Phiếu đánh giá mức độ hài lòng",
}  # fmt: skip


def rows_of(
    dossier: Dossier, user: User, *, letters: Iterable[Letter] | None = None, has_fees: bool = True
) -> list[dict[str, str]]:
    """Return the papers that this person may open from the dossier: issued letters, then what is laid out on demand.

    A statement for the letters where the caller has none, and one for what was paid where there may be fees.
    """
    if "citizen" in principal_of(user).roles:
        return []
    issued = (each for each in (dossier.letters.all() if letters is None else letters) if each.issued_at)
    lines = [
        {
            "label": str(each.get_kind_display()), "note": f"{each.number}, {format_date(each.issued_at)}" if each.issued_at else "",
            "href": reverse("dossiers:letter_paper", args=[dossier.code, each.pk]),
        }
        for each in sorted(issued, key=lambda each: each.pk)
    ]  # fmt: skip
    slips = [
        {"label": label, "note": "", "href": reverse("dossiers:dossier_paper", args=[dossier.code, slug])}
        for slug, label in open_to(dossier, has_fees=has_fees)
    ]
    if dossier.received_at and dossier.office_id in principal_of(user).office_ids:
        sheets = {"label": _("Tờ phân cách để quét"), "note": "", "href": reverse("dossiers:separators", args=[dossier.code])}  # fmt: skip
        return [*lines, *slips, sheets]
    return [*lines, *slips]


def open_to(dossier: Dossier, *, has_fees: bool = True) -> list[tuple[str, str]]:
    """Return the papers that make sense for the dossier as it stands, by slug with the words of their links; at most one statement."""
    if dossier.received_at is None:
        return [("de-nghi-rut", _(_SHORT["de-nghi-rut"]))]
    hidden = set()
    if dossier.status in (Status.RETURNED, Status.WITHDRAWN, Status.STOPPED, Status.VOID, Status.FINISHED):
        hidden.add("de-nghi-rut")
    if dossier.status not in (Status.FINISHED, Status.RETURNED):
        hidden.add("bien-nhan-tra-ket-qua")
    if (
        not has_fees
        or not dossier.payments.filter(state__in=[Payment.State.PAID, Payment.State.REFUNDED]).exists()
    ):
        hidden.add("bien-lai")
    return [(slug, _(_SHORT[slug])) for slug in ON_DEMAND if slug not in hidden]
