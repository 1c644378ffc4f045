"""Remembered answers: the same key and body get the first answer again."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class RememberedAnswer(models.Model):
    """One idempotency key of one actor, written in the transaction of the act itself. Kept 30 days."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(_("khoá"), max_length=100)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("câu trả lời đã ghi nhớ")
        verbose_name_plural = _("câu trả lời đã ghi nhớ")
        constraints: ClassVar = [models.UniqueConstraint(fields=["actor", "key"], name="idempotency_once")]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return self.key
