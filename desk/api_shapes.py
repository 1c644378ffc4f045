"""What the calls of the queue take and answer. Input shapes check types only; the services judge."""

from typing import Any

from rest_framework import serializers

from bpmc_portal.api_input import Shape, Text, WholeNumber
from desk.models import Priority, TicketStatus

PRIORITIES = [each for each in Priority.choices if each[0]]
COUNTER_STATES = [(each, each) for each in ("closed", "idle", "calling", "serving", "paused")]
AT_COUNTER_STATES = [(each, each) for each in ("called", "serving")]


class TakeBody(Shape):
    """What a visitor comes for, and the class of priority; none is null, empty or left out."""

    service = Text()
    priority = Text(
        required=False, allow_null=True, help_text=", ".join(str(value) for value, _label in PRIORITIES)
    )


class TurnBody(Shape):
    """What an act on a turn may need; every field may be left out."""

    service = Text(required=False, allow_null=True)
    counter = WholeNumber(required=False, allow_null=True)
    reason = Text(required=False, allow_null=True)


class TakenAnswer(serializers.Serializer[Any]):
    """A number as it was given out; the range is null while too few visits are known."""

    number = serializers.CharField()
    token = serializers.CharField()
    issued_at = serializers.DateTimeField()
    ahead = serializers.IntegerField()
    wait_low_s = serializers.IntegerField(allow_null=True)
    wait_high_s = serializers.IntegerField(allow_null=True)
    office = serializers.CharField()
    service = serializers.CharField()
    priority = serializers.ChoiceField(PRIORITIES, allow_null=True)
    status = serializers.ChoiceField(TicketStatus.choices)


class TicketAnswer(serializers.Serializer[Any]):
    """A turn for the desk; `waited_s` is null until it is first served, `available_actions` are the caller's."""

    number = serializers.CharField()
    token = serializers.CharField()
    office = serializers.CharField()
    service = serializers.CharField()
    priority = serializers.ChoiceField(PRIORITIES, allow_null=True)
    status = serializers.ChoiceField(TicketStatus.choices)
    counter = serializers.IntegerField(allow_null=True)
    issued_at = serializers.DateTimeField()
    called_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    waited_s = serializers.IntegerField(allow_null=True)
    calls = serializers.IntegerField()
    available_actions = serializers.ListField(child=serializers.CharField())


class QueueService(serializers.Serializer[Any]):
    """A service, and what who takes a number now may expect."""

    code = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    prefix = serializers.CharField()
    icon = serializers.CharField()
    waiting = serializers.IntegerField()
    low_s = serializers.IntegerField(allow_null=True)
    high_s = serializers.IntegerField(allow_null=True)


class QueueCounter(serializers.Serializer[Any]):
    """A counter as the hall sees it; nobody's name."""

    number = serializers.IntegerField()
    state = serializers.ChoiceField(COUNTER_STATES)
    ticket = serializers.CharField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)


class QueueCall(serializers.Serializer[Any]):
    """A number that was called to a counter."""

    number = serializers.CharField()
    counter = serializers.IntegerField()
    called_at = serializers.DateTimeField()
    calls = serializers.IntegerField()


class QueueServing(QueueCall):
    """A number that is at a counter now."""

    state = serializers.ChoiceField(AT_COUNTER_STATES)


class QueueAnswer(serializers.Serializer[Any]):
    """The queue of an office as board, kiosk, counters and phones read it."""

    office = serializers.CharField()
    as_of = serializers.DateTimeField()
    services = QueueService(many=True)
    counters = QueueCounter(many=True)
    waiting = serializers.IntegerField()
    waiting_priority = serializers.IntegerField()
    longest_wait_s = serializers.IntegerField()
    oldest_wait_from = serializers.DateTimeField(allow_null=True)
    serving = QueueServing(many=True)
    calls = QueueCall(many=True)
    average_wait_s_today = serializers.IntegerField(allow_null=True)
    visits_today = serializers.IntegerField()
    target_s = serializers.IntegerField()
    priority_prefix = serializers.CharField()
    quiet_hours = serializers.CharField(allow_blank=True)
    hours_today = serializers.ListField(child=serializers.CharField())
    is_open = serializers.BooleanField()
