"""What a dossier costs its applicant, and how it was paid."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dossiers.models.dossier import Dossier


class Payment(models.Model):
    """One amount asked for (yêu cầu thực hiện nghĩa vụ tài chính). The payment axis is its own: a gateway's refusal changes no status."""

    class Method(models.TextChoices):
        CASH = "cash", _("Tiền mặt tại quầy")
        TRANSFER = "transfer", _("Chuyển khoản, quét mã QR")
        GATEWAY = "gateway", _("Cổng thanh toán")

    class State(models.TextChoices):
        PENDING = "pending", _("Chờ nộp")
        PAID = "paid", _("Đã nộp")
        CANCELLED = "cancelled", _("Không thu")
        REFUNDED = "refunded", _("Đã hoàn")

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="payments", verbose_name=_("hồ sơ"))
    name = models.CharField(_("khoản thu"), max_length=200)
    amount = models.PositiveBigIntegerField(_("số tiền (đồng)"))
    state = models.CharField(_("tình trạng"), max_length=9, choices=State.choices, default=State.PENDING)
    # What the applicant writes in the transfer, and what the gateway knows the order by; digits and capitals only.
    reference = models.CharField(_("mã tham chiếu"), max_length=40, unique=True)
    method = models.CharField(_("cách nộp"), max_length=8, choices=Method.choices, blank=True)
    # Of the gateway's or the bank's transaction, or the number of the paper receipt at the counter.
    transaction = models.CharField(_("số giao dịch, biên lai"), max_length=80, blank=True)
    requested_at = models.DateTimeField(_("yêu cầu lúc"))
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    paid_at = models.DateTimeField(_("nộp lúc"), null=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    note = models.CharField(_("ghi chú"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("khoản phải nộp")
        verbose_name_plural = _("khoản phải nộp")
        ordering: ClassVar = ["dossier", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gte=1), name="payment_of_something"),
            models.CheckConstraint(
                condition=(Q(state__in=["paid", "refunded"], paid_at__isnull=False) & ~Q(method=""))
                | Q(state__in=["pending", "cancelled"], paid_at=None),
                name="payment_paid_when_paid",
            ),
            models.UniqueConstraint(
                fields=["dossier"], name="payment_pending_once", condition=Q(state="pending")
            ),
            models.UniqueConstraint(
                fields=["method", "transaction"],
                name="payment_transaction_once",
                condition=Q(method="gateway") & ~Q(transaction=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.amount}"


class GatewayCall(models.Model):
    """One message to or from the payment gateway, as it went over the wire; kept to settle disputes."""

    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="calls", verbose_name=_("khoản phải nộp")
    )
    kind = models.CharField(
        max_length=8, choices=[("init", "INIT"), ("confirm", "CONFIRM"), ("query", "QUERY")]
    )
    sent = models.JSONField(default=dict)
    answer = models.JSONField(default=dict)
    outcome = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("bản tin cổng thanh toán")
        verbose_name_plural = _("bản tin cổng thanh toán")
        ordering: ClassVar = ["payment", "id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome}"
