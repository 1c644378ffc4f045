"""The outbox: what people are told, by which channel, and what became of it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """One message to one address. Never holds a name or a paper's title: see the templates."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("Tin nhắn")

    class State(models.TextChoices):
        PENDING = "pending", _("Chờ gửi")
        SENDING = "sending", _("Đang gửi")
        SENT = "sent", _("Đã gửi")
        UNKNOWN = "unknown", _("Chưa rõ kết quả")
        FAILED = "failed", _("Không gửi được")

    channel = models.CharField(_("kênh"), max_length=10, choices=Channel.choices)
    address = models.CharField(_("tới"), max_length=254)
    template = models.CharField(_("mẫu"), max_length=60)
    subject = models.CharField(_("về"), max_length=80, db_index=True)
    title = models.CharField(_("tiêu đề"), max_length=200)
    body = models.TextField(_("nội dung"))
    dedup_key = models.CharField(max_length=160, unique=True)
    state = models.CharField(_("trạng thái"), max_length=10, choices=State.choices, default=State.PENDING)
    last_error = models.CharField(_("lỗi"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    sent_at = models.DateTimeField(_("gửi lúc"), null=True)

    class Meta:
        verbose_name = _("thông báo")
        verbose_name_plural = _("thông báo")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.template} → {self.channel}"
