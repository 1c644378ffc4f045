"""Which session of a member of staff is the open one."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class OpenSession(models.Model):
    """The one session a member of staff has: signing in elsewhere ends it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="open_session",
        verbose_name=_("tài khoản"),
    )
    session_key = models.CharField(max_length=40)
    started_at = models.DateTimeField(_("bắt đầu lúc"))
    workstation = models.GenericIPAddressField(_("máy"), null=True)

    class Meta:
        verbose_name = _("phiên đang mở")
        verbose_name_plural = _("phiên đang mở")

    def __str__(self) -> str:
        return f"{self.user} {self.started_at:%d/%m/%Y %H:%M}"
