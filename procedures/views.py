"""The home page and the public catalogue. Everything comes from the catalogue in memory: one statement a page."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.access import ACCESS
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.lib.vietnamese import format_date, format_money, local_date
from procedures import catalogue
from procedures.catalogue import CaseInForce, Catalogue, ProcedureInForce, Version
from procedures.models import ComponentRequirement, Confidence, Field
from procedures.opening import opening_of, weekly_hours
from procedures.search import MAX_QUERY, search


@dataclass(frozen=True)
class Entry:
    """One line of the list: what a visitor weighs before opening it."""

    name: str
    code: str
    field: str
    unit: str
    limit: str
    fee: str
    is_confirmed: bool
    in_force: bool


def home(request: HttpRequest) -> HttpResponse:
    """Show the search box, the fields, tracking, and the desks' hours of today."""
    held, now = catalogue.read()
    offices = [
        {"row": office.row, "opening": opening_of(office, now), "hours": weekly_hours(office)}
        for office in list(held.offices.values())[:3]
    ]
    return render(
        request, "home.html", {"fields": _fields(held), "offices": offices, "count": len(search("", held))}
    )


def list_(request: HttpRequest) -> HttpResponse:
    """List the procedures of a search or of a field."""
    held, now = catalogue.read()
    query, wanted = request.GET.get("q", "")[:MAX_QUERY].strip(), request.GET.get("linh-vuc", "")
    found = search(query, held)
    chosen = next((field for field in _fields(held) if field["code"] == wanted), None)
    if chosen:
        found = [procedure for procedure in found if procedure.row.field.code == wanted]
    entries = [_entry(procedure, held, local_date(now)) for procedure in found]
    context = {
        "query": query,
        "entries": entries,
        "fields": _fields(held),
        "chosen": chosen,
        "office": next(iter(held.offices.values()), None),
    }
    return render(request, "procedures/list.html", context)


def _fields(held: Catalogue) -> list[dict[str, Any]]:
    """Return the fields that have procedures in use, with how many."""
    rows: dict[int, Field] = {}
    counts: Counter[int] = Counter()
    for procedure in held.each():
        if procedure.row.is_active:
            rows[procedure.row.field_id] = procedure.row.field
            counts[procedure.row.field_id] += 1
    return [
        {"code": row.code, "name": row.name, "count": counts[pk]}
        for pk, row in sorted(rows.items(), key=lambda pair: pair[1].name)
    ]


def _entry(procedure: ProcedureInForce, held: Catalogue, day: date) -> Entry:
    version = procedure.version_on(day)
    return Entry(
        name=procedure.row.name,
        code=procedure.row.code,
        field=procedure.row.field.name,
        unit=held.units[procedure.row.unit_id].name,
        limit=limit_words(version),
        fee=fee_words(version),
        is_confirmed=version is not None and is_confirmed(version),
        in_force=version is not None,
    )


def limit_words(version: Version | None) -> str:
    """Say the statutory term, or that the source gives none."""
    return (version.row.limit_words if version else "") or _("Chưa xác định thời hạn")


def fee_words(version: Version | None) -> str:
    """Say what it costs. Unknown is never told as free."""
    if version is None or not version.fees or any(fee.amount is None for fee in version.fees):
        return _("Chưa xác định mức phí")
    amounts = sorted(fee.amount or 0 for fee in version.fees)
    if amounts[-1] == 0:
        return _("Không thu phí")
    return (
        format_money(amounts[0])
        if len(amounts) == 1
        else _("Từ %s, tuỳ trường hợp") % format_money(amounts[0])
    )


def is_confirmed(version: Version) -> bool:
    """Say whether the text was compared with the national database."""
    return version.row.is_verified


def detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show one procedure: the version in force today, or the one asked for with `?ban=`; says so when that is not in force."""
    held, now = catalogue.read()
    procedure = held.procedure(code)
    today = local_date(now)
    version = _version_asked(procedure, request.GET.get("ban", ""), today)
    current = procedure.version_on(today)
    field = procedure.row.field
    context = {
        "crumbs": [
            {"label": _("Thủ tục"), "url": reverse("procedures:list")},
            {"label": field.name, "url": f"{reverse('procedures:list')}?linh-vuc={field.code}"},
        ],
        "procedure": procedure.row,
        "unit": held.units[procedure.row.unit_id],
        "version": version,
        "current": current,
        "is_in_force": version is not None and version is current,
        "validity": validity_words(version, current, today),
        "limit": limit_words(version),
        "fee": fee_words(version),
        "cases": [_case(case) for case in version.cases.values()] if version else [],
        "audience": _audience(version),
        "doubts": _doubts(version),
        "is_confirmed": version is not None and is_confirmed(version),
        "offices": [
            {"row": office.row, "hours": weekly_hours(office)} for office in list(held.offices.values())[:1]
        ],
        "sheets_url": _sheets_url(request, procedure, version),
    }
    return render(request, "procedures/detail.html", context)


def _sheets_url(request: HttpRequest, procedure: ProcedureInForce, version: Version | None) -> str:
    """Return where staff who scan print the separator sheets of the checklist, "" for everybody else."""
    may_scan = ACCESS["dossiers:checklist_separators"]["GET"] & principal_of(request.user).roles
    has_papers = version is not None and any(case.components for case in version.cases.values())
    return (
        reverse("dossiers:checklist_separators", args=[procedure.row.key]) if may_scan and has_papers else ""
    )


def _version_asked(procedure: ProcedureInForce, number: str, today: date) -> Version | None:
    if number.isascii() and number.isdigit():
        return next((version for version in procedure.versions if str(version.row.number) == number), None)
    return procedure.version_on(today) or next(iter(procedure.versions), None)


def validity_words(version: Version | None, current: Version | None, today: date) -> str:
    """Say from when to when the text holds; a text that does not hold today says so first."""
    if version is None:
        return _("Thủ tục này chưa có bản nào được công bố.")
    start = format_date(version.row.in_force_from)
    end = format_date(version.row.in_force_to) if version.row.in_force_to else ""
    if version is not current:
        if version.row.in_force_from > today:
            return _("Bản %(number)s chưa có hiệu lực. Bản này áp dụng từ %(start)s.") % {
                "number": version.row.number,
                "start": start,
            }
        if current is not None:
            values = {"number": version.row.number, "end": end, "current": current.row.number}
            return _("Bản %(number)s đã hết hiệu lực ngày %(end)s, được thay bằng bản %(current)s.") % values
        return _("Bản %(number)s đã hết hiệu lực ngày %(end)s. Hiện chưa có bản thay thế.") % {
            "number": version.row.number,
            "end": end,
        }
    if end:
        return _("Bản %(number)s, hiệu lực từ %(start)s đến hết %(end)s") % {
            "number": version.row.number,
            "start": start,
            "end": end,
        }
    return _("Bản %(number)s, hiệu lực từ %(start)s") % {"number": version.row.number, "start": start}


def _case(case: CaseInForce) -> dict[str, Any]:
    return {"row": case.row, "papers": [_paper(component) for component in case.components.values()]}


def _paper(component: ComponentRequirement) -> dict[str, Any]:
    counts = []
    if component.originals:
        counts.append(_("%s bản chính") % component.originals)
    if component.copies:
        counts.append(_("%s bản sao") % component.copies)
    months = component.document_type.valid_months
    return {
        "row": component,
        "counts": ", ".join(counts) or _("chỉ xuất trình"),
        "validity": (_("Có giá trị trong %s tháng") % months if months else _("Có thời hạn sử dụng"))
        if component.is_validity_limited
        else "",
    }


def _audience(version: Version | None) -> str:
    words = {"citizen": _("Cá nhân"), "organisation": _("Tổ chức, doanh nghiệp")}
    kinds = version.row.applicant_kinds if version else []
    return ", ".join(words[kind] for kind in kinds if kind in words)


def _doubts(version: Version | None) -> list[str]:
    """Name the parts that the source leaves less than certain."""
    if version is None:
        return []
    parts = (
        (version.row.name_confidence, _("tên thủ tục")),
        (version.row.limit_confidence, _("thời hạn giải quyết")),
        (version.row.components_confidence, _("thành phần hồ sơ")),
    )
    found = [word for confidence, word in parts if confidence != Confidence.HIGH]
    return found + (
        [_("phí, lệ phí")] if any(fee.confidence != Confidence.HIGH for fee in version.fees) else []
    )
