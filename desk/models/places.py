"""What an office offers and where: services, counters, who sits at them, and the rules of its queue."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Office
from procedures.models import Field


class Service(models.Model):
    """What a visitor comes for, in the words of the hall; its prefix starts the ticket numbers (A → A012)."""

    office = models.ForeignKey(
        Office, models.PROTECT, related_name="services", verbose_name=_("Bộ phận Một cửa")
    )
    code = models.SlugField(_("mã"), max_length=40)
    prefix = models.CharField(
        _("chữ đầu của số"),
        max_length=1,
        validators=[RegexValidator(r"^[A-Z]$", _("Chữ đầu của số là một chữ cái in hoa không dấu."))],
    )
    name = models.CharField(_("tên"), max_length=80)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=80, blank=True)
    icon = models.CharField(_("hình"), max_length=40, default="file-text")
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=100)
    is_active = models.BooleanField(_("đang phục vụ"), default=True)
    fields = models.ManyToManyField(Field, related_name="services", blank=True, verbose_name=_("lĩnh vực"))

    class Meta:
        verbose_name = _("dịch vụ tại quầy")
        verbose_name_plural = _("dịch vụ tại quầy")
        ordering: ClassVar = ["office", "position", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["office", "code"], name="service_code_once"),
            models.UniqueConstraint(
                fields=["office", "prefix"],
                name="service_prefix_once",
                violation_error_message=_("Chữ đầu này đã dùng cho dịch vụ khác."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} {self.name}"


class Counter(models.Model):
    """A numbered place at the desk where one person is served at a time."""

    office = models.ForeignKey(
        Office, models.PROTECT, related_name="counters", verbose_name=_("Bộ phận Một cửa")
    )
    number = models.PositiveSmallIntegerField(_("số quầy"))
    name = models.CharField(_("tên"), max_length=80, blank=True)
    is_active = models.BooleanField(_("đang dùng"), default=True)
    services = models.ManyToManyField(
        Service, related_name="counters", blank=True, verbose_name=_("dịch vụ"),
        help_text=_("Để trống: quầy phục vụ mọi dịch vụ."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("quầy")
        verbose_name_plural = _("quầy")
        ordering: ClassVar = ["office", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["office", "number"], name="counter_number_once"),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=99), name="counter_number_in_range"
            ),
        ]

    def __str__(self) -> str:
        return _("Quầy %d") % self.number


class Shift(models.Model):
    """One person at one counter from opening to closing. A counter has one open shift at most."""

    counter = models.ForeignKey(Counter, models.PROTECT, related_name="shifts", verbose_name=_("quầy"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="shifts", verbose_name=_("người trực")
    )
    service_ids = ArrayField(models.BigIntegerField(), verbose_name=_("dịch vụ phục vụ"))
    opened_at = models.DateTimeField(_("mở lúc"))
    closed_at = models.DateTimeField(_("đóng lúc"), null=True)
    # What was left and to whom it was handed over; {"auto": true} when the day's closing had to close it.
    closing = models.JSONField(_("bàn giao"), default=dict)

    class Meta:
        verbose_name = _("ca trực")
        verbose_name_plural = _("ca trực")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["counter"], name="shift_open_once", condition=Q(closed_at=None)),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")), name="shift_in_order"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-opened_at"], name="shift_by_user"),
            models.Index(fields=["counter", "-opened_at"], name="shift_by_counter"),
        ]

    def __str__(self) -> str:
        return f"{self.counter} – {self.user}"


class ShiftBreak(models.Model):
    """A pause inside a shift, with its reason."""

    shift = models.ForeignKey(Shift, models.CASCADE, related_name="breaks", verbose_name=_("ca trực"))
    reason = models.CharField(_("lý do"), max_length=100)
    started_at = models.DateTimeField(_("từ lúc"))
    ended_at = models.DateTimeField(_("đến lúc"), null=True)

    class Meta:
        verbose_name = _("tạm nghỉ")
        verbose_name_plural = _("tạm nghỉ")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shift"], name="break_open_once", condition=Q(ended_at=None)),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="break_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class Queue(models.Model):
    """The rules of one office's queue. `call_next` locks this row, so that the calls of an office have an order."""

    office = models.OneToOneField(Office, models.PROTECT, primary_key=True, related_name="queue")
    preferred_bound = models.PositiveSmallIntegerField(
        _("nhường tối đa"), default=2,
        help_text=_("Người chờ lâu nhất bị lượt ưu tiên và lượt hẹn vượt qua nhiều nhất bấy nhiêu lần."),
    )  # fmt: skip
    back_places = models.PositiveSmallIntegerField(_("lùi mấy lượt khi vắng hoặc đến muộn"), default=3)
    absent_calls = models.PositiveSmallIntegerField(_("gọi mấy lần thì nhắc báo vắng"), default=3)
    absent_after_s = models.PositiveSmallIntegerField(_("sau mấy giây thì nhắc báo vắng"), default=90)
    late_min = models.PositiveSmallIntegerField(
        _("muộn hẹn quá mấy phút thì xếp như lượt thường"), default=15
    )
    priority_prefix = models.CharField(_("chữ đầu của số ưu tiên"), max_length=1, default="U")
    offline_prefix = models.CharField(_("chữ đầu của số in khi mất mạng"), max_length=1, default="K")
    target_wait_s = models.PositiveIntegerField(_("mục tiêu chờ (giây)"), default=15 * 60)
    target_serve_s = models.PositiveIntegerField(_("mục tiêu tiếp nhận (giây)"), default=30 * 60)
    # When the loudspeaker is silent, "11:30-13:30"; empty for never.
    quiet_hours = models.CharField(_("giờ không gọi loa"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("hàng đợi")
        verbose_name_plural = _("hàng đợi")

    def __str__(self) -> str:
        return str(self.office)
