"""What the machine saw and read on each page of a paper, and what it suggests the paper says."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from digitization.models.document import Document


class PaperReading(models.Model):
    """How far the reading of one paper's file is. A new run begins when a person asks for it; what an older run still does is dropped."""

    document = models.OneToOneField(Document, models.CASCADE, primary_key=True, related_name="paper_reading")
    run = models.PositiveIntegerField(_("lần đọc"), default=1)
    fault = models.CharField(_("lỗi"), max_length=300, blank=True, default="")
    # Whether the searchable copy is PDF/A-2; a born-digital file that breaks its rules keeps its own form.
    is_archival = models.BooleanField(_("đạt PDF/A"), default=False)
    started_at = models.DateTimeField(_("bắt đầu"))
    done_at = models.DateTimeField(_("xong"), null=True)

    class Meta:
        verbose_name = _("lần đọc giấy tờ")
        verbose_name_plural = _("lần đọc giấy tờ")

    def __str__(self) -> str:
        return f"{self.document_id} #{self.run}"


class Page(models.Model):
    """One page: how good its picture is, and its text. `search` holds the words without marks (digitization/searching.py)."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="page_set")
    number = models.PositiveIntegerField(_("trang"))
    is_blank = models.BooleanField(_("trang trắng"), default=False)
    # Variance of the Laplacian by the variance of the grey values, of the least sharp region with writing.
    blur = models.FloatField(_("độ nét"), null=True)
    skew_degrees = models.FloatField(_("độ nghiêng"), null=True)
    dpi = models.PositiveIntegerField(_("độ phân giải"), null=True)
    turn = models.PositiveSmallIntegerField(_("xoay phải (độ)"), default=0)
    is_colour = models.BooleanField(_("có màu"), default=False)
    picture_hash = models.CharField(max_length=64, blank=True, default="")
    duplicate_of = models.PositiveIntegerField(_("trùng trang"), null=True)
    words = models.CharField(_("nhận xét"), max_length=300, blank=True, default="")
    text = models.TextField(_("chữ"), blank=True, default="")
    confidence = models.FloatField(_("độ tin cậy"), null=True)
    search = SearchVectorField(null=True)
    checked_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("trang giấy tờ")
        verbose_name_plural = _("trang giấy tờ")
        ordering: ClassVar = ["document", "number"]
        indexes: ClassVar = [GinIndex(fields=["search"], name="page_search")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "number"], name="page_once"),
            models.CheckConstraint(condition=Q(turn__in=(0, 90, 180, 270)), name="page_turn"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}/{self.number}"


class Suggestion(models.Model):
    """What the paper seems to say of itself in one field, until a person accepts or dismisses it."""

    class Field(models.TextChoices):
        NUMBER = "number", _("Số, ký hiệu")
        ISSUED_ON = "issued_on", _("Ngày cấp")
        HOLDER = "holder", _("Chủ giấy tờ")
        ISSUER = "issuer", _("Nơi cấp")
        GOOD_UNTIL = "good_until", _("Có giá trị đến")

    document = models.ForeignKey(Document, models.CASCADE, related_name="suggestions")
    field = models.CharField(_("mục"), max_length=12, choices=Field.choices)
    value = models.CharField(_("giá trị"), max_length=300)  # dates as YYYY-MM-DD
    confidence = models.FloatField(_("độ tin cậy"))
    page = models.PositiveIntegerField(_("trang"))
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(_("nhận lúc"), null=True)
    dismissed_at = models.DateTimeField(_("bỏ lúc"), null=True)

    class Meta:
        verbose_name = _("gợi ý từ giấy tờ")
        verbose_name_plural = _("gợi ý từ giấy tờ")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "field"], name="suggestion_once"),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(dismissed_at=None), name="suggestion_one_end"
            ),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="suggestion_confidence"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.value}"
