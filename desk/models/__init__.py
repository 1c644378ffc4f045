"""Places, tickets and their chains of periods, appointments, and the figures folded from them."""

from desk.models.booking import Appointment, NumberBlock, SlotRule
from desk.models.figures import DayClosing, Forecast, WaitDelta, WaitHour
from desk.models.places import Counter, Queue, Service, Shift, ShiftBreak
from desk.models.ticket import (
    AT_COUNTER,
    OPEN,
    Origin,
    Period,
    PeriodKind,
    Priority,
    Rank,
    Ticket,
    TicketStatus,
)

__all__ = [
    "AT_COUNTER",
    "OPEN",
    "Appointment",
    "Counter",
    "DayClosing",
    "Forecast",
    "NumberBlock",
    "Origin",
    "Period",
    "PeriodKind",
    "Priority",
    "Queue",
    "Rank",
    "Service",
    "Shift",
    "ShiftBreak",
    "SlotRule",
    "Ticket",
    "TicketStatus",
    "WaitDelta",
    "WaitHour",
]
