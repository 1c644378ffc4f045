"""Papers and their files: a document outlives the dossier that brought it and is used again."""

import uuid
from datetime import date
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Applicant
from bpmc_portal.lib.vietnamese import local_date
from digitization import codes
from procedures.models import DocumentType


class Blob(models.Model):
    """Bytes in the content-addressed store. The row is written only after the bytes are durable."""

    class Fault(models.TextChoices):
        LOST = "lost", _("Mất tệp")
        CHANGED = "changed", _("Tệp bị thay đổi")

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.PositiveBigIntegerField(_("dung lượng (byte)"))
    media_type = models.CharField(_("kiểu"), max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)
    # The monthly look at the bytes (manage.py verify_blobs).
    checked_at = models.DateTimeField(_("kiểm tra lần cuối"), null=True)
    fault = models.CharField(
        _("lỗi của tệp"), max_length=8, choices=Fault.choices, blank=True, default="", db_default=""
    )
    # Set when the bytes were destroyed by an approved list; the row stays as the proof of what they were.
    destroyed_at = models.DateTimeField(_("tiêu huỷ lúc"), null=True)

    class Meta:
        verbose_name = _("tệp đã lưu")
        verbose_name_plural = _("tệp đã lưu")
        indexes: ClassVar = [
            # Longest unseen first: what was never checked counts from the day it was put.
            models.Index(
                Coalesce("checked_at", "created_at"), name="blob_to_check", condition=Q(destroyed_at=None)
            ),
            models.Index(fields=["checked_at"], name="blob_faulty", condition=~Q(fault="")),
            models.Index(fields=["sha256"], name="blob_destroyed", condition=Q(destroyed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class CodeScheme(models.Model):
    """The grammar of document codes in force from a day: a row, because the official figure was not obtained.

    TT 01/2023/TT-VPCP Điều 10 prescribes the code; its diagram could not be obtained, so the default is the reading of an
    incumbent system and the ministry can publish another row.
    """

    class Kind(models.TextChoices):
        COMPONENT = "component", _("Giấy tờ thành phần")
        RESULT = "result", _("Kết quả giải quyết")

    kind = models.CharField(_("loại"), max_length=10, choices=Kind.choices)
    template = models.CharField(_("mẫu"), max_length=200)
    in_force_from = models.DateField(_("hiệu lực từ"))
    legal_basis = models.CharField(_("căn cứ"), max_length=200)
    confidence = models.CharField(_("độ tin cậy"), max_length=200)

    class Meta:
        verbose_name = _("cấu trúc mã giấy tờ")
        verbose_name_plural = _("cấu trúc mã giấy tờ")
        ordering: ClassVar = ["kind", "in_force_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "in_force_from"], name="code_scheme_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.template}"

    def clean(self) -> None:
        """Refuse a template that cannot serve, and a first day that has passed: codes of past days are given."""
        faults: dict[str, str] = {}
        if problem := codes.problem_with(self.template):
            faults["template"] = problem
        first_day: date | None = self.in_force_from  # None while the form has no date that can be read
        if self._state.adding and first_day is not None and first_day < local_date():
            faults["in_force_from"] = gettext("Ngày hiệu lực đã qua. Hãy chọn từ hôm nay trở đi.")
        if faults:
            raise ValidationError(faults)


class Document(models.Model):
    """One paper of one holder: seen at the desk, uploaded, or a result. Its code parts stand in columns and are never parsed back."""

    # The columns that point at files of the store.
    FILES = ("blob", "photo", "searchable", "access_copy")

    class State(models.TextChoices):
        PAPER = "paper", _("Bản giấy, chưa số hoá")
        STORED = "stored", _("Đã lưu tệp")

    class Source(models.TextChoices):
        DESK = "desk", _("Nộp tại quầy")
        ONLINE = "online", _("Nộp trực tuyến")
        RESULT = "result", _("Kết quả giải quyết")
        LEGACY = "legacy", _("Sổ kết quả cũ")

    class Reading(models.TextChoices):
        WAITING = "waiting", _("Đang chờ đọc")
        DONE = "done", _("Đã đọc")
        FAILED = "failed", _("Không đọc được")

    class Signed(models.TextChoices):
        NONE = "none", _("Không có chữ ký số")
        VALID = "valid", _("Chữ ký số hợp lệ")
        UNKNOWN = "unknown", _("Chưa xác định được người ký")
        BROKEN = "broken", _("Chữ ký số không hợp lệ")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    holder = models.ForeignKey(
        Applicant, models.PROTECT, null=True, related_name="documents", verbose_name=_("chủ giấy tờ")
    )
    document_type = models.ForeignKey(
        DocumentType, models.PROTECT, null=True, related_name="documents", verbose_name=_("loại giấy tờ")
    )
    kind = models.CharField(
        _("loại"), max_length=10, choices=CodeScheme.Kind.choices, default=CodeScheme.Kind.COMPONENT
    )
    name = models.CharField(_("tên"), max_length=300, blank=True)
    state = models.CharField(_("trạng thái"), max_length=10, choices=State.choices, default=State.PAPER)
    blob = models.ForeignKey(
        Blob, models.PROTECT, null=True, related_name="documents", db_index=False, verbose_name=_("tệp")
    )
    # The HEIC photograph of which the file was made: kept, archived and destroyed with it.
    photo = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="+", db_index=False)
    pages = models.PositiveIntegerField(_("số trang"), null=True)
    verdict = models.CharField(_("nhận xét chất lượng"), max_length=300, blank=True)
    source = models.CharField(
        _("nguồn"), max_length=8, choices=Source.choices, default=Source.DESK, db_default=Source.DESK
    )
    # What the paper says of itself: read from it and accepted by a person, or taken over from a register.
    number = models.CharField(_("số, ký hiệu"), max_length=60, blank=True, default="", db_default="")
    issued_on = models.DateField(_("ngày cấp"), null=True)
    issuer = models.CharField(_("nơi cấp"), max_length=300, blank=True, default="", db_default="")
    good_until = models.DateField(_("có giá trị đến"), null=True)
    revoked_on = models.DateField(_("thu hồi ngày"), null=True)
    revoked_why = models.CharField(_("lý do thu hồi"), max_length=300, blank=True, default="", db_default="")
    reading = models.CharField(
        _("đọc chữ"), max_length=8, choices=Reading.choices, blank=True, default="", db_default=""
    )
    # PDF/A with a text layer, and the copy that bears the code as text and QR; the original stays as it came.
    searchable = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="+", db_index=False)
    access_copy = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="+", db_index=False)
    signed = models.CharField(
        _("chữ ký số"), max_length=8, choices=Signed.choices, blank=True, default="", db_default=""
    )
    signed_words = models.CharField(
        _("nhận xét chữ ký"), max_length=500, blank=True, default="", db_default=""
    )
    # Parts of the code (domain.md section 0).
    code = models.CharField(_("mã giấy tờ số hoá"), max_length=160, null=True)  # noqa: DJ001  (no code yet)
    code_owner = models.CharField(max_length=20, blank=True)
    code_origin = models.CharField(max_length=60, blank=True)
    code_type = models.CharField(max_length=60, blank=True)
    code_nn = models.PositiveIntegerField(null=True)
    coded_at = models.DateTimeField(null=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("giấy tờ")
        verbose_name_plural = _("giấy tờ")
        # Giving a code writes the row anew into every index that it stands in: an index holds only the rows that are asked for by it.
        indexes: ClassVar = [
            models.Index(fields=["id"], name="document_without_code", condition=Q(code=None)),
            *(
                models.Index(
                    fields=[name], name=f"document_by_{name}", condition=Q((f"{name}__isnull", False))
                )
                for name in ("blob", "photo", "searchable", "access_copy", "uploaded_by")
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code"], name="document_code_once"),
            models.UniqueConstraint(
                fields=["code_owner", "code_type", "code_nn"],
                name="document_nn_once",
                condition=Q(code_nn__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(code=None, code_nn=None) | Q(code__isnull=False, code_nn__isnull=False),
                name="document_code_whole",
            ),
            models.CheckConstraint(
                condition=Q(state="paper", blob=None) | Q(state="stored", blob__isnull=False),
                name="document_file_when_stored",
            ),
        ]

    def __str__(self) -> str:
        return self.code or self.name or str(self.pk)
