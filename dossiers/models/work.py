"""What makes a worklist comfortable: saved filters, and one act on many dossiers with a result for each."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dossiers.models.dossier import Dossier


class SavedFilter(models.Model):
    """A filter of the worklist that a person has named: the query string of its address."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    name = models.CharField(_("tên"), max_length=60)
    query = models.CharField(_("địa chỉ"), max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("bộ lọc đã lưu")
        verbose_name_plural = _("bộ lọc đã lưu")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "name"], name="filter_named_once")]

    def __str__(self) -> str:
        return self.name


class BulkRun(models.Model):
    """One act on many dossiers, done one by one in the background; who asked, and how far it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    action = models.CharField(_("việc"), max_length=24)
    # Params of the act as JSON: reason, assignee and the like; never a person's name.
    params = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("lúc"))
    finished_at = models.DateTimeField(_("xong lúc"), null=True)

    class Meta:
        verbose_name = _("việc hàng loạt")
        verbose_name_plural = _("việc hàng loạt")
        indexes: ClassVar = [models.Index(fields=["actor", "-created_at"], name="bulk_by_actor")]

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"


class BulkItem(models.Model):
    """One dossier of a bulk run: waiting, done, or refused with the sentence that the person reads."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Đang chờ")
        DONE = "done", _("Xong")
        REFUSED = "refused", _("Không làm được")

    run = models.ForeignKey(BulkRun, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="+")
    # The version that the person saw; another one means that somebody was faster.
    expected_version = models.PositiveIntegerField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    code = models.CharField(max_length=40, blank=True)
    sentence = models.TextField(blank=True)

    class Meta:
        verbose_name = _("hồ sơ của việc hàng loạt")
        verbose_name_plural = _("hồ sơ của việc hàng loạt")
        ordering: ClassVar = ["run", "position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "dossier"], name="bulk_dossier_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.position}"
