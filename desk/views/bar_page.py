"""The ticket bar in words: what state, since when, which keys. desk.standing reads it, static/js/bar.js keeps its clocks running."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.api_http import iso
from bpmc_portal.lib.vietnamese import format_time
from desk.forms import DIRECT
from desk.models import TicketStatus
from desk.standing import UNDO_S, Standing, Turn, standing_of

RESULTS = "nhan-ket-qua"
WARN_AT = 0.8


@dataclass(frozen=True)
class Bar:
    """One drawing of the bar. `state` is closed, idle, paused, calling or serving, as in the queue's JSON.

    `kind` colours it: "" warn late. Seconds in `base_s` were served before `since`. `key` starts the idempotency keys of its buttons.
    """

    state: str
    standing: Standing
    key: str
    counter: str
    number: str
    token: str
    label: str
    note: str
    since: str
    elapsed: str
    base_s: int
    kind: str
    waited: str
    target: str
    suggests_absent: bool
    absent_after: str
    undo_words: str
    undo_seconds: int
    error: str
    now: str
    queue_url: str
    office_words: str
    longest: str
    direct: tuple[tuple[str, str], ...]


def ticket_bar(request: HttpRequest) -> dict[str, object]:
    """Give every template the bar, read only where a layout shows it; nothing for who receives at no desk."""
    user = getattr(request, "user", None)
    return {"ticket_bar": SimpleLazyObject(lambda: bar_of(user) if isinstance(user, User) else None)}


def bar_of(user: User, *, error: str = "") -> Bar | None:
    """Return the bar of a clerk as things stand. One statement."""
    standing = standing_of(user)
    return drawn(standing, error=error) if standing is not None else None


def drawn(standing: Standing, *, error: str = "") -> Bar:
    """Put a standing into words."""
    turn, state = standing.turn, state_of(standing)
    since = turn.since if turn else standing.paused_at or standing.opened_at
    base = turn.served_s if turn else 0
    elapsed = base + _seconds(since, standing.now)
    undo = standing.undo
    return Bar(
        state=state, standing=standing, key=uuid4().hex, counter=str(standing.counter or ""), number=_number(turn),
        token=turn.token if turn else "", label=_label(state, turn), note=_note(standing, state), since=iso(since) or "",
        elapsed=clock_words(elapsed), base_s=base, kind=_kind(standing, state, elapsed),
        waited=minutes_words(turn.waited_s) if turn else "", target=str(standing.target_wait_s // 60),
        suggests_absent=state == "calling" and _is_long_called(standing), absent_after=_absent_at(standing),
        undo_words=_undone(undo), undo_seconds=UNDO_S, error=error, now=iso(standing.now) or "",
        queue_url=reverse("api:queue", args=[standing.office_code]), office_words=standing.office_name,
        longest=minutes_words(_seconds(standing.oldest, standing.now)) if standing.oldest else "",
        direct=tuple((value, str(label)) for value, label in DIRECT),
    )  # fmt: skip


def state_of(standing: Standing) -> str:
    """Name the state of the clerk's counter as the queue's JSON does."""
    if standing.turn is not None:
        return "calling" if standing.turn.status == TicketStatus.CALLED else "serving"
    if standing.shift_id is None:
        return "closed"
    return "paused" if standing.paused_at else "idle"


def clock_words(seconds: int) -> str:
    """Write "02:41", or "1:02:41" from an hour on; bar.js writes the same."""
    hours, rest = divmod(max(seconds, 0), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60:02d}:{rest % 60:02d}"


def minutes_words(seconds: int) -> str:
    """Write "6 phút" or "dưới 1 phút"; bar.js writes the same."""
    return _("%d phút") % (seconds // 60) if seconds >= 60 else _("dưới 1 phút")


def _seconds(since: datetime | None, now: datetime) -> int:
    return max((now - since) // timedelta(seconds=1), 0) if since else 0


def _number(turn: Turn | None) -> str:
    if turn is None:
        return ""
    return turn.number or _("Không số")


def _label(state: str, turn: Turn | None) -> str:
    if state == "calling" and turn is not None and turn.calls > 1:
        return _("Đang gọi lần %d") % turn.calls
    return {
        "closed": _("Chưa mở quầy"), "idle": _("Rảnh"), "paused": _("Tạm nghỉ"), "calling": _("Đang gọi"), "serving": _("Đang phục vụ"),
    }[state]  # fmt: skip


def _note(standing: Standing, state: str) -> str:
    """Return the line under the state."""
    if state == "closed":
        return taken_over_words(standing) or _("Mở quầy để gọi số.")
    if state == "paused":
        return standing.pause_reason or ""
    if standing.turn is not None:
        return standing.turn.service_name
    return _("mở từ %s") % format_time(standing.opened_at or standing.now)


def taken_over_words(standing: Standing) -> str:
    """Say who took the counter over, for the rest of that day; empty when nobody did."""
    last = standing.last
    if not last or not last["by"] or not last["at"]:
        return ""
    at = datetime.fromisoformat(last["at"])
    if standing.now - at > timedelta(hours=12):
        return ""
    return _("Quầy %(counter)s đã được %(by)s chiếm lúc %(at)s.") % {
        "counter": last["counter"], "by": last["by"], "at": format_time(at),
    }  # fmt: skip


def _kind(standing: Standing, state: str, elapsed: int) -> str:
    if state != "serving":
        return "idle" if state in {"closed", "idle", "paused"} else ""
    if elapsed >= standing.target_serve_s:
        return "late"
    return "warn" if elapsed >= WARN_AT * standing.target_serve_s else ""


def _is_long_called(standing: Standing) -> bool:
    turn = standing.turn
    return turn is not None and (
        turn.calls >= standing.absent_calls
        or _seconds(turn.called_from, standing.now) >= standing.absent_after_s
    )


def _absent_at(standing: Standing) -> str:
    """Return the instant from which an absence is suggested, empty when nobody is being called."""
    turn = standing.turn
    if turn is None or turn.called_from is None or turn.status != TicketStatus.CALLED:
        return ""
    return iso(turn.called_from + timedelta(seconds=standing.absent_after_s)) or ""


def _undone(undo: dict[str, object] | None) -> str:
    if undo is None:
        return ""
    if undo["is_over"]:
        return _("Đã báo vắng %s lần thứ hai, số này không còn hiệu lực") % undo["number"]
    return _("Đã báo vắng %s, số lùi lại trong hàng") % undo["number"]
