"""One clerk's day at the desk: what was served, received and returned, and what is left to be done or handed over.

Every total is the length of a list that the page can show: `rows_of` and the counts read the same sets.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Avg, Count, Q, Sum
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Office, User
from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from bpmc_portal.notices.models import Notice
from desk import rollups
from desk.models import Origin, Shift, Ticket, TicketStatus
from digitization.models import Document
from dossiers.models import Component, Dossier, DossierEvent, IntakeDraft, ProvidedAs
from dossiers.workflow import Action

# Fewer clerks than this on a day, and a median would tell what one of them did.
LEAST_CLERKS = 3
_HANDLING = """
SELECT t.clerk_id, sum(extract(epoch FROM p.ended_at - p.started_at)) / count(DISTINCT t.id)
FROM desk_ticket t JOIN desk_period p ON p.ticket_id = t.id AND p.kind = 'serving' AND p.ended_at IS NOT NULL
WHERE t.office_id = %s AND t.status = 'finished' AND NOT t.is_forced AND t.finished_at >= %s AND t.finished_at < %s AND t.clerk_id IS NOT NULL
GROUP BY t.clerk_id ORDER BY 2
"""


@dataclass(frozen=True)
class Leftover:
    """One thing not done: `kind` is draft, held or notice; `key` finds it again."""

    kind: str
    key: str
    words: str


@dataclass(frozen=True)
class Report:
    """The day of one clerk. Times are whole seconds, None when nothing was counted."""

    day: date
    office: Office
    shifts: list[Shift]
    served: int
    received: int
    returned: int
    absent: int
    office_wait_s: int | None
    own_wait_s: int | None
    own_handling_s: int | None
    team_handling_s: int | None
    not_asked_again: int
    scanned_pages: int
    leftovers: list[Leftover]

    @property
    def is_open(self) -> bool:
        """Whether a shift of the day waits to be closed."""
        return any(shift.closed_at is None for shift in self.shifts)


def report_of(user: User, office: Office, day: date) -> Report:
    """Return the report of one local day. The office's average is the one that board and API show (desk.rollups)."""
    own, team = _handling(user, office, day)
    waits = _served(user, day).exclude(origin=Origin.DIRECT).aggregate(mean=Avg("wait_s"))["mean"]
    scanned = _scanned(user, day).aggregate(pages=Sum("pages"))["pages"]
    return Report(
        day=day, office=office, shifts=list(shifts_of(user, day)), served=_served(user, day).count(), received=_received(user, day).count(),
        returned=_returned(user, day).count(), absent=_absent(user, day).count(),
        office_wait_s=rollups.of_days(office.pk, day).average_wait_s, own_wait_s=None if waits is None else round(waits),
        own_handling_s=own, team_handling_s=team, not_asked_again=_reused(user, day).count(), scanned_pages=scanned or 0,
        leftovers=leftovers_of(user, day),
    )  # fmt: skip


def rows_of(user: User, day: date, what: str) -> list[dict[str, Any]] | None:
    """Return the rows behind a total: served, received, returned, absent, reused or scanned; None for another word."""
    makers = {
        "served": lambda: _ticket_rows(_served(user, day)),
        "absent": lambda: _ticket_rows(_absent(user, day)),
        "received": lambda: [
            {"at": each.received_at, "code": each.code, "text": each.procedure.name, "note": ""}
            for each in _received(user, day).select_related("procedure").order_by("received_at", "pk")
        ],
        "returned": lambda: [
            {"at": each.at, "code": each.dossier.code, "text": each.dossier.procedure.name, "note": ""}
            for each in _returned(user, day).select_related("dossier__procedure").order_by("at", "pk")
        ],
        "reused": lambda: [
            {"at": each.dossier.received_at, "code": each.dossier.code, "text": each.name, "note": ""}
            for each in _reused(user, day).select_related("dossier").order_by("dossier__received_at", "pk")
        ],
        "scanned": lambda: [
            {"at": each.created_at, "code": "", "text": each.name, "note": _("%d trang") % (each.pages or 0)}
            for each in _scanned(user, day).order_by("created_at", "pk")
        ],
    }
    maker = makers.get(what)
    return maker() if maker else None


def shifts_of(user: User, day: date) -> Any:
    """Return the shifts of a day that a person opened, the first one first."""
    return (
        Shift.objects.filter(user=user, opened_at__range=_span(day))
        .select_related("counter__office")
        .order_by("opened_at")
    )


def past_days(user: User, *, count: int = 14) -> list[tuple[date, int]]:
    """Return the last days on which the person opened a counter, newest first, with the number of shifts."""
    rows = Shift.objects.filter(user=user).values("opened_at__date").annotate(shifts=Count("pk"))
    return [(row["opened_at__date"], row["shifts"]) for row in rows.order_by("-opened_at__date")[:count]]


def leftovers_of(user: User, day: date) -> list[Leftover]:
    """Return what is still to do: open drafts, turns set aside, and messages of that day which could not be sent."""
    found = [
        Leftover(
            "draft",
            str(each.pk),
            _("Nháp tiếp nhận của %s") % (each.data.get("name") or _("người chưa ghi tên")),
        )
        for each in IntakeDraft.objects.filter(user=user).order_by("updated_at")
    ]
    held = Ticket.objects.filter(clerk=user, status=TicketStatus.HELD).order_by("pk")
    found += [Leftover("held", each.token, _("Số %s đang tạm giữ") % each) for each in held]
    settled = {key for shift in shifts_of(user, day) for key in settled_notices(shift)}
    failed = Notice.objects.filter(
        state=Notice.State.FAILED,
        created_at__range=_span(day),
        subject__in=_received(user, day).values("code"),
    )
    channels = dict(Notice.Channel.choices)
    return found + [
        Leftover("notice", str(each.pk), _("%(channel)s của hồ sơ %(code)s không gửi được") % {"channel": channels[each.channel], "code": each.subject})
        for each in failed.order_by("pk")
        if str(each.pk) not in settled
    ]  # fmt: skip


def settled_notices(shift: Shift) -> list[str]:
    """Return the messages that the closing of a shift has settled."""
    return [row["key"] for row in shift.closing.get("left", []) if row["kind"] == "notice"]


def _span(day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time.min, LOCAL_ZONE)
    return start, start + timedelta(days=1) - timedelta(microseconds=1)


def _served(user: User, day: date) -> Any:
    return Ticket.objects.filter(clerk=user, status=TicketStatus.FINISHED, finished_at__range=_span(day))


def _absent(user: User, day: date) -> Any:
    return Ticket.objects.filter(clerk=user, status=TicketStatus.NO_SHOW, finished_at__range=_span(day))


def _received(user: User, day: date) -> Any:
    return Dossier.objects.filter(received_by=user, received_at__range=_span(day))


def _returned(user: User, day: date) -> Any:
    return DossierEvent.objects.filter(actor=user, action=Action.RETURN_RESULT, at__range=_span(day))


def _reused(user: User, day: date) -> Any:
    mine = Q(dossier__received_by=user, dossier__received_at__range=_span(day))
    return Component.objects.filter(mine, was_held=True, provided_as=ProvidedAs.REUSED)


def _scanned(user: User, day: date) -> Any:
    return Document.objects.filter(uploaded_by=user, created_at__range=_span(day), pages__isnull=False)


def _ticket_rows(found: Any) -> list[dict[str, Any]]:
    return [
        {
            "at": each.finished_at, "code": "", "text": f"{each} · {each.service.name}",
            "note": "" if each.wait_s is None or each.origin == Origin.DIRECT else _("chờ %d phút") % (each.wait_s // 60),
        }
        for each in found.select_related("service").order_by("finished_at", "pk")
    ]  # fmt: skip


def _handling(user: User, office: Office, day: date) -> tuple[int | None, int | None]:
    """Return the own mean seconds of service a turn, and the median of the clerks' means; no ranking is made of them."""
    start, end = _span(day)
    with connection.cursor() as cursor:
        cursor.execute(_HANDLING, [office.pk, start, end])
        rows = [(clerk, float(mean)) for clerk, mean in cursor.fetchall()]
    own = next((round(mean) for clerk, mean in rows if clerk == user.pk), None)
    if len(rows) < LEAST_CLERKS:
        return own, None
    means, middle = [mean for _clerk, mean in rows], len(rows) // 2
    median = means[middle] if len(rows) % 2 else (means[middle - 1] + means[middle]) / 2
    return own, round(median)
