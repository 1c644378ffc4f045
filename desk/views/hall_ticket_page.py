"""What a visitor reads about the own number, in words, for each state of the turn."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from bpmc_portal.lib.vietnamese import format_date, format_time, local_date, to_local
from desk import forecasting, words
from desk.acts import Act, allowed
from desk.models import OPEN, Queue, Rank, Ticket, TicketStatus
from desk.services import tickets

# How many ahead when the phone may ring.
SOON = 2


@dataclass(frozen=True)
class TicketPage:
    """The page: `state` is the ticket's status or "expired"; `ahead` is None when nobody is counted any more."""

    token: str
    number: str
    service: str
    office: str
    address: str
    state: str
    kind: str
    icon: str
    title: str
    headline: str
    text: str
    ahead: int | None
    wait: str
    counter: str
    is_soon: bool
    may_defer: bool
    back_places: int
    may_cancel: bool
    updated: str
    taken: str


@dataclass(frozen=True)
class _Words:
    kind: str
    icon: str
    headline: str
    text: str


def ticket_page(ticket: Ticket) -> TicketPage:
    """Return the page of a numbered ticket. Needs `office`, `service` and `counter` loaded."""
    now = tickets.clock()
    state = state_of(ticket, now)
    ahead = ahead_of(ticket) if state == TicketStatus.WAITING else None
    acts = allowed(ticket.status) if state != "expired" else []
    told = _told(ticket, state, ahead)
    is_english = translation.get_language() == "en"
    return TicketPage(
        token=ticket.token,
        number=ticket.number,
        service=(ticket.service.name_en if is_english else "") or ticket.service.name,
        office=ticket.office.name,
        address=ticket.office.address,
        state=state,
        kind=told.kind,
        icon=told.icon,
        title=_title(ticket, state, ahead),
        headline=told.headline,
        text=told.text,
        ahead=ahead,
        wait=_wait(ticket, now, ahead),
        counter=str(ticket.counter.number) if ticket.counter else "",
        is_soon=state == TicketStatus.CALLED
        or (ahead is not None and ahead <= SOON and ticket.ready_at <= now),
        may_defer=Act.DEFER in acts,
        back_places=Queue.objects.values_list("back_places", flat=True).get(pk=ticket.office_id),
        may_cancel=Act.CANCEL in acts,
        updated=f"{to_local(now):%H:%M:%S}",
        taken=f"{format_time(ticket.issued_at)}, {format_date(ticket.issued_at)}",
    )


def state_of(ticket: Ticket, now: datetime) -> str:
    """Return the status, or "expired" for an open number of an earlier day."""
    is_old = ticket.day < local_date(now)
    return "expired" if is_old and ticket.status in OPEN else ticket.status


def ahead_of(ticket: Ticket) -> int:
    """Count who waits for the same service and stands before this number."""
    before = Q(rank__lt=ticket.rank) | Q(rank=ticket.rank, place__lt=ticket.place)
    before |= Q(rank=ticket.rank, place=ticket.place, pk__lt=ticket.pk)
    waiting = Ticket.objects.filter(before, service_id=ticket.service_id, status=TicketStatus.WAITING)
    return waiting.order_by()[: tickets.COUNTED_AHEAD].count()


def _wait(ticket: Ticket, now: datetime, ahead: int | None) -> str:
    if ahead is None:
        return ""
    if ticket.rank == Rank.APPOINTMENT and ticket.ready_at > now:
        return _("Gọi từ %s, đúng giờ hẹn") % format_time(ticket.ready_at)
    expected = forecasting.expected(ticket.service_id, to_local(now).hour, ahead)
    minutes = words.range_minutes(*expected) if expected else ""
    return _("Chờ khoảng %s phút") % minutes if minutes else _("Chưa đủ dữ liệu để ước tính thời gian chờ")


def _title(ticket: Ticket, state: str, ahead: int | None) -> str:
    if ahead is not None:
        return _("%(number)s · còn %(ahead)d") % {"number": ticket.number, "ahead": ahead}
    if state == TicketStatus.CALLED and ticket.counter:
        return _("%(number)s · mời đến quầy %(counter)d") % {
            "number": ticket.number,
            "counter": ticket.counter.number,
        }
    return ticket.number


def _told(ticket: Ticket, state: str, ahead: int | None) -> _Words:
    counter = ticket.counter.number if ticket.counter else 0
    if state == TicketStatus.WAITING:
        headline = _("Trước bạn còn %d lượt") % ahead if ahead else _("Bạn là lượt kế tiếp")
        return _Words("info", "clock", headline, _("Khi được gọi: đến quầy ghi ở đây và trên bảng gọi số."))
    if state == TicketStatus.CALLED:
        called = _("Gọi lúc %s. Hãy mang theo phiếu số và giấy tờ.") % format_time(
            ticket.called_at or ticket.issued_at
        )
        return _Words("ok", "bell", _("Mời đến quầy %d") % counter, called)
    if state == TicketStatus.SERVING:
        return _Words("ok", "user-check", _("Đang được phục vụ tại quầy %d") % counter, "")
    return _over(ticket, state)


def _over(ticket: Ticket, state: str) -> _Words:
    finished = ticket.finished_at or ticket.issued_at
    table = {
        TicketStatus.HELD: _Words(
            "warn", "circle-pause", _("Đang tạm giữ"),
            _("Cán bộ sẽ gọi lại số này. Hãy bổ sung việc đã được hướng dẫn rồi ngồi chờ gần quầy."),
        ),
        TicketStatus.FINISHED: _Words(
            "ok", "circle-check", _("Đã xong lúc %s") % format_time(finished), _("Cảm ơn bạn đã đến."),
        ),
        TicketStatus.NO_SHOW: _Words(
            "warn", "circle-alert", _("Bạn đã vắng khi được gọi"),
            _("Nếu bạn còn ở đây, hãy báo cán bộ hướng dẫn để được gọi lại trong ngày, hoặc lấy số mới."),
        ),
        TicketStatus.CANCELLED: _Words(
            "pause", "circle-x", _("Số này đã huỷ"), _("Khi cần, hãy lấy số mới tại máy lấy số."),
        ),
        TicketStatus.UNSERVED: _Words(
            "late", "circle-alert", _("Hết giờ làm việc mà số này chưa được phục vụ"),
            _("Chúng tôi xin lỗi bạn. Hãy mang phiếu này đến vào ngày làm việc tới và báo cán bộ hướng dẫn."),
        ),
    }  # fmt: skip
    expired = _Words(
        "pause",
        "history",
        _("Số này đã hết hiệu lực"),
        _("Đây là số của ngày %s. Hãy lấy số mới.") % format_date(ticket.day),
    )
    return table.get(TicketStatus(state), expired) if state != "expired" else expired
