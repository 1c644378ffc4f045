"""What stands beside the main line of a dossier: another unit's opinion, and acts that need a second person."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Unit
from dossiers.models.dossier import Dossier


class Opinion(models.Model):
    """A question to another unit. Its time counts against the deadline: the clock of a co-ordinating agency runs on."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="opinions", verbose_name=_("hồ sơ"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("đơn vị được hỏi"))
    question = models.TextField(_("nội dung lấy ý kiến"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("hỏi lúc"))
    answer = models.TextField(_("ý kiến"), blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(_("trả lời lúc"), null=True)

    class Meta:
        verbose_name = _("ý kiến phối hợp")
        verbose_name_plural = _("ý kiến phối hợp")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["dossier", "unit"], name="opinion_open_once", condition=Q(answered_at=None)
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["unit"], name="opinion_waiting", condition=Q(answered_at=None))
        ]

    def __str__(self) -> str:
        return self.question[:60]


class Proposal(models.Model):
    """The first person's half of an act that needs two (void, reopen); the second person's act settles it."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="proposals", verbose_name=_("hồ sơ"))
    action = models.CharField(_("việc"), max_length=24)
    reason = models.TextField(_("lý do"))
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("đề nghị lúc"))
    settled_at = models.DateTimeField(_("xong lúc"), null=True)

    class Meta:
        verbose_name = _("đề nghị chờ người thứ hai")
        verbose_name_plural = _("đề nghị chờ người thứ hai")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["dossier", "action"], name="proposal_open_once", condition=Q(settled_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.dossier_id}"
