"""How far digitisation is (M5): the funnel of results in force, by unit, what is wrong, and when it will be done."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Unit, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.lib.vietnamese import format_number, local_date
from digitization import backlog
from digitization.backlog import Funnel
from procedures import catalogue


def progress(request: HttpRequest) -> HttpResponse:
    """Show the funnels. Every figure is a sum or a bounded count, and every bar opens what it lacks."""
    user: User = request.user  # type: ignore[assignment]
    in_force, now = catalogue.read()
    units = principal_of(user).units_where("view_figures")
    funnels = backlog.by_unit(sorted(units))
    named = Unit.objects.filter(pk__in=funnels).order_by("name")
    whole = sum(funnels.values(), Funnel())
    calendar = in_force.office(None).calendar
    done_on = backlog.forecast(
        sorted(units), whole.all - whole.stored, today=local_date(now), is_working=calendar.is_working
    )
    context = {
        "whole": whole,
        "bars": _bars(whole, ""),
        "faults": _faults(backlog.faults(sorted(units))),
        "units": [
            {"name": unit.name, "funnel": funnels[unit.pk], "bars": _bars(funnels[unit.pk], unit.code)}
            for unit in named
        ],
        "done_on": done_on,
        "is_done": whole.all > 0 and whole.stored == whole.all,
    }
    return render(request, "digitization/progress.html", context)


def _bars(funnel: Funnel, unit: str) -> list[dict[str, Any]]:
    """Return the stages; each opens exactly the results that the stage before has and this one has not."""
    stages = (
        (_("Cần số hoá"), funnel.all, None, "", ""),
        (_("Đã quét"), funnel.at_least_scanned, funnel.paper, "chua-quet", _("%s kết quả chưa quét")),
        (_("Đã ký số"), funnel.at_least_signed, funnel.scanned, "chua-ky", _("%s kết quả đã quét, chưa ký số")),
        (_("Lưu, dùng lại được"), funnel.stored, funnel.signed, "chua-vao-kho", _("%s kết quả đã ký số, chưa vào kho")),
    )  # fmt: skip
    return [
        {
            "label": label,
            "value": value,
            "all": funnel.all,
            "short": short,
            "words": words % format_number(short) if short else "",
            "url": _list_url(unit, state),
        }
        for label, value, short, state, words in stages
    ]


def _list_url(unit: str, state: str) -> str:
    asked = {name: value for name, value in (("don_vi", unit), ("trang_thai", state)) if value}
    return reverse("digitization:register") + (f"?{urlencode(asked)}" if asked else "")


def _faults(counts: dict[str, int]) -> list[dict[str, str]]:
    words = {
        "unread": _("Không đọc được chữ"),
        "broken": _("Chữ ký số không hợp lệ"),
        "no_holder": _("Chưa rõ chủ, không dùng lại được"),
    }
    return [
        {
            "label": words[name],
            "value": f"{backlog.MOST_FAULTS}+" if count > backlog.MOST_FAULTS else str(count),
        }
        for name, count in counts.items()
    ]
