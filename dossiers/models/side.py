"""What stands beside the main line of a dossier: opinions, acts that need a second person, notes, messages, the drafted result."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Unit
from digitization.models import Document
from dossiers.models.dossier import Dossier


class Opinion(models.Model):
    """A question to another unit. Its time counts against the deadline: the clock of a co-ordinating agency runs on."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="opinions", verbose_name=_("hồ sơ"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("đơn vị được hỏi"))
    question = models.TextField(_("nội dung lấy ý kiến"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("hỏi lúc"))
    # Until when; past it an opinion that is not given counts as agreement, or is told as missing, by the rule the question was asked under.
    due_at = models.DateTimeField(_("hạn trả lời"), null=True)
    silence_is_consent = models.BooleanField(_("quá hạn coi như đồng ý"), default=False, db_default=False)
    # Read by the unit that asked and the unit that answers, by nobody else and never by the applicant.
    is_confidential = models.BooleanField(_("ý kiến mật"), default=False, db_default=False)
    answer = models.TextField(_("ý kiến"), blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # Without answered_by: the deadline passed in silence.
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
            models.Index(fields=["unit"], name="opinion_waiting", condition=Q(answered_at=None)),
            models.Index(fields=["due_at"], name="opinion_due", condition=Q(answered_at=None)),
        ]

    def __str__(self) -> str:
        return self.question[:60]


class Proposal(models.Model):
    """The first person's half of an act that needs two (void, reopen); the second person's act settles it."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="proposals", verbose_name=_("hồ sơ"))
    action = models.CharField(_("việc"), max_length=24)
    reason = models.TextField(_("lý do"))
    # What the act would change (a correction's new values): the second person confirms exactly this.
    data = models.JSONField(_("nội dung"), default=dict, db_default={})
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


class Note(models.Model):
    """A note among colleagues: never shown to the applicant, never changed."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="notes", verbose_name=_("hồ sơ"))
    text = models.TextField(_("nội dung"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("lúc"))

    class Meta:
        verbose_name = _("ghi chú nội bộ")
        verbose_name_plural = _("ghi chú nội bộ")
        ordering: ClassVar = ["dossier", "-id"]

    def __str__(self) -> str:
        return self.text[:60]


class Message(models.Model):
    """One message between the unit and the applicant, with when the other side read it."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="messages", verbose_name=_("hồ sơ"))
    # Without author: the applicant wrote it.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    text = models.TextField(_("nội dung"))
    at = models.DateTimeField(_("lúc"))
    read_at = models.DateTimeField(_("bên kia đọc lúc"), null=True)

    class Meta:
        verbose_name = _("tin nhắn")
        verbose_name_plural = _("tin nhắn")
        ordering: ClassVar = ["dossier", "id"]
        indexes: ClassVar = [
            models.Index(fields=["dossier"], name="message_unread", condition=Q(author=None, read_at=None))
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Result(models.Model):
    """The result of a dossier: drafted by the officer, made valid by the approval. Signing and its code come with digitisation."""

    dossier = models.OneToOneField(Dossier, models.PROTECT, related_name="result", verbose_name=_("hồ sơ"))
    title = models.CharField(_("trích yếu"), max_length=300)
    number = models.CharField(_("số, ký hiệu"), max_length=60, blank=True)
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, related_name="+", verbose_name=_("tệp kết quả")
    )
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(_("dự thảo lúc"))
    # Counts the drafts: who approves approves the one that was read.
    revision = models.PositiveSmallIntegerField(_("lần dự thảo"), default=1)
    issued_at = models.DateTimeField(_("ban hành lúc"), null=True)

    class Meta:
        verbose_name = _("kết quả giải quyết")
        verbose_name_plural = _("kết quả giải quyết")

    def __str__(self) -> str:
        return self.title
