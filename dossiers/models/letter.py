"""What is written to the applicant: coded reasons, letters, and what each letter asks for."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from digitization.models import Document
from dossiers.models.component import Component, PaperVerdict
from dossiers.models.dossier import Dossier
from procedures.models import ComponentRequirement


class Reason(models.Model):
    """A coded reason with the words and the remedy that the citizen reads; a row that the ministry may change."""

    class Use(models.TextChoices):
        PAPER = "paper", _("Giấy tờ không đạt")
        DECLINE = "decline", _("Từ chối tiếp nhận")
        REFUSE = "refuse", _("Từ chối giải quyết")
        DELAY = "delay", _("Chậm trả kết quả")
        STOP = "stop", _("Dừng giải quyết")

    code = models.SlugField(_("mã"), max_length=40, unique=True)
    use = models.CharField(_("dùng cho"), max_length=8, choices=Use.choices)
    text = models.CharField(_("lý do"), max_length=500)
    remedy = models.CharField(_("cách khắc phục"), max_length=500, blank=True)
    legal_basis = models.CharField(_("căn cứ pháp lý"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=1)
    is_active = models.BooleanField(_("đang dùng"), default=True)

    class Meta:
        verbose_name = _("lý do")
        verbose_name_plural = _("danh mục lý do")
        ordering: ClassVar = ["use", "position", "code"]

    def __str__(self) -> str:
        return self.text


class Verdict(models.Model):
    """One verdict on one paper, as it was given: append-only, the standing one is repeated on the component."""

    component = models.ForeignKey(
        Component, models.PROTECT, related_name="verdicts", verbose_name=_("giấy tờ")
    )
    verdict = models.CharField(_("kết luận"), max_length=6, choices=PaperVerdict.choices, blank=True)
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, related_name="+", verbose_name=_("lý do"))
    note = models.CharField(_("ghi chú"), max_length=1000, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("lúc"))

    class Meta:
        verbose_name = _("kết luận về giấy tờ")
        verbose_name_plural = _("kết luận về giấy tờ")
        ordering: ClassVar = ["component", "-id"]

    def __str__(self) -> str:
        return f"{self.component_id} {self.verdict}"


class Letter(models.Model):
    """One letter to the applicant. Written by an act, numbered and issued once; a draft has no number and binds nobody."""

    class Kind(models.TextChoices):
        FIX = "fix", _("Yêu cầu sửa trước tiếp nhận")
        SUPPLEMENT = "supplement", _("Yêu cầu bổ sung")
        DECLINE = "decline", _("Từ chối tiếp nhận")
        REFUSE = "refuse", _("Từ chối giải quyết")
        APOLOGY = "apology", _("Xin lỗi và hẹn lại")
        STOP = "stop", _("Dừng giải quyết")

    class State(models.TextChoices):
        DRAFT = "draft", _("Dự thảo")
        ISSUED = "issued", _("Đã phát hành")
        DROPPED = "dropped", _("Không dùng")

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="letters", verbose_name=_("hồ sơ"))
    kind = models.CharField(_("loại"), max_length=10, choices=Kind.choices)
    state = models.CharField(_("tình trạng"), max_length=7, choices=State.choices)
    # "12/HDHS": taken from the series of the kind, the issuing unit and the year.
    number = models.CharField(_("số"), max_length=40, blank=True)
    text = models.TextField(_("lý do, nội dung"), blank=True)
    legal_basis = models.CharField(_("căn cứ pháp lý"), max_length=300, blank=True)
    respond_by = models.DateTimeField(_("hạn trả lời"), null=True)
    # Of an apology: the appointment that was missed and the one proposed.
    due_before = models.DateTimeField(_("hẹn cũ"), null=True)
    due_at = models.DateTimeField(_("hẹn mới"), null=True)
    # Further facts that the form prints and no rule reads (fees to return, originals to return), by their key.
    data = models.JSONField(_("chi tiết"), default=dict)
    drafted_at = models.DateTimeField(_("soạn lúc"))
    # Null for what the clock drafted by itself.
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField(_("phát hành lúc"), null=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # When the last thing asked for came in; a letter that asks for nothing never has it.
    answered_at = models.DateTimeField(_("trả lời đủ lúc"), null=True)
    # The telephone call that stands in for a message which did not arrive.
    called_at = models.DateTimeField(_("gọi điện lúc"), null=True)
    called_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("thư gửi người nộp")
        verbose_name_plural = _("thư gửi người nộp")
        ordering: ClassVar = ["dossier", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["dossier", "kind"], name="letter_drafted_once", condition=Q(state="draft")
            ),
            models.CheckConstraint(
                condition=(Q(state="issued", issued_at__isnull=False) & ~Q(number=""))
                | (~Q(state="issued") & Q(number="", issued_at=None)),
                name="letter_numbered_when_issued",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["drafted_at"], name="letter_drafts", condition=Q(state="draft")),
            models.Index(fields=["dossier", "kind"], name="letter_by_dossier"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}".strip()


class LetterItem(models.Model):
    """One thing that a letter says about one published paper, and for a supplement the answer to it."""

    letter = models.ForeignKey(Letter, models.CASCADE, related_name="items", verbose_name=_("thư"))
    position = models.PositiveSmallIntegerField(_("thứ tự"))
    # Only a paper of the published list may be asked for, so this is never empty (Luật: NĐ 61/2018, Điều 17 – one request, listed papers).
    requirement = models.ForeignKey(
        ComponentRequirement, models.PROTECT, related_name="+", verbose_name=_("thành phần")
    )
    name = models.CharField(_("tên giấy tờ"), max_length=300)
    reason = models.ForeignKey(Reason, models.PROTECT, related_name="+", verbose_name=_("lý do"))
    text = models.CharField(_("nội dung"), max_length=1000)
    remedy = models.CharField(_("cách khắc phục"), max_length=500, blank=True)
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, related_name="+", verbose_name=_("giấy bổ sung")
    )
    answered_at = models.DateTimeField(_("nộp lúc"), null=True)

    class Meta:
        verbose_name = _("nội dung của thư")
        verbose_name_plural = _("nội dung của thư")
        ordering: ClassVar = ["letter", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["letter", "position"], name="letter_item_position_once")
        ]

    def __str__(self) -> str:
        return self.name
