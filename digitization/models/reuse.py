"""Where a held paper served again and on what ground, and what its holder says is wrong with it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from digitization.models.document import Document


class Reuse(models.Model):
    """One serving again of a paper: for which dossier, by whom, when, what for, and what allows it (Luật 91/2025/QH15)."""

    class Ground(models.TextChoices):
        LAW = "law", _("Theo quy định của pháp luật")
        CONSENT = "consent", _("Người nộp đồng ý")

    document = models.ForeignKey(
        Document, models.PROTECT, related_name="reuses", verbose_name=_("giấy tờ"), db_index=False
    )
    # A text: papers outlive dossiers, and know them by their code only.
    dossier_code = models.CharField(_("mã hồ sơ"), max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("người thực hiện"),
    )
    channel = models.CharField(_("kênh"), max_length=6)
    at = models.DateTimeField(_("lúc"))
    purpose = models.CharField(_("mục đích"), max_length=400)
    ground = models.CharField(_("căn cứ"), max_length=7, choices=Ground.choices)
    # The citation of the law, or how the consent was given.
    ground_words = models.CharField(_("nội dung căn cứ"), max_length=300)

    class Meta:
        verbose_name = _("lần dùng lại")
        verbose_name_plural = _("lần dùng lại")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "dossier_code"], name="reuse_once_a_dossier"),
            models.CheckConstraint(condition=~Q(ground_words=""), name="reuse_ground_in_words"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} → {self.dossier_code}"


class PaperObjection(models.Model):
    """What a holder says is wrong with a held paper, and what staff answered. One open at a time."""

    class State(models.TextChoices):
        OPEN = "open", _("Chờ trả lời")
        MENDED = "mended", _("Đã sửa")
        KEPT = "kept", _("Giữ nguyên")

    document = models.ForeignKey(
        Document, models.PROTECT, related_name="objections", verbose_name=_("giấy tờ")
    )
    text = models.CharField(_("nội dung phản ánh"), max_length=1000)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("người phản ánh")
    )
    made_at = models.DateTimeField(_("gửi lúc"))
    state = models.CharField(_("trạng thái"), max_length=6, choices=State.choices, default=State.OPEN)
    answer = models.CharField(_("trả lời"), max_length=1000, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("người trả lời")
    )
    answered_at = models.DateTimeField(_("trả lời lúc"), null=True)

    class Meta:
        verbose_name = _("phản ánh về giấy tờ")
        verbose_name_plural = _("phản ánh về giấy tờ")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["document"], name="objection_one_open", condition=Q(state="open")
            ),
            models.CheckConstraint(
                condition=Q(state="open", answer="", answered_at=None)
                | (~Q(state="open") & ~Q(answer="") & Q(answered_at__isnull=False)),
                name="objection_answered_in_words",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["id"], name="objection_open", condition=Q(state="open"))]

    def __str__(self) -> str:
        return self.text[:60]
