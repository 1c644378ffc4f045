"""People and places: units, offices (BPMC), users, their memberships, and the applicants they serve."""

from datetime import date
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase

from bpmc_portal.lib import names


class UnitKind(models.TextChoices):
    """What a unit of the ministry is (NĐ 14/2017/NĐ-CP, NĐ 62/2022/NĐ-CP)."""

    MINISTRY = "ministry", _("Bộ")
    OFFICE = "office", _("Văn phòng")
    DEPARTMENT = "department", _("Vụ")
    AGENCY = "agency", _("Cục")
    GENERAL_DEPARTMENT = "general_department", _("Tổng cục")
    INSPECTORATE = "inspectorate", _("Thanh tra")
    PUBLIC_UNIT = "public_unit", _("Đơn vị sự nghiệp")


class Unit(models.Model):
    """A unit of the ministry in its tree. Names and codes of the past stay: a reorganised unit gets an end date and a successor."""

    code = models.SlugField(_("mã"), max_length=40, unique=True)
    name = models.CharField(_("tên"), max_length=200)
    kind = models.CharField(_("loại"), max_length=20, choices=UnitKind.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("trực thuộc")
    )
    org_code = models.CharField(
        _("mã định danh điện tử"),
        max_length=35,
        null=True,
        blank=True,
        unique=True,
        help_text=_("QĐ 20/2020/QĐ-TTg, QCVN 102:2016. Để trống khi chưa được cấp."),
    )
    valid_from = models.DateField(_("từ ngày"), null=True, blank=True)
    valid_to = models.DateField(_("đến ngày"), null=True, blank=True)
    successor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="predecessors",
        verbose_name=_("kế thừa bởi"),
    )
    source = models.CharField(_("nguồn"), max_length=300, blank=True)
    # Non-territorial intake: false keeps this unit's procedures at its own desks and those of the units above it.
    accepts_at_any_desk = models.BooleanField(
        _("mọi Bộ phận Một cửa đều được tiếp nhận"),
        default=True,
        help_text=_(
            "Bỏ chọn: hồ sơ của đơn vị chỉ nộp tại Bộ phận Một cửa của đơn vị hoặc của đơn vị cấp trên."
        ),
    )

    class Meta:
        verbose_name = _("đơn vị")
        verbose_name_plural = _("đơn vị")
        ordering = ("name",)
        # Unit-level grants (Group × Unit, django-guardian). A global permission of these names means nothing: see permissions.py.
        default_permissions = ("add", "change", "view")
        permissions = (
            ("view_dossiers", _("Xem hồ sơ của đơn vị")),
            ("receive_dossiers", _("Tiếp nhận và trả kết quả")),
            ("process_dossiers", _("Xử lý hồ sơ")),
            ("approve_dossiers", _("Phê duyệt hồ sơ")),
            ("supervise_desk", _("Phụ trách Bộ phận Một cửa")),
            ("register_papers", _("Văn thư, đóng dấu, ký số cơ quan")),
            ("digitise_papers", _("Số hoá giấy tờ")),
            ("view_figures", _("Xem số liệu điều hành")),
            ("audit_access", _("Kiểm tra nhật ký truy cập")),
        )

    def __str__(self) -> str:
        return self.name


class Office(models.Model):
    """A one-stop desk (Bộ phận Tiếp nhận và Trả kết quả) of a unit, with its own opening hours and number series."""

    code = models.SlugField(_("mã"), max_length=20, unique=True)
    name = models.CharField(_("tên"), max_length=200)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="offices", verbose_name=_("đơn vị"))
    address = models.CharField(_("địa chỉ"), max_length=300, blank=True)
    phone = models.CharField(_("điện thoại"), max_length=40, blank=True)
    place = models.CharField(_("địa danh ghi trên giấy"), max_length=60, default="Hà Nội")
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=100)
    is_open = models.BooleanField(_("đang hoạt động"), default=True)

    class Meta:
        verbose_name = _("Bộ phận Một cửa")
        verbose_name_plural = _("Bộ phận Một cửa")
        ordering = ("position", "code")

    def __str__(self) -> str:
        return self.name


class OfficeHours(models.Model):
    """One opening session of an office on a weekday: Monday is 0, as in Python."""

    office = models.ForeignKey(
        Office, models.CASCADE, related_name="hours", verbose_name=_("Bộ phận Một cửa")
    )
    weekday = models.PositiveSmallIntegerField(
        _("thứ"),
        choices=[
            (0, _("Thứ Hai")),
            (1, _("Thứ Ba")),
            (2, _("Thứ Tư")),
            (3, _("Thứ Năm")),
            (4, _("Thứ Sáu")),
            (5, _("Thứ Bảy")),
            (6, _("Chủ nhật")),
        ],
    )
    opens_at = models.TimeField(_("mở cửa"))
    closes_at = models.TimeField(_("đóng cửa"))

    class Meta:
        verbose_name = _("giờ làm việc")
        verbose_name_plural = _("giờ làm việc")
        ordering = ("office", "weekday", "opens_at")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")),
                name="office_hours_close_after_open",
                violation_error_message=_("Giờ đóng cửa phải sau giờ mở cửa."),
            ),
            models.UniqueConstraint(fields=["office", "weekday", "opens_at"], name="office_hours_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens_at:%H:%M}–{self.closes_at:%H:%M}"


class Applicant(models.Model):
    """A person or organisation that dossiers belong to, known by one identity number.

    The dossier keeps the name and contact as they were given that day; this row is what is known now.
    """

    class Kind(models.TextChoices):
        CITIZEN = "citizen", _("Cá nhân")
        ORGANISATION = "organisation", _("Tổ chức, doanh nghiệp")

    class IdentityKind(models.TextChoices):
        CCCD = "cccd", _("Số căn cước / số định danh cá nhân")
        PASSPORT = "passport", _("Hộ chiếu")
        TAX_CODE = "tax_code", _("Mã số thuế")

    class Gender(models.TextChoices):
        MALE = "male", _("Nam")
        FEMALE = "female", _("Nữ")

    kind = models.CharField(_("loại"), max_length=12, choices=Kind.choices)
    identity_kind = models.CharField(_("loại giấy tờ"), max_length=10, choices=IdentityKind.choices)
    identity_number = models.CharField(_("số định danh"), max_length=20)
    name = models.CharField(_("họ và tên / tên tổ chức"), max_length=200)
    search_key = models.CharField(_("khoá tìm kiếm"), max_length=200, editable=False)
    sort_key = models.CharField(_("khoá sắp xếp"), max_length=800, editable=False)
    birth_on = models.DateField(_("ngày sinh"), null=True, blank=True)
    gender = models.CharField(_("giới tính"), max_length=6, choices=Gender.choices, blank=True)
    phone = models.CharField(_("điện thoại"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    address = models.CharField(_("địa chỉ"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    updated_at = models.DateTimeField(_("cập nhật lúc"), auto_now=True)

    # No column: set by applicants.remember on somebody who was not known a moment ago, and so has no paper here.
    is_newcomer = False

    class Meta:
        verbose_name = _("người nộp")
        verbose_name_plural = _("người nộp")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["identity_number", "identity_kind"], name="applicant_identity_unique"
            ),
            models.CheckConstraint(
                condition=Q(kind="organisation", identity_kind="tax_code")
                | Q(kind="citizen", identity_kind__in=["cccd", "passport"]),
                name="applicant_identity_fits_kind",
                violation_error_message=_("Cá nhân dùng số căn cước hoặc hộ chiếu; tổ chức dùng mã số thuế."),
            ),
        ]
        indexes: ClassVar = [
            GinIndex(OpClass("search_key", name="gin_trgm_ops"), name="applicant_search"),
            models.Index(fields=["phone"], name="applicant_phone", condition=~Q(phone="")),
        ]

    def __str__(self) -> str:
        return self.name

    def set_name(self, name: str) -> None:
        """Put a cleaned name with the keys that search and sort use."""
        self.name = name
        self.search_key = names.fold(name)[:200]
        self.sort_key = names.sort_key(name, given_name_first=self.kind == self.Kind.CITIZEN)[:800]


class UserManager(BaseUserManager["User"]):
    """Creates accounts; Django's commands need these two methods."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> "User":
        """Create a user; without a password the account cannot sign in."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: object) -> "User":
        """Create an operator of the Django admin. It sees no dossier: dossiers need a membership."""
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by username, whatever the case typed."""
        return self.get(username__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """An account: staff through memberships, a citizen or enterprise through `applicant`."""

    username = models.CharField(
        _("tên đăng nhập"),
        max_length=60,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-z0-9._-]+$", _("Tên đăng nhập chỉ gồm chữ thường không dấu, số, dấu chấm, gạch.")
            )
        ],
    )
    full_name = models.CharField(_("họ và tên"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    title = models.CharField(_("chức danh"), max_length=100, blank=True)
    applicant = models.ForeignKey(
        Applicant, models.PROTECT, null=True, blank=True, related_name="users", verbose_name=_("người nộp")
    )
    is_active = models.BooleanField(_("đang hoạt động"), default=True)
    is_staff = models.BooleanField(_("vào trang quản trị"), default=False)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("tài khoản")
        verbose_name_plural = _("tài khoản")
        ordering = ("username",)
        constraints: ClassVar = [models.UniqueConstraint(Upper("username"), name="user_username_any_case")]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        """Return the name that Django's admin prints."""
        return str(self)


class Role(models.TextChoices):
    """What a person does in a unit. The permissions each role carries stand in permissions.ROLE_PERMISSIONS."""

    CLERK = "clerk", _("Cán bộ tiếp nhận")
    DESK_HEAD = "desk_head", _("Phụ trách Bộ phận Một cửa")
    OFFICER = "officer", _("Chuyên viên thụ lý")
    LEADER = "leader", _("Lãnh đạo phê duyệt")
    REGISTRY = "registry", _("Văn thư")
    DIGITISER = "digitiser", _("Cán bộ số hoá")
    MINISTRY_OFFICE = "ministry_office", _("Văn phòng Bộ, theo dõi số liệu")
    AUDITOR = "auditor", _("Thanh tra, kiểm tra")
    ADMIN = "admin", _("Quản trị hệ thống")
    KIOSK = "kiosk", _("Máy lấy số")


class Membership(models.Model):
    """A person's role in a unit (and at an office) between two dates; its team carries the unit grants."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("tài khoản"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="memberships", verbose_name=_("đơn vị"))
    role = models.CharField(_("vai trò"), max_length=20, choices=Role.choices)
    office = models.ForeignKey(
        Office,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("Bộ phận Một cửa"),
    )
    team = models.ForeignKey(
        Group, models.PROTECT, related_name="memberships", editable=False, verbose_name=_("nhóm quyền")
    )
    starts_on = models.DateField(_("từ ngày"))
    ends_on = models.DateField(_("đến hết ngày"), null=True, blank=True)

    class Meta:
        verbose_name = _("vai trò của người dùng")
        verbose_name_plural = _("vai trò của người dùng")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="membership_dates_in_order",
                violation_error_message=_("Ngày kết thúc phải sau ngày bắt đầu."),
            ),
            ExclusionConstraint(
                name="membership_once_at_a_time",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    (
                        Func(F("starts_on"), F("ends_on"), Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_("Người này đã giữ vai trò đó tại đơn vị trong thời gian này."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.get_role_display()} – {self.unit}"

    def is_in_force(self, on: date) -> bool:
        """Say whether the membership holds on that local day."""
        return self.starts_on <= on and (self.ends_on is None or on <= self.ends_on)


class UnitGrant(GroupObjectPermissionBase):
    """django-guardian's grant Group × Unit with a direct foreign key: the fast form that its documentation advises."""

    content_object = models.ForeignKey(Unit, models.CASCADE, related_name="grants")

    class Meta(GroupObjectPermissionBase.Meta):
        verbose_name = _("quyền trên đơn vị")
        verbose_name_plural = _("quyền trên đơn vị")


class Absence(models.Model):
    """Days on which a person takes no new work, and who covers; work in hand stays until it is handed on."""

    user = models.ForeignKey(User, models.PROTECT, related_name="absences", verbose_name=_("người vắng"))
    starts_on = models.DateField(_("từ ngày"))
    ends_on = models.DateField(_("đến hết ngày"))
    cover = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="covers", verbose_name=_("người làm thay")
    )
    reason = models.CharField(_("lý do"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("ngày vắng mặt")
        verbose_name_plural = _("ngày vắng mặt")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="absence_dates_in_order",
                violation_error_message=_("Ngày kết thúc phải sau ngày bắt đầu."),
            ),
            models.CheckConstraint(
                condition=Q(cover=None) | ~Q(cover=F("user")),
                name="absence_covered_by_another",
                violation_error_message=_("Người làm thay phải là người khác."),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "ends_on"], name="absence_by_user")]

    def __str__(self) -> str:
        return f"{self.user}: {self.starts_on:%d/%m/%Y} – {self.ends_on:%d/%m/%Y}"
