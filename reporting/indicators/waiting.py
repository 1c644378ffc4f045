"""I03 Average waiting time at the desk (QĐ 654/QĐ-LĐTBXH, II.2: tối đa 30 phút, rồi 15 phút một lượt giao dịch)."""

from decimal import Decimal
from typing import cast

from django.db.models import Model, Q, QuerySet

from bpmc_portal.api_http import iso
from desk import rollups
from desk.models import Origin, Ticket, TicketStatus
from reporting.registry import Indicator, Measure, Span, register

NOTE = (
    "Một lượt chờ từ lúc lấy số, giờ hẹn hoặc giờ mở cửa, tuỳ lúc nào muộn nhất, đến lúc bắt đầu phục vụ lần đầu; ghi theo ngày bắt đầu"
    " phục vụ. Không tính: vắng mặt, huỷ, hết ngày chưa được phục vụ, phục vụ không số, thời gian ngoài giờ làm việc."
)
UNCOUNTED = (TicketStatus.NO_SHOW, TicketStatus.CANCELLED, TicketStatus.UNSERVED)


def measure(span: Span) -> Measure:
    """Return minutes waited and visits begun, from the hours that the queue folds."""
    sums = [rollups.of_days(office_id, span.first, span.last) for office_id in span.office_ids]
    waited = sum(each.wait_s for each in sums)
    return Measure(Decimal(waited) / 60, sum(each.visits for each in sums))


def rows(span: Span, part: str) -> QuerySet[Model]:
    """Return the visits counted, or those left out."""
    turns = Ticket.objects.filter(office__in=span.office_ids).select_related("office", "service")
    if part == "excluded":
        ended = Q(finished_at__date__range=(span.first, span.last), status__in=UNCOUNTED)
        direct = Q(started_at__date__range=(span.first, span.last), origin=Origin.DIRECT)
        found = turns.filter(ended | direct)
    else:
        found = turns.filter(started_at__date__range=(span.first, span.last)).exclude(origin=Origin.DIRECT)
    return cast("QuerySet[Model]", found)


def show(row: Model) -> dict[str, object]:
    """Return one visit; it names no person."""
    ticket = cast(Ticket, row)
    return {
        "number": ticket.number, "office": ticket.office.code, "service": ticket.service.code, "status": ticket.status,
        "waited_from": iso(ticket.wait_from), "started_at": iso(ticket.started_at), "waited_s": ticket.wait_s,
    }  # fmt: skip


register(Indicator("I03", measure, rows, show, NOTE))
