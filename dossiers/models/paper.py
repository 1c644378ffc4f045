"""Papers issued from a dossier: made once, stored with their hash, reprinted as numbered copies."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from digitization.models import Blob
from dossiers.models.dossier import Dossier
from dossiers.models.letter import Letter


class IssuedPaper(models.Model):
    """One statutory paper of a dossier in one paper size, never made again after it is issued."""

    dossier = models.ForeignKey(
        Dossier, models.PROTECT, related_name="issued_papers", verbose_name=_("hồ sơ")
    )
    # Set for what a letter became: a dossier may have several of one form, each letter one of its own.
    letter = models.ForeignKey(
        Letter, models.PROTECT, null=True, related_name="papers", verbose_name=_("thư")
    )
    form = models.CharField(_("mẫu"), max_length=40)
    form_version = models.CharField(_("bản mẫu"), max_length=20)
    size = models.CharField(_("khổ giấy"), max_length=2)
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+", verbose_name=_("tệp"))
    issued_at = models.DateTimeField(_("phát hành lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("giấy đã phát hành")
        verbose_name_plural = _("giấy đã phát hành")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["dossier", "form", "size"], name="paper_issued_once", condition=models.Q(letter=None)
            ),
            models.UniqueConstraint(
                fields=["letter", "size"],
                name="letter_printed_once",
                condition=models.Q(letter__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.size}"


class Reprint(models.Model):
    """One more printing of an issued paper: numbered, with who and why."""

    paper = models.ForeignKey(IssuedPaper, models.PROTECT, related_name="reprints")
    number = models.PositiveSmallIntegerField(_("lần in lại"))
    reason = models.CharField(_("lý do"), max_length=200)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("lần in lại")
        verbose_name_plural = _("lần in lại")
        constraints: ClassVar = [models.UniqueConstraint(fields=["paper", "number"], name="reprint_numbered")]

    def __str__(self) -> str:
        return f"{self.paper} #{self.number}"
