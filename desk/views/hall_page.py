"""What the hall's board and the follow page show: a queue's snapshot (desk/live.py) turned into words for the first drawing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Office
from bpmc_portal.lib.vietnamese import format_date, format_time, weekday_name
from desk import words

CALLS_SHOWN = 5
SERVICES_SHOWN = 5


@dataclass(frozen=True)
class CallRow:
    """One called number; every field empty for a free row."""

    number: str = ""
    counter: str = ""
    ago: str = ""
    label: str = ""
    key: str = ""


@dataclass(frozen=True)
class WaitRow:
    """One service with who waits for it and how long a newcomer would."""

    code: str
    prefix: str
    name: str
    icon: str
    count: str
    range: str


@dataclass(frozen=True)
class BoardPage:
    """The whole board at one instant."""

    office: Office
    time: str
    day: str
    calls: tuple[CallRow, ...]
    waiting: int
    average: str
    target: int
    priority: WaitRow
    services: tuple[WaitRow, ...]
    priority_prefix: str
    quiet_hours: str
    hours: str
    queue_url: str
    voice_url: str
    follow_url: str


def board_page(office: Office, state: dict[str, Any]) -> BoardPage:
    """Return the board of a snapshot."""
    now = datetime.fromisoformat(state["as_of"])
    average = state["average_wait_s_today"]
    return BoardPage(
        office=office,
        time=format_time(now),
        day=f"{weekday_name(now)}, {format_date(now)}",
        calls=_calls(state, now),
        waiting=state["waiting"],
        average="–" if average is None else str(round(average / 60)),
        target=round(state["target_s"] / 60),
        priority=_priority(state),
        services=wait_rows(state)[:SERVICES_SHOWN],
        priority_prefix=state["priority_prefix"],
        quiet_hours=state["quiet_hours"],
        hours=words.hours_words(state["hours_today"]),
        queue_url=reverse("api:queue", args=[office.code]),
        voice_url=reverse("desk:voice", args=["CLIP"]),
        follow_url=settings.PUBLIC_URL + reverse("desk:find_ticket"),
    )


def wait_rows(state: dict[str, Any]) -> tuple[WaitRow, ...]:
    """Return the services of a snapshot in the visitor's language."""
    is_english = translation.get_language() == "en"
    return tuple(
        WaitRow(
            code=each["code"],
            prefix=each["prefix"],
            name=(each["name_en"] if is_english else "") or each["name"],
            icon=each["icon"],
            count=_("%d lượt") % each["waiting"],
            range=words.range_words(each["low_s"], each["high_s"]),
        )
        for each in state["services"]
    )


def _calls(state: dict[str, Any], now: datetime) -> tuple[CallRow, ...]:
    called = {each["number"] for each in state["serving"] if each["state"] == "called"}
    rows = [
        CallRow(
            number=each["number"],
            counter=str(each["counter"]),
            ago=words.ago_words(datetime.fromisoformat(each["called_at"]), now),
            label=_("Đang gọi") if each["number"] in called else _("Vừa gọi"),
            key=f"{each['number']}|{each['counter']}|{each['called_at']}|{each['calls']}",
        )
        for each in state["calls"][:CALLS_SHOWN]
    ]
    return (*rows, *(CallRow(label=_("Vừa gọi")),) * (CALLS_SHOWN - len(rows)))


def _priority(state: dict[str, Any]) -> WaitRow:
    waiting = state["waiting_priority"]
    return WaitRow(
        code="",
        prefix=state["priority_prefix"],
        name=_("Ưu tiên"),
        icon="accessibility",
        count=_("%d lượt") % waiting,
        range=_("gọi kế tiếp") if waiting else "",
    )
