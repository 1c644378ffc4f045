"""The report of a shift: the day in figures that open, what is left, and the closing."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpmc_portal.accounts.models import Office, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.lib.vietnamese import format_date, format_number, format_time, local_date, weekday_name
from desk.models import Shift
from dossiers.services import shift_closing
from dossiers.services.shift_report import Report, past_days, report_of, rows_of

PAGE = "dossiers/shift_report.html"
LISTS = {
    "phuc-vu": ("served", gettext_lazy("Lượt đã phục vụ")), "tiep-nhan": ("received", gettext_lazy("Hồ sơ đã tiếp nhận")),
    "tra": ("returned", gettext_lazy("Kết quả đã trả")), "vang": ("absent", gettext_lazy("Lượt vắng mặt")),
    "dung-lai": ("reused", gettext_lazy("Giấy tờ không phải nộp lại")), "quet": ("scanned", gettext_lazy("Giấy tờ đã quét")),
}  # fmt: skip
DONE_WORDS = {
    "draft": gettext_lazy("Không dùng nữa, bỏ nháp"),
    "held": gettext_lazy("Đã xong, kết thúc lượt"),
    "notice": gettext_lazy("Đã báo cho dân bằng cách khác"),
}


def shift_report(request: HttpRequest) -> HttpResponse:
    """Show a day's report, today's by default, with the list behind one of its totals; POST closes the open shift."""
    if request.method == "POST":
        return _close(request)
    return render(request, PAGE, _context(request, _report(request)))


def shift_print(request: HttpRequest) -> HttpResponse:
    """Show the report as one A4 page for the browser's print."""
    report = _report(request)
    context = {**_words(report), "user_name": _user(request).full_name, "closings": _closings(report)}
    return render(request, "dossiers/shift_print.html", context)


def _close(request: HttpRequest) -> HttpResponse:
    report = _report(request)
    mine = Shift.objects.filter(user=_user(request), closed_at=None, counter__office=report.office)
    shift = mine.order_by("-opened_at").first()
    try:
        if shift is None:
            raise DomainError(_("Bạn không có ca nào đang mở."), code="counter_closed", status=409)
        shift_closing.close_shift(shift, answers=request.POST.dict(), actor=_user(request))
    except DomainError as error:
        context = _context(request, report, error=error)
        return render(request, PAGE, context, status=422 if error.status == 400 else error.status)
    day = local_date(shift.opened_at).isoformat()
    return HttpResponseRedirect(f"{reverse('dossiers:shift_print')}?ngay={day}", status=303)


def _user(request: HttpRequest) -> User:
    user: User = request.user  # type: ignore[assignment]
    return user


def _report(request: HttpRequest) -> Report:
    try:
        day = date.fromisoformat(request.GET.get("ngay") or local_date().isoformat())
    except ValueError as error:
        raise NotFound from error
    office: Office | None = principal_of(_user(request)).office
    if office is None:
        raise NotFound
    return report_of(_user(request), office, day)


def _context(request: HttpRequest, report: Report, *, error: DomainError | None = None) -> dict[str, Any]:
    what, title = LISTS.get(request.GET.get("muc", ""), ("", ""))
    rows = rows_of(_user(request), report.day, what)
    if rows is not None:
        record_access(request, f"shift_report:{what}", count=len(rows))
    fields = error.fields if error else {}
    colleagues = [
        (str(each.pk), each.full_name) for each in shift_closing.colleagues_of(_user(request), report.office)
    ]
    answers = request.POST
    return {
        **_words(report), "list_title": title, "rows": _rows(rows), "has_rows": rows is not None,
        "history": [{"iso": day.isoformat(), "words": f"{weekday_name(day)}, {format_date(day)}", "shifts": count, "current": day == report.day} for day, count in past_days(_user(request))],
        "leftovers": [
            {
                "name": shift_closing.name_of(each), "words": each.words, "done": DONE_WORDS[each.kind], "error": fields.get(shift_closing.name_of(each), ""),
                "answer": answers.get(shift_closing.name_of(each), ""),
            }
            for each in report.leftovers
        ],
        "colleagues": colleagues, "errors": _summary(error),
    }  # fmt: skip


def _summary(error: DomainError | None) -> list[dict[str, str]]:
    return [{"id": "leftovers" if error.fields else "", "text": error.sentence}] if error else []


def _words(report: Report) -> dict[str, Any]:
    """Put the figures into words, each with the list that it opens."""
    here = f"{reverse('dossiers:shift_report')}?ngay={report.day.isoformat()}"
    totals = (
        ("phuc-vu", _("Phục vụ"), report.served, _("lượt")), ("tiep-nhan", _("Tiếp nhận"), report.received, _("hồ sơ")),
        ("tra", _("Trả kết quả"), report.returned, _("hồ sơ")), ("vang", _("Vắng mặt"), report.absent, _("lượt")),
        ("dung-lai", _("Giấy tờ không phải nộp lại"), report.not_asked_again, ""), ("quet", _("Trang đã quét"), report.scanned_pages, ""),
    )  # fmt: skip
    return {
        "report": report, "day_words": f"{weekday_name(report.day)}, {format_date(report.day)}", "print_url": f"{reverse('dossiers:shift_print')}?ngay={report.day.isoformat()}",
        "totals": [{"label": label, "value": format_number(value), "unit": unit, "href": f"{here}&muc={slug}#danh-sach"} for slug, label, value, unit in totals],
        "times": [
            {"label": _("Chờ trung bình của Bộ phận"), "value": time_words(report.office_wait_s), "note": _("cùng số liệu với bảng gọi số")},
            {"label": _("Chờ trung bình các lượt đã phục vụ"), "value": time_words(report.own_wait_s), "note": ""},
            {"label": _("Xử lý trung bình một lượt"), "value": time_words(report.own_handling_s), "note": _team_words(report.team_handling_s)},
        ],
        "shift_lines": [_shift_words(each) for each in report.shifts],
    }  # fmt: skip


def _team_words(seconds: int | None) -> str:
    """Return the team's median, or that too few worked that day to tell it without telling on somebody."""
    return (
        _("chưa đủ ba người để so") if seconds is None else _("trung vị cả phòng: %s") % time_words(seconds)
    )


def time_words(seconds: int | None) -> str:
    """Write "6 phút 20 giây", or that nothing was counted."""
    if seconds is None:
        return _("chưa có số liệu")
    minutes, rest = divmod(seconds, 60)
    return _("%(m)d phút %(s)02d giây") % {"m": minutes, "s": rest} if minutes else _("%d giây") % rest


def _shift_words(shift: Shift) -> str:
    until = format_time(shift.closed_at) if shift.closed_at else _("đang mở")
    words = _("Quầy %(n)s: %(from)s – %(to)s") % {
        "n": shift.counter.number,
        "from": format_time(shift.opened_at),
        "to": until,
    }
    if by := shift.closing.get("taken_over_by"):
        words += " · " + _("%s chiếm quầy") % by
    return words


def _closings(report: Report) -> list[dict[str, str]]:
    """Return what was agreed at the closings of the day."""
    return [
        {
            "words": row["words"],
            "outcome": _("bàn giao cho %s") % row["to_name"]
            if row["to_name"]
            else str(DONE_WORDS[row["kind"]]),
        }
        for shift in report.shifts
        for row in shift.closing.get("left", [])
    ]


def _rows(rows: list[dict[str, Any]] | None) -> list[dict[str, str]]:
    return [{**row, "at": format_time(row["at"])} for row in rows or []]
