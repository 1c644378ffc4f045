"""The worklist: what to do next, so that nothing goes late."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.audit.services import record_access
from bpmc_portal.lib.vietnamese import format_date, format_time
from dossiers import sla
from dossiers.models import Status
from dossiers.services import worklist as lists
from procedures import catalogue
from procedures.catalogue import Catalogue


def worklist(request: HttpRequest) -> HttpResponse:
    """Show one tab of the person's work, or go straight to the dossier whose whole code was typed or scanned."""
    user: User = request.user  # type: ignore[assignment]
    text = request.GET.get("q", "").strip()
    if text and (code := lists.code_of_exact(user, text)):
        return HttpResponseRedirect(reverse("dossiers:detail", args=[code]))
    held, now = catalogue.read()
    soon = sla.soon_at(now, held.office(None).calendar)
    tabs = lists.tabs_of(user, now=now, soon=soon)
    tab = next((each for each in tabs if each.slug == request.GET.get("muc")), tabs[0])
    procedures = {str(each.row.pk): each.row for each in held.each()}
    chosen = procedures.get(request.GET.get("thu_tuc", ""))
    address = Address(tab.slug, text, str(chosen.pk) if chosen else "")
    wanted = lists.Wanted(
        text, chosen.pk if chosen else None, request.GET.get("sau", ""), request.GET.get("truoc", "")
    )
    record_access(request, f"worklist:{tab.slug}", count=lists.PAGE)
    page = lists.page_of(user, tab, wanted)
    context = {
        "tab": tab,
        "tabs": _tab_items(tabs, tab, lists.counts_of(user, tabs), address),
        "filters": _filters(user, held, address),
        "rows": [_row(row, held, procedures, now=now, soon=soon) for row in page.rows],
        "is_filtered": bool(text or chosen),
        "hidden": {"muc": tab.slug},
        **address.neighbours(page),
    }
    return render(request, "dossiers/worklist.html", context)


class Address:
    """The list's address, which holds all of its state."""

    def __init__(self, slug: str, text: str = "", procedure: str = "") -> None:
        self.slug, self.text, self.procedure = slug, text, procedure

    def to(self, **changes: str) -> str:
        """Return the address with changes."""
        values = {"muc": self.slug, "q": self.text, "thu_tuc": self.procedure, **changes}
        return "?" + urlencode({name: value for name, value in values.items() if value})

    def neighbours(self, page: lists.Page) -> dict[str, str]:
        """Return the addresses of the pages before and after, "" at the ends, and of the list without filters."""
        return {
            "previous": self.to(truoc=page.previous) if page.previous else "",
            "following": self.to(sau=page.following) if page.following else "",
            "clear": Address(self.slug).to(),
        }


def _tab_items(
    tabs: list[lists.Tab], current: lists.Tab, counts: dict[str, int], address: Address
) -> list[dict[str, Any]]:
    return [
        {
            "label": tab.label,
            "url": address.to(muc=tab.slug),
            "count": lists.count_words(counts[tab.slug]),
            "current": tab is current,
        }
        for tab in tabs
    ]


def _filters(user: User, held: Catalogue, address: Address) -> list[dict[str, Any]]:
    principal = principal_of(user)
    units = principal.units_where("view_dossiers")
    shown = [
        each.row for each in held.each() if not units or principal.office_ids or each.row.unit_id in units
    ]
    options = [("", _("Mọi thủ tục")), *((row.pk, f"{row.code} {row.name}"[:80]) for row in shown)]
    return [
        {"name": "q", "label": _("Mã hồ sơ, người nộp, điện thoại"), "kind": "search", "value": address.text},
        {"name": "thu_tuc", "label": _("Thủ tục"), "options": options, "value": address.procedure},
    ]


def _row(
    values: tuple[Any, ...], held: Catalogue, procedures: dict[str, Any], *, now: Any, soon: Any
) -> dict[str, Any]:
    row = dict(zip(lists.COLUMNS, values, strict=True))
    stand = sla.standing(
        row["status"], received_at=row["received_at"], due_at=row["due_at"], finished_at=row["finished_at"], outcome=row["outcome"],
        now=now, calendar=sla.calendar_of(held, row["office_id"]), soon=soon,
    )  # fmt: skip
    steps = held.version_by_id(row["version_of_procedure_id"]).steps
    at = row["due_at"]
    return {
        "code": row["code"],
        "applicant": row["applicant_name"],
        "procedure": procedures[str(row["procedure_id"])].name,
        "due": f"{format_time(at)} {format_date(at)}" if at else "",
        "state": stand.state,
        "remaining": stand.words,
        "step": next((step.name for step in steps if step.pk == row["step_id"]), "")
        if row["status"] == Status.PROCESSING
        else Status(row["status"]).label,
        "assignee": row["assignee__full_name"] or "",
    }
