"""Settle a fee beside the desk's act: what the gateway reports, a fee that a leader lets go, money that is given back."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.lib import names
from bpmc_portal.lib.vietnamese import format_datetime
from dossiers.models import Dossier, Payment, Status
from dossiers.numbering import code_key
from dossiers.services.acts import MoneyInput, Params, StaleVersion
from dossiers.services.payments import NOTE_LENGTH
from dossiers.services.transitions import act_for_applicant
from dossiers.workflow import Action

REASON_LENGTH = 2000


class Booked(StrEnum):
    """What became of money that the gateway says it has taken."""

    PAID = "paid"
    AGAIN = "again"
    LATE = "late"
    TWICE = "twice"


@transaction.atomic
def book(payment_id: int, *, transaction_id: str, at: datetime) -> Booked:
    """Book the whole amount as taken by the gateway, once; the dossier that waits for it goes on by itself.

    Money is never refused: for a dossier that waits no more (withdrawn meanwhile), and for a second transaction, it is kept with a
    note that it must be given back. Locks the dossier, as every act does.
    """
    dossier_id = Payment.objects.values_list("dossier_id", flat=True).get(pk=payment_id)
    dossier = Dossier.objects.select_for_update(of=("self",)).get(pk=dossier_id)
    payment = Payment.objects.get(pk=payment_id)
    if payment.state in (Payment.State.PAID, Payment.State.REFUNDED):
        if payment.transaction == transaction_id:
            return Booked.AGAIN
        words = _("Cổng thanh toán báo thu thêm một lần nữa, giao dịch %s: phải hoàn lại cho người nộp.")
        _note(payment, words % transaction_id)
        return Booked.TWICE
    if payment.state == Payment.State.PENDING and dossier.status == Status.AWAITING_PAYMENT:
        money = MoneyInput(payment.amount, method=Payment.Method.GATEWAY, transaction=transaction_id)
        act_for_applicant(dossier_id, Action.PAY, params=Params(money=money), at=at)
        return Booked.PAID
    Payment.objects.filter(pk=payment_id).update(
        state=Payment.State.PAID, method=Payment.Method.GATEWAY, transaction=transaction_id, paid_at=at
    )
    _note(payment, _("Tiền đến khi hồ sơ không còn chờ nộp phí: phải hoàn lại cho người nộp."))
    return Booked.LATE


def _note(payment: Payment, words: str) -> None:
    """Add a remark once, the newest first."""
    if words not in payment.note:
        note = f"{words} {payment.note}".strip()
        Payment.objects.filter(pk=payment.pk).update(note=note[:NOTE_LENGTH])


def may_settle(dossier: Dossier, user: User) -> bool:
    """Say whether this person decides on the fees of the dossier: a leader of the unit that handles it."""
    return principal_of(user).may("approve_dossiers", dossier.unit_id)


@transaction.atomic
def waive(
    code: str, *, actor: User, reason: str, expected_version: int | None = None, at: datetime | None = None
) -> Dossier:
    """Let the fee go by a leader's decision with its reason: the open amount is cancelled and the clock runs on.

    Raises NotFound, StaleVersion, InvalidInput without a reason, IllegalTransition when no fee is waited for.
    """
    dossier = _locked(code, actor)
    if expected_version is not None and expected_version != dossier.version:
        raise StaleVersion(
            _("Hồ sơ vừa được người khác thay đổi. Hãy tải lại trang, xem nội dung mới rồi làm lại."),
            extra={"version": dossier.version},
        )
    words = _reason(reason, _("Hãy ghi lý do không thu phí."))
    return act_for_applicant(
        dossier.pk, Action.PAY, params=Params(reason=words, is_waived=True), at=at, by=actor
    )


@transaction.atomic
def give_back(code: str, payment_id: int, *, actor: User, reason: str, at: datetime) -> Payment:
    """Note that paid money went back to the payer. The dossier's status does not change; the payment axis is its own."""
    dossier = _locked(code, actor)
    words = _reason(reason, _("Hãy ghi lý do và số chứng từ hoàn tiền."))
    payment = _of(dossier).filter(pk=payment_id).first()
    if payment is None:
        raise NotFound
    if payment.state != Payment.State.PAID:
        raise DomainError(_("Khoản này chưa thu hoặc đã hoàn rồi."), code="not_paid", status=409)
    done = _("Đã hoàn %(at)s bởi %(who)s: %(why)s") % {"at": format_datetime(at), "who": actor, "why": words}
    payment.state, payment.note = Payment.State.REFUNDED, done[:NOTE_LENGTH]
    payment.save(update_fields=["state", "note"])
    return payment


def _of(dossier: Dossier) -> QuerySet[Payment]:
    return Payment.objects.filter(dossier=dossier)


def _locked(code: str, actor: User) -> Dossier:
    """Lock the dossier of a leader; NotFound for who may not see it, a refusal for who may not decide."""
    dossier: Dossier | None = (
        Dossier.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .filter(code_key=code_key(code))
        .first()
    )
    if dossier is None:
        raise NotFound(_("Không tìm thấy hồ sơ này. Hãy kiểm tra lại mã hồ sơ."))
    if not may_settle(dossier, actor):
        raise DomainError(
            _("Chỉ lãnh đạo đơn vị giải quyết được quyết định không thu hoặc hoàn phí."),
            code="not_leader",
            status=403,
        )
    return dossier


def _reason(typed: str, sentence: str) -> str:
    words = names.clean_text(typed, REASON_LENGTH).strip()
    if not words:
        raise InvalidInput(sentence, code="reason_missing", fields={"reason": sentence})
    return words
