"""Figures of the queue: changes waiting to be folded, the hours they are folded into, what to expect, and closed days."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Office
from desk.models.places import Service


class Sums(models.Model):
    """What is added up: of one change, or of one hour. Times are whole seconds; a change that takes one back is negative."""

    # The indexes of the two tables begin with them.
    office = models.ForeignKey(
        Office, models.PROTECT, related_name="+", db_index=False, verbose_name=_("Bộ phận Một cửa")
    )
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="+", db_index=False, verbose_name=_("dịch vụ")
    )
    day = models.DateField(_("ngày"))
    hour = models.PositiveSmallIntegerField(_("giờ"))
    visits = models.IntegerField(_("lượt bắt đầu phục vụ"), default=0)
    wait_s = models.BigIntegerField(_("tổng chờ"), default=0)
    wait_max_s = models.IntegerField(_("chờ lâu nhất"), default=0)
    over_15 = models.IntegerField(_("chờ quá 15 phút"), default=0)
    over_30 = models.IntegerField(_("chờ quá 30 phút"), default=0)
    served = models.IntegerField(_("lượt xong"), default=0)
    serve_s = models.BigIntegerField(_("tổng phục vụ"), default=0)
    no_shows = models.IntegerField(_("vắng mặt"), default=0)
    cancelled = models.IntegerField(_("huỷ"), default=0)
    unserved = models.IntegerField(_("chưa được phục vụ"), default=0)
    forecasts = models.IntegerField(_("lượt có dự báo"), default=0)
    forecast_hits = models.IntegerField(_("dự báo đúng"), default=0)

    class Meta:
        abstract = True


class WaitDelta(Sums):
    """One change, written in the transaction that made it, folded into its hour soon after and gone then."""

    class Meta:
        verbose_name = _("thay đổi chờ gộp")
        verbose_name_plural = _("thay đổi chờ gộp")
        indexes: ClassVar = [models.Index(fields=["office", "day"], name="wait_delta_by_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.hour}h"


class WaitHour(Sums):
    """The roll-up: one row an office, service, day and hour of the start."""

    class Meta:
        verbose_name = _("số liệu chờ theo giờ")
        verbose_name_plural = _("số liệu chờ theo giờ")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["service", "day", "hour"], name="wait_hour_once")
        ]
        indexes: ClassVar = [models.Index(fields=["office", "day"], name="wait_hour_by_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.hour}h"


class Forecast(models.Model):
    """The middle half (P25–P75) of the waits of the last 20 working days, by service, hour of taking and people ahead."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="forecasts", verbose_name=_("dịch vụ"))
    hour = models.PositiveSmallIntegerField(_("giờ lấy số"))
    # Index of waits.BUCKETS; -1 is the whole hour, for a number of people ahead that was seen too seldom.
    bucket = models.SmallIntegerField(_("số người trước"))
    low_s = models.PositiveIntegerField(_("từ (giây)"))
    high_s = models.PositiveIntegerField(_("đến (giây)"))
    samples = models.PositiveIntegerField(_("số lượt"))

    class Meta:
        verbose_name = _("dự báo chờ")
        verbose_name_plural = _("dự báo chờ")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["service", "hour", "bucket"], name="forecast_once")
        ]

    def __str__(self) -> str:
        return f"{self.hour}h: {self.low_s}–{self.high_s} s"


class DayClosing(models.Model):
    """A day of a queue that is over: who was left was written off, and the hours were compared with the periods."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("Bộ phận Một cửa"))
    day = models.DateField(_("ngày"))
    closed_at = models.DateTimeField(_("chốt lúc"))
    figures = models.JSONField(_("số liệu"))

    class Meta:
        verbose_name = _("ngày đã chốt")
        verbose_name_plural = _("ngày đã chốt")
        constraints: ClassVar = [models.UniqueConstraint(fields=["office", "day"], name="day_closed_once")]

    def __str__(self) -> str:
        return f"{self.office} {self.day:%d/%m/%Y}"
