"""Fees in words, the same on the intake page and on the receipt."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from bpmc_portal.lib.vietnamese import format_money
from procedures.models import Fee


def fee_words(fees: Sequence[Fee]) -> str:
    """Write the fees of a version in one line; an amount that the catalogue does not know is said so, never taken for free."""
    if not fees:
        return _("Chưa có trong danh mục, xem văn bản công bố")
    if all(fee.amount == 0 for fee in fees):
        return _("Không thu phí")
    return "; ".join(
        f"{fee.name}: {_('chưa xác định') if fee.amount is None else format_money(fee.amount)}"
        for fee in fees
    )
