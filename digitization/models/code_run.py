"""A run that gives codes to all papers that wait for one, cut into slices that Celery does one by one."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class CodeRun(models.Model):
    """How far one run is. The papers themselves and the job ledger are the truth; this row is what people see of it."""

    # None when started on the command line.
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("người chạy")
    )
    started_at = models.DateTimeField(_("bắt đầu"))
    # Both None until the slices are cut.
    total = models.PositiveIntegerField(_("số giấy tờ chờ mã"), null=True)
    slices = models.PositiveIntegerField(_("số phần"), null=True)
    slices_done = models.PositiveIntegerField(_("số phần đã xong"), default=0)
    coded = models.PositiveIntegerField(_("số mã đã cấp"), default=0)
    finished_at = models.DateTimeField(_("xong lúc"), null=True)

    class Meta:
        verbose_name = _("đợt cấp mã")
        verbose_name_plural = _("đợt cấp mã")
        constraints: ClassVar = [
            models.UniqueConstraint(
                models.Value(1), name="code_run_one_at_a_time", condition=Q(finished_at=None)
            ),
            models.CheckConstraint(
                condition=Q(slices=None) | Q(slices__gte=F("slices_done")), name="code_run_slices_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.coded}/{self.total}"

    @property
    def is_over(self) -> bool:
        """Say whether every slice is done."""
        return self.finished_at is not None
