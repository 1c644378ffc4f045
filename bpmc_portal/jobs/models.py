"""The job ledger: work is a row in PostgreSQL written with the business change; Redis and Celery are only the doorbell."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """One piece of background work. `dedup_key` makes enqueuing it twice the same as once."""

    kind = models.CharField(_("loại việc"), max_length=60)
    queue = models.CharField(_("hàng"), max_length=20)
    dedup_key = models.CharField(_("khoá"), max_length=160, unique=True)
    payload = models.JSONField(_("tham số"), default=dict)
    not_before = models.DateTimeField(_("không trước"))
    attempts = models.PositiveSmallIntegerField(_("số lần thử"), default=0)
    max_attempts = models.PositiveSmallIntegerField(_("tối đa"), default=5)
    last_error = models.TextField(_("lỗi gần nhất"), blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    done_at = models.DateTimeField(_("xong lúc"), null=True)
    dead_at = models.DateTimeField(_("bỏ cuộc lúc"), null=True)

    class Meta:
        verbose_name = _("việc nền")
        verbose_name_plural = _("việc nền")
        indexes: ClassVar = [
            # Only work in hand: the index stays small however long the history grows.
            models.Index(fields=["not_before"], name="job_due", condition=Q(done_at=None, dead_at=None)),
            models.Index(fields=["dead_at"], name="job_dead", condition=Q(dead_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.dedup_key}"


class Tick(models.Model):
    """One slot of a periodic job: two beats may ring, one row wins."""

    name = models.CharField(max_length=40)
    slot = models.CharField(max_length=40)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["name", "slot"], name="tick_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.slot}"
