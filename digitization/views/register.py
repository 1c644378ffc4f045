"""The register of old results: its list, one result with its scan, and the spreadsheets that fill it."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpmc_portal.accounts.models import Unit, User
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError, NotFound
from digitization import register, register_import, register_sheet
from digitization.models import LegacyImport, LegacyImportRow, LegacyResult
from digitization.register import Wanted

ROWS = 100
# Complements of the funnel's bars, as they are said: "43 kết quả chưa quét".
STATES = {"chua-quet": "paper", "chua-ky": "scanned", "chua-vao-kho": "signed", "da-vao-kho": "stored"}


class ImportForm(forms.Form):
    """A spreadsheet of one unit, with the total that its paper register is said to hold."""

    use_required_attribute = False
    unit = forms.ChoiceField(label=gettext_lazy("Đơn vị"))
    declared = forms.IntegerField(
        label=gettext_lazy("Tổng số kết quả theo sổ giấy"), required=False, min_value=0, max_value=10_000_000,
        help_text=gettext_lazy("Để đối chiếu: hệ thống chỉ ra các số vào sổ còn thiếu."),
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("Tệp Excel (.xlsx)"),
        help_text=gettext_lazy("Theo mẫu, nhiều nhất 20.000 dòng, 10 MB."),
    )


class ScanForm(forms.Form):
    """The scan of one result."""

    use_required_attribute = False
    file = forms.FileField(label=gettext_lazy("Tệp quét"), help_text=gettext_lazy("PDF, JPEG, PNG hoặc TIFF"))


def listed(request: HttpRequest) -> HttpResponse:
    """Show one page of the register, filtered by unit and state."""
    user: User = request.user  # type: ignore[assignment]
    units = _units(register.units_read(user))
    wanted = _wanted(request, units)
    found = register.listed(wanted, user=user)
    record_access(request, "register", count=len(found.rows))
    query = {
        name: request.GET[name] for name in ("don_vi", "trang_thai", "hieu_luc", "q") if request.GET.get(name)
    }
    context = {
        "rows": found.rows,
        "count": found.count,
        "state_words": str(LegacyResult.State(wanted.state).label).lower() if wanted.state else "",
        "filters": _filters(wanted, units),
        "following": f"?{urlencode({**query, 'sau': found.following})}" if found.following else "",
        "may_write": bool(register.units_written(user)),
    }
    return render(request, "digitization/register.html", context)


def _wanted(request: HttpRequest, units: dict[str, Unit]) -> Wanted:
    """Read the address; what it does not know is left out."""
    unit, after = units.get(request.GET.get("don_vi", "")), request.GET.get("sau", "")
    return Wanted(
        unit_id=unit.pk if unit else None,
        state=STATES.get(request.GET.get("trang_thai", ""), ""),
        text=request.GET.get("q", "").replace("\x00", ""),
        in_force=request.GET.get("hieu_luc") != "tat-ca",
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0,
    )


def _filters(wanted: Wanted, units: dict[str, Unit]) -> list[dict[str, Any]]:
    slugs = {state: slug for slug, state in STATES.items()}
    unit = next((code for code, each in units.items() if each.pk == wanted.unit_id), "")
    states = [
        ("", _("Mọi trạng thái")),
        *((slugs[value], label) for value, label in LegacyResult.State.choices),
    ]
    return [
        {"name": "q", "label": _("Tên chủ, số ký hiệu, số vào sổ"), "kind": "search", "value": wanted.text},
        {"name": "don_vi", "label": _("Đơn vị"), "value": unit,
         "options": [("", _("Mọi đơn vị")), *((code, each.name) for code, each in units.items())]},
        {"name": "trang_thai", "label": _("Trạng thái"), "value": slugs.get(wanted.state, ""), "options": states},
        {"name": "hieu_luc", "label": _("Hiệu lực"), "value": "" if wanted.in_force else "tat-ca",
         "options": [("", _("Còn hiệu lực")), ("tat-ca", _("Cả hết hiệu lực"))]},
    ]  # fmt: skip


def _units(keys: frozenset[int]) -> dict[str, Unit]:
    return {unit.code: unit for unit in Unit.objects.filter(pk__in=keys).order_by("name")}


def result(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one result of the register; POST puts its scan to it."""
    user: User = request.user  # type: ignore[assignment]
    found = register.find(pk, user)
    record_access(request, f"document:{found.document_id}" if found.document_id else f"register:{found.pk}")
    form = ScanForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            register.attach(pk, form.cleaned_data["file"], actor=user)
        except DomainError as error:
            form.add_error("file", error.sentence)
        else:
            messages.success(request, _("Đã nhận bản quét. Hệ thống đang cấp mã và đọc chữ."))
            return HttpResponseRedirect(reverse("digitization:register_result", args=[pk]), status=303)
    may_write = found.unit_id in register.units_written(user) and found.document_id is None
    context = {"result": found, "form": form, "may_write": may_write}
    return render(request, "digitization/register_result.html", context, status=422 if form.errors else 200)


def template(request: HttpRequest) -> HttpResponse:
    """Send the empty spreadsheet."""
    response = HttpResponse(register_sheet.template(), content_type=register_sheet.MEDIA_TYPE)
    response["Content-Disposition"] = 'attachment; filename="mau-so-ket-qua.xlsx"'
    return response


def imports(request: HttpRequest) -> HttpResponse:
    """List the last imports; POST takes a spreadsheet in, which is judged and not yet written."""
    user: User = request.user  # type: ignore[assignment]
    units = _units(register.units_written(user))
    form = ImportForm(request.POST or None, request.FILES or None)
    form.fields["unit"].choices = [(code, unit.name) for code, unit in units.items()]  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            batch = register_import.take(
                given["file"], unit=units[given["unit"]], declared=given["declared"], actor=user
            )
        except DomainError as error:
            form.add_error("file", error.sentence)
        else:
            return HttpResponseRedirect(reverse("digitization:register_import", args=[batch.pk]), status=303)
    rows = LegacyImport.objects.filter(unit__in=units.values()).select_related("unit", "created_by")
    context = {"form": form, "rows": rows.order_by("-created_at")[:30]}
    return render(request, "digitization/register_imports.html", context, status=422 if form.errors else 200)


def import_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what an import would do, row by row in words, or how far it is."""
    batch = _import_of(request, pk)
    verdict, after = request.GET.get("loai", ""), request.GET.get("sau", "")
    lines = batch.lines.order_by("number")
    if verdict in LegacyImportRow.Verdict.values:
        lines = lines.filter(verdict=verdict)
    if after.isascii() and after.isdigit() and len(after) < 10:
        lines = lines.filter(number__gt=int(after))
    rows = list(lines[: ROWS + 1])
    counts = register.verdicts(batch)
    context = {
        "batch": batch,
        "rows": rows[:ROWS],
        "tabs": _tabs(counts, verdict, batch.rows),
        "following": f"?{urlencode({'loai': verdict, 'sau': rows[ROWS - 1].number})}"
        if len(rows) > ROWS
        else "",
        "reconciled": register.reconciled(batch),
        "to_write": counts.get("new", 0) + counts.get("change", 0),
        "is_running": batch.state in (LegacyImport.State.CHECKING, LegacyImport.State.APPLYING),
    }
    return render(request, "digitization/register_import.html", context)


def _tabs(counts: Any, verdict: str, total: int) -> list[dict[str, Any]]:
    every = {"label": _("Tất cả"), "url": "?", "count": total, "current": not verdict}
    return [every] + [
        {"label": label, "url": f"?loai={value}", "count": counts[value], "current": value == verdict}
        for value, label in LegacyImportRow.Verdict.choices
        if counts.get(value)
    ]


def import_apply(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write a judged import into the register, in the background."""
    batch = _import_of(request, pk)
    try:
        register_import.apply(batch.pk, actor=request.user)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, error.sentence)
    return HttpResponseRedirect(reverse("digitization:register_import", args=[pk]), status=303)


def _import_of(request: HttpRequest, pk: UUID) -> LegacyImport:
    user: User = request.user  # type: ignore[assignment]
    mine = LegacyImport.objects.filter(unit_id__in=register.units_written(user)).select_related(
        "unit", "created_by"
    )
    found = mine.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Không tìm thấy lần nhập này. Hãy kiểm tra lại địa chỉ."))
    return found
