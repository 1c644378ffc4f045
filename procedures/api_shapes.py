"""What the calls of the catalogue answer, for the OpenAPI document. The views build the same as plain dictionaries; a test compares."""

from typing import Any

from rest_framework import serializers

from procedures.models import LimitUnit


class CodeName(serializers.Serializer[Any]):
    """A thing of the catalogue by code and name."""

    code = serializers.CharField()
    name = serializers.CharField()


class ComponentAnswer(serializers.Serializer[Any]):
    """One paper that a case asks for."""

    code = serializers.CharField()
    name = serializers.CharField()
    mandatory = serializers.BooleanField()
    originals = serializers.IntegerField()
    copies = serializers.IntegerField()
    document_type = serializers.CharField()
    reusable = serializers.BooleanField()
    validity_limited = serializers.BooleanField()


class CaseAnswer(CodeName):
    """A case with its papers."""

    components = ComponentAnswer(many=True)


class TimeLimitAnswer(serializers.Serializer[Any]):
    """The statutory term."""

    value = serializers.IntegerField(allow_null=True)
    unit = serializers.ChoiceField(LimitUnit.choices)
    text = serializers.CharField()


class FeeAnswer(serializers.Serializer[Any]):
    """A fee in đồng; null is not known."""

    name = serializers.CharField()
    amount = serializers.IntegerField(allow_null=True)
    legal_basis = serializers.CharField()


class ProcedureAnswer(CodeName):
    """A procedure with its version in force."""

    field = CodeName()
    unit = CodeName()
    version = serializers.IntegerField()
    in_force_from = serializers.DateField()
    time_limit = TimeLimitAnswer(allow_null=True)
    fees = FeeAnswer(many=True)
    is_verified = serializers.BooleanField()
    cases = CaseAnswer(many=True)


class Page(serializers.Serializer[Any]):
    """The frame of every list."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    count = serializers.IntegerField(required=False)


class ProcedurePage(Page):
    """A page of procedures."""

    results = ProcedureAnswer(many=True)


class DayReason(serializers.Serializer[Any]):
    """A day and why it does not count."""

    date = serializers.DateField()
    reason = serializers.CharField()


class LimitAnswer(serializers.Serializer[Any]):
    """The term that was asked for."""

    value = serializers.IntegerField()
    unit = serializers.ChoiceField(LimitUnit.choices)


class PauseAnswer(serializers.Serializer[Any]):
    """A spell in which the clock stood still."""

    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()


class Explained(serializers.Serializer[Any]):
    """A due instant, explained day by day."""

    received_at = serializers.DateTimeField()
    limit = LimitAnswer()
    due_at = serializers.DateTimeField(allow_null=True)
    first_day = DayReason(allow_null=True)
    counted = serializers.ListField(child=serializers.DateField())
    excluded = DayReason(many=True)
    paused = DayReason(many=True)
    pauses = PauseAnswer(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class DueAnswer(Explained):
    """The answer of the calendar at a desk."""

    office = serializers.CharField()
