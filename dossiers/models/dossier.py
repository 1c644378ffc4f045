"""The dossier (hồ sơ): one applicant's request under one published version of a procedure."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Right
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from bpmc_portal.accounts.models import Applicant, Office, Unit, User
from bpmc_portal.accounts.permissions import principal_of
from desk.models import Ticket
from procedures.models import Case, Procedure, ProcedureVersion, Step

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class Status(models.TextChoices):
    """Legal states (domain.md section 0). Thẩm định, trình ký and the like are steps inside `processing`."""

    DRAFT = "draft", _("Nháp")
    SUBMITTED = "submitted", _("Đã nộp, chờ tiếp nhận")
    FIXING = "fixing", _("Chờ sửa trước tiếp nhận")
    DECLINED = "declined", _("Không tiếp nhận")
    RECEIVED = "received", _("Đã tiếp nhận")
    PROCESSING = "processing", _("Đang xử lý")
    AWAITING_SUPPLEMENT = "awaiting_supplement", _("Chờ bổ sung")
    AWAITING_PAYMENT = "awaiting_payment", _("Chờ thực hiện nghĩa vụ tài chính")
    FINISHED = "finished", _("Đã có kết quả")
    RETURNED = "returned", _("Đã trả kết quả")
    WITHDRAWN = "withdrawn", _("Đã rút")
    STOPPED = "stopped", _("Dừng giải quyết")
    VOID = "void", _("Huỷ do nhập sai")


# Work in hand of the competent unit; every list index is partial on it, so that its size follows the work, not the history.
OPEN = (Status.RECEIVED, Status.PROCESSING, Status.AWAITING_SUPPLEMENT, Status.AWAITING_PAYMENT)
PAUSED = (Status.AWAITING_SUPPLEMENT, Status.AWAITING_PAYMENT)
RUNNING = (Status.RECEIVED, Status.PROCESSING)
BEFORE_RECEIPT = (Status.DRAFT, Status.SUBMITTED, Status.FIXING, Status.DECLINED)


class Outcome(models.TextChoices):
    """What the decision was."""

    GRANTED = "granted", _("Chấp thuận")
    REFUSED = "refused", _("Từ chối giải quyết")


class Channel(models.TextChoices):
    """How the dossier came."""

    DESK = "desk", _("Trực tiếp")
    ONLINE = "online", _("Trực tuyến")
    POST = "post", _("Bưu chính")


class ReturnMethod(models.TextChoices):
    """How the applicant wants the result."""

    DESK = "desk", _("Tại Bộ phận Một cửa")
    POST = "post", _("Qua dịch vụ bưu chính công ích")
    ELECTRONIC = "electronic", _("Bản điện tử")


class Complexity(models.TextChoices):
    """Why a dossier is a complex one, outside the plan's 30 minutes a dossier."""

    MANY_PAPERS = "many_papers", _("Nhiều thành phần")
    LARGE_FILES = "large_files", _("Dung lượng lớn")
    HARD_CONTENT = "hard_content", _("Nội dung phức tạp")
    NEEDS_VERIFICATION = "needs_verification", _("Cần xác minh")


def _own_scope(user: "User | AnonymousUser") -> Q | None:
    """Return what a person sees by unit, desk or ownership; None for who has not signed in."""
    principal = principal_of(user)
    if "anonymous" in principal.roles:
        return None
    if "citizen" in principal.roles:
        return Q(applicant_id=getattr(user, "applicant_id", None) or 0)
    own = Q(unit_id__in=principal.units_where("view_dossiers"))
    if principal.units_where("receive_dossiers"):
        own |= Q(office_id__in=principal.office_ids)
    return own


def _excepted(user: "User | AnonymousUser") -> Q:
    """Return what staff see besides: shared by name until the share ends, or waiting for their unit's opinion."""
    principal = principal_of(user)
    if "citizen" in principal.roles:
        return Q()
    shares = DossierShare.objects.filter(user=user, expires_at__gt=timezone.now())
    excepted = Q(pk__in=shares.values("content_object_id"))
    if asked := principal.units_where("process_dossiers"):
        opinions = apps.get_model("dossiers", "Opinion")._default_manager
        excepted |= Q(pk__in=opinions.filter(unit_id__in=asked, answered_at=None).values("dossier_id"))
    return excepted


class DossierQuerySet(models.QuerySet["Dossier"]):
    """Sets of dossiers, read as English."""

    def visible_to(self, user: "User | AnonymousUser") -> "DossierQuerySet":
        """Keep the dossiers this person may see: the one gate of list, search, count, export and page.

        Staff see the dossiers handled by units where they hold `view_dossiers`, those received at desks where they receive, and
        those shared with them by name until the share ends, and those on which their unit's opinion is asked; a citizen or
        enterprise sees its own.
        """
        own = _own_scope(user)
        return self.filter(own | _excepted(user)) if own is not None else self.none()

    def in_own_scope(self, user: "User | AnonymousUser") -> "DossierQuerySet":
        """Keep the common part of `visible_to`: by unit, desk or ownership, without the rare exceptions.

        Half the cost to compile and plan; what it does not find must be asked of `visible_to`.
        """
        own = _own_scope(user)
        return self.filter(own) if own is not None else self.none()

    def open(self) -> "DossierQuerySet":
        """Keep the work in hand."""
        return self.filter(status__in=OPEN)


class Dossier(models.Model):
    """One dossier. Nobody assigns `status` but `services.transitions`; the database checks it against the last event."""

    code = models.CharField(_("mã hồ sơ"), max_length=60)
    # The code without dots and dashes, upper case: what people type finds it, and it is the unique one.
    code_key = models.CharField(max_length=60, unique=True)
    office = models.ForeignKey(
        Office, models.PROTECT, related_name="dossiers", verbose_name=_("nơi tiếp nhận")
    )
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="dossiers", verbose_name=_("cơ quan giải quyết")
    )
    procedure = models.ForeignKey(
        Procedure, models.PROTECT, related_name="dossiers", verbose_name=_("thủ tục")
    )
    version_of_procedure = models.ForeignKey(
        ProcedureVersion, models.PROTECT, related_name="+", verbose_name=_("bản của thủ tục")
    )
    case = models.ForeignKey(Case, models.PROTECT, related_name="+", verbose_name=_("trường hợp"))
    channel = models.CharField(_("kênh"), max_length=6, choices=Channel.choices)
    status = models.CharField(_("trạng thái"), max_length=20, choices=Status.choices)
    outcome = models.CharField(_("kết luận"), max_length=8, choices=Outcome.choices, blank=True)
    step = models.ForeignKey(Step, models.PROTECT, null=True, related_name="+", verbose_name=_("bước"))
    version = models.PositiveIntegerField(_("lần thay đổi"), default=1)
    applicant = models.ForeignKey(
        Applicant, models.PROTECT, related_name="dossiers", verbose_name=_("chủ hồ sơ")
    )
    # As given that day; the applicant's row may change later, the receipt may not.
    applicant_name = models.CharField(_("tên người nộp"), max_length=200)
    phone = models.CharField(_("điện thoại"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    address = models.CharField(_("địa chỉ"), max_length=300, blank=True)
    representative = models.JSONField(_("người đại diện"), null=True)
    return_method = models.CharField(
        _("nhận kết quả"), max_length=10, choices=ReturnMethod.choices, default=ReturnMethod.DESK
    )
    form = models.JSONField(_("nội dung biểu mẫu"), default=dict)
    complexity = models.CharField(
        _("hồ sơ phức tạp"), max_length=20, choices=Complexity.choices, blank=True, default="", db_default=""
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="assigned_dossiers",
        verbose_name=_("người thụ lý"),
    )
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("người tiếp nhận"),
    )
    received_at = models.DateTimeField(_("tiếp nhận lúc"), null=True)
    due_at = models.DateTimeField(_("hẹn trả lúc"), null=True)
    # The instant shown on the receipt; due_at moves with pauses and a re-appointment, this never does.
    first_due_at = models.DateTimeField(_("hẹn trả lần đầu"), null=True)
    # The internal clock: when the current step should be done, by the step's norm of working hours.
    step_due_at = models.DateTimeField(_("hạn của bước"), null=True)
    # While the clock stands still: until when the applicant is asked to answer, so that no pause is for ever.
    respond_by = models.DateTimeField(_("hạn người nộp trả lời"), null=True)
    # The act that carries the dossier on; an open dossier always has one (database constraint).
    next_act = models.CharField(_("việc kế tiếp"), max_length=24, blank=True, default="", db_default="")
    # When the sentinel of the clock must look at it next; null when there is nothing left to warn of.
    look_at = models.DateTimeField(_("xem lại lúc"), null=True)
    # The dossier of another agency's procedure that this one is part of (liên thông); each runs on its own clock.
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="children", verbose_name=_("hồ sơ liên thông gốc")
    )
    finished_at = models.DateTimeField(_("có kết quả lúc"), null=True)
    returned_at = models.DateTimeField(_("trả kết quả lúc"), null=True)
    supplement_count = models.PositiveSmallIntegerField(_("số lần yêu cầu bổ sung"), default=0)
    postpone_count = models.PositiveSmallIntegerField(_("số lần hẹn lại"), default=0)
    tracking_hash = models.UUIDField(_("dấu của mã theo dõi"), unique=True)
    tracking_version = models.PositiveSmallIntegerField(_("lần cấp mã theo dõi"), default=1)
    # The visit in which it was handed in; several dossiers may come in one, none by post or online.
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, null=True, related_name="dossiers", verbose_name=_("lượt giao dịch")
    )
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    objects: ClassVar = DossierQuerySet.as_manager()

    class Meta:
        verbose_name = _("hồ sơ")
        verbose_name_plural = _("hồ sơ")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="dossier_status_known"),
            models.CheckConstraint(
                condition=Q(due_at=None) | Q(due_at__gt=F("received_at")),
                name="dossier_due_after_receipt",
                violation_error_message=_("Ngày hẹn trả phải sau lúc tiếp nhận."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=BEFORE_RECEIPT, received_at=None)
                | (~Q(status__in=BEFORE_RECEIPT) & (Q(received_at__isnull=False) | Q(status="withdrawn"))),
                name="dossier_received_when_received",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["finished", "returned"],
                    outcome__in=["granted", "refused"],
                    finished_at__isnull=False,
                )
                | (~Q(status__in=["finished", "returned"]) & Q(outcome="", finished_at=None)),
                name="dossier_outcome_when_finished",
            ),
            models.CheckConstraint(
                condition=Q(status="returned", returned_at__isnull=False)
                | (~Q(status="returned") & Q(returned_at=None)),
                name="dossier_returned_when_returned",
            ),
            models.CheckConstraint(
                condition=Q(returned_at=None) | Q(returned_at__gte=F("finished_at")),
                name="dossier_returned_after_finished",
            ),
            # No dossier is stuck: work in hand has an owner (the unit's pool until it is taken up), a next act and an instant.
            models.CheckConstraint(
                condition=~Q(status__in=OPEN) | (Q(due_at__isnull=False) & ~Q(next_act="")),
                name="dossier_open_has_next_act",
            ),
            models.CheckConstraint(
                condition=~Q(status="processing") | Q(assignee__isnull=False),
                name="dossier_processed_by_somebody",
                violation_error_message=_("Hồ sơ đang xử lý phải có người thụ lý."),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=PAUSED) | Q(respond_by__isnull=False),
                name="dossier_pause_ends",
                violation_error_message=_("Khi tạm dừng phải có hạn người nộp trả lời."),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["unit", "due_at", "id"], name="dossier_unit_inbox", condition=Q(status__in=OPEN)
            ),
            models.Index(
                fields=["assignee", "due_at", "id"], name="dossier_my_inbox", condition=Q(status__in=OPEN)
            ),
            models.Index(
                fields=["office", "due_at", "id"], name="dossier_desk_open", condition=Q(status__in=OPEN)
            ),
            models.Index(
                fields=["office", "finished_at", "id"],
                name="dossier_to_return",
                condition=Q(status="finished"),
            ),
            models.Index(
                fields=["unit", "due_at", "id"],
                name="dossier_to_sign",
                condition=Q(status="processing", next_act="approve"),
            ),
            models.Index(
                fields=["office", "received_at", "id"],
                name="dossier_register",
                condition=Q(received_at__isnull=False),
            ),
            models.Index(fields=["look_at"], name="dossier_look", condition=Q(look_at__isnull=False)),
            models.Index(fields=["parent"], name="dossier_by_parent", condition=Q(parent__isnull=False)),
            models.Index(fields=["applicant", "-id"], name="dossier_by_applicant"),
            models.Index(fields=["procedure", "-id"], name="dossier_by_procedure"),
            # People read a code aloud by its end; what they read is found without its beginning, newest first.
            models.Index(Right("code_key", 4), F("id").desc(), name="dossier_by_code_end"),
            models.Index(fields=["phone", "-id"], name="dossier_by_phone", condition=~Q(phone="")),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_open(self) -> bool:
        """Whether it is work in hand."""
        return self.status in OPEN

    @property
    def is_paused(self) -> bool:
        """Whether the clock stands still while the applicant has something to do."""
        return self.status in PAUSED

    def is_overdue(self, at: datetime) -> bool:
        """Whether the appointment has passed without a decision. Decision ready counts, not the day of collection."""
        if self.due_at is None or self.is_paused:
            return False
        if self.finished_at is not None:
            return self.finished_at > self.due_at
        return self.is_open and at > self.due_at


class DossierShare(UserObjectPermissionBase):
    """A rare explicit share with one person (another unit's opinion, break-glass), which ends by itself."""

    content_object = models.ForeignKey(Dossier, models.CASCADE, related_name="shares")
    expires_at = models.DateTimeField(_("hết hạn lúc"))
    reason = models.CharField(_("lý do"), max_length=200)

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("chia sẻ hồ sơ")
        verbose_name_plural = _("chia sẻ hồ sơ")
