"""What the worklist shows, shaped for the components: nothing here decides, it only puts into words."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.lib.vietnamese import format_date, format_time
from dossiers import sla
from dossiers.models import Alert, Status
from dossiers.models.dossier import PAUSED
from dossiers.services import bulk
from dossiers.services import worklist as lists
from dossiers.services.own_list import NAME_LENGTH
from dossiers.services.worklist import ALERTS_SHOWN, MINE, NOBODY, Asked, Head, Page
from dossiers.services.worklist_tabs import OVERDUE, TODAY, bounds_of, group_of, group_words
from procedures.catalogue import Catalogue

DEPARTED = "nguoi-da-nghi"
# Shown while they hold something: most people never need them.
RARE = (DEPARTED, "tra-lai", "duoc-chia-se")


def page(asked: Asked, held: Catalogue, *, cursor: Mapping[str, str]) -> dict[str, Any]:
    """Return the context of the page: two statements, one for what stands above the rows and one for the rows."""
    head, found = lists.head_of(asked), lists.page_of(asked)
    rows = _rows(found, asked, held, urlencode({**asked.query, **cursor}))
    departed = head.counts.get(DEPARTED) or 0
    return {
        "tab": asked.tab,
        "tabs": tab_items(asked, head),
        "explained": asked.tabs,
        "filters": _filters(asked, head, held),
        "chips": _chips(asked, head, held),
        "rows": rows,
        "is_filtered": len(asked.query) > 1,
        "hidden": {"muc": asked.tab.slug},
        "query": asked.query,
        "query_text": urlencode(asked.query),
        "numbers": _numbers(asked, head),
        "alerts": _alerts(head),
        "saved": [{**each, "url": f"?{each['query']}"} for each in head.saved],
        "name_length": NAME_LENGTH,
        "departed": lists.count_words(departed) if departed else "",
        "share_out_url": f"{reverse('dossiers:bulk')}?{urlencode({'viec': 'assign', 'tat_ca': '1', 'muc': DEPARTED})}",
        "may_bulk": bulk.may_act_on_many(asked.user)
        and asked.tab.order == "due_at"
        and not asked.tab.exceptions,
        "people": head.people,
        "most": bulk.MOST,
        "columns": 9 if bulk.may_act_on_many(asked.user) else 8,
        **neighbour_pages(asked, found),
    }


def cursor_in(query: Mapping[str, str]) -> dict[str, str]:
    """Return the place in the list that an address names."""
    return {name: query[name] for name in ("sau", "truoc", "tai") if query.get(name)}


def address(query: Mapping[str, str], **changes: str) -> str:
    """Return the list's address with changes; "" takes a parameter out."""
    return "?" + urlencode({name: value for name, value in {**query, **changes}.items() if value})


def neighbour_pages(asked: Asked, found: Page) -> dict[str, str]:
    """Return the addresses of the pages before and after, "" at the ends, and of the list without filters."""
    return {
        "previous": address(asked.query, truoc=found.previous) if found.previous else "",
        "following": address(asked.query, sau=found.following) if found.following else "",
        "clear": address({"muc": asked.tab.slug}),
    }


def count_words(count: int | None) -> str:
    """Write a bounded count, "" where none was taken."""
    return "" if count is None else lists.count_words(count)


def tab_items(asked: Asked, head: Head) -> list[dict[str, Any]]:
    """Return the lists as links. Each keeps the filters, so that its number is what it opens."""
    return [
        {
            "label": tab.label,
            "url": address(asked.query, muc=tab.slug),
            "count": count_words(head.counts[tab.slug]) or None,
            "current": tab is asked.tab,
        }
        for tab in asked.tabs
        if tab is asked.tab or tab.slug not in RARE or head.counts[tab.slug]
    ]


def _numbers(asked: Asked, head: Head) -> list[dict[str, Any]]:
    """Return what is overdue and what is due today, each with the list that it counts."""
    return [
        {"label": tab.label, "count": count_words(head.counts[tab.slug]), "url": address(asked.query, muc=tab.slug),
         "kind": "late" if tab.slug == OVERDUE else "warn", "slug": tab.slug}
        for tab in asked.tabs
        if tab.slug in (OVERDUE, TODAY) and head.counts[tab.slug] is not None
    ]  # fmt: skip


def _alerts(head: Head) -> dict[str, Any]:
    shown = [
        {
            "code": each["dossier__code"],
            "words": str(Alert.Level(each["level"]).label),
            "url": reverse("dossiers:detail", args=[each["dossier__code"]]),
        }
        for each in head.alerts[:ALERTS_SHOWN]
    ]
    newest = max((each["id"] for each in head.alerts), default=0)
    return {
        "shown": shown,
        "count": lists.count_words(len(head.alerts)),
        "more": len(head.alerts) - len(shown),
        "newest": newest,
    }


def _filters(asked: Asked, head: Head, held: Catalogue) -> list[dict[str, Any]]:
    principal, wanted, query = principal_of(asked.user), asked.wanted, asked.query
    units = principal.units_where("view_dossiers")
    is_all = bool(principal.office_ids) or not units
    procedures = [each for each in held.each() if is_all or each.row.unit_id in units]
    chosen = [each for each in procedures if each.row.pk == wanted.procedure_id] or procedures
    unit_ids = {each.row.unit_id for each in procedures} if is_all else units
    named = sorted((held.units[pk].name, held.units[pk].code) for pk in unit_ids if pk in held.units)
    steps = {step.code: step.name for each in chosen for version in each.versions for step in version.steps}
    shown: list[dict[str, Any]] = [
        {"name": "q", "label": _("Mã hồ sơ, người nộp, điện thoại"), "kind": "search", "value": wanted.text},
        {"name": "thu_tuc", "label": _("Thủ tục"), "value": query.get("thu_tuc", ""),
         "options": [("", _("Mọi thủ tục")), *((str(each.row.pk), f"{each.row.code} {each.row.name}"[:80]) for each in procedures)]},
    ]  # fmt: skip
    if len(named) > 1:
        options = [("", _("Mọi đơn vị")), *((code, name) for name, code in named)]
        shown.append(
            {"name": "don_vi", "label": _("Đơn vị"), "value": query.get("don_vi", ""), "options": options}
        )
    steps_in_order = sorted(steps.items(), key=lambda each: each[1])
    shown.append(
        {
            "name": "buoc",
            "label": _("Bước"),
            "value": query.get("buoc", ""),
            "options": [("", _("Mọi bước")), *steps_in_order],
        }
    )
    if units:
        shown.append(
            {
                "name": "nguoi",
                "label": _("Người thụ lý"),
                "value": wanted.assignee,
                "options": _people(asked, head),
            }
        )
    due = [("", _("Mọi hạn")), *group_words().items()]
    return [*shown, {"name": "han", "label": _("Hạn"), "value": wanted.due, "options": due}]


def _people(asked: Asked, head: Head) -> list[tuple[str, str]]:
    options = [("", _("Mọi người")), (MINE, _("Tôi")), (NOBODY, _("Chưa có ai"))]
    options += [(str(each["id"]), each["name"]) for each in head.people]
    if asked.wanted.assignee not in {value for value, _label in options}:
        options.append((asked.wanted.assignee, _("Người không còn trong danh sách")))
    return options


def _chips(asked: Asked, head: Head, held: Catalogue) -> list[dict[str, str]]:
    """Return each filter that is on, with the address that takes it off."""
    chips = []
    for each in _filters(asked, head, held):
        if value := each["value"]:
            label = dict(each.get("options", ())).get(value, value)
            chips.append(
                {"label": f"{each['label']}: {label}"[:60], "url": address(asked.query, **{each["name"]: ""})}
            )
    return chips


def _rows(found: Page, asked: Asked, held: Catalogue, here: str) -> list[dict[str, Any]]:
    soon = sla.soon_at(asked.now, held.office(None).calendar)
    procedures = {each.row.pk: each.row.name for each in held.each()}
    bounds, words, last, shown = bounds_of(asked.now), group_words(), "", []
    for values in found.rows:
        row = dict(zip(lists.COLUMNS, values, strict=True))
        group = group_of(row["due_at"], bounds) if asked.tab.by_appointment else ""
        heading, last = (words[group] if group and group != last else ""), group
        shown.append({**_row(row, asked, held, soon=soon), "procedure": procedures[row["procedure_id"]], "heading": heading, "group": group,
                      "url": f"{reverse('dossiers:detail', args=[row['code']])}?{urlencode({'tu': here})}"})  # fmt: skip
    return shown


def _row(row: dict[str, Any], asked: Asked, held: Catalogue, *, soon: Any) -> dict[str, Any]:
    stand = sla.standing(
        row["status"], received_at=row["received_at"], due_at=row["due_at"], finished_at=row["finished_at"], outcome=row["outcome"],
        now=asked.now, calendar=sla.calendar_of(held, row["office_id"]), soon=soon,
    )  # fmt: skip
    steps = held.version_by_id(row["version_of_procedure_id"]).steps
    step = next((step.name for step in steps if step.pk == row["step_id"]), "")
    is_paused, at = row["status"] in PAUSED, row["respond_by"] if row["status"] in PAUSED else row["due_at"]
    when = f"{format_time(at)} {format_date(at)}" if at else ""
    return {
        "code": row["code"],
        "applicant": row["applicant_name"],
        "due": _("chờ đến %s") % when if is_paused and when else when,
        "state": stand.state,
        "remaining": stand.words,
        "step": step if row["status"] == Status.PROCESSING and step else Status(row["status"]).label,
        "assignee": row["assignee__full_name"] or "",
        "tick": f"{row['code']}~{row['version']}",
    }
