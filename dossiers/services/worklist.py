"""The worklists: which tabs a person has, how many dossiers each holds (bounded), and one keyset page of one tab.

Every list starts from `visible_to` and is narrowed so that one of the partial indexes of Dossier carries it in order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import Principal, principal_of
from dossiers import sla
from dossiers.models import Dossier, Opinion, Status
from dossiers.models.dossier import OPEN, PAUSED, DossierQuerySet
from dossiers.numbering import code_key
from dossiers.services.finding import matching

PAGE = 50
# Counting stops here: "99+" says enough, and the price of a tab stays the same whatever the backlog.
COUNT_LIMIT = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
COLUMNS = (
    "id", "code", "status", "outcome", "received_at", "due_at", "finished_at", "applicant_name", "procedure_id",
    "version_of_procedure_id", "step_id", "office_id", "assignee__full_name",
)  # fmt: skip


@dataclass(frozen=True)
class Tab:
    """One list: its slug in the address, its words, its rows, and the column that orders it.

    Rows of one's own units and desks are read straight off a partial index; only a list of `exceptions` needs the whole gate.
    """

    slug: str
    label: str
    explains: str
    empty: str
    rows: Q
    order: str = "due_at"
    exceptions: bool = False

    def visible_to(self, user: User) -> DossierQuerySet:
        """Return the rows of this list that the person may see."""
        seen = Dossier.objects.visible_to(user) if self.exceptions else Dossier.objects.in_own_scope(user)
        return seen.filter(self.rows)


@dataclass(frozen=True)
class Page:
    """One keyset page: rows as tuples of COLUMNS, and the cursors of its neighbours ("" at the ends)."""

    rows: list[tuple[Any, ...]]
    previous: str = ""
    following: str = ""


@dataclass(frozen=True)
class Wanted:
    """What the address asks of a list."""

    text: str = ""
    procedure_id: int | None = None
    after: str = ""
    before: str = ""


def tabs_of(user: User, *, now: datetime, soon: datetime) -> list[Tab]:
    """Return the lists that this person's grants give, the most personal one first."""
    principal = principal_of(user)
    case_units = principal.units_where("view_dossiers")
    desks = principal.office_ids if principal.units_where("receive_dossiers") else set()
    scope = Q(pk__in=[])
    if case_units:
        scope = Q(unit_id__in=sorted(case_units))
    if desks:
        at_desk = Q(office_id__in=sorted(desks))
        scope = scope | at_desk if case_units else at_desk
    tabs = _case_tabs(user, principal, case_units) if case_units else []
    tabs += _desk_tabs(desks) if desks else []
    return tabs + _clock_tabs(scope, now=now, soon=soon)


def _case_tabs(user: User, principal: Principal, units: frozenset[int]) -> list[Tab]:
    mine, within = Q(status__in=OPEN, assignee=user), Q(unit_id__in=sorted(units))
    tabs = []
    processing = principal.units_where("process_dossiers")
    if processing:
        tabs.append(
            Tab(
                "cua-toi",
                _("Của tôi"),
                _("Hồ sơ bạn đang thụ lý."),
                _("Bạn không còn hồ sơ nào đang thụ lý."),
                mine,
            )
        )
        tabs.append(
            Tab(
                "chua-phan-cong", _("Chưa phân công"), _("Hồ sơ của đơn vị chưa có người thụ lý."),
                _("Mọi hồ sơ đã có người thụ lý."), Q(status__in=OPEN, assignee=None) & within,
            )
        )  # fmt: skip
    tabs.append(
        Tab(
            "dang-xu-ly", _("Đang xử lý"), _("Hồ sơ đang giải quyết tại các đơn vị của bạn."),
            _("Không có hồ sơ nào đang xử lý."), Q(status__in=sla.RUNNING) & within,
        )
    )  # fmt: skip
    if processing:
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
            "tai-quay", _("Hồ sơ tại quầy"), _("Hồ sơ tiếp nhận tại quầy này, chưa có kết quả."),
            _("Không có hồ sơ nào đang giải quyết."), Q(status__in=OPEN) & at_desk,
        ),
        Tab(
            "cho-tra", _("Chờ trả kết quả"), _("Đã có kết quả, chờ người nộp đến nhận."),
            _("Không có kết quả nào chờ trả."), Q(status=Status.FINISHED) & at_desk, order="finished_at",
        ),
    ]  # fmt: skip


def _clock_tabs(scope: Q, *, now: datetime, soon: datetime) -> list[Tab]:
    return [
        Tab(
            "cho-bo-sung", _("Chờ bổ sung"), _("Đang tạm dừng tính giờ, chờ người nộp bổ sung hoặc nộp phí."),
            _("Không có hồ sơ nào đang chờ người nộp."), Q(status__in=PAUSED) & scope,
        ),
        Tab(
            "sap-den-han", _("Sắp đến hạn"), _("Còn không quá 8 giờ làm việc hoặc một phần năm thời hạn."),
            _("Không có hồ sơ nào sắp đến hạn."), sla.nearly_due(now, soon) & scope,
        ),
        Tab(
            "qua-han", _("Quá hạn"), _("Đã qua giờ hẹn trả mà chưa có kết quả."),
            _("Không có hồ sơ nào quá hạn."), sla.overdue(now) & scope,
        ),
    ]  # fmt: skip


def counts_of(user: User, tabs: Sequence[Tab]) -> dict[str, int]:
    """Count every tab in one statement, each up to COUNT_LIMIT."""
    parts: list[str] = []
    params: list[Any] = []
    for tab in tabs:
        rows = tab.visible_to(user).order_by().values("pk")[:COUNT_LIMIT]
        sql, values = rows.query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608  (the ORM wrote it, values apart)
        params.extend(values)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), params)
        return dict(zip([tab.slug for tab in tabs], cursor.fetchone(), strict=True))


def count_words(count: int) -> str:
    """Write a bounded count."""
    return f"{COUNT_LIMIT - 1}+" if count >= COUNT_LIMIT else str(count)


def page_of(user: User, tab: Tab, wanted: Wanted) -> Page:
    """Return one page of a tab in one statement, whatever its length: no offset, no total."""
    rows = tab.visible_to(user).filter(matching(wanted.text))
    if wanted.procedure_id is not None:
        rows = rows.filter(procedure_id=wanted.procedure_id)
    backwards = bool(wanted.before)
    rows = _from_cursor(rows, tab.order, wanted.before or wanted.after, backwards=backwards)
    order = (f"-{tab.order}", "-id") if backwards else (tab.order, "id")
    found = list(rows.order_by(*order).values_list(*COLUMNS)[: PAGE + 1])
    has_more = len(found) > PAGE
    found = found[:PAGE]
    if backwards:
        found.reverse()
    if not found:
        return Page([])
    has_before = has_more if backwards else bool(wanted.after)
    has_after = True if backwards else has_more
    first, last = (_cursor_of(row, tab.order) for row in (found[0], found[-1]))
    return Page(found, first if has_before else "", last if has_after else "")


def _cursor_of(row: tuple[Any, ...], order: str) -> str:
    at: datetime = row[COLUMNS.index(order)]
    return f"{(at - EPOCH) // MICROSECOND}.{row[0]}"


def _from_cursor(rows: DossierQuerySet, order: str, cursor: str, *, backwards: bool) -> DossierQuerySet:
    """Keep what lies beyond the cursor. The plain bound on the ordering column is what the index can seek to."""
    at_text, _dot, pk_text = cursor.partition(".")
    if not (
        at_text.isascii()
        and at_text.isdigit()
        and pk_text.isascii()
        and pk_text.isdigit()
        and len(cursor) < 40
    ):
        return rows
    at, pk = EPOCH + min(int(at_text), 4_000_000_000_000_000) * MICROSECOND, min(int(pk_text), 2**63 - 1)
    way = "lt" if backwards else "gt"
    beyond = Q(**{f"{order}__{way}": at}) | Q(**{f"id__{way}": pk})
    return rows.filter(beyond, **{f"{order}__{way}e": at})


def code_of_exact(user: User, text: str) -> str | None:
    """Return the code of the one visible dossier that was typed or scanned whole, open or not."""
    key = code_key(text)
    if len(key) < 8:
        return None
    found: str | None = (
        Dossier.objects.visible_to(user).filter(code_key=key).values_list("code", flat=True).first()
    )
    return found
