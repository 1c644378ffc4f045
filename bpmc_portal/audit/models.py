"""Who did what, and who read whose personal data. Append-only: the database refuses UPDATE, DELETE and TRUNCATE."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AccessEvent(models.Model):
    """One showing of personal data, written before the page is shown (promise P7): no log, no page."""

    at = models.DateTimeField(_("lúc"), auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("người xem")
    )
    view = models.CharField(_("trang"), max_length=60)
    subject = models.CharField(_("hồ sơ hoặc người"), max_length=80, db_index=True)
    purpose = models.CharField(_("mục đích"), max_length=120, blank=True)
    count = models.PositiveIntegerField(_("số dòng"), default=1)
    workstation = models.GenericIPAddressField(_("máy"), null=True)
    request_id = models.CharField(max_length=32)

    class Meta:
        verbose_name = _("lượt xem dữ liệu cá nhân")
        verbose_name_plural = _("lượt xem dữ liệu cá nhân")
        indexes: ClassVar = [models.Index(fields=["actor", "-at"], name="access_by_actor")]

    def __str__(self) -> str:
        return f"{self.actor} {self.view} {self.subject}"


class SecurityEvent(models.Model):
    """One act that matters for security: sign-in, lock, second factor, grant, token, export."""

    at = models.DateTimeField(_("lúc"), auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("ai")
    )
    act = models.CharField(_("việc"), max_length=60)
    subject = models.CharField(_("đối tượng"), max_length=120, blank=True)
    data = models.JSONField(_("chi tiết"), default=dict)
    workstation = models.GenericIPAddressField(_("máy"), null=True)
    request_id = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name = _("sự kiện an ninh")
        verbose_name_plural = _("sự kiện an ninh")
        indexes: ClassVar = [models.Index(fields=["-at"], name="security_by_time")]

    def __str__(self) -> str:
        return f"{self.act} {self.subject}"
