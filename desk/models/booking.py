"""Appointments, and the blocks of numbers that a kiosk keeps for the time without a network."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Office
from desk.models.places import Service
from procedures.models import Procedure


class SlotRule(models.Model):
    """When a service may be booked: on a weekday (Monday is 0), every so many minutes, so many visitors a slot."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="slot_rules", verbose_name=_("dịch vụ"))
    weekday = models.PositiveSmallIntegerField(_("thứ"))
    starts_at = models.TimeField(_("từ giờ"))
    ends_at = models.TimeField(_("đến giờ"))
    every_min = models.PositiveSmallIntegerField(_("cách nhau (phút)"), default=30)
    capacity = models.PositiveSmallIntegerField(_("số lượt mỗi giờ hẹn"), default=2)

    class Meta:
        verbose_name = _("giờ nhận hẹn")
        verbose_name_plural = _("giờ nhận hẹn")
        ordering: ClassVar = ["service", "weekday", "starts_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["service", "weekday", "starts_at"], name="slot_rule_once"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="slot_rule_in_order",
                violation_error_message=_("Giờ kết thúc phải sau giờ bắt đầu."),
            ),
            models.CheckConstraint(condition=Q(every_min__gte=5), name="slot_rule_not_too_fine"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


class Appointment(models.Model):
    """A booked slot. Checking in makes a ticket that is called from the slot's time on."""

    class Status(models.TextChoices):
        BOOKED = "booked", _("Chưa đến")
        ARRIVED = "arrived", _("Đã đến")
        MISSED = "missed", _("Vắng")
        CANCELLED = "cancelled", _("Đã huỷ")

    office = models.ForeignKey(
        Office, models.PROTECT, related_name="appointments", verbose_name=_("Bộ phận Một cửa")
    )
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="appointments", verbose_name=_("dịch vụ")
    )
    procedure = models.ForeignKey(
        Procedure, models.PROTECT, null=True, related_name="+", verbose_name=_("thủ tục")
    )
    slot_at = models.DateTimeField(_("giờ hẹn"))
    name = models.CharField(_("họ và tên"), max_length=200)
    phone = models.CharField(_("điện thoại"), max_length=20)
    # What is typed at the kiosk: six digits, unique among the bookings that are still to come.
    code = models.CharField(_("mã hẹn"), max_length=6)
    token = models.CharField(max_length=24, unique=True)
    status = models.CharField(_("trạng thái"), max_length=9, choices=Status.choices, default=Status.BOOKED)
    booked_at = models.DateTimeField(_("đặt lúc"))
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("lịch hẹn")
        verbose_name_plural = _("lịch hẹn")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["office", "code"], name="appointment_code_once", condition=Q(status="booked")
            ),
            models.UniqueConstraint(
                fields=["service", "slot_at", "phone"],
                name="appointment_once_a_phone",
                condition=Q(status__in=["booked", "arrived"]),
                violation_error_message=_("Số điện thoại này đã có lịch hẹn vào giờ đó."),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["office", "slot_at"], name="appointment_by_slot")]

    def __str__(self) -> str:
        return self.code


class NumberBlock(models.Model):
    """Numbers of one series handed to a kiosk in advance, to be printed while the server cannot be reached.

    What was not printed by the end of the day stays unused: a gap of the series with its reason.
    """

    service = models.ForeignKey(Service, models.PROTECT, related_name="+", verbose_name=_("dịch vụ"))
    device = models.CharField(_("máy"), max_length=40)
    day = models.DateField(_("ngày"))
    prefix = models.CharField(max_length=1)
    first = models.PositiveIntegerField(_("từ số"))
    last = models.PositiveIntegerField(_("đến số"))
    issued_at = models.DateTimeField(_("cấp lúc"))

    class Meta:
        verbose_name = _("khối số dự phòng")
        verbose_name_plural = _("khối số dự phòng")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="number_block_in_order")
        ]
        indexes: ClassVar = [models.Index(fields=["service", "day"], name="number_block_by_day")]

    def __str__(self) -> str:
        return f"{self.prefix}{self.first:03d}–{self.prefix}{self.last:03d}"
