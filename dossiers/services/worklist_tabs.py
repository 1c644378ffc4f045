"""Which lists a person has. Every one starts from the one gate and is narrowed so that a partial index of Dossier carries it in order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import Principal, principal_of, still_holds
from bpmc_portal.lib.vietnamese import LOCAL_ZONE, local_date
from dossiers import sla
from dossiers.models import Dossier, DossierEvent, DossierShare, Opinion, Status
from dossiers.models.dossier import OPEN, PAUSED, RUNNING, DossierQuerySet
from dossiers.workflow import Action

OVERDUE, TODAY, THIS_WEEK, LATER = "qua-han", "hom-nay", "tuan-nay", "sau"
Bounds = Mapping[str, tuple[datetime | None, datetime | None]]


@dataclass(frozen=True)
class Tab:
    """One list: its slug in the address, its words, its rows, and the column that orders it.

    Rows of one's own units and desks are read straight off a partial index; only a list of `exceptions` needs the whole gate.
    Where the clock stands still or has ended, rows bear no heading of the appointment (`by_appointment`).
    """

    slug: str
    label: str
    explains: str
    empty: str
    rows: Q
    order: str = "due_at"
    exceptions: bool = False
    by_appointment: bool = True

    def visible_to(self, user: User) -> DossierQuerySet:
        """Return the rows of this list that the person may see."""
        seen = Dossier.objects.visible_to(user) if self.exceptions else Dossier.objects.in_own_scope(user)
        return seen.filter(self.rows)


def bounds_of(now: datetime) -> Bounds:
    """Return from when (inclusive) to when each group of appointments goes; a week ends with its Sunday."""
    today = local_date(now)
    tomorrow, monday = today + timedelta(days=1), today + timedelta(days=7 - today.weekday())
    next_day, next_week = (datetime.combine(day, time(0), LOCAL_ZONE) for day in (tomorrow, monday))
    return {
        OVERDUE: (None, now),
        TODAY: (now, next_day),
        THIS_WEEK: (next_day, next_week),
        LATER: (next_week, None),
    }


def group_of(due_at: datetime, bounds: Bounds) -> str:
    """Return the group of an appointment."""
    return next((slug for slug, (_start, end) in bounds.items() if end is None or due_at < end), LATER)


def group_words() -> dict[str, str]:
    """Return the headings of the groups, in the order of time."""
    return {OVERDUE: _("Quá hạn"), TODAY: _("Hôm nay"), THIS_WEEK: _("Tuần này"), LATER: _("Sau tuần này")}


def tabs_of(user: User, *, now: datetime, soon: datetime) -> list[Tab]:
    """Return the lists that this person's grants give, the most personal one first.

    Together they hold every open dossier that the person may see: running, paused, asked about, shared by name.
    """
    principal = principal_of(user)
    case_units = principal.units_where("view_dossiers")
    desks = principal.office_ids if principal.units_where("receive_dossiers") else set()
    scope = Q(pk__in=[])
    if case_units:
        scope = Q(unit_id__in=sorted(case_units))
    if desks:
        at_desk = Q(office_id__in=sorted(desks))
        scope = scope | at_desk if case_units else at_desk
    tabs = _own_tabs(user, principal, case_units)
    tabs += _unit_tabs(principal, case_units) if case_units else []
    tabs += _desk_tabs(desks) if desks else []
    tabs += _clock_tabs(scope, now=now, soon=soon)
    if departed_from := principal.units_where("approve_dossiers"):
        tabs.append(_departed_tab(departed_from, on=principal.on))
    return [*tabs, _shared_tab(user)]


def _own_tabs(user: User, principal: Principal, units: frozenset[int]) -> list[Tab]:
    """Return what waits for this very person."""
    within, tabs = Q(unit_id__in=sorted(units)), []
    if principal.units_where("process_dossiers"):
        tabs += [
            Tab(
                "cua-toi", _("Của tôi"), _("Hồ sơ bạn đang thụ lý và đồng hồ đang chạy."),
                _("Bạn không còn hồ sơ nào đang thụ lý."), Q(status__in=RUNNING, assignee=user),
            ),
            Tab(
                "tra-lai", _("Bị trả lại"), _("Hồ sơ của bạn vừa bị trả lại bước trước; lý do ghi trong hồ sơ."),
                _("Không có hồ sơ nào bị trả lại."), _was_sent_back() & Q(status=Status.PROCESSING, assignee=user),
            ),
            Tab(
                "chua-phan-cong", _("Chưa phân công"), _("Hồ sơ của đơn vị chưa có người thụ lý."),
                _("Mọi hồ sơ đã có người thụ lý."), Q(status__in=RUNNING, assignee=None) & within,
            ),
        ]  # fmt: skip
    if signs := principal.units_where("approve_dossiers"):
        to_sign = Q(status=Status.PROCESSING, next_act=Action.APPROVE, unit_id__in=sorted(signs))
        tabs.append(
            Tab(
                "cho-ky", _("Chờ tôi ký"), _("Hồ sơ đã qua các bước, chờ bạn phê duyệt hoặc từ chối."),
                _("Không có hồ sơ nào chờ ký."), to_sign,
            )
        )  # fmt: skip
    return tabs


def _was_sent_back() -> Q:
    """Keep the dossiers whose last event sent them back; the number of the last event is the dossier's version."""
    last = DossierEvent.objects.filter(
        dossier=OuterRef("pk"), seq=OuterRef("version"), action=Action.SEND_BACK
    )
    return Q(Exists(last))


def _unit_tabs(principal: Principal, units: frozenset[int]) -> list[Tab]:
    """Return the work of the person's units, and what other units ask them."""
    tabs = [
        Tab(
            "dang-xu-ly", _("Đang xử lý"), _("Hồ sơ đang giải quyết tại các đơn vị của bạn, của mọi người."),
            _("Không có hồ sơ nào đang xử lý."), Q(status__in=RUNNING, unit_id__in=sorted(units)),
        )
    ]  # fmt: skip
    if processing := principal.units_where("process_dossiers"):
        asked = Opinion.objects.filter(unit_id__in=sorted(processing), answered_at=None).values("dossier_id")
        tabs.append(
            Tab(
                "duoc-hoi", _("Được lấy ý kiến"), _("Hồ sơ của đơn vị khác đang chờ ý kiến của đơn vị bạn."),
                _("Không có đơn vị nào đang chờ ý kiến."), Q(status__in=OPEN, pk__in=asked), exceptions=True,
            )
        )  # fmt: skip
    return tabs


def _desk_tabs(desks: set[int]) -> list[Tab]:
    at_desk = Q(office_id__in=sorted(desks))
    return [
        Tab(
            "tai-quay", _("Hồ sơ tại quầy"), _("Hồ sơ tiếp nhận tại quầy này, đang được giải quyết."),
            _("Không có hồ sơ nào đang giải quyết."), Q(status__in=RUNNING) & at_desk,
        ),
        Tab(
            "cho-tra", _("Chờ trả kết quả"), _("Đã có kết quả, chờ người nộp đến nhận."),
            _("Không có kết quả nào chờ trả."), Q(status=Status.FINISHED) & at_desk, order="finished_at", by_appointment=False,
        ),
    ]  # fmt: skip


def _clock_tabs(scope: Q, *, now: datetime, soon: datetime) -> list[Tab]:
    start, end = bounds_of(now)[TODAY]
    return [
        Tab(
            "cho-bo-sung", _("Chờ bổ sung"), _("Đang tạm dừng tính giờ, chờ người nộp bổ sung hoặc nộp phí."),
            _("Không có hồ sơ nào đang chờ người nộp."), Q(status__in=PAUSED) & scope, by_appointment=False,
        ),
        Tab(
            TODAY, _("Đến hạn hôm nay"), _("Đang giải quyết, hẹn trả trong hôm nay và chưa qua giờ hẹn."),
            _("Không có hồ sơ nào hẹn trả từ giờ đến hết hôm nay."), Q(status__in=RUNNING, due_at__gte=start, due_at__lt=end) & scope,
        ),
        Tab(
            "sap-den-han", _("Sắp đến hạn"), _("Còn không quá 8 giờ làm việc hoặc một phần năm thời hạn."),
            _("Không có hồ sơ nào sắp đến hạn."), sla.nearly_due(now, soon) & scope,
        ),
        Tab(
            OVERDUE, _("Quá hạn"), _("Đã qua giờ hẹn trả mà chưa có kết quả."),
            _("Không có hồ sơ nào quá hạn."), sla.overdue(now) & scope,
        ),
    ]  # fmt: skip


def _departed_tab(units: frozenset[int], *, on: date) -> Tab:
    """Return the open work of people who left: a closed account, or no role any more in the unit that handles the dossier."""
    works = still_holds("process_dossiers", user="assignee_id", unit="unit_id", on=on)
    rows = Q(status__in=OPEN, assignee__isnull=False, unit_id__in=sorted(units)) & ~Q(works)
    return Tab(
        "nguoi-da-nghi", _("Người thụ lý đã nghỉ"),
        _("Người được giao không còn làm việc tại đơn vị. Hãy giao lại cho người khác."),
        _("Mọi hồ sơ đều do người đang làm việc thụ lý."), rows, by_appointment=False,
    )  # fmt: skip


def _shared_tab(user: User) -> Tab:
    shares = DossierShare.objects.filter(user=user, expires_at__gt=timezone.now()).values("content_object_id")
    return Tab(
        "duoc-chia-se", _("Được chia sẻ"), _("Hồ sơ được chia sẻ đích danh cho bạn trong một thời gian."),
        _("Không có hồ sơ nào được chia sẻ cho bạn."), Q(status__in=OPEN, pk__in=shares), exceptions=True, by_appointment=False,
    )  # fmt: skip
