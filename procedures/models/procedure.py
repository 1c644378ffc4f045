"""What the law defines: fields, procedures, their published versions, and the working calendar."""

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Role, Unit


class Confidence(models.TextChoices):
    """How sure we are of a fact taken from a source; what is not high is shown as "chưa đối chiếu"."""

    HIGH = "high", _("Chắc chắn")
    MEDIUM = "medium", _("Khá chắc")
    LOW = "low", _("Chưa chắc")


class Field(models.Model):
    """A field of administration (lĩnh vực)."""

    code = models.SlugField(_("mã"), max_length=40, unique=True)
    name = models.CharField(_("tên"), max_length=200)
    national_code = models.CharField(_("mã lĩnh vực quốc gia"), max_length=20, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="fields", verbose_name=_("đơn vị phụ trách"))
    is_sensitive = models.BooleanField(
        _("lĩnh vực nhạy cảm"), default=False, help_text=_("Tin nhắn không nêu tên thủ tục của lĩnh vực này.")
    )

    class Meta:
        verbose_name = _("lĩnh vực")
        verbose_name_plural = _("lĩnh vực")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class DocumentType(models.Model):
    """A kind of paper, across procedures: what a component asks for and what the holder's store keeps."""

    code = models.CharField(_("mã giấy tờ"), max_length=40, unique=True)
    name = models.CharField(_("tên giấy tờ"), max_length=300)
    is_result = models.BooleanField(_("là kết quả giải quyết"), default=False)
    valid_months = models.PositiveSmallIntegerField(_("thời hạn sử dụng (tháng)"), null=True, blank=True)
    source = models.CharField(_("nguồn"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("loại giấy tờ")
        verbose_name_plural = _("loại giấy tờ")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Procedure(models.Model):
    """An administrative procedure (TTHC). Its content stands in versions."""

    key = models.CharField(_("khoá nội bộ"), max_length=40, unique=True)
    national_code = models.CharField(
        _("mã TTHC"),
        max_length=40,
        null=True,
        blank=True,
        unique=True,
        help_text=_("Mã trên Cơ sở dữ liệu quốc gia về TTHC. Để trống khi chưa đối chiếu, không đặt mã tạm."),
    )
    name = models.CharField(_("tên thủ tục"), max_length=500)
    field = models.ForeignKey(Field, models.PROTECT, related_name="procedures", verbose_name=_("lĩnh vực"))
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="procedures", verbose_name=_("cơ quan giải quyết")
    )
    aliases = ArrayField(
        models.CharField(max_length=120), verbose_name=_("tên thường gọi"), default=list, blank=True
    )
    search_key = models.TextField(_("khoá tìm kiếm"), editable=False)
    is_active = models.BooleanField(_("đang dùng"), default=True)

    class Meta:
        verbose_name = _("thủ tục")
        verbose_name_plural = _("thủ tục")
        ordering: ClassVar = ["key"]
        indexes: ClassVar = [GinIndex(OpClass("search_key", name="gin_trgm_ops"), name="procedure_search")]

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        """The national code, or our own key while the national one is unknown."""
        return self.national_code or self.key


class LimitUnit(models.TextChoices):
    """Units of a statutory term. "ngày" and "ngày làm việc" are different things."""

    WORKING_DAYS = "working_days", _("ngày làm việc")
    CALENDAR_DAYS = "calendar_days", _("ngày")
    MONTHS = "months", _("tháng")
    WORKING_HOURS = "working_hours", _("giờ làm việc")
    SAME_DAY = "same_day", _("trong ngày")


class VersionQuerySet(models.QuerySet["ProcedureVersion"]):
    """Versions, read as English."""

    def in_force(self, on: object) -> "VersionQuerySet":
        """Keep the published versions that hold on that day."""
        return self.filter(
            Q(in_force_to=None) | Q(in_force_to__gte=on), state="published", in_force_from__lte=on
        )


class ProcedureVersion(models.Model):
    """One published text of a procedure. After publishing only its end date may change; a database trigger refuses the rest.

    A dossier keeps the version it was received under (domain.md, trap 15).
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Nháp")
        PUBLISHED = "published", _("Đã công bố")

    class AfterSupplement(models.TextChoices):
        CONTINUE = "continue", _("Tính tiếp thời gian còn lại")
        RESTART = "restart", _("Tính lại từ đầu")

    procedure = models.ForeignKey(
        Procedure, models.PROTECT, related_name="versions", verbose_name=_("thủ tục")
    )
    number = models.PositiveSmallIntegerField(_("bản số"), validators=[MinValueValidator(1)])
    state = models.CharField(_("trạng thái"), max_length=10, choices=State.choices, default=State.DRAFT)
    in_force_from = models.DateField(_("hiệu lực từ"))
    in_force_to = models.DateField(_("đến hết"), null=True, blank=True)
    # No term known: the desk types the date that the published text gives; it is never guessed.
    limit_value = models.PositiveSmallIntegerField(_("thời hạn giải quyết"), null=True, blank=True)
    limit_unit = models.CharField(_("đơn vị thời hạn"), max_length=15, choices=LimitUnit.choices, blank=True)
    after_supplement = models.CharField(
        _("sau khi bổ sung"), max_length=10, choices=AfterSupplement.choices, default=AfterSupplement.CONTINUE
    )
    result_name = models.CharField(_("kết quả"), max_length=300, blank=True)
    result_type = models.ForeignKey(
        DocumentType, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("loại kết quả")
    )
    applicant_kinds = ArrayField(
        models.CharField(max_length=12), verbose_name=_("đối tượng"), default=list, blank=True
    )
    notes = models.TextField(_("ghi chú"), blank=True)
    source = models.CharField(_("nguồn"), max_length=500, blank=True)
    name_confidence = models.CharField(
        _("tên"), max_length=6, choices=Confidence.choices, default=Confidence.LOW
    )
    limit_confidence = models.CharField(
        _("thời hạn"), max_length=6, choices=Confidence.choices, default=Confidence.LOW
    )
    components_confidence = models.CharField(
        _("thành phần"), max_length=6, choices=Confidence.choices, default=Confidence.LOW
    )
    is_verified = models.BooleanField(_("đã đối chiếu CSDLQG"), default=False)
    published_at = models.DateTimeField(_("công bố lúc"), null=True, blank=True)

    objects: ClassVar = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("bản của thủ tục")
        verbose_name_plural = _("bản của thủ tục")
        ordering: ClassVar = ["procedure", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["procedure", "number"], name="version_number_once"),
            models.CheckConstraint(
                condition=Q(in_force_to=None) | Q(in_force_to__gte=F("in_force_from")),
                name="version_dates_in_order",
                violation_error_message=_("Ngày hết hiệu lực phải sau ngày có hiệu lực."),
            ),
            models.CheckConstraint(
                condition=Q(limit_unit="", limit_value=None)
                | Q(limit_unit="same_day")
                | (Q(limit_value__gte=1, limit_value__lte=3650) & ~Q(limit_unit="")),
                name="version_limit_whole",
                violation_error_message=_(
                    "Thời hạn phải có cả số (từ 1 đến 3650) và đơn vị, hoặc để trống cả hai."
                ),
            ),
            ExclusionConstraint(
                name="version_one_in_force",
                expressions=[
                    ("procedure", RangeOperators.EQUAL),
                    (
                        Func(F("in_force_from"), F("in_force_to"), Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(state="published"),
                violation_error_message=_("Thời gian hiệu lực trùng với một bản đã công bố khác."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.procedure.code} · {_('bản')} {self.number}"

    @property
    def limit_words(self) -> str:
        """The term in words, e.g. "5 ngày làm việc"; empty when unknown."""
        if not self.limit_unit:
            return ""
        if self.limit_unit == LimitUnit.SAME_DAY:
            return str(LimitUnit.SAME_DAY.label)
        return f"{self.limit_value} {self.get_limit_unit_display()}"


class Case(models.Model):
    """A variant of a procedure with its own components (trường hợp); one "default" where the law names none."""

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="cases", verbose_name=_("bản"))
    code = models.SlugField(_("mã"), max_length=40, default="default")
    name = models.CharField(_("tên trường hợp"), max_length=300)
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=1)

    class Meta:
        verbose_name = _("trường hợp")
        verbose_name_plural = _("trường hợp")
        ordering: ClassVar = ["version", "position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["version", "code"], name="case_code_once")]

    def __str__(self) -> str:
        return self.name


class ComponentRequirement(models.Model):
    """One paper that a case asks for (thành phần hồ sơ)."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="components", verbose_name=_("trường hợp"))
    code = models.SlugField(_("mã"), max_length=20)
    name = models.CharField(_("tên"), max_length=300)
    document_type = models.ForeignKey(
        DocumentType, models.PROTECT, related_name="+", verbose_name=_("loại giấy tờ")
    )
    position = models.PositiveSmallIntegerField(_("thứ tự"))
    is_mandatory = models.BooleanField(_("bắt buộc"), default=True)
    originals = models.PositiveSmallIntegerField(_("bản chính"), default=1)
    copies = models.PositiveSmallIntegerField(_("bản sao"), default=0)
    is_reusable = models.BooleanField(_("dùng lại được"), default=True)
    is_validity_limited = models.BooleanField(
        _("có thời hạn sử dụng"),
        default=False,
        help_text=_("Giấy có thời hạn được loại khỏi chỉ tiêu “không nộp lại” (Kế hoạch 654, II.2)."),
    )

    class Meta:
        verbose_name = _("thành phần hồ sơ")
        verbose_name_plural = _("thành phần hồ sơ")
        ordering: ClassVar = ["case", "position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "code"], name="component_code_once")]

    def __str__(self) -> str:
        return self.name


class StepCondition(models.TextChoices):
    """The fact of a dossier that decides whether a step is done for it."""

    CASE = "case", _("Trường hợp")
    CHANNEL = "channel", _("Kênh nộp")
    RETURN_METHOD = "return_method", _("Cách nhận kết quả")
    COMPLEXITY = "complexity", _("Hồ sơ phức tạp")


class Step(models.Model):
    """One step inside `processing`, done by a role within a norm of working hours."""

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="steps", verbose_name=_("bản"))
    code = models.SlugField(_("mã"), max_length=40)
    name = models.CharField(_("tên bước"), max_length=120)
    citizen_name = models.CharField(_("tên cho người dân"), max_length=120)
    role = models.CharField(_("vai trò"), max_length=20, choices=Role.choices)
    position = models.PositiveSmallIntegerField(_("thứ tự"))
    norm_hours = models.DecimalField(_("định mức (giờ làm việc)"), max_digits=6, decimal_places=1)
    may_pause = models.BooleanField(_("được tạm dừng"), default=False)
    # Where the dossier may go from here, by code; empty means the next step whose condition holds.
    next_codes = ArrayField(
        models.SlugField(max_length=40), verbose_name=_("bước sau"), default=list, blank=True, db_default=[]
    )
    # The step is done only for dossiers whose fact is among the values; without a condition it is done for all.
    condition = models.CharField(
        _("điều kiện"), max_length=14, choices=StepCondition.choices, blank=True, default="", db_default=""
    )
    condition_values = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("áp dụng khi là"),
        default=list,
        blank=True,
        db_default=[],
    )
    # Reaching this step opens a dossier of another agency's procedure (liên thông); it is left when that one has its result.
    linked_procedure = models.ForeignKey(
        Procedure,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("mở hồ sơ liên thông"),
    )

    class Meta:
        verbose_name = _("bước xử lý")
        verbose_name_plural = _("bước xử lý")
        ordering: ClassVar = ["version", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "position"], name="step_position_once"),
            models.UniqueConstraint(fields=["version", "code"], name="step_code_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Fee(models.Model):
    """A fee or charge of a version; an amount of None is "chưa xác định" and is never taken for free."""

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="fees", verbose_name=_("bản"))
    name = models.CharField(_("tên"), max_length=200)
    amount = models.PositiveBigIntegerField(_("mức thu (đồng)"), null=True, blank=True)
    legal_basis = models.CharField(_("căn cứ"), max_length=300, blank=True)
    confidence = models.CharField(
        _("độ tin cậy"), max_length=6, choices=Confidence.choices, default=Confidence.LOW
    )

    class Meta:
        verbose_name = _("phí, lệ phí")
        verbose_name_plural = _("phí, lệ phí")

    def __str__(self) -> str:
        return self.name


class LegalBasis(models.Model):
    """A citation that a version stands on."""

    version = models.ForeignKey(
        ProcedureVersion, models.CASCADE, related_name="legal_bases", verbose_name=_("bản")
    )
    citation = models.CharField(_("căn cứ"), max_length=300)
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=1)

    class Meta:
        verbose_name = _("căn cứ pháp lý")
        verbose_name_plural = _("căn cứ pháp lý")
        ordering: ClassVar = ["version", "position"]

    def __str__(self) -> str:
        return self.citation
