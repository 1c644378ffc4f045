"""A paper of a dossier: what was asked, how it came, and what was found in it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from digitization.models import Document
from dossiers.models.dossier import Dossier
from procedures.models import ComponentRequirement


class ProvidedAs(models.TextChoices):
    """In what form a paper was brought."""

    ORIGINAL = "original", _("Bản chính")
    CERTIFIED_COPY = "certified_copy", _("Bản chứng thực")
    COPY = "copy", _("Bản sao")
    FILE = "file", _("Bản điện tử")
    REUSED = "reused", _("Dùng lại từ kho")


class AskedAgain(models.TextChoices):
    """Why a paper that is already held here is asked for once more (Kế hoạch 654, II.2: never without a reason)."""

    EXPIRED = "expired", _("Hết hạn")
    CHANGED = "changed", _("Thông tin thay đổi")
    POOR_QUALITY = "poor_quality", _("Chất lượng kém")
    CITIZEN_WANTS_NEW = "citizen_wants_new", _("Người dân muốn nộp mới")
    OTHER = "other", _("Lý do khác")
    # What another system sends without a reason; the desk's own page never does.
    UNSTATED = "unstated", _("Không nêu")


class PaperVerdict(models.TextChoices):
    """What the officer found in one paper."""

    PASSED = "passed", _("Đạt")
    FAILED = "failed", _("Không đạt")


class Component(models.Model):
    """One paper of a dossier: what was asked, how it came, the document it became, and what the officer found in it."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="components", verbose_name=_("hồ sơ"))
    requirement = models.ForeignKey(
        ComponentRequirement, models.PROTECT, related_name="+", verbose_name=_("thành phần")
    )
    position = models.PositiveSmallIntegerField(_("thứ tự"))
    name = models.CharField(_("tên"), max_length=300)
    provided_as = models.CharField(_("hình thức"), max_length=14, choices=ProvidedAs.choices)
    copies = models.PositiveSmallIntegerField(_("số bản"), default=1)
    document = models.ForeignKey(
        Document, models.PROTECT, related_name="components", verbose_name=_("giấy tờ")
    )
    # Both are facts of the receipt: what the store had that minute, and why it was asked for all the same.
    was_held = models.BooleanField(_("đã có trong kho khi tiếp nhận"), default=False, db_default=False)
    asked_again = models.CharField(
        _("lý do yêu cầu nộp lại"),
        max_length=20,
        choices=AskedAgain.choices,
        blank=True,
        default="",
        db_default="",
    )
    asked_again_note = models.CharField(
        _("ghi chú lý do"), max_length=200, blank=True, default="", db_default=""
    )
    # The standing verdict; every one that was ever given is a row of Verdict.
    verdict = models.CharField(
        _("kết luận"), max_length=6, choices=PaperVerdict.choices, blank=True, default="", db_default=""
    )
    verdict_reason = models.ForeignKey(
        "dossiers.Reason", models.PROTECT, null=True, related_name="+", verbose_name=_("lý do không đạt")
    )
    verdict_note = models.CharField(
        _("ghi chú của cán bộ"), max_length=1000, blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name = _("giấy tờ của hồ sơ")
        verbose_name_plural = _("giấy tờ của hồ sơ")
        ordering: ClassVar = ["dossier", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dossier", "position"], name="component_position_once"),
            models.CheckConstraint(
                condition=Q(copies__gte=1, copies__lte=99), name="component_copies_in_range"
            ),
            models.CheckConstraint(
                condition=(Q(was_held=True) & ~Q(provided_as="reused") & ~Q(asked_again=""))
                | (Q(asked_again="") & (Q(was_held=False) | Q(provided_as="reused"))),
                name="component_asked_again_with_reason",
                violation_error_message=_("Giấy tờ đã có trong kho chỉ được yêu cầu nộp lại khi có lý do."),
            ),
            models.CheckConstraint(
                condition=Q(verdict="failed", verdict_reason__isnull=False)
                | (~Q(verdict="failed") & Q(verdict_reason=None)),
                name="component_failed_with_reason",
                violation_error_message=_("Giấy tờ không đạt phải có lý do trong danh mục."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
