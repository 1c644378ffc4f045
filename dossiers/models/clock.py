"""The ledger of the two clocks, and the warnings that the clock gave."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dossiers.models.dossier import PAUSED, Dossier, Status
from procedures.models import Step


class ClockSpanQuerySet(models.QuerySet["ClockSpan"]):
    """Sets of spans, read as English."""

    def paused(self) -> "ClockSpanQuerySet":
        """Keep the intervals in which the statutory clock stood still."""
        return self.filter(status__in=PAUSED)


class ClockSpan(models.Model):
    """One interval of a dossier in one status and one step: the ledger from which both clocks are told.

    A trigger writes it from the events (migration 0006), so it equals them by construction and costs no statement. The legal clock
    stands still in the spans of PAUSED; the internal clock of a step is the sum of its running spans.
    """

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="spans", verbose_name=_("hồ sơ"))
    status = models.CharField(_("trạng thái"), max_length=20, choices=Status.choices)
    step = models.ForeignKey(Step, models.PROTECT, null=True, related_name="+", verbose_name=_("bước"))
    started_at = models.DateTimeField(_("từ lúc"))
    ended_at = models.DateTimeField(_("đến lúc"), null=True)

    objects: ClassVar = ClockSpanQuerySet.as_manager()

    class Meta:
        verbose_name = _("khoảng thời gian")
        verbose_name_plural = _("sổ thời gian")
        ordering: ClassVar = ["started_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dossier"], name="span_open_once", condition=Q(ended_at=None)),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="span_in_order"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["dossier", "started_at"], name="span_by_dossier")]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.status}"

    @property
    def is_paused(self) -> bool:
        """Whether the statutory clock stood still."""
        return self.status in PAUSED


class Alert(models.Model):
    """One warning to one person about one appointment; never twice for the same level."""

    class Level(models.TextChoices):
        STEP_OVER = "step_over", _("Quá định mức của bước")
        SOON = "soon", _("Sắp đến hạn")
        OVERDUE = "overdue", _("Quá hạn")
        APOLOGY_UNSENT = "apology_unsent", _("Thư xin lỗi chưa gửi")
        NO_ANSWER = "no_answer", _("Người nộp chưa trả lời")

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="alerts", verbose_name=_("hồ sơ"))
    level = models.CharField(_("mức"), max_length=16, choices=Level.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="alerts", verbose_name=_("người nhận")
    )
    # The instant that the warning is about: another appointment is another warning.
    about = models.DateTimeField(_("về hạn"))
    at = models.DateTimeField(_("lúc"))
    seen_at = models.DateTimeField(_("đã xem lúc"), null=True)

    class Meta:
        verbose_name = _("cảnh báo")
        verbose_name_plural = _("cảnh báo")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dossier", "level", "user", "about"], name="alert_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-at"], name="alert_unseen", condition=Q(seen_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.level} {self.dossier_id}"
