"""Digital signatures: who may sign with which key, runs of signing, and what was found in signed files.

No PIN and no password is ever a column here: it lives in a pipe for as long as one run (docs/decisions/0023-signing.md).
"""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Unit
from digitization.models.document import Blob, Document


class SigningIdentity(models.Model):
    """A certificate and where its key is: a person's, or an agency's that its registry holds."""

    class Kind(models.TextChoices):
        PKCS12 = "pkcs12", _("Tệp PKCS#12")
        PKCS11 = "pkcs11", _("Thiết bị PKCS#11")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="signing_identities",
        verbose_name=_("của người"),
    )  # fmt: skip
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="signing_identities", verbose_name=_("của cơ quan")
    )  # fmt: skip
    name = models.CharField(_("tên hiển thị"), max_length=200)
    kind = models.CharField(_("nơi giữ khoá"), max_length=6, choices=Kind.choices)
    # Of PKCS#12: relative to settings.SIGNING_DIR.
    file = models.CharField(_("tệp khoá"), max_length=200, blank=True)
    # Of PKCS#11: one of settings.PKCS11_MODULES, the label of the token and of key and certificate on it.
    module = models.CharField(_("thư viện PKCS#11"), max_length=300, blank=True)
    token = models.CharField(_("nhãn thiết bị"), max_length=100, blank=True)
    key_label = models.CharField(_("nhãn khoá"), max_length=100, blank=True)
    subject = models.CharField(_("chủ thể chứng thư"), max_length=500)
    serial = models.CharField(_("số chứng thư"), max_length=80)
    certificate = models.TextField(_("chứng thư (PEM)"))
    not_after = models.DateTimeField(_("chứng thư hết hạn"))
    # NĐ 30/2020/NĐ-CP, Phụ lục I: PNG with transparency, real size by their dpi; relative to settings.SIGNING_DIR.
    signer_image = models.CharField(_("ảnh chữ ký"), max_length=200, blank=True)
    seal_image = models.CharField(_("ảnh con dấu"), max_length=200, blank=True)
    is_active = models.BooleanField(_("đang dùng"), default=True)

    class Meta:
        verbose_name = _("chứng thư ký số")
        verbose_name_plural = _("chứng thư ký số")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(user__isnull=False) | Q(unit__isnull=False),
                name="signing_identity_owned",
                violation_error_message=_("Chứng thư phải thuộc một người hoặc một cơ quan."),
            ),
            models.CheckConstraint(
                condition=Q(kind="pkcs12", module="") & ~Q(file="") | Q(kind="pkcs11", file="") & ~Q(module=""),
                name="signing_identity_has_key",
                violation_error_message=_("Hãy nêu tệp khoá, hoặc thư viện và nhãn của thiết bị."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class SigningRun(models.Model):
    """One PIN, many papers: what is to be signed, by whom, and how far it is."""

    class Level(models.TextChoices):
        B = "B-B", _("PAdES B-B")
        T = "B-T", _("PAdES B-T, có dấu thời gian")
        LT = "B-LT", _("PAdES B-LT, kèm bằng chứng kiểm tra")

    class Look(models.TextChoices):
        ORIGINAL = "original", _("Bản chính: ảnh chữ ký và con dấu")
        COPY = "copy", _("Bản sao: khung chữ ở góc trên bên phải trang đầu")

    class State(models.TextChoices):
        RUNNING = "running", _("Đang ký")
        REFUSED = "refused", _("Chưa ký được")
        DONE = "done", _("Đã xong")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    identity = models.ForeignKey(SigningIdentity, models.PROTECT, related_name="runs")
    level = models.CharField(_("mức"), max_length=4, choices=Level.choices)
    look = models.CharField(_("hình thức"), max_length=8, choices=Look.choices, default=Look.ORIGINAL)
    state = models.CharField(_("trạng thái"), max_length=7, choices=State.choices, default=State.RUNNING)
    words = models.CharField(_("ghi chú"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    # When the program that signs was last seen alive: a run whose program died is taken up again with the PIN.
    beat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("xong lúc"), null=True)

    class Meta:
        verbose_name = _("phiên ký số")
        verbose_name_plural = _("phiên ký số")
        indexes: ClassVar = [models.Index(fields=["actor", "-created_at"], name="signing_by_actor")]

    def __str__(self) -> str:
        return f"{self.level} {self.pk}"


class SigningItem(models.Model):
    """One paper of a run. `draft` is the file that was to be signed and stays in the store."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Đang chờ")
        SIGNED = "signed", _("Đã ký")
        FAILED = "failed", _("Không ký được")

    run = models.ForeignKey(SigningRun, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    document = models.ForeignKey(Document, models.PROTECT, related_name="signing_items")
    draft = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    words = models.CharField(max_length=300, blank=True)
    signed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("giấy tờ của phiên ký")
        verbose_name_plural = _("giấy tờ của phiên ký")
        ordering: ClassVar = ["run", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "document"], name="signing_document_once"),
            # Two runs cannot both make a signed file of the same draft.
            models.UniqueConstraint(
                fields=["document", "draft"], name="signed_draft_once", condition=Q(state="signed")
            ),
            models.CheckConstraint(
                condition=Q(state="signed", blob__isnull=False) | ~Q(state="signed") & Q(blob=None),
                name="signed_item_has_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.position}"


class Signature(models.Model):
    """One signature found in a stored file, as it was judged, with the evidence that the law wants kept (Luật Giao dịch điện tử 2023)."""

    blob = models.ForeignKey(Blob, models.PROTECT, related_name="signatures")
    field = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField()
    signer = models.CharField(_("người ký"), max_length=300)
    organisation = models.CharField(_("cơ quan"), max_length=300, blank=True)
    serial = models.CharField(_("số chứng thư"), max_length=80)
    signed_at = models.DateTimeField(_("ký lúc"), null=True)
    level = models.CharField(_("mức"), max_length=4, blank=True)
    verdict = models.CharField(_("kết luận"), max_length=8, choices=Document.Signed.choices)
    words = models.CharField(_("nhận xét"), max_length=500)
    # Chain subjects with digests; digests of OCSP answers, CRLs and the time stamp; what was checked against, and when.
    evidence = models.JSONField(default=dict)
    checked_at = models.DateTimeField(_("kiểm tra lúc"))

    class Meta:
        verbose_name = _("chữ ký số")
        verbose_name_plural = _("chữ ký số")
        ordering: ClassVar = ["blob", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["blob", "position"], name="signature_place_once")
        ]

    def __str__(self) -> str:
        return f"{self.signer} {self.verdict}"


class VerificationBudget(models.Model):
    """How often one network has asked the public verification page in this hour."""

    bucket = models.CharField(max_length=80, primary_key=True)
    count = models.PositiveIntegerField()
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("hạn mức xác minh")
        verbose_name_plural = _("hạn mức xác minh")

    def __str__(self) -> str:
        return f"{self.bucket} {self.count}"
