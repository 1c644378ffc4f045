"""Papers to print: slips of a dossier, its letters as they were issued, the register of the desk, and the hand-over of results."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.lib.vietnamese import format_datetime, local_date
from dossiers.list_forms import Volume
from dossiers.models import Dossier, Letter
from dossiers.services import papers, prints
from dossiers.views.detail import scoped
from dossiers.views.print_rows import open_to
from procedures import catalogue
from procedures.models import Field

MONTHS_BACK = 24


def dossier_paper(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Lay out one paper of a dossier as it stands now."""
    dossier, (_held, now) = scoped(request, code), catalogue.read()
    if form not in {slug for slug, _label in open_to(dossier)}:
        raise NotFound(_("Hồ sơ này chưa có giấy đó. Hãy chọn lại trong mục Giấy in của hồ sơ."))
    return _pdf(prints.of_dossier(dossier, form, at=now), f"{form}-{dossier.code}")


def letter_paper(request: HttpRequest, code: str, letter: int) -> HttpResponse:
    """Show a letter as it was issued; while it is being made, a small page that asks again each second."""
    dossier = scoped(request, code)
    found = dossier.letters.filter(pk=letter, state=Letter.State.ISSUED).first()
    if found is None:
        raise NotFound(_("Không có thư này trong hồ sơ, hoặc thư còn là dự thảo."))
    try:
        return _pdf(papers.letter_pdf(found), f"thu-{found.number.replace('/', '-')}-{dossier.code}")
    except papers.PaperNotReady as error:
        context = {"dossier": dossier, "letter": found, "sentence": error.sentence}
        response = render(request, "dossiers/letter_waiting.html", context, status=202)
        response["Refresh"] = "1"
        return response


def register(request: HttpRequest) -> HttpResponseBase:
    """Choose a field and a month of the desk's register; `tep=pdf` or `tep=csv` sends the file."""
    user: User = request.user  # type: ignore[assignment]
    _held, now = catalogue.read()
    fields = list(Field.objects.order_by("name"))
    chosen = next((each for each in fields if each.code == request.GET.get("linh-vuc")), None)
    month = _month(request.GET.get("thang", ""), today=local_date(now))
    kind = request.GET.get("tep", "")
    if chosen is None or kind not in ("pdf", "csv"):
        return render(
            request, "dossiers/register.html", _register_page(user, fields, chosen, month, local_date(now))
        )
    volume = prints.volume_of(user, field=chosen, month=month)
    record_access(request, f"register:{chosen.code}:{month:%Y-%m}", count=prints.sized(user, volume).count)
    name = f"so-theo-doi-{chosen.code}-{month:%Y-%m}"
    if kind == "csv":
        disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return StreamingHttpResponse(
            prints.register_csv(user, volume), content_type="text/csv; charset=utf-8", headers=disposition
        )
    part = request.GET.get("phan", "1")
    return _pdf(
        prints.register_pdf(user, volume, part=int(part) if part.isdecimal() else 0, at=now), f"{name}-{part}"
    )


def handover(request: HttpRequest) -> HttpResponse:
    """Choose finished results of one unit and print the list with which they are handed on; `tep=pdf` sends the file."""
    user: User = request.user  # type: ignore[assignment]
    _held, now = catalogue.read()
    codes, sentence, status = request.GET.getlist("ma"), "", 200
    if request.GET.get("tep") == "pdf":
        try:
            record_access(request, "result_handover", count=len(codes))
            return _pdf(prints.handover_pdf(user, codes, at=now), f"phieu-ban-giao-{local_date(now):%Y%m%d}")
        except DomainError as error:
            sentence, status = error.sentence, 422 if error.status == 400 else error.status
    rows = list(prints.to_hand_over(user)[: prints.MOST_HANDED])
    record_access(request, "result_handover:list", count=len(rows))
    context = {
        "groups": _by_unit(rows), "errors": [{"id": "", "text": sentence}] if sentence else [], "chosen": codes,
    }  # fmt: skip
    return render(request, "dossiers/handover.html", context, status=status)


def _pdf(content: bytes, name: str) -> HttpResponse:
    disposition = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=disposition)


def _month(text: str, *, today: date) -> date:
    """Read "2026-11"; anything else, and a month to come, is this month."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return min(month, today.replace(day=1))


def _register_page(
    user: User, fields: list[Field], chosen: Field | None, month: date, today: date
) -> dict[str, Any]:
    months, each = [], today.replace(day=1)
    for _count in range(MONTHS_BACK):
        months.append(
            {"value": f"{each:%Y-%m}", "words": _("Tháng %(m)02d/%(y)d") % {"m": each.month, "y": each.year}}
        )
        each = (
            each.replace(month=each.month - 1)
            if each.month > 1
            else each.replace(year=each.year - 1, month=12)
        )
    context: dict[str, Any] = {
        "desk": prints.desk_of(user).name, "fields": fields, "chosen": chosen.code if chosen else "", "month": f"{month:%Y-%m}",
        "months": months, "volume": None,
    }  # fmt: skip
    if chosen is not None:
        context["volume"] = _volume_words(
            prints.sized(user, prints.volume_of(user, field=chosen, month=month))
        )
    return context


def _volume_words(whole: prints.Sized) -> dict[str, Any]:
    volume: Volume = whole.volume
    here = f"{reverse('dossiers:register')}?linh-vuc={volume.field.code}&thang={volume.first:%Y-%m}"
    return {
        "title": _("Quyển số %(name)s, lĩnh vực %(field)s")
        % {"name": volume.name, "field": volume.field.name},
        "count": whole.count,
        "csv": f"{here}&tep=csv",
        "parts": [
            {
                "href": f"{here}&tep=pdf&phan={number}",
                "words": _("PDF, số thứ tự %(a)d–%(b)d")
                % {"a": (number - 1) * prints.PART + 1, "b": min(number * prints.PART, max(whole.count, 1))},
            }
            for number in range(1, whole.parts + 1)
        ],
    }


def _by_unit(rows: list[Dossier]) -> list[dict[str, Any]]:
    """Group what waits by unit and desk: one list is of one unit."""
    groups: dict[tuple[int, int], dict[str, Any]] = {}
    for each in rows:
        group = groups.setdefault(
            (each.unit_id, each.office_id),
            {
                "id": f"group-{len(groups) + 1}",
                "unit": each.unit.name,
                "office": each.office.name,
                "rows": [],
            },
        )
        group["rows"].append(
            {
                "code": each.code, "name": each.applicant_name, "procedure": each.procedure.name,
                "at": format_datetime(each.finished_at) if each.finished_at else "",
            }
        )  # fmt: skip
    return list(groups.values())
