"""What the applicant has to pay: asked for by an act, taken at the counter, by transfer or by the gateway. The payment axis is its own."""

from django.utils.translation import gettext as _

from bpmc_portal.errors import DomainError, InvalidInput
from bpmc_portal.lib import names, vietqr
from bpmc_portal.lib.vietnamese import local_date
from bpmc_portal.numbering.services import take as take_number
from dossiers.models import Payment
from dossiers.services.acts import Act, MoneyInput

NAME_LENGTH = 200
TRANSACTION_LENGTH = 80
NOTE_LENGTH = 300
BIGGEST = 100_000_000_000


def request(deed: Act) -> None:
    """Ask for an amount: the one given, else the fee of the catalogue. Where neither is known, the reason alone tells what to pay."""
    money = deed.params.money or MoneyInput()
    known = [fee for fee in deed.version.fees if fee.amount]
    amount = money.amount if money.amount is not None else sum(fee.amount or 0 for fee in known)
    if not amount and money.amount is None:
        return
    if not 1 <= amount <= BIGGEST:
        sentence = _("Số tiền phải nộp phải từ 1 đồng đến 100 tỷ đồng.")
        raise InvalidInput(sentence, code="amount_range", fields={"amount": sentence})
    name = (
        names.clean_text(money.name, NAME_LENGTH) or "; ".join(fee.name for fee in known) or _("Phí, lệ phí")
    )
    count = Payment.objects.filter(dossier=deed.dossier).count()
    Payment.objects.create(
        dossier=deed.dossier, name=name[:NAME_LENGTH], amount=amount, reference=reference_of(deed.dossier.code_key, count + 1),
        requested_at=deed.at, requested_by=deed.actor,
    )  # fmt: skip
    deed.data["amount"] = amount


def reference_of(code_key: str, count: int) -> str:
    """Return what the payer writes: the end of the dossier's code and which amount it is, short enough for a VietQR purpose."""
    return f"{code_key}P{count}"[-vietqr.PURPOSE_LENGTH :]


def take(deed: Act) -> None:
    """Note that the open amount was paid, with the number of the receipt or transaction, or that it is let go.

    Without a number the desk's own series gives one. A clerk notes cash and transfers; the gateway speaks for itself.
    """
    money = deed.params.money or MoneyInput()
    payment = Payment.objects.filter(dossier=deed.dossier, state=Payment.State.PENDING).first()
    if deed.params.is_waived:
        deed.data["waived"] = True
    if payment is None:
        return
    if deed.params.is_waived:
        payment.state, payment.note = Payment.State.CANCELLED, deed.params.reason[:NOTE_LENGTH]
        payment.save(update_fields=["state", "note"])
        return
    payment.method = _method(deed, money)
    if money.amount is not None and money.amount != payment.amount:
        raise DomainError(
            _("Số tiền nộp không bằng số tiền phải nộp. Hãy kiểm tra lại biên lai."),
            code="amount_differs",
            status=409,
        )
    payment.state, payment.paid_at, payment.taken_by = Payment.State.PAID, deed.at, deed.actor
    payment.transaction = names.clean_text(money.transaction, TRANSACTION_LENGTH) or _receipt_number(deed)
    payment.save(update_fields=["state", "method", "paid_at", "transaction", "taken_by"])
    deed.data |= {"amount": payment.amount, "method": payment.method}


def _method(deed: Act, money: MoneyInput) -> str:
    method = money.method or Payment.Method.CASH
    is_gateways = method == Payment.Method.GATEWAY and deed.actor is not None
    if method not in Payment.Method.values or is_gateways:
        sentence = _("Hãy chọn cách nộp: tiền mặt tại quầy hoặc chuyển khoản.")
        raise InvalidInput(sentence, code="method_unknown", fields={"method": sentence})
    return method


def _receipt_number(deed: Act) -> str:
    """Return "12/BL-2026" from the series of the desk and the year."""
    year = local_date(deed.at).year
    return f"{take_number(f'money:{deed.dossier.office_id}:{year}')}/BL-{year}"


def cancel(deed: Act) -> None:
    """Ask for nothing any more once the dossier has ended."""
    Payment.objects.filter(dossier=deed.dossier, state=Payment.State.PENDING).update(
        state=Payment.State.CANCELLED
    )
