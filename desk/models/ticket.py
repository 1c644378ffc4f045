"""One visitor's turn and the chain of periods that it was made of."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bpmc_portal.accounts.models import Office
from desk.models.booking import Appointment
from desk.models.places import Counter, Service
from procedures.models import Procedure


class TicketStatus(models.TextChoices):
    """Where a turn stands."""

    WAITING = "waiting", _("Đang chờ")
    CALLED = "called", _("Đang gọi")
    SERVING = "serving", _("Đang phục vụ")
    HELD = "held", _("Tạm giữ")
    FINISHED = "finished", _("Đã xong")
    NO_SHOW = "no_show", _("Vắng mặt")
    CANCELLED = "cancelled", _("Đã huỷ")
    UNSERVED = "unserved", _("Hết ngày, chưa được phục vụ")


AT_COUNTER = (TicketStatus.CALLED, TicketStatus.SERVING)
OPEN = (TicketStatus.WAITING, *AT_COUNTER, TicketStatus.HELD)


class Priority(models.TextChoices):
    """Who is called before others (Luật Người khuyết tật 2010, Luật Người cao tuổi 2009, Pháp lệnh 02/2020/UBTVQH14)."""

    NONE = "", _("Không")
    MERIT = "merit", _("Người có công với cách mạng")
    DISABLED = "disabled", _("Người khuyết tật")
    ELDERLY = "elderly", _("Người cao tuổi")
    PREGNANT = "pregnant", _("Phụ nữ mang thai")
    CHILD = "child", _("Người đi cùng trẻ nhỏ")


class Rank(models.IntegerChoices):
    """The classes of a queue, the preferred ones first."""

    PRIORITY = 0, _("Ưu tiên")
    APPOINTMENT = 1, _("Đến hẹn")
    ORDINARY = 2, _("Lượt thường")


class Origin(models.TextChoices):
    """How the turn came to be."""

    KIOSK = "kiosk", _("Máy lấy số")
    DESK = "desk", _("Cán bộ cấp số")
    BOOKING = "booking", _("Đặt lịch")
    OFFLINE = "offline", _("Máy lấy số khi mất mạng")
    DIRECT = "direct", _("Phục vụ không số")


class Ticket(models.Model):
    """One turn at the desk ("lượt giao dịch"). It names no person; durations come from its periods.

    Every act writes the row, and PostgreSQL then writes each of its indexes: foreign keys have none but those that a query uses.
    """

    office = models.ForeignKey(
        Office, models.PROTECT, related_name="tickets", db_index=False, verbose_name=_("Bộ phận Một cửa")
    )
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="tickets", db_index=False, verbose_name=_("dịch vụ")
    )
    procedure = models.ForeignKey(
        Procedure, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("thủ tục")
    )
    appointment = models.OneToOneField(
        Appointment, models.PROTECT, null=True, related_name="ticket", verbose_name=_("lịch hẹn")
    )
    day = models.DateField(_("ngày"))
    prefix = models.CharField(max_length=1, blank=True)
    serial = models.PositiveIntegerField(null=True)
    number = models.CharField(_("số"), max_length=8, blank=True)
    token = models.CharField(max_length=24)
    origin = models.CharField(_("nguồn"), max_length=8, choices=Origin.choices)
    status = models.CharField(_("trạng thái"), max_length=9, choices=TicketStatus.choices)
    priority = models.CharField(_("diện ưu tiên"), max_length=9, choices=Priority.choices, blank=True)
    rank = models.PositiveSmallIntegerField(_("hạng"), choices=Rank.choices)
    # Order inside a rank: the moment of taking, or a later one after an absence.
    place = models.DateTimeField(_("thứ tự chờ"))
    ready_at = models.DateTimeField(_("gọi từ lúc"))
    passed_over = models.PositiveSmallIntegerField(_("số lần đã nhường"), default=0)
    counter = models.ForeignKey(
        Counter, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("quầy")
    )
    for_counter = models.ForeignKey(
        Counter, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("chỉ quầy")
    )
    clerk = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("người phục vụ")
    )  # fmt: skip
    issued_at = models.DateTimeField(_("lấy số lúc"))
    wait_from = models.DateTimeField(_("chờ từ lúc"))
    called_at = models.DateTimeField(_("gọi lúc"), null=True)
    first_called_at = models.DateTimeField(_("gọi lần đầu lúc"), null=True)
    calls = models.PositiveSmallIntegerField(_("số lần gọi"), default=0)
    started_at = models.DateTimeField(_("bắt đầu lúc"), null=True)
    finished_at = models.DateTimeField(_("xong lúc"), null=True)
    # Ended by the day's closing because nobody pressed "Xong": its time of service is unknown.
    is_forced = models.BooleanField(_("kết thúc khi chốt ngày"), default=False)
    absences = models.PositiveSmallIntegerField(_("số lần vắng"), default=0)
    # What was promised at the machine, kept to be compared with what came.
    ahead = models.PositiveIntegerField(_("số người trước"), default=0)
    low_s = models.PositiveIntegerField(_("chờ từ (giây)"), null=True)
    high_s = models.PositiveIntegerField(_("chờ đến (giây)"), null=True)
    # Whole seconds of waiting until the first start: the sum of its periods, written once.
    wait_s = models.PositiveIntegerField(_("đã chờ (giây)"), null=True)

    class Meta:
        verbose_name = _("lượt giao dịch")
        verbose_name_plural = _("lượt giao dịch")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token"], name="ticket_token_once"),
            models.UniqueConstraint(fields=["office", "day", "prefix", "serial"], name="ticket_number_once"),
            models.UniqueConstraint(
                fields=["counter"], name="ticket_one_at_a_counter", condition=Q(status__in=AT_COUNTER)
            ),
            models.CheckConstraint(condition=Q(status__in=TicketStatus.values), name="ticket_status_known"),
            models.CheckConstraint(
                condition=~Q(status__in=AT_COUNTER) | Q(counter__isnull=False),
                name="ticket_counter_when_called",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(finished_at__gte=F("issued_at")), name="ticket_in_order"
            ),
            models.CheckConstraint(
                condition=(Q(started_at=None) & Q(wait_s=None))
                | (Q(started_at__isnull=False) & Q(wait_s__isnull=False)),
                name="ticket_wait_when_started",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["service", "rank", "place", "id"],
                name="ticket_waiting",
                condition=Q(status="waiting"),
            ),
            models.Index(fields=["office", "status"], name="ticket_open", condition=Q(status__in=OPEN)),
            models.Index(fields=["office", "day", "-called_at"], name="ticket_by_call"),
            models.Index(fields=["clerk", "day"], name="ticket_by_clerk"),
        ]

    def __str__(self) -> str:
        return self.number or str(_("Lượt không số"))


class PeriodKind(models.TextChoices):
    """What the visitor's time was spent on."""

    EARLY = "early", _("Đến trước giờ hẹn")
    WAITING = "waiting", _("Chờ")
    CLOSED = "closed", _("Ngoài giờ làm việc")
    CALLED = "called", _("Được gọi, đang đến quầy")
    ABSENT = "absent", _("Vắng, chờ gọi lại")
    SERVING = "serving", _("Được phục vụ")
    HELD = "held", _("Tạm giữ")


# The wait of a turn is the sum of these before the first start (domain.md, I03: no-shows and closed hours left out).
WAITS = (PeriodKind.WAITING, PeriodKind.CALLED, PeriodKind.ABSENT)


class Period(models.Model):
    """A link of a turn's chain: it starts where the one before ended. All instants are the database's."""

    ticket = models.ForeignKey(
        Ticket, models.PROTECT, related_name="periods", db_index=False, verbose_name=_("lượt")
    )
    kind = models.CharField(_("loại"), max_length=7, choices=PeriodKind.choices)
    started_at = models.DateTimeField(_("từ lúc"))
    ended_at = models.DateTimeField(_("đến lúc"), null=True)
    counter = models.ForeignKey(
        Counter, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("quầy")
    )
    # Who opened the link; nobody when the visitor did (kiosk, phone) or the day's closing.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    note = models.CharField(_("ghi chú"), max_length=200, blank=True)
    # The service that a transfer left, so that what was counted before can be counted again.
    moved_from = models.ForeignKey(
        Service, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("từ dịch vụ")
    )

    class Meta:
        verbose_name = _("khoảng thời gian của lượt")
        verbose_name_plural = _("khoảng thời gian của lượt")
        ordering: ClassVar = ["ticket", "started_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket"], name="period_open_once", condition=Q(ended_at=None)),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="period_in_order"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["ticket", "started_at", "id"], name="period_chain")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.started_at:%H:%M:%S}"
