"""The register of results issued before the portal and still in force: the denominator of the first target (Kế hoạch 654, I01)."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Unit
from digitization.models.document import Blob, Document
from procedures.models import DocumentType


class LegacyImport(models.Model):
    """One spreadsheet of old results: judged first, written into the register once. The same file of a unit is one import."""

    class State(models.TextChoices):
        CHECKING = "checking", _("Đang kiểm tra")
        CHECKED = "checked", _("Đã kiểm tra, chưa ghi")
        APPLYING = "applying", _("Đang ghi vào sổ")
        APPLIED = "applied", _("Đã ghi vào sổ")
        REFUSED = "refused", _("Không đọc được")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("đơn vị"))
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+", verbose_name=_("tệp"))
    name = models.CharField(_("tên tệp"), max_length=200)
    # What the unit says its paper register holds in all; compared with what was counted.
    declared = models.PositiveIntegerField(_("tổng số kê khai"), null=True)
    state = models.CharField(_("trạng thái"), max_length=8, choices=State.choices, default=State.CHECKING)
    words = models.CharField(_("nhận xét"), max_length=500, blank=True, default="")
    rows = models.PositiveIntegerField(_("số dòng"), default=0)
    done = models.PositiveIntegerField(_("số dòng đã xong"), default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("gửi lúc"), auto_now_add=True)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    applied_at = models.DateTimeField(_("ghi lúc"), null=True)

    class Meta:
        verbose_name = _("lần nhập sổ cũ")
        verbose_name_plural = _("lần nhập sổ cũ")
        indexes: ClassVar = [models.Index(fields=["unit", "-created_at"], name="legacy_import_by_unit")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "blob"],
                name="legacy_import_file_once",
                violation_error_message=_("Tệp này đã được nhập cho đơn vị."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class LegacyImportRow(models.Model):
    """One row of the spreadsheet with what would happen to it, in words."""

    class Verdict(models.TextChoices):
        NEW = "new", _("Thêm mới")
        CHANGE = "change", _("Thay đổi")
        SAME = "same", _("Không đổi")
        DUPLICATE = "duplicate", _("Trùng")
        ERROR = "error", _("Lỗi")

    batch = models.ForeignKey(LegacyImport, models.CASCADE, related_name="lines", db_index=False)
    number = models.PositiveIntegerField(_("dòng"))
    verdict = models.CharField(_("kết quả"), max_length=9, choices=Verdict.choices)
    words = models.CharField(_("nhận xét"), max_length=500, blank=True)
    values = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("dòng nhập sổ cũ")
        verbose_name_plural = _("dòng nhập sổ cũ")
        ordering: ClassVar = ["batch", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "number"], name="legacy_import_row_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["batch", "verdict", "number"], name="legacy_row_by_verdict"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.verdict}"


class LegacyResult(models.Model):
    """One result of a unit's old register, and how far its digitisation is.

    `state` follows the paper: the database writes it when the paper's file, signature or code changes (migration 0010), and adds the
    results in force up in RegisterCount.
    """

    class State(models.TextChoices):
        PAPER = "paper", _("Chưa quét")
        SCANNED = "scanned", _("Đã quét, chưa ký số")
        SIGNED = "signed", _("Đã ký số, chưa vào kho")
        STORED = "stored", _("Đã lưu, dùng lại được")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False, verbose_name=_("đơn vị"))
    register_no = models.CharField(_("số vào sổ"), max_length=40)
    document_type = models.ForeignKey(
        DocumentType, models.PROTECT, related_name="+", verbose_name=_("loại kết quả")
    )
    holder_number = models.CharField(_("số định danh của chủ"), max_length=20, blank=True)
    holder_name = models.CharField(_("tên chủ"), max_length=200)
    search_key = models.CharField(max_length=300, editable=False)
    number = models.CharField(_("số, ký hiệu"), max_length=60)
    issued_on = models.DateField(_("ngày cấp"))
    issuer = models.CharField(_("nơi cấp"), max_length=300)
    good_until = models.DateField(_("có giá trị đến"), null=True)
    revoked_on = models.DateField(_("thu hồi ngày"), null=True)
    revoked_why = models.CharField(_("lý do thu hồi"), max_length=300, blank=True)
    # Neither revoked nor past its last day; the daily tick takes out what expired.
    is_in_force = models.BooleanField(_("còn hiệu lực"), default=True)
    state = models.CharField(_("trạng thái"), max_length=7, choices=State.choices, default=State.PAPER)
    document = models.OneToOneField(
        Document, models.PROTECT, null=True, related_name="legacy", verbose_name=_("giấy tờ")
    )
    stored_at = models.DateTimeField(_("vào kho lúc"), null=True)
    batch = models.ForeignKey(LegacyImport, models.PROTECT, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("kết quả trong sổ cũ")
        verbose_name_plural = _("kết quả trong sổ cũ")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "register_no"],
                name="legacy_register_no_once",
                violation_error_message=_("Số vào sổ này đã có."),
            ),
            models.UniqueConstraint(
                fields=["unit", "document_type", "number", "issued_on"],
                name="legacy_number_once",
                violation_error_message=_("Số, ký hiệu và ngày cấp này đã có trong sổ."),
            ),
            models.CheckConstraint(
                condition=Q(state="paper") | Q(document__isnull=False), name="legacy_paper_without_document"
            ),
            models.CheckConstraint(
                condition=Q(state="stored", stored_at__isnull=False)
                | (~Q(state="stored") & Q(stored_at=None)),
                name="legacy_stored_with_day",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["unit", "state", "id"], name="legacy_in_force", condition=Q(is_in_force=True)
            ),
            models.Index(fields=["unit", "id"], name="legacy_by_unit"),
            models.Index(fields=["good_until"], name="legacy_expiring", condition=Q(is_in_force=True)),
        ]

    def __str__(self) -> str:
        return f"{self.register_no}: {self.number}"


class RegisterCount(models.Model):
    """How many results in force of a unit stand in one state: added up by the database with every change."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=7)
    results = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("số liệu sổ cũ")
        verbose_name_plural = _("số liệu sổ cũ")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "state"], name="register_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.state}: {self.results}"


class RegisterDay(models.Model):
    """How many results of a unit reached the store on a local day, less what fell back: the pace of the forecast."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    results = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("kết quả vào kho theo ngày")
        verbose_name_plural = _("kết quả vào kho theo ngày")
        constraints: ClassVar = [models.UniqueConstraint(fields=["unit", "day"], name="register_day_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.results}"
