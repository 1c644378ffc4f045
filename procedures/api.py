"""REST calls of the public catalogue and the calendar."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from bpmc_portal.api_input import instant_param, number_param, text_param
from bpmc_portal.api_schema import PAGED
from bpmc_portal.errors import InvalidInput
from bpmc_portal.lib.vietnamese import local_date
from bpmc_portal.pagination import page_of_list
from procedures import catalogue, search
from procedures.api_shapes import DueAnswer, ProcedureAnswer, ProcedurePage
from procedures.catalogue import CaseInForce, ProcedureInForce, Version
from procedures.explain import as_json, ask_due


@extend_schema(
    parameters=[OpenApiParameter("q", str), *PAGED], responses=ProcedurePage, operation_id="procedures_list"
)
@api_view(["GET"])
def procedure_list(request: Request) -> Response:
    """List the procedures in force; `q` is a code or words, marks or not."""
    held, now = catalogue.read()
    today = local_date(now)
    found = search.search(text_param(request, "q"), held)
    in_force = [(procedure, version) for procedure in found if (version := procedure.version_on(today))]
    return Response(page_of_list(in_force, request, show=lambda pair: procedure_json(*pair)))


@extend_schema(responses=ProcedureAnswer, operation_id="procedures_read")
@api_view(["GET"])
def procedure_detail(request: Request, code: str) -> Response:
    """Return one procedure with its version in force."""
    held, now = catalogue.read()
    return Response(procedure_json(*held.version(code, local_date(now))))


@extend_schema(
    parameters=[
        OpenApiParameter("received_at", str, required=True, description="2025-01-24T15:30+07:00"),
        OpenApiParameter("days", int),
        OpenApiParameter("hours", int),
        OpenApiParameter("office", str),
    ],
    responses=DueAnswer,
    operation_id="calendar_due",
)
@api_view(["GET"])
def calendar_due(request: Request) -> Response:
    """Work out when a term of working days or hours ends, with every day that counts and every day that does not."""
    received_at = instant_param(request, "received_at")
    if received_at is None:
        sentence = _("Thiếu “received_at”. Hãy cho thời điểm tiếp nhận, ví dụ 2025-01-24T15:30+07:00.")
        raise InvalidInput(sentence, code="required", fields={"received_at": sentence})
    days, hours = number_param(request, "days"), number_param(request, "hours")
    office = catalogue.current().office(text_param(request, "office") or None)
    return Response(
        {"office": office.row.code, **as_json(ask_due(received_at, office=office, days=days, hours=hours))}
    )


def procedure_json(procedure: ProcedureInForce, version: Version) -> dict[str, Any]:
    """Return a procedure as the API shows it. An amount of None is not known, never free."""
    row, text = procedure.row, version.row
    return {
        "code": row.code,
        "name": row.name,
        "field": {"code": row.field.code, "name": row.field.name},
        "unit": {"code": row.unit.code, "name": row.unit.name},
        "version": text.number,
        "in_force_from": text.in_force_from.isoformat(),
        "time_limit": {"value": text.limit_value, "unit": text.limit_unit, "text": text.limit_words}
        if text.limit_unit
        else None,
        "fees": [
            {"name": fee.name, "amount": fee.amount, "legal_basis": fee.legal_basis} for fee in version.fees
        ],
        "is_verified": text.is_verified,
        "cases": [_case_json(case) for case in version.cases.values()],
    }


def _case_json(case: CaseInForce) -> dict[str, Any]:
    return {
        "code": case.row.code,
        "name": case.row.name,
        "components": [
            {
                "code": need.code,
                "name": need.name,
                "mandatory": need.is_mandatory,
                "originals": need.originals,
                "copies": need.copies,
                "document_type": need.document_type.code,
                "reusable": need.is_reusable,
                "validity_limited": need.is_validity_limited,
            }
            for need in case.components.values()
        ],
    }
