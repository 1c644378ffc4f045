"""The calendar of days off, and the stamp by which processes know that the catalogue changed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CalendarYear(models.Model):
    """A year whose table of days off is loaded. A deadline that reaches into another year is refused, never guessed."""

    year = models.PositiveSmallIntegerField(_("năm"), primary_key=True)
    is_provisional = models.BooleanField(_("tạm tính"), default=False)
    source = models.CharField(_("nguồn"), max_length=300, blank=True)
    note = models.TextField(_("ghi chú"), blank=True)

    class Meta:
        verbose_name = _("lịch năm")
        verbose_name_plural = _("lịch năm")
        ordering: ClassVar = ["year"]

    def __str__(self) -> str:
        return str(self.year)


class CalendarDay(models.Model):
    """A weekday that is off, or a weekend day that is worked in exchange."""

    class Kind(models.TextChoices):
        FIXED = "fixed", _("Ngày lễ")
        LUNAR = "lunar", _("Ngày lễ âm lịch")
        COMPENSATORY = "compensatory", _("Nghỉ bù")
        SWAP_OFF = "swap_off", _("Nghỉ hoán đổi")
        SWAP_WORK = "swap_work", _("Làm bù")

    on = models.DateField(_("ngày"), unique=True)
    kind = models.CharField(_("loại"), max_length=12, choices=Kind.choices)
    reason = models.CharField(_("lý do"), max_length=120)
    is_provisional = models.BooleanField(_("tạm tính"), default=False)

    class Meta:
        verbose_name = _("ngày của lịch làm việc")
        verbose_name_plural = _("ngày của lịch làm việc")
        ordering: ClassVar = ["on"]

    def __str__(self) -> str:
        return f"{self.on:%d/%m/%Y} {self.reason}"


class CatalogueStamp(models.Model):
    """One row whose value changes with any change of catalogue, calendar, office or unit; statement triggers write it.

    A process keeps what it read as long as the stamp is the same, so that a request pays one statement for all of it.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="catalogue_stamp_single")]

    def __str__(self) -> str:
        return str(self.value)
