"""The queues as the head of a desk sees them: every office in one line, one office in detail. The numbers are the board's (desk.live)."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.lib.vietnamese import (
    WEEKDAYS,
    format_number,
    format_percent,
    format_time,
    local_date,
    to_local,
)
from desk import advice, live, rollups
from desk.models import Counter, Forecast, Queue, Shift, ShiftBreak
from desk.rollups import Figures
from desk.views.bar_page import minutes_words
from desk.waits import working_days_before
from procedures import catalogue
from procedures.catalogue import OfficeInForce

WEEKS = 4
HOURS = range(7, 18)
LONG_PAUSE = timedelta(minutes=20)
STATES = {
    "closed": ("", "lock"),
    "idle": ("ok", "check"),
    "calling": ("info", "volume-2"),
    "serving": ("info", "user-check"),
    "paused": ("pause", "circle-pause"),
}


@dataclass(frozen=True)
class Row:
    """One office in one line."""

    code: str
    name: str
    queue_url: str
    waiting: int
    longest: str
    oldest: str
    target_s: int
    open_counters: int
    counters: int
    average: str
    forecasts: list[dict[str, Any]]
    advice: str
    is_late: bool
    is_current: bool


def offices_of(user: User) -> list[OfficeInForce]:
    """Return the desks with a queue whose figures the person may see: by unit, for the whole tree or the own desk."""
    units = principal_of(user).units_where("view_figures")
    with_queue = set(Queue.objects.values_list("pk", flat=True))
    return [
        each
        for each in catalogue.current().offices.values()
        if each.row.unit_id in units and each.row.pk in with_queue
    ]


def page(offices: list[OfficeInForce], *, chosen: str, at: datetime | None = None) -> dict[str, Any]:
    """Return the context: a line an office, and the chosen one (the first by default) in detail."""
    if not offices:
        return {"rows": [], "detail": None}
    current = next((each for each in offices if each.row.code == chosen), offices[0])
    states = {each.row.pk: json.loads(live.cached(each.row.code)[1]) for each in offices}
    now = at or catalogue.read()[1]
    expected = _expected([each.row.pk for each in offices])
    rows = [
        _row(each, states[each.row.pk], expected.get(each.row.pk, []), now, is_current=each is current)
        for each in offices
    ]
    return {
        "rows": rows,
        "detail": _detail(current, states[current.row.pk], now),
        "read_at": f"{to_local(now):%H:%M:%S}",
    }


def _row(
    office: OfficeInForce,
    state: dict[str, Any],
    expected: list[advice.Expected],
    now: datetime,
    *,
    is_current: bool,
) -> Row:
    hour, hours = to_local(now).hour, _hours_of(state)
    waits = advice.wait_by_hour(expected)
    open_counters = sum(each["state"] != "closed" for each in state["counters"])
    told = advice.advise(
        waits,
        hour=hour,
        target_s=state["target_s"],
        open_counters=open_counters,
        counters=len(state["counters"]),
        hours=hours,
    )
    oldest = state["oldest_wait_from"]
    longest = max((now - datetime.fromisoformat(oldest)) // timedelta(seconds=1), 0) if oldest else 0
    return Row(
        code=office.row.code, name=office.row.name, queue_url=reverse("api:queue", args=[office.row.code]), waiting=state["waiting"],
        longest=minutes_words(longest) if oldest else "–", oldest=oldest or "", target_s=state["target_s"], open_counters=open_counters,
        counters=len(state["counters"]), average=_minutes(state["average_wait_s_today"]),
        forecasts=[{"hour": f"{each:02d}:00", "wait": minutes_words(waits[each]), "is_over": waits[each] > state["target_s"]} for each in range(hour + 1, hour + 1 + advice.HOURS_LOOKED_AHEAD) if each in waits and each in hours],
        advice=_("gợi ý mở thêm 1 quầy trước %s") % told.before if told else "", is_late=longest > state["target_s"], is_current=is_current,
    )  # fmt: skip


def _detail(office: OfficeInForce, state: dict[str, Any], now: datetime) -> dict[str, Any]:
    today = local_date(now)
    seen = rollups.by_hour(office.row.pk, today - timedelta(weeks=WEEKS), today)
    before = {key: figures for key, figures in seen.items() if key[0] < today}
    twenty = rollups.of_days(
        office.row.pk,
        working_days_before(office.calendar, today - timedelta(days=1)),
        today - timedelta(days=1),
    )
    return {
        "name": office.row.name, "heat": heat_of(before, target_s=state["target_s"]), "heat_hours": [f"{hour}h" for hour in HOURS],
        "visits": visits_of(seen, today), "counters": _counters(office, state, now), "calibration": calibration_words(twenty),
        "target": state["target_s"] // 60,
    }  # fmt: skip


def heat_of(seen: dict[tuple[date, int], Figures], *, target_s: int) -> list[dict[str, Any]]:
    """Return five rows (Monday to Friday) of the mean wait by hour: words, class and what the cell says aloud."""
    sums: dict[tuple[int, int], tuple[int, int]] = {}
    for (day, hour), figures in seen.items():
        wait, visits = sums.get((day.weekday(), hour), (0, 0))
        sums[day.weekday(), hour] = (wait + figures.wait_s, visits + figures.visits)
    return [
        {
            "name": _(WEEKDAYS[weekday]),
            "cells": [_cell(*sums.get((weekday, hour), (0, 0)), target_s) for hour in HOURS],
        }
        for weekday in range(5)
    ]


def _cell(wait_s: int, visits: int, target_s: int) -> dict[str, str]:
    if not visits:
        return {"text": "–", "kind": "n", "label": _("chưa có lượt nào")}
    mean = wait_s / visits
    kind = "l" if mean > target_s else "w" if mean > target_s * 0.8 else ""
    minutes = str(round(mean / 60))
    label = _("%(m)s phút, %(n)d lượt") % {"m": minutes, "n": visits}
    return {
        "text": f"{minutes}′ ▲" if kind == "l" else f"{minutes}′",
        "kind": kind,
        "label": f"{label} – {_('quá mục tiêu')}" if kind == "l" else label,
    }


def visits_of(seen: dict[tuple[date, int], Figures], today: date) -> list[dict[str, Any]]:
    """Return the visits of each hour of today beside the usual: the mean of the same weekday in the weeks before."""
    before = {day for day, _hour in seen if day < today and day.weekday() == today.weekday()}
    rows: list[dict[str, Any]] = []
    for hour in HOURS:
        now = seen.get((today, hour), Figures()).visits
        then = sum(seen.get((day, hour), Figures()).visits for day in before)
        usual = then / len(before) if before else None
        if now or usual:
            rows.append(
                {
                    "hour": f"{hour}–{hour + 1}h",
                    "now": now,
                    "usual": "–" if usual is None else format_number(usual, decimals=1),
                    "most": max(now, usual or 0),
                }
            )
    most = max((row["most"] for row in rows), default=1)
    return [{**row, "most": most} for row in rows]


def calibration_words(figures: Figures) -> str:
    """Say how often the promised range held."""
    if not figures.forecasts:
        return _("Chưa có lượt nào được dự báo trong 20 ngày làm việc gần nhất.")
    percent = format_percent(figures.forecast_hits, figures.forecasts, decimals=0)
    return _("Dự báo đúng %(percent)s lượt (n = %(n)s), 20 ngày làm việc gần nhất.") % {
        "percent": percent, "n": format_number(figures.forecasts),
    }  # fmt: skip


def _counters(office: OfficeInForce, state: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    """Return the counters with who sits there; the states are the board's."""
    shifts = {
        shift.counter.number: shift
        for shift in Shift.objects.filter(counter__office=office.row, closed_at=None).select_related(
            "user", "counter"
        )
    }
    reasons = {
        each.shift_id: each.reason
        for each in ShiftBreak.objects.filter(shift__in=shifts.values(), ended_at=None)
    }
    names = dict(Counter.objects.filter(office=office.row, is_active=True).values_list("number", "name"))
    rows = []
    for each in state["counters"]:
        shift = shifts.get(each["number"])
        since = datetime.fromisoformat(each["since"]) if each["since"] else None
        is_long = each["state"] == "paused" and since is not None and now - since > LONG_PAUSE
        kind, icon = STATES[each["state"]]
        rows.append({
            "number": each["number"], "name": names.get(each["number"], ""), "who": shift.user.full_name if shift else "", "ticket": each["ticket"] or "",
            "state": state_words(each["state"]), "kind": "late" if is_long else kind, "icon": "triangle-alert" if is_long else icon, "since": format_time(since) if since else "",
            "reason": reasons.get(shift.pk, "") if shift else "", "is_long": is_long, "code": each["state"],
        })  # fmt: skip
    return rows


def state_words(state: str) -> str:
    """Name a counter's state; live.js says the same from the page's own list."""
    return {
        "closed": _("Đóng"), "idle": _("Rảnh"), "calling": _("Đang gọi"), "serving": _("Đang phục vụ"), "paused": _("Tạm nghỉ"),
    }[state]  # fmt: skip


def _expected(offices: list[int]) -> dict[int, list[advice.Expected]]:
    """Return the forecasts of whole hours by office id."""
    found: dict[int, list[advice.Expected]] = {}
    rows = Forecast.objects.filter(service__office__in=offices, bucket=-1, service__is_active=True)
    for office_id, hour, low, high, samples in rows.order_by("hour", "service_id").values_list(
        "service__office_id", "hour", "low_s", "high_s", "samples"
    ):
        found.setdefault(office_id, []).append(advice.Expected(hour, low, high, samples))
    return found


def _hours_of(state: dict[str, Any]) -> list[int]:
    """Return the local hours in which the desk works today; all of them where no calendar is loaded."""
    if not state["hours_today"]:
        return list(HOURS)
    spans = [part.split("–") for part in state["hours_today"]]
    return [hour for start, end in spans for hour in range(int(start[:2]), int(end[:2]) + (end[3:] != "00"))]


def _minutes(seconds: int | None) -> str:
    return "–" if seconds is None else minutes_words(seconds)
