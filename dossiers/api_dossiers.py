"""REST calls that read dossiers. Every one starts from what the caller may see, and writes down that it was seen."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view, renderer_classes
from rest_framework.request import Request
from rest_framework.response import Response

from bpmc_portal.api_http import AnyTypeRenderer, etag, iso, user_of
from bpmc_portal.api_input import instant_param, text_param
from bpmc_portal.api_schema import FILE, PAGED
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import DomainError, InvalidInput, NotFound
from bpmc_portal.pagination import Order, page
from dossiers.api_json import dossier_json, event_json, pending_json, row_json, rows, whole
from dossiers.api_shapes import DossierAnswer, DossierDueAnswer, EventPage, PendingAnswer
from dossiers.models import Dossier, Status
from dossiers.models.dossier import BEFORE_RECEIPT, OPEN
from dossiers.numbering import code_key
from dossiers.services import papers
from dossiers.services.due import explain
from dossiers.services.finding import matching
from procedures import catalogue
from procedures.explain import as_json

BY_APPOINTMENT = Order(("due_at", "id"))
NEWEST_FIRST = Order(("id",), is_descending=True)


def dossier_list(request: Request) -> Response:
    """List dossiers: work in hand by appointment, everything else newest first."""
    held, user = catalogue.current(), user_of(request)
    wanted, due_before = _statuses(request), instant_param(request, "due_before")
    found = rows(Dossier.objects.visible_to(user)).filter(_asked(request, wanted, due_before, held))
    by_appointment = due_before is not None or (wanted and set(wanted) <= set(OPEN))
    order = BY_APPOINTMENT if by_appointment else NEWEST_FIRST
    answer = page(
        found,
        request,
        order=order,
        show=lambda dossiers: [row_json(dossier, user, held) for dossier in dossiers],
    )
    record_access(
        request._request,
        "dossiers",
        purpose=text_param(request, "q")[:120] and "search",
        count=len(answer["results"]),
    )
    return Response(answer)


def _statuses(request: Request) -> list[str]:
    given = [value for text in request.query_params.getlist("status") for value in text.split(",") if value]
    for value in given:
        if value not in Status.values:
            sentence = _("Không có trạng thái “%s”. Các trạng thái: %s.") % (
                value[:40],
                ", ".join(Status.values),
            )
            raise InvalidInput(sentence, code="unknown_value", fields={"status": sentence})
    return given


def _asked(
    request: Request, statuses: list[str], due_before: datetime | None, held: catalogue.Catalogue
) -> Q:
    """Return what the query parameters ask for."""
    asked = matching(text_param(request, "q"))
    if statuses:
        asked &= Q(status__in=statuses)
    if unit := text_param(request, "unit"):
        asked &= Q(unit_id__in=[each.pk for each in held.units.values() if each.code == unit])
    if assigned := text_param(request, "assigned"):
        asked &= _assigned(assigned, request)
    if due_before is not None:
        asked &= Q(due_at__lt=due_before)
    return asked


def _assigned(wanted: str, request: Request) -> Q:
    if wanted == "none":
        return Q(assignee=None)
    return Q(assignee=user_of(request)) if wanted == "me" else Q(assignee__username=wanted)


def find(found: QuerySet[Dossier], code: str) -> Dossier:
    """Return the dossier of a code, however it is punctuated; NotFound, the same for absent and out of sight."""
    dossier = found.filter(code_key=code_key(code)).first()
    if dossier is None:
        raise NotFound(_("Không tìm thấy hồ sơ này. Hãy kiểm tra lại mã hồ sơ."))
    return dossier


@extend_schema(responses=DossierAnswer, operation_id="dossiers_read")
@api_view(["GET"])
def dossier_detail(request: Request, code: str) -> Response:
    """Return one dossier, with its version as the entity tag."""
    held, user = catalogue.current(), user_of(request)
    dossier = find(whole(Dossier.objects.visible_to(user)), code)
    record_access(request._request, dossier.code)
    return Response(dossier_json(dossier, request, held), headers={"ETag": etag(dossier.version)})


@extend_schema(parameters=PAGED, responses=EventPage, operation_id="dossiers_events")
@api_view(["GET"])
def dossier_events(request: Request, code: str) -> Response:
    """List what happened to a dossier, the first act first; the applicant is shown the public acts."""
    held, user = catalogue.current(), user_of(request)
    dossier = find(Dossier.objects.visible_to(user), code)
    version, for_staff = held.version_by_id(dossier.version_of_procedure_id), user.applicant_id is None
    events = dossier.events.select_related("actor")
    shown = events if for_staff else events.filter(is_public=True)
    record_access(request._request, dossier.code)
    answer = page(
        shown, request, order=Order(("seq",)),
        show=lambda found: [event_json(event, held, version, for_staff=for_staff) for event in found],
    )  # fmt: skip
    return Response(answer, headers={"ETag": etag(dossier.version)})


@extend_schema(responses=DossierDueAnswer, operation_id="dossiers_due")
@api_view(["GET"])
def dossier_due(request: Request, code: str) -> Response:
    """Explain the appointment: every day counted, left out or paused."""
    held = catalogue.current()
    dossier = find(Dossier.objects.visible_to(user_of(request)), code)
    record_access(request._request, dossier.code)
    explained = {"code": dossier.code, "appointed_at": iso(dossier.due_at), **as_json(explain(dossier, held))}
    return Response(explained, headers={"ETag": etag(dossier.version)})


@extend_schema(
    responses={(200, "application/pdf"): FILE, (202, "application/json"): PendingAnswer},
    operation_id="dossiers_receipt",
)
@api_view(["GET"])
@renderer_classes([AnyTypeRenderer])
def dossier_receipt(request: Request, code: str) -> HttpResponseBase:
    """Return the receipt as it was issued; 202 while it is being made."""
    dossier = find(Dossier.objects.visible_to(user_of(request)), code)
    if dossier.status in BEFORE_RECEIPT:
        raise DomainError(
            _("Hồ sơ chưa được tiếp nhận nên chưa có giấy tiếp nhận."), code="not_received", status=409
        )
    record_access(request._request, dossier.code)
    # Only what is issued is read here: asking for what is not writes a job, and a GET writes nothing.
    is_issued = dossier.issued_papers.filter(form="receipt", size="A5").exists()
    content = papers.issued_pdf(dossier) if is_issued else None
    if content is None:
        return Response(
            pending_json(), status=202, content_type="application/json", headers={"Retry-After": "1"}
        )
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{dossier.code}.pdf"'
    return response
