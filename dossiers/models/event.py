"""What happened to a dossier: append-only, numbered, the source of every later figure."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Unit
from dossiers.models.dossier import Dossier, Status
from procedures.models import Step


class DossierEvent(models.Model):
    """One act. The database refuses to change or delete it, and checks that the last one's target is the dossier's status."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="events", verbose_name=_("hồ sơ"))
    seq = models.PositiveIntegerField(_("thứ tự"))
    action = models.CharField(_("việc"), max_length=24)
    from_status = models.CharField(_("từ"), max_length=20, blank=True)
    to_status = models.CharField(_("sang"), max_length=20, choices=Status.choices)
    from_step = models.ForeignKey(Step, models.PROTECT, null=True, related_name="+")
    to_step = models.ForeignKey(Step, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("lúc"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("ai")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("đơn vị"))
    reason = models.TextField(_("lý do, ghi chú"), blank=True)
    is_public = models.BooleanField(_("người dân thấy"), default=True)
    # Facts of the act that later figures need: due instants, hand-off by paper, second person, reason codes. Ids, never names,
    # but for who took a result away in the applicant's stead: that name is the proof of handing over.
    data = models.JSONField(_("chi tiết"), default=dict)

    class Meta:
        verbose_name = _("sự kiện hồ sơ")
        verbose_name_plural = _("sự kiện hồ sơ")
        ordering: ClassVar = ["dossier", "seq"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["dossier", "seq"], name="event_seq_once")]

    def __str__(self) -> str:
        return f"{self.dossier_id}/{self.seq} {self.action}"
