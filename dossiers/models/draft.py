"""What a clerk has typed and scanned of a dossier that is not received yet."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Office


class IntakeDraft(models.Model):
    """One intake page, kept on the server as it stands. Its key is the page's idempotency key; it dies with the receipt."""

    id = models.UUIDField(primary_key=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("người nhập")
    )
    office = models.ForeignKey(Office, models.CASCADE, related_name="+", verbose_name=_("nơi tiếp nhận"))
    ticket = models.CharField(_("lượt"), max_length=40, blank=True)
    # Every box of the page by its name, as text: what is wrong in it is judged at the receipt, not here.
    data = models.JSONField(_("nội dung"), default=dict)
    # SHA-256 of each file sent to this page → the paper it became, so that a file sent twice is one paper.
    files = models.JSONField(_("tệp"), default=dict)
    updated_at = models.DateTimeField(_("lưu lúc"), auto_now=True)

    class Meta:
        verbose_name = _("nháp tiếp nhận")
        verbose_name_plural = _("nháp tiếp nhận")
        indexes: ClassVar = [
            models.Index(fields=["user", "-updated_at"], name="intake_draft_by_user"),
            models.Index(fields=["updated_at"], name="intake_draft_age"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
