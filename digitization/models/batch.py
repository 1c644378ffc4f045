"""A stack of many papers in one scan: its pages, what their separator sheets say, and where each page went."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Office
from digitization.models.document import Blob, Document


class Batch(models.Model):
    """One scan of a stack. It is read part by part; `pages_read` is the one truth of how far."""

    class State(models.TextChoices):
        READING = "reading", _("Đang tách")
        SPLIT = "split", _("Đã tách")
        FAILED = "failed", _("Không đọc được")

    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("nơi quét"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("người quét")
    )
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="batches", verbose_name=_("tệp"))
    name = models.CharField(_("tên tệp"), max_length=300)
    # The key of the intake page it was scanned from: the dossier may be received while the stack is still read.
    draft = models.UUIDField(_("trang tiếp nhận"), null=True)
    state = models.CharField(_("trạng thái"), max_length=8, choices=State.choices, default=State.READING)
    fault = models.CharField(_("lỗi"), max_length=300, blank=True, default="", db_default="")
    pages = models.PositiveIntegerField(_("số trang"), null=True)
    pages_read = models.PositiveIntegerField(_("số trang đã đọc"), default=0)
    created_at = models.DateTimeField(_("gửi lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("chồng giấy đã quét")
        verbose_name_plural = _("chồng giấy đã quét")
        indexes: ClassVar = [models.Index(fields=["office", "-id"], name="batch_of_office")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state="split") | Q(pages=models.F("pages_read")), name="batch_split_when_read"
            )
        ]

    def __str__(self) -> str:
        return self.name


class BatchPage(models.Model):
    """One page of a stack. Pages between two separators are a run and bear its place."""

    class Kind(models.TextChoices):
        PAGE = "page", _("Trang giấy tờ")
        SEPARATOR = "separator", _("Tờ phân cách")
        BLANK = "blank", _("Mặt sau trắng của tờ phân cách")

    class State(models.TextChoices):
        DROPPED = "", _("Không phải giấy tờ")
        PLACING = "placing", _("Đang xếp")
        WAITING = "waiting", _("Chờ xếp")
        FILED = "filed", _("Đã xếp")
        REMOVED = "removed", _("Đã bỏ")

    class Why(models.TextChoices):
        NO_PLACE = "no_place", _("Không có tờ phân cách ở trước")
        UNREAD = "unread", _("Trang lỗi, không biết có phải tờ phân cách không")
        UNKNOWN = "unknown", _("Tờ phân cách không thuộc hồ sơ nào của Bộ phận Một cửa này")
        CHECKLIST = "checklist", _("Tờ phân cách theo thủ tục, hãy chọn hồ sơ")
        HAS_FILE = "has_file", _("Giấy tờ này đã có tệp")
        BROKEN = "broken", _("Không cắt được trang khỏi tệp quét")

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="sheets")
    number = models.PositiveIntegerField(_("trang số"))
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.PAGE)
    # Opaque here: what the separator's QR says after "MC1:". The dossiers know whose paper it is.
    place = models.CharField(_("chỗ"), max_length=120, blank=True, default="")
    run = models.PositiveIntegerField(default=0)
    is_blank = models.BooleanField(default=False)
    is_unread = models.BooleanField(default=False)
    turn = models.PositiveSmallIntegerField(_("xoay phải (độ)"), default=0)
    # A small JPEG for the tray, emptied when the page is filed.
    picture = models.BinaryField(default=bytes)
    state = models.CharField(
        _("trạng thái"), max_length=8, choices=State.choices, blank=True, default=State.DROPPED
    )
    why = models.CharField(_("vì sao chờ"), max_length=10, choices=Why.choices, blank=True, default="")
    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(_("xếp lúc"), null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("trang của chồng giấy")
        verbose_name_plural = _("trang của chồng giấy")
        ordering: ClassVar = ["batch", "number"]
        indexes: ClassVar = [
            models.Index(fields=["batch", "number"], name="batch_page_waits", condition=Q(state="waiting")),
            models.Index(fields=["document"], name="batch_page_placing", condition=Q(state="placing")),
            models.Index(fields=["settled_at"], name="batch_page_filed", condition=Q(state="filed")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "number"], name="batch_page_once"),
            models.CheckConstraint(
                condition=~Q(state="filed") | Q(document__isnull=False, settled_at__isnull=False),
                name="batch_page_filed_somewhere",
            ),
            models.CheckConstraint(condition=Q(turn__in=[0, 90, 180, 270]), name="batch_page_turn"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.number}"
