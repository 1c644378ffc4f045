"""Payment by the gateway: INIT by a job, the gateway's CONFIRM, and QUERY for everything that is not known for certain.

An INIT goes pending → sending → sent, or unknown when no answer came back that can be trusted. Money may have moved then, so an
unknown one is never sent again: QUERY asks until the gateway says that it is paid, or that it knows no such order (`lost`).
Every message is kept as a GatewayCall.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError
from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.services import Work
from dossiers import gateway
from dossiers.models import GatewayCall, Payment
from dossiers.services import settling

PENDING, SENDING, SENT, UNKNOWN, REFUSED, LOST = "pending", "sending", "sent", "unknown", "refused", "lost"
# When the gateway is asked after an order, counted from the answer before; then people look at it.
ASK_AFTER = tuple(timedelta(minutes=minutes) for minutes in (10, 60, 360, 1440, 4320))
ASK_UNKNOWN_AFTER = timedelta(seconds=30)
OPEN_FOR = timedelta(minutes=30)
# Of messages with a wrong checksum only so many an order are kept: anybody can send them.
FORGED_KEPT = 20
FIELD_LENGTH = 300


def latest_init(payment: Payment) -> GatewayCall | None:
    """Return the last INIT of an amount."""
    return payment.calls.filter(kind="init").order_by("-pk").first()


def is_under_way(call: GatewayCall | None, *, now: datetime) -> bool:
    """Say whether an INIT may still lead to money, so that no second one is made."""
    if call is None or call.outcome in (REFUSED, LOST):
        return False
    return call.outcome != SENT or now - call.at < OPEN_FOR


@transaction.atomic
def open_order(dossier_id: int, *, language: str, at: datetime) -> GatewayCall:
    """Write down that the applicant wants to pay by the gateway; a job sends the INIT. An order under way is returned as it is.

    Raises DomainError when there is no gateway or nothing to pay.
    """
    payment = (
        Payment.objects.select_for_update(of=("self",))
        .select_related("dossier__procedure", "dossier__unit")
        .filter(dossier_id=dossier_id, state=Payment.State.PENDING)
        .first()
    )
    if payment is None or not gateway.is_offered():
        raise DomainError(
            _("Hiện không có khoản nào nộp được qua cổng thanh toán. Hãy tải lại trang."),
            code="nothing_to_pay",
            status=409,
        )
    latest = latest_init(payment)
    if latest is not None and is_under_way(latest, now=at):
        return latest
    call = GatewayCall.objects.create(
        payment=payment,
        kind="init",
        outcome=PENDING,
        at=at,
        sent=gateway.init_of(_order(payment, language), at=at),
    )
    jobs.enqueue(Work("dossiers.gateway_init", f"gateway-init:{call.pk}", {"call_id": call.pk}))
    return call


def _order(payment: Payment, language: str) -> gateway.Order:
    dossier = payment.dossier
    receipt = {
        "MaDichVu": "1", "MaTTHC": dossier.procedure.code, "TenTTHC": dossier.procedure.name, "MaDonVi": dossier.unit.code,
        "TenDonVi": dossier.unit.name, "MaHoSo": dossier.code, "NoiDungThanhToan": payment.name, "HoTenNguoiNop": dossier.applicant_name,
        "PhiLePhi": [{"TenPhiLePhi": payment.name, "SoTien": str(payment.amount)}],
    }  # fmt: skip
    return gateway.Order(
        payment.reference, payment.amount, f"Nop phi ho so {payment.reference}", receipt, language
    )


def send_init(call_id: int) -> None:
    """Send one INIT, outside any transaction. One that is found half sent is not sent again: the gateway is asked."""
    with transaction.atomic():
        call = GatewayCall.objects.select_for_update().get(pk=call_id)
        if call.outcome == SENDING:
            return _is_unknown(call, {"loi": "interrupted"})
        if call.outcome != PENDING:
            return None
        GatewayCall.objects.filter(pk=call_id).update(outcome=SENDING)
    try:
        answer = gateway.call(call.sent)
    except gateway.Silent as error:
        with transaction.atomic():
            return _is_unknown(call, {"loi": str(error)})
    is_open = answer.get("MaLoi") == gateway.SUCCESS and _is_address(answer.get("UrlThanhToan"))
    with transaction.atomic():
        GatewayCall.objects.filter(pk=call_id).update(outcome=SENT if is_open else REFUSED, answer=answer)
        if is_open:
            _ask_later(call, 0)
    return None


def _is_address(url: Any) -> bool:
    return isinstance(url, str) and url.startswith(("https://", "http://"))


def _is_unknown(call: GatewayCall, answer: dict[str, str]) -> None:
    GatewayCall.objects.filter(pk=call.pk).update(outcome=UNKNOWN, answer=answer)
    _ask_later(call, 0, ASK_UNKNOWN_AFTER)


def _ask_later(call: GatewayCall, turn: int, after: timedelta | None = None) -> None:
    wait = after or ASK_AFTER[turn]
    jobs.enqueue(
        Work(
            "dossiers.gateway_query",
            f"gateway-query:{call.pk}:{turn}",
            {"call_id": call.pk, "turn": turn},
            not_before=timezone.now() + wait,
        )
    )


def ask(call_id: int, turn: int) -> None:
    """Ask the gateway how an order stands and settle what it says. Reads only over there, so it may be asked as often as wanted."""
    init = GatewayCall.objects.select_related("payment").get(pk=call_id)
    payment, now = init.payment, timezone.now()
    if payment.state in (Payment.State.PAID, Payment.State.REFUNDED):
        return
    question = gateway.query_of(payment.reference, at=now)
    try:
        answer, outcome = gateway.call(question), ""
    except gateway.Silent as error:
        answer, outcome = {"loi": str(error)}, UNKNOWN
    with transaction.atomic():
        outcome = outcome or _settle(payment, answer, at=now)
        GatewayCall.objects.create(
            payment=payment, kind="query", sent=question, answer=answer, outcome=outcome, at=now
        )
        if outcome == LOST:
            GatewayCall.objects.filter(pk=call_id).update(outcome=LOST)
        elif outcome in ("not_yet", UNKNOWN) and turn + 1 < len(ASK_AFTER):
            _ask_later(init, turn + 1)
        if outcome == "not_yet" and init.outcome == UNKNOWN:
            # The order is known over there and unpaid: the page may offer it again once it has run out.
            GatewayCall.objects.filter(pk=call_id).update(outcome=SENT)


def confirmed(given: Mapping[str, Any], *, at: datetime) -> dict[str, str]:
    """Take the gateway's CONFIRM and return our signed answer. The same one again changes nothing and gets the same answer."""
    message = {name: _plain(given.get(name, "")) for name in (*gateway.SIGNED["confirm"], "MaXacThuc")}
    with transaction.atomic():
        code = _taken(message, at)
    return gateway.answer_of(message, code, at=at)


def _plain(value: Any) -> str:
    """Return what anybody may have sent as text that can be kept."""
    return str(value)[:FIELD_LENGTH].encode(errors="ignore").decode().replace("\x00", "")


def _taken(message: Mapping[str, str], at: datetime) -> str:
    is_genuine = gateway.is_genuine("confirm", message)
    payment = Payment.objects.filter(reference=message["MaThamChieu"]).first()
    if payment is None:
        return gateway.UNKNOWN_REFERENCE if is_genuine else gateway.WRONG_CHECKSUM
    outcome = _settle(payment, message, at=at) if is_genuine else "forged"
    if outcome != "forged" or payment.calls.filter(outcome="forged").count() < FORGED_KEPT:
        GatewayCall.objects.create(
            payment=payment, kind="confirm", sent=dict(message), outcome=outcome, at=at
        )
    return _CODES.get(outcome, gateway.SUCCESS)


_CODES = {
    "forged": gateway.WRONG_CHECKSUM,
    "wrong_amount": gateway.WRONG_AMOUNT,
    "known_number": gateway.FAULT,
}


def _settle(payment: Payment, message: Mapping[str, Any], *, at: datetime) -> str:
    """Judge a genuine report on one order and book what is paid; return the outcome as it is kept."""
    code = message.get("MaLoi")
    if code == gateway.UNKNOWN_REFERENCE:
        return LOST
    if code == gateway.NOT_YET:
        return "not_yet"
    if code != gateway.SUCCESS:
        # The payer gave up or the bank refused: the page offers the ways to pay again.
        payment.calls.filter(kind="init").update(outcome=REFUSED)
        return "not_paid"
    number = str(message.get("MaGiaoDich", "")).strip()
    if str(message.get("SoTien")) != str(payment.amount) or message.get("MaTienTe", "VND") != "VND":
        return "wrong_amount"
    others = Payment.objects.filter(method=Payment.Method.GATEWAY, transaction=number).exclude(pk=payment.pk)
    if not number or len(number) > 80 or others.exists():
        return "known_number"
    return settling.book(payment.pk, transaction_id=number, at=at)
