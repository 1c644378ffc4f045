"""The cards of the dossier page on which money and the result are settled; the acts behind them stand in deciding.py."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from bpmc_portal.accounts.models import User
from bpmc_portal.lib.vietnamese import format_datetime
from dossiers.forms.fields import TypedField
from dossiers.models import Dossier, Payment, Status
from dossiers.services import results, settling

_KINDS = {Payment.State.PENDING: "pause", Payment.State.PAID: "ok"}


class ResultForm(forms.Form):
    """The draft of the result; a file takes the place of the one before."""

    use_required_attribute = False

    title = TypedField(label=gettext_lazy("Trích yếu"), max_length=300)
    number = TypedField(label=gettext_lazy("Số, ký hiệu"), required=False, max_length=60)
    file = forms.FileField(label=gettext_lazy("Tệp kết quả (PDF hoặc ảnh)"), required=False)


def result_form(dossier: Dossier, user: User) -> ResultForm | None:
    """Return the form of the draft as it stands, None for who may not draft now; needs `result` loaded."""
    if not results.may_draft(dossier, user):
        return None
    found = getattr(dossier, "result", None)
    initial = {"title": found.title, "number": found.number} if found else {}
    return ResultForm(initial=initial, auto_id="id_result_%s")


def fee_card(dossier: Dossier, user: User) -> dict[str, Any] | None:
    """Return the card of the fees, None when nothing was ever asked for. One statement."""
    found = list(Payment.objects.filter(dossier=dossier).order_by("-pk"))
    may_settle = settling.may_settle(dossier, user)
    may_waive = may_settle and dossier.status == Status.AWAITING_PAYMENT
    if not found and not may_waive:
        return None
    return {
        "code": dossier.code,
        "version": dossier.version,
        "may_waive": may_waive,
        "rows": [
            {
                "pk": each.pk,
                "name": each.name,
                "amount": each.amount,
                "state": _KINDS.get(Payment.State(each.state), ""),
                "state_text": each.get_state_display(),
                "method": each.get_method_display(),
                "transaction": each.transaction,
                "reference": each.reference,
                "when": format_datetime(each.paid_at or each.requested_at),
                "note": each.note,
                "may_give_back": may_settle and each.state == Payment.State.PAID,
            }
            for each in found
        ],
    }
