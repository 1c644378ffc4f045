"""REST calls that change dossiers or look one up by its receipt. Reading stands in api_dossiers.py."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from bpmc_portal.api_http import act_once, expected_version, iso, respond, user_of
from bpmc_portal.api_input import checked
from bpmc_portal.api_schema import IF_MATCH, PAGED
from bpmc_portal.audit.services import workstation_of
from bpmc_portal.errors import DomainError, InvalidInput
from dossiers import tracking
from dossiers.api_dossiers import dossier_list
from dossiers.api_json import dossier_json, public_json, receipt_url, whole
from dossiers.api_shapes import (
    ActionBody,
    DossierAnswer,
    DossierPage,
    IntakeBody,
    ReceivedAnswer,
    TrackingAnswer,
    TrackingBody,
)
from dossiers.models import Dossier, Status
from dossiers.services import intake, lookup, transitions
from dossiers.services.acts import ItemInput, MoneyInput, OpinionInput
from dossiers.services.commands import ApplicantInput, ComponentInput, IntakeInput, RepresentativeInput
from dossiers.services.transitions import Params
from dossiers.workflow import Action
from procedures import catalogue

_FILTERS = [
    OpenApiParameter("status", str, many=True, enum=Status.values),
    OpenApiParameter("unit", str),
    OpenApiParameter("assigned", str, description=_("me, none hoặc tên đăng nhập")),
    OpenApiParameter("due_before", str),
    OpenApiParameter("q", str),
]
_FIRST_SECRET = 1


@extend_schema(
    methods=["GET"], parameters=[*_FILTERS, *PAGED], responses=DossierPage, operation_id="dossiers_list"
)
@extend_schema(
    methods=["POST"], request=IntakeBody, responses={201: ReceivedAnswer}, operation_id="dossiers_create"
)
@api_view(["GET", "POST"])
def dossiers(request: Request) -> Response:
    """List the dossiers in sight, or take one in: received at the desk by its staff, submitted online by a citizen."""
    return receive(request) if request.method == "POST" else dossier_list(request)


def receive(request: Request) -> Response:
    """Take a dossier in. The secret is derived again for every answer and never remembered."""
    given, user = checked(IntakeBody, request), user_of(request)
    take_in = intake.receive_dossier if user.applicant_id is None else intake.submit_dossier
    answer = act_once(
        request, lambda: (201, _remembered(take_in(_intake(given), actor=user))), body=request.data
    )
    code, status = answer.body["code"], answer.body["status"]
    body = {
        "code": code,
        "secret": tracking.secret_of(code, _FIRST_SECRET),
        "tracking_url": tracking.url_of(tracking.token_of(code, _FIRST_SECRET)),
        **answer.body,
        "receipt_url": receipt_url(request, code, status),
    }
    response = respond(answer, body, version=answer.body["version"])
    response["Location"] = reverse("api:dossier", kwargs={"code": code})
    return response


def _remembered(dossier: Dossier) -> dict[str, Any]:
    """Return the part of the answer that may be kept: nothing that opens the dossier."""
    return {
        "code": dossier.code,
        "status": dossier.status,
        "version": dossier.version,
        "received_at": iso(dossier.received_at),
        "due_at": iso(dossier.due_at),
    }


def _intake(given: dict[str, Any]) -> IntakeInput:
    representative = given.get("representative")
    return IntakeInput(
        procedure=given["procedure"], office=given["office"], channel=given["channel"], case=given.get("case") or None,
        applicant=ApplicantInput(**_filled(given["applicant"])),
        representative=RepresentativeInput(**_filled(representative)) if representative else None,
        components=tuple(ComponentInput(**_filled(paper)) for paper in given["components"]),
        return_method=given["return_method"], form=given.get("form", {}), ticket=given.get("ticket") or "",
    )  # fmt: skip


def _filled(given: dict[str, Any]) -> dict[str, Any]:
    """Leave out what was sent as null, so that the service's own default holds."""
    return {name: value for name, value in given.items() if value is not None}


@extend_schema(
    request=ActionBody,
    parameters=[
        IF_MATCH,
        OpenApiParameter("action", str, OpenApiParameter.PATH, enum=[str(action) for action in Action]),
    ],
    responses={200: DossierAnswer, 202: DossierAnswer},
    operation_id="dossiers_act",
)
@api_view(["POST"])
def dossier_action(request: Request, code: str, action: str) -> Response:
    """Do one act. 202: the act needs a second person, and only the first one's proposal was noted."""
    if action not in set(Action):
        known = [str(each) for each in Action]
        raise DomainError(
            _("Không có việc “%s”. Các việc: %s.") % (action[:30], ", ".join(known)),
            code="unknown_action",
            status=404,
            extra={"actions": known},
        )
    given, version = checked(ActionBody, request), expected_version(request)
    params = params_of(given)

    def act() -> tuple[int, Any]:
        changed = transitions.act(
            code, Action(action), actor=user_of(request), expected_version=version, params=params
        )
        # The actor may see the answer even when the act itself took the dossier out of sight (an opinion given).
        shown = dossier_json(whole(Dossier.objects.all()).get(pk=changed.pk), request, catalogue.current())
        return (202 if hasattr(changed, "pending_proposal") else 200), shown

    answer = act_once(request, act, body=request.data)
    return respond(answer, answer.body, version=answer.body["version"])


_PLAIN = (
    "reason",
    "paper_handoff",
    "to_step",
    "assignee",
    "opinion_unit",
    "due_on",
    "respond_by",
    "collector",
    "legal_basis",
)


def params_of(given: dict[str, Any]) -> Params:
    """Return what an act needs from the checked body."""
    filled = _filled(given)
    plain = {name: filled[name] for name in (*_PLAIN, "result_revision") if name in filled}
    money = {"amount": "amount", "fee_name": "name", "method": "method", "transaction": "transaction"}
    paid = {to: filled[name] for name, to in money.items() if name in filled}
    opinion = filled.get("opinion")
    return Params(
        **plain,
        opinion=OpinionInput(**_filled(opinion)) if opinion else None,
        items=tuple(ItemInput(**_filled(item)) for item in filled.get("items", ())),
        reason_codes=tuple(filled.get("reason_codes", ())),
        money=MoneyInput(**paid) if paid else None,
        corrections=_texts(filled.get("corrections", {})),
    )


def _texts(given: dict[str, Any]) -> dict[str, str]:
    for name, value in given.items():
        if not isinstance(value, str):
            sentence = _("“%s” phải là chuỗi ký tự, đặt trong dấu nháy kép.") % str(name)[:40]
            raise InvalidInput(sentence, code="not_text", fields={"corrections": sentence})
    return given


@extend_schema(request=TrackingBody, responses=TrackingAnswer, operation_id="tracking")
@api_view(["POST"])
def track(request: Request) -> Response:
    """Show the public view of one dossier. Everything that does not open one is the same refusal."""
    given = request.data if isinstance(request.data, dict) else {}
    if given.get("token"):
        tracked = lookup.by_token(_text(given, "token"))
    else:
        tracked = lookup.by_secret(
            _text(given, "code"), _text(given, "secret"), network=workstation_of(request._request)
        )
    return Response(public_json(tracked, catalogue.of_stamp(tracked.catalogue_stamp)))


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""
