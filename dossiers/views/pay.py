"""The fee of one dossier, by the token of the receipt: how much, what for, until when, how to pay, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bpmc_portal.lib import vietqr
from bpmc_portal.lib.vietnamese import format_datetime
from dossiers import gateway
from dossiers.models import GatewayCall, Payment, Status
from dossiers.services import lookup, online_payments
from procedures import catalogue


@dataclass(frozen=True)
class Transfer:
    """What a transfer needs, as a code to scan and as words to type."""

    qr: str
    account: str
    holder: str
    reference: str


def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Show the fee and the ways to pay it, or open an order at the gateway."""
    found = lookup.by_token(token)
    if request.method == "POST":
        online_payments.open_order(found.id, language=get_language() or "vi", at=timezone.now())
        response: HttpResponse = HttpResponseRedirect(reverse("dossiers:pay", args=[token]), status=303)
    else:
        response = render(request, "dossiers/pay.html", {"page": _page(found, token, timezone.now())})
    # The form posts to this page, and under no-referrer a browser would post with `Origin: null`, which CSRF refuses.
    response["Referrer-Policy"] = "same-origin"
    return response


def _page(found: lookup.TrackedDossier, token: str, now: datetime) -> dict[str, Any]:
    payment = (
        Payment.objects.filter(dossier_id=found.id).select_related("dossier__office").order_by("-pk").first()
    )
    call = online_payments.latest_init(payment) if payment else None
    is_open = payment is not None and payment.state == Payment.State.PENDING
    held = catalogue.current()
    return {
        "token": token,
        "code": found.code,
        "procedure": next(each.row.name for each in held.each() if each.row.pk == found.procedure_id),
        "payment": payment,
        "words": _words(payment, found, call, now),
        "respond_by": payment.dossier.respond_by if payment and is_open else None,
        "office": payment.dossier.office if payment and is_open else None,
        "transfer": transfer_of(payment) if payment and is_open else None,
        "is_open": is_open,
        "gateway": _gateway_state(call, now) if is_open and gateway.is_offered() else "",
        "gateway_url": call.answer.get("UrlThanhToan", "") if is_open and call else "",
        "state": f"{payment.state} {call.outcome if call else ''}" if payment else "",
    }


def transfer_of(payment: Payment) -> Transfer | None:
    """Return what the payer's bank needs; None where the deployment has no account for fees."""
    if not (settings.BANK_BIN and settings.BANK_ACCOUNT and settings.BANK_ACCOUNT_NAME):
        return None
    qr = vietqr.payload(
        settings.BANK_BIN, settings.BANK_ACCOUNT, amount=payment.amount, purpose=payment.reference
    )
    return Transfer(qr, settings.BANK_ACCOUNT, settings.BANK_ACCOUNT_NAME, payment.reference)


def _gateway_state(call: GatewayCall | None, now: datetime) -> str:
    """Return offer, opening, open or unknown: which of the gateway's boxes the page shows."""
    if call is None or not online_payments.is_under_way(call, now=now):
        return "offer"
    return {online_payments.SENT: "open", online_payments.UNKNOWN: "unknown"}.get(call.outcome, "opening")


def _words(
    payment: Payment | None, found: lookup.TrackedDossier, call: GatewayCall | None, now: datetime
) -> dict[str, str]:
    """Say in the head of the page how the payment stands: kind, icon, tag, headline, lead."""
    if payment is None:
        is_asked = found.status == Status.AWAITING_PAYMENT
        lead = (
            _("Số tiền và cách nộp ghi trong thông báo đã gửi cho bạn. Bạn nộp tại Bộ phận Một cửa.")
            if is_asked
            else _("Hồ sơ này hiện không có khoản nào phải nộp.")
        )
        return _head(
            "", "file-text", _("Phí, lệ phí"), _("Nộp phí tại Bộ phận Một cửa") if is_asked else _("Không phải nộp phí"), lead
        )  # fmt: skip
    if payment.state == Payment.State.PENDING:
        return _pending(call, now)
    if payment.state == Payment.State.CANCELLED:
        lead = _("Cơ quan giải quyết không thu khoản này. Nếu đã chuyển tiền, hãy báo Bộ phận Một cửa.")
        return _head("ok", "circle-check", _("Không thu khoản này"), _("Bạn không phải nộp khoản này"), lead)
    if payment.state == Payment.State.REFUNDED:
        lead = _("Cơ quan giải quyết đã ghi nhận hoàn lại khoản tiền này cho bạn.")
        return _head("ok", "circle-check", _("Đã hoàn"), _("Khoản tiền đã được hoàn lại"), lead)
    if found.status in (Status.WITHDRAWN, Status.STOPPED):
        lead = _("Hồ sơ không còn được giải quyết; cơ quan giải quyết sẽ liên hệ để hoàn lại tiền cho bạn.")
        return _head("warn", "circle-check", _("Đã nhận tiền"), _("Chúng tôi đã nhận được tiền"), lead)
    paid = format_datetime(payment.paid_at) if payment.paid_at else ""
    lead = _("Đã nhận lúc %s. Thời gian giải quyết hồ sơ được tính tiếp.") % paid
    return _head("ok", "circle-check", _("Đã nộp tiền"), _("Bạn đã nộp phí"), lead)


def _pending(call: GatewayCall | None, now: datetime) -> dict[str, str]:
    is_unsure = call is not None and call.outcome in (online_payments.UNKNOWN, online_payments.SENDING)
    is_slow = call is not None and call.outcome == online_payments.SENT and now - call.at > SLOW
    if is_unsure or is_slow:
        lead = _(
            "Nếu bạn đã trả tiền, hãy giữ biên lai của ngân hàng và đừng trả lại lần nữa: chúng tôi đang đối soát với cổng thanh toán."
        )
        return _head("pause", "clock", _("Đang đối soát"), _("Chưa thấy tiền về"), lead)
    lead = _("Thời gian giải quyết tạm dừng và tính tiếp ngay khi bạn nộp xong.")
    return _head("pause", "circle-pause", _("Chờ nộp"), _("Bạn cần nộp phí, lệ phí"), lead)


SLOW = online_payments.ASK_AFTER[0]


def _head(kind: str, icon: str, tag: str, headline: str, lead: str) -> dict[str, str]:
    return {"kind": kind, "icon": icon, "tag": tag, "headline": headline, "lead": lead}
