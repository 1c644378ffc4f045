"""Close a day of a queue: write off who is left, close forgotten counters, prove the figures, learn the forecasts."""

from dataclasses import asdict
from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery

from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from desk import forecasting, rollups
from desk.models import OPEN, DayClosing, Period, Shift, Ticket, TicketStatus
from desk.services import appointments, moving, shifts
from desk.services.tickets import clock
from procedures import catalogue

# Local hour of the next morning at which a day is closed: who came before midnight may still be served after it.
CLOSES_AT = time(3, 0)


def close_day(office_id: int, day: date, *, at: datetime | None = None) -> DayClosing:
    """Close one day of one office; doing it again returns what was written then.

    Turns that nobody ended are ended with the day: the waiting ones as unserved, those under way as finished without a time of
    service. `figures` keeps the sums and every difference between the hours and the recount.
    """
    known = DayClosing.objects.filter(office=office_id, day=day).first()
    if known is not None:
        return known
    with transaction.atomic():
        moving.lock_queue(office_id)
        now = clock(at)
        left = _end_turns(office_id, day)
        forgotten = _end_shifts(office_id, day, now)
        missed = appointments.mark_missed(office_id, day)
    while rollups.fold():
        pass
    office = catalogue.current().office_by_id(office_id)
    figures = asdict(rollups.of_days(office_id, day)) | {
        "left": left, "forgotten_counters": forgotten, "missed_appointments": missed, "differences": rollups.differences(office_id, day),
        "forecasts_made": forecasting.learn(office, day),
    }  # fmt: skip
    try:
        with transaction.atomic():
            return DayClosing.objects.create(office_id=office_id, day=day, closed_at=now, figures=figures)
    except IntegrityError:
        return DayClosing.objects.get(office=office_id, day=day)


def end_of(day: date) -> datetime:
    """Return the last instant of a local day."""
    return datetime.combine(day + timedelta(days=1), time.min, LOCAL_ZONE) - timedelta(microseconds=1)


def _end_turns(office_id: int, day: date) -> list[str]:
    open_since = Subquery(Period.objects.filter(ticket=OuterRef("pk"), ended_at=None).values("started_at"))
    left = (
        Ticket.objects.select_for_update()
        .filter(office=office_id, day__lte=day, status__in=OPEN)
        .annotate(open_since=open_since)
        .order_by("pk")
    )
    numbers = []
    for ticket in left:
        numbers.append(str(ticket))
        at = max(end_of(ticket.day), ticket.open_since)
        was_served = ticket.started_at is not None
        ticket.status = TicketStatus.FINISHED if was_served else TicketStatus.UNSERVED
        ticket.finished_at, ticket.counter_id, ticket.is_forced = at, None, True
        moving.save(ticket, at=at, opens=None, actor=None)
        if not was_served:
            moving.note_change(ticket, at, unserved=1)
    return numbers


def _end_shifts(office_id: int, day: date, now: datetime) -> list[int]:
    forgotten = Shift.objects.filter(counter__office=office_id, closed_at=None, opened_at__lte=end_of(day))
    numbers = []
    for shift in forgotten.select_related("counter", "user").order_by("pk"):
        if Ticket.objects.filter(counter=shift.counter, status__in=("called", "serving")).exists():
            continue  # somebody of the new day is being served there right now
        shifts.close_counter(shift, actor=shift.user, leftovers={"auto": True}, at=min(now, end_of(day)))
        numbers.append(shift.counter.number)
    return numbers
