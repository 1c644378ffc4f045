"""The worklists: what an address asks of them, how many dossiers each holds (bounded), and one keyset page of one tab.

Counts, pages, neighbours and the export all read `Asked.rows`, so that they cannot disagree.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from dossiers import sla
from dossiers.models import Alert, Dossier, SavedFilter
from dossiers.models.dossier import PAUSED, DossierQuerySet
from dossiers.numbering import code_key
from dossiers.services import assignment
from dossiers.services.finding import MAX_TYPED, matching
from dossiers.services.worklist_tabs import Tab, bounds_of, tabs_of
from procedures.catalogue import Catalogue

__all__ = ["Asked", "Head", "Page", "Tab", "Wanted", "counts_of", "head_of", "page_of", "read", "tabs_of"]

PAGE = 50
# Counting stops here: "99+" says enough, and the price of a tab stays the same whatever the backlog.
COUNT_LIMIT = 100
ALERTS_SHOWN = 4
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
COLUMNS = (
    "id", "code", "status", "outcome", "received_at", "due_at", "finished_at", "applicant_name", "procedure_id",
    "version_of_procedure_id", "step_id", "office_id", "assignee__full_name", "version", "respond_by",
)  # fmt: skip
MINE, NOBODY = "toi", "khong"
# What an address of the worklist may hold; `sau`, `truoc` and `tai` are places in it.
PARAMETERS = ("muc", "q", "thu_tuc", "don_vi", "buoc", "nguoi", "han", "sau", "truoc", "tai")


@dataclass(frozen=True)
class Page:
    """One keyset page: rows as tuples of COLUMNS, and the cursors of its neighbours ("" at the ends)."""

    rows: list[tuple[Any, ...]]
    previous: str = ""
    following: str = ""


@dataclass(frozen=True)
class Wanted:
    """What the address asks of a list. `steps` are the keys of one step in every version; `at` begins a page with that very row."""

    text: str = ""
    procedure_id: int | None = None
    after: str = ""
    before: str = ""
    at: str = ""
    unit_id: int | None = None
    steps: tuple[int, ...] | None = None
    assignee: str = ""
    due: str = ""

    def condition(self, user: User, now: datetime) -> Q:
        """Return the filters as one condition; the cursor is no part of it."""
        kept = matching(self.text)
        if self.procedure_id is not None:
            kept &= Q(procedure_id=self.procedure_id)
        if self.unit_id is not None:
            kept &= Q(unit_id=self.unit_id)
        if self.steps is not None:
            kept &= Q(step_id__in=self.steps)
        if self.assignee == NOBODY:
            kept &= Q(assignee=None)
        elif self.assignee:
            kept &= Q(assignee_id=user.pk if self.assignee == MINE else int(self.assignee))
        if self.due:
            start, end = bounds_of(now)[self.due]
            kept &= ~Q(status__in=PAUSED)
            kept &= (Q(due_at__gte=start) if start else Q()) & (Q(due_at__lt=end) if end else Q())
        return kept


@dataclass(frozen=True)
class Asked:
    """An address, read: the person's lists, the chosen one, the filters, and the filters again as clean query parameters."""

    user: User
    now: datetime
    tabs: list[Tab]
    tab: Tab
    wanted: Wanted
    query: dict[str, str] = field(default_factory=dict)

    def rows(self, tab: Tab | None = None) -> DossierQuerySet:
        """Return the rows of a list with these filters; of the chosen list when none is named."""
        kept = self.wanted.condition(self.user, self.now)
        rows = (tab or self.tab).visible_to(self.user)
        return rows.filter(kept) if kept else rows


@dataclass(frozen=True)
class Head:
    """What stands above the rows, read in one statement. A list that was not counted has no number."""

    counts: dict[str, int | None]
    alerts: list[dict[str, Any]]
    saved: list[dict[str, Any]]
    people: list[dict[str, Any]]


def read(query: Mapping[str, str], *, user: User, held: Catalogue, now: datetime) -> Asked:
    """Read an address. What it does not know is left out, so that an old link shows more, never an error and never too little."""
    tabs = tabs_of(user, now=now, soon=sla.soon_at(now, held.office(None).calendar))
    tab = next((each for each in tabs if each.slug == query.get("muc")), tabs[0])
    text = query.get("q", "").replace("\x00", "").strip()[:MAX_TYPED]
    procedure = next((each.row.pk for each in held.each() if str(each.row.pk) == query.get("thu_tuc")), None)
    unit = next((each.pk for each in held.units.values() if each.code == query.get("don_vi")), None)
    steps = _steps_of(held, query.get("buoc", ""))
    who = query.get("nguoi", "")
    assignee = who if who in (MINE, NOBODY) or (who.isascii() and who.isdigit() and len(who) < 19) else ""
    due = query.get("han", "") if query.get("han", "") in bounds_of(now) else ""
    wanted = Wanted(
        text, procedure, query.get("sau", ""), query.get("truoc", ""), query.get("tai", ""), unit, steps, assignee, due
    )  # fmt: skip
    clean = {
        "muc": tab.slug, "q": text, "thu_tuc": str(procedure or ""), "don_vi": query.get("don_vi", "") if unit else "",
        "buoc": query.get("buoc", "") if steps else "", "nguoi": assignee, "han": due,
    }  # fmt: skip
    return Asked(user, now, tabs, tab, wanted, {name: value for name, value in clean.items() if value})


def _steps_of(held: Catalogue, code: str) -> tuple[int, ...] | None:
    """Return the keys of the step of that code in every published version, from memory."""
    if not code:
        return None
    versions = (version for procedure in held.each() for version in procedure.versions)
    return tuple(step.pk for version in versions for step in version.steps if step.code == code) or None


def counts_of(user: User, tabs: Sequence[Tab], *, now: datetime | None = None) -> dict[str, int]:
    """Count every tab in one statement, each up to COUNT_LIMIT."""
    parts = [bounded(tab.visible_to(user)) for tab in tabs]
    return dict(zip([tab.slug for tab in tabs], one_row(parts), strict=True))


def counted(asked: Asked) -> list[Tab]:
    """Return the lists that show a number: with words to search for only the open one, because each would search anew."""
    return [asked.tab] if asked.wanted.text else asked.tabs


def head_of(asked: Asked) -> Head:
    """Read what stands above the rows, in one statement: bounded counts, numbers of the day, alerts, saved filters, people."""
    user, tabs = asked.user, counted(asked)
    principal = principal_of(user)
    units = principal.units_where("view_dossiers")
    parts = [
        *(bounded(asked.rows(tab)) for tab in tabs),
        _as_json(_alerts(user)),
        _as_json(SavedFilter.objects.filter(user=user).order_by("name").values("id", "name", "query")),
        assignment.people_sql(
            units, on=principal.on, with_load=bool(principal.units_where("process_dossiers"))
        ),
    ]
    *counts, alerts, saved, people = one_row(parts)
    known = dict(zip([tab.slug for tab in tabs], counts, strict=True))
    return Head(
        {tab.slug: known.get(tab.slug) for tab in asked.tabs},
        json.loads(alerts), json.loads(saved), json.loads(people),
    )  # fmt: skip


def _alerts(user: User) -> QuerySet[Any, Any]:
    """Return the newest unseen alerts on dossiers that the person may still see."""
    seen = Dossier.objects.in_own_scope(user).values("pk")
    unseen = Alert.objects.filter(user=user, seen_at=None, dossier__in=seen)
    return unseen.order_by("-at", "-pk").values("id", "level", "dossier__code")[:COUNT_LIMIT]


def bounded(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return an expression with its values that counts up to COUNT_LIMIT rows."""
    try:
        sql, params = rows.order_by().values("pk")[:COUNT_LIMIT].query.sql_with_params()
    except EmptyResultSet:
        return "(SELECT 0)", ()
    return f"(SELECT count(*) FROM ({sql}) AS counted)", params  # noqa: S608  (the ORM wrote it, values apart)


def _as_json(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return "(SELECT '[]')", ()
    return f"(SELECT coalesce(json_agg(found), '[]')::text FROM ({sql}) AS found)", params  # noqa: S608


def one_row(parts: Sequence[tuple[str, Sequence[Any]]]) -> tuple[Any, ...]:
    """Read several expressions in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(sql for sql, _params in parts),
            [each for _sql, params in parts for each in params],
        )
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def count_words(count: int) -> str:
    """Write a bounded count."""
    return f"{COUNT_LIMIT - 1}+" if count >= COUNT_LIMIT else str(count)


def page_of(asked: Asked) -> Page:
    """Return one page of a tab in one statement, whatever its length: no offset, no total."""
    wanted, order = asked.wanted, asked.tab.order
    backwards = bool(wanted.before)
    rows = beyond(
        asked.rows(),
        order,
        wanted.before or wanted.after or wanted.at,
        backwards=backwards,
        inclusive=not wanted.after,
    )
    found = list(sorted_rows(rows, order, backwards=backwards).values_list(*COLUMNS)[: PAGE + 1])
    has_more = len(found) > PAGE
    found = found[:PAGE]
    if backwards:
        found.reverse()
    if not found:
        return Page([])
    has_before = has_more if backwards else bool(wanted.after or wanted.at)
    has_after = True if backwards else has_more
    first, last = (cursor_of(row[COLUMNS.index(order)], row[0]) for row in (found[0], found[-1]))
    return Page(found, first if has_before else "", last if has_after else "")


def sorted_rows(rows: DossierQuerySet, order: str, *, backwards: bool) -> DossierQuerySet:
    """Sort by the list's column, the other way round when walking backwards."""
    return rows.order_by(*((f"-{order}", "-id") if backwards else (order, "id")))


def cursor_of(at: datetime, pk: int) -> str:
    """Write the place of a row: its instant and its key."""
    return f"{(at - EPOCH) // MICROSECOND}.{pk}"


def beyond(
    rows: DossierQuerySet, order: str, cursor: str, *, backwards: bool = False, inclusive: bool = False
) -> DossierQuerySet:
    """Keep what lies beyond the cursor. The plain bound on the ordering column is what the index can seek to."""
    at_text, _dot, pk_text = cursor.partition(".")
    is_ours = all(part.isascii() and part.isdigit() for part in (at_text, pk_text)) and len(cursor) < 40
    if not is_ours:
        return rows
    at, pk = EPOCH + min(int(at_text), 4_000_000_000_000_000) * MICROSECOND, min(int(pk_text), 2**63 - 1)
    way = "lt" if backwards else "gt"
    same = f"id__{way}e" if inclusive and not backwards else f"id__{way}"
    return rows.filter(Q(**{f"{order}__{way}": at}) | Q(**{same: pk}), **{f"{order}__{way}e": at})


def code_of_exact(user: User, text: str) -> str | None:
    """Return the code of the one visible dossier that was typed or scanned whole, open or not."""
    key = code_key(text)
    if len(key) < 8:
        return None
    found: str | None = (
        Dossier.objects.visible_to(user).filter(code_key=key).values_list("code", flat=True).first()
    )
    return found
