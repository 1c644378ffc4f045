"""Files on their way: an upload that may be cut and goes on, and the one-time page by which a phone sends photos to a desk."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Office
from digitization.models.document import Document


class Handoff(models.Model):
    """A one-time page for one phone and one page of the desk: its token is in the QR, the database keeps a keyed hash."""

    token_hash = models.UUIDField(unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    office = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    # The desk's page that the photos belong to, opaque here.
    place = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("trang chụp bằng điện thoại")
        verbose_name_plural = _("trang chụp bằng điện thoại")
        indexes: ClassVar = [models.Index(fields=["user", "created_at"], name="handoff_of_user")]

    def __str__(self) -> str:
        return f"{self.pk}"


class Transfer(models.Model):
    """One file that arrives in pieces. `received` bytes are durable on the disk; the row goes forward only after them."""

    class Purpose(models.TextChoices):
        PAPER = "paper", _("Giấy tờ")
        BATCH = "batch", _("Xấp bản quét")

    class State(models.TextChoices):
        OPEN = "open", _("Đang gửi")
        DONE = "done", _("Đã nhận")
        REFUSED = "refused", _("Không nhận")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    handoff = models.ForeignKey(Handoff, models.SET_NULL, null=True, related_name="transfers")
    purpose = models.CharField(max_length=6, choices=Purpose.choices, default=Purpose.PAPER)
    place = models.CharField(max_length=80, blank=True)
    name = models.CharField(_("tên tệp"), max_length=300)
    size = models.PositiveBigIntegerField(_("dung lượng (byte)"))
    sha256 = models.CharField(max_length=64, blank=True)
    received = models.PositiveBigIntegerField(_("đã nhận (byte)"), default=0)
    state = models.CharField(_("trạng thái"), max_length=8, choices=State.choices, default=State.OPEN)
    refusal_code = models.CharField(max_length=40, blank=True)
    refusal = models.CharField(_("lý do không nhận"), max_length=500, blank=True)
    document = models.ForeignKey(Document, models.CASCADE, null=True, related_name="transfers")
    # The number of the batch that a stack of scans became.
    batch = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("lần tải lên")
        verbose_name_plural = _("lần tải lên")
        indexes: ClassVar = [
            models.Index(fields=["user", "created_at"], name="transfer_of_user"),
            models.Index(fields=["created_at"], name="transfer_age"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(received__lte=F("size")), name="transfer_not_beyond_size"),
            models.CheckConstraint(
                condition=Q(state="done", document__isnull=False)
                | (Q(state="done") & ~Q(batch=""))
                | (~Q(state="done") & Q(document=None, batch="")),
                name="transfer_done_has_result",
            ),
            models.CheckConstraint(
                condition=(Q(state="refused") & ~Q(refusal_code=""))
                | (~Q(state="refused") & Q(refusal_code="", refusal="")),
                name="transfer_refused_has_words",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.received}/{self.size})"

    @property
    def percent(self) -> int:
        """Return how much has arrived."""
        return 100 * self.received // self.size if self.size else 0
