"""REST calls of the plan: each number with the rows behind it."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from bpmc_portal.api_http import iso, user_of
from bpmc_portal.api_input import text_param
from bpmc_portal.api_schema import PAGED
from bpmc_portal.errors import NotFound
from bpmc_portal.lib.vietnamese import to_local
from bpmc_portal.pagination import Order, page
from procedures import catalogue
from procedures.api_shapes import Page
from reporting import registry
from reporting.registry import Span
from reporting.services import Reading, readings, span_of

_BY_ID = Order(("id",))
_ASKED = [OpenApiParameter("year", int), OpenApiParameter("unit", str), OpenApiParameter("office", str)]


class IndicatorAnswer(serializers.Serializer[Any]):
    """One indicator of one year; `value` and `met` are null while there is nothing to divide by."""

    code = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.CharField()
    numerator = serializers.FloatField()
    denominator = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True)
    target = serializers.FloatField(allow_null=True)
    comparator = serializers.CharField()
    met = serializers.BooleanField(allow_null=True)
    note = serializers.CharField()
    as_of = serializers.DateTimeField()
    rows_url = serializers.CharField()


class CountedRow(serializers.Serializer[Any]):
    """One counted visit."""

    number = serializers.CharField()
    office = serializers.CharField()
    service = serializers.CharField()
    status = serializers.CharField()
    waited_from = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    waited_s = serializers.IntegerField(allow_null=True)


class CountedPage(Page):
    """A page of counted rows."""

    results = CountedRow(many=True)


@extend_schema(parameters=_ASKED, responses=IndicatorAnswer(many=True), operation_id="plan_indicators")
@api_view(["GET"])
def indicators(request: Request) -> Response:
    """List the indicators of a plan year (the present one by default) for the offices in the caller's reach."""
    now = catalogue.read()[1]
    span = _span(request)
    return Response([_json(request, reading, span, iso(now)) for reading in readings(span)])


@extend_schema(
    parameters=[*_ASKED, OpenApiParameter("part", str, enum=list(registry.PARTS)), *PAGED],
    responses=CountedPage,
    operation_id="plan_indicator_rows",
)
@api_view(["GET"])
def indicator_rows(request: Request, code: str) -> Response:
    """List exactly the rows that one part of an indicator counted."""
    indicator = registry.find(code)
    part = text_param(request, "part") or "numerator"
    if indicator is None or part not in registry.PARTS:
        raise NotFound
    found = indicator.rows(_span(request), part)
    return Response(
        page(found, request, order=_BY_ID, show=lambda rows: [indicator.show(row) for row in rows])
    )


def _span(request: Request) -> Span:
    held, now = catalogue.read()
    typed = text_param(request, "year")
    year = (
        int(typed)
        if typed.isascii() and typed.isdigit() and len(typed) == 4
        else 0
        if typed
        else to_local(now).year
    )
    return span_of(
        held, user_of(request), year=year, office=text_param(request, "office"), unit=text_param(request, "unit"), now=to_local(now)
    )  # fmt: skip


def _json(request: Request, reading: Reading, span: Span, as_of: str | None) -> dict[str, Any]:
    measure, target, value = reading.measure, reading.target, reading.measure.value
    asked = {name: text_param(request, name) for name in ("unit", "office")}
    query = urlencode({"year": span.first.year, **{name: given for name, given in asked.items() if given}})
    return {
        "code": reading.indicator.code,
        "title": target.title,
        "unit": target.unit,
        "numerator": round(float(measure.numerator), 4),
        "denominator": measure.denominator,
        "value": None if value is None else float(value),
        "target": None if target.value is None else float(target.value),
        "comparator": target.comparator,
        "met": target.is_met_by(value),
        "note": " ".join(filter(None, [reading.indicator.note, target.note])),
        "as_of": as_of,
        "rows_url": f"{reverse('api:indicator_rows', args=[reading.indicator.code])}?{query}",
    }
