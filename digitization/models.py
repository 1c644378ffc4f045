"""Papers and their files: a document outlives the dossier that brought it and is used again."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Applicant
from procedures.models import DocumentType


class Blob(models.Model):
    """Bytes in the content-addressed store. The row is written only after the bytes are durable."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.PositiveBigIntegerField(_("dung lượng (byte)"))
    media_type = models.CharField(_("kiểu"), max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("tệp đã lưu")
        verbose_name_plural = _("tệp đã lưu")

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


class Document(models.Model):
    """One paper of one holder: seen at the desk, uploaded, or a result. Its code parts stand in columns and are never parsed back."""

    class State(models.TextChoices):
        PAPER = "paper", _("Bản giấy, chưa số hoá")
        STORED = "stored", _("Đã lưu tệp")

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
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="documents", verbose_name=_("tệp"))
    pages = models.PositiveIntegerField(_("số trang"), null=True)
    verdict = models.CharField(_("nhận xét chất lượng"), max_length=300, blank=True)
    # Parts of the code (domain.md section 0).
    code = models.CharField(_("mã giấy tờ số hoá"), max_length=160, null=True, unique=True)  # noqa: DJ001  (no code yet)
    code_owner = models.CharField(max_length=20, blank=True)
    code_origin = models.CharField(max_length=60, blank=True)
    code_type = models.CharField(max_length=60, blank=True)
    code_nn = models.PositiveIntegerField(null=True)
    coded_at = models.DateTimeField(null=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("giấy tờ")
        verbose_name_plural = _("giấy tờ")
        # The few papers that wait for their code, however many have theirs.
        indexes: ClassVar = [
            models.Index(fields=["id"], name="document_without_code", condition=Q(code=None))
        ]
        constraints: ClassVar = [
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
