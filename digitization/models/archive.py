"""What is kept, for how long, and what was destroyed: archive packages, retention classes, destruction lists."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Unit
from digitization.models.document import Blob, Document
from procedures.models import Procedure


class RetentionClass(models.Model):
    """How long dossiers of one kind are kept: a row with its citation, because the periods were not obtained and are not invented."""

    class Period(models.TextChoices):
        UNDETERMINED = "undetermined", _("Chưa xác định")
        YEARS = "years", _("Có thời hạn")
        PERMANENT = "permanent", _("Vĩnh viễn")

    code = models.SlugField(_("mã"), max_length=40, unique=True)
    name = models.CharField(_("tên"), max_length=200)
    period = models.CharField(_("thời hạn"), max_length=12, choices=Period.choices)
    years = models.PositiveSmallIntegerField(_("số năm"), null=True, blank=True)
    citation = models.CharField(_("căn cứ"), max_length=300, blank=True)
    note = models.CharField(_("ghi chú, độ tin cậy"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("thời hạn bảo quản")
        verbose_name_plural = _("thời hạn bảo quản")
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(period="years", years__gte=1, years__lte=200)
                | (~Q(period="years") & Q(years=None)),
                name="retention_years_when_limited",
                violation_error_message=_("Hãy nhập số năm (1–200) khi và chỉ khi chọn “Có thời hạn”."),
            ),
            models.CheckConstraint(
                condition=Q(period="undetermined") | ~Q(citation=""),
                name="retention_cites_its_source",
                violation_error_message=_("Thời hạn bảo quản phải có căn cứ pháp lý."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def words(self) -> str:
        """How long, in words."""
        return _("%d năm") % self.years if self.years else str(self.get_period_display())


class ProcedureRetention(models.Model):
    """Which class the dossiers of a procedure belong to; a procedure without a row is undetermined."""

    procedure = models.OneToOneField(
        Procedure, models.PROTECT, related_name="retention", verbose_name=_("thủ tục")
    )
    retention_class = models.ForeignKey(
        RetentionClass, models.PROTECT, related_name="procedures", verbose_name=_("thời hạn bảo quản")
    )

    class Meta:
        verbose_name = _("thời hạn bảo quản của thủ tục")
        verbose_name_plural = _("thời hạn bảo quản của thủ tục")

    def __str__(self) -> str:
        return f"{self.procedure}: {self.retention_class}"


class ArchivePackage(models.Model):
    """One sealed package of one dossier as it ended. A dossier that is opened again and ends again gets a further one."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Đang chờ đóng gói")
        SEALED = "sealed", _("Đã đóng gói")
        FAILED = "failed", _("Không đóng gói được")
        DESTROYED = "destroyed", _("Đã tiêu huỷ")

    # Text, not a key: a package outlives whatever becomes of the dossier's row, and this app knows no dossier.
    dossier_code = models.CharField(_("mã hồ sơ"), max_length=60)
    number = models.PositiveSmallIntegerField(_("lần đóng gói"), default=1)
    # The last event that the package tells of; the same event never makes two packages.
    covers_seq = models.PositiveIntegerField(_("đến sự kiện"))
    title = models.CharField(_("tiêu đề hồ sơ"), max_length=500)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("đơn vị"))
    procedure = models.ForeignKey(Procedure, models.PROTECT, related_name="+", verbose_name=_("thủ tục"))
    retention_class = models.ForeignKey(
        RetentionClass, models.PROTECT, related_name="packages", verbose_name=_("thời hạn bảo quản")
    )
    closed_on = models.DateField(_("kết thúc ngày"))
    # The last day of the retention; null while it is permanent or undetermined.
    keep_until = models.DateField(_("bảo quản đến hết"), null=True)
    state = models.CharField(_("trạng thái"), max_length=9, choices=State.choices, default=State.WAITING)
    fault = models.CharField(_("lỗi"), max_length=500, blank=True)
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="+", verbose_name=_("gói"))
    manifest_sha256 = models.CharField(_("dấu của bảng kê"), max_length=64, blank=True)
    files = models.PositiveIntegerField(_("số tệp"), default=0)
    previous = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="following", verbose_name=_("gói trước")
    )
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    sealed_at = models.DateTimeField(_("đóng gói lúc"), null=True)
    checked_at = models.DateTimeField(_("kiểm tra lần cuối"), null=True)
    destroyed_at = models.DateTimeField(_("tiêu huỷ lúc"), null=True)

    class Meta:
        verbose_name = _("gói lưu trữ")
        verbose_name_plural = _("gói lưu trữ")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dossier_code", "number"], name="package_numbered_once"),
            models.UniqueConstraint(fields=["dossier_code", "covers_seq"], name="package_once_an_end"),
            models.CheckConstraint(
                condition=(
                    Q(state__in=["sealed", "destroyed"], blob__isnull=False, sealed_at__isnull=False)
                    & ~Q(manifest_sha256="")
                )
                | Q(state__in=["waiting", "failed"], blob=None, sealed_at=None),
                name="package_sealed_whole",
            ),
            models.CheckConstraint(
                condition=Q(state="destroyed", destroyed_at__isnull=False)
                | (~Q(state="destroyed") & Q(destroyed_at=None)),
                name="package_destroyed_at",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["unit", "-id"], name="package_by_unit"),
            models.Index(fields=["id"], name="package_waiting", condition=Q(state="waiting")),
            models.Index(fields=["unit", "id"], name="package_failed", condition=Q(state="failed")),
            models.Index(
                fields=["unit", "keep_until"],
                name="package_to_destroy",
                condition=Q(state="sealed", keep_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_code} #{self.number}"


class PackageFile(models.Model):
    """One file in a package, by the blob that it was copied from."""

    package = models.ForeignKey(ArchivePackage, models.PROTECT, related_name="contents")
    path = models.CharField(_("đường dẫn trong gói"), max_length=200)
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("tệp trong gói")
        verbose_name_plural = _("tệp trong gói")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["package", "path"], name="package_path_once")
        ]

    def __str__(self) -> str:
        return self.path


class DestructionList(models.Model):
    """Packages whose time has ended, proposed for destruction by one person and decided by another."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Chờ duyệt")
        APPROVED = "approved", _("Đã duyệt, đang thực hiện")
        REFUSED = "refused", _("Không duyệt")
        DONE = "done", _("Đã tiêu huỷ")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("đơn vị"))
    # "03/BBTH": from the series of the unit and year, taken at the approval.
    number = models.CharField(_("số biên bản"), max_length=40, blank=True)
    state = models.CharField(_("trạng thái"), max_length=8, choices=State.choices, default=State.PROPOSED)
    reason = models.CharField(_("lý do đề nghị"), max_length=500)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("đề nghị lúc"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("quyết định lúc"), null=True)
    decision_note = models.CharField(_("ý kiến"), max_length=500, blank=True)
    certificate = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(_("xong lúc"), null=True)

    class Meta:
        verbose_name = _("danh mục tiêu huỷ")
        verbose_name_plural = _("danh mục tiêu huỷ")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
                name="destruction_by_two_people",
                violation_error_message=_("Người duyệt tiêu huỷ phải khác người đề nghị."),
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_by=None, decided_at=None)
                | (~Q(state="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="destruction_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(certificate__isnull=False, done_at__isnull=False),
                name="destruction_certified",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["unit", "-id"], name="destruction_by_unit")]

    def __str__(self) -> str:
        return self.number or f"#{self.pk}"


class DestructionItem(models.Model):
    """One package of a destruction list. `is_live` while the list may still destroy it: a package stands on one such list."""

    destruction = models.ForeignKey(DestructionList, models.PROTECT, related_name="items")
    package = models.ForeignKey(ArchivePackage, models.PROTECT, related_name="destructions")
    is_live = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("gói của danh mục tiêu huỷ")
        verbose_name_plural = _("gói của danh mục tiêu huỷ")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["package"], name="package_on_one_list", condition=Q(is_live=True))
        ]

    def __str__(self) -> str:
        return f"{self.destruction_id} {self.package_id}"
