"""REST calls of the queue: take a number, call the next one, act on a turn, read the queue."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection
from django.http import HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from bpmc_portal.accounts.models import Role, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.api_http import act_once, respond, user_of
from bpmc_portal.api_input import checked
from bpmc_portal.errors import DomainError
from bpmc_portal.lib.vietnamese import to_local
from desk import live
from desk.acts import Act
from desk.api_shapes import QueueAnswer, TakeBody, TakenAnswer, TicketAnswer, TurnBody
from desk.models import Origin, Ticket
from desk.services import calling, moving, serving, tickets
from procedures import catalogue

ACTIONS: dict[Act, Callable[[str, User, dict[str, Any]], Ticket]] = {
    Act.START: lambda token, actor, given: serving.start(token, actor=actor),
    Act.FINISH: lambda token, actor, given: serving.finish(token, actor=actor),
    Act.ABSENT: lambda token, actor, given: serving.absent(token, actor=actor),
    Act.UNDO_ABSENT: lambda token, actor, given: serving.undo_absent(token, actor=actor),
    Act.RECALL: lambda token, actor, given: calling.recall(token, actor=actor, counter=given["counter"]),
    Act.HOLD: lambda token, actor, given: serving.hold(token, actor=actor, note=given["reason"]),
    Act.TRANSFER: lambda token, actor, given: serving.transfer(token, actor=actor, **given),
    Act.DEFER: lambda token, actor, given: serving.defer(token, actor=actor),
    Act.CANCEL: lambda token, actor, given: serving.cancel(token, actor=actor),
}
TOKEN_DIGITS = 24
_PLACES = """
SELECT o.code, s.code, (SELECT number FROM desk_counter WHERE id = %s) FROM accounts_office o, desk_service s
WHERE o.id = %s AND s.id = %s
"""
_SLUGS = [act.value.replace("_", "-") for act in ACTIONS]


@extend_schema(request=TakeBody, responses={201: TakenAnswer}, operation_id="tickets_create")
@api_view(["POST"])
def take(request: Request, office: str) -> Response:
    """Give a visitor the next number of a service, or of the priority series."""
    given, user, held = checked(TakeBody, request), user_of(request), catalogue.current().office(office).row
    is_kiosk = Role.KIOSK in principal_of(user).roles

    def act() -> tuple[int, dict[str, Any]]:
        ticket = tickets.issue(
            held, service=given["service"], priority=given.get("priority") or "", actor=user,
            origin=Origin.KIOSK if is_kiosk else Origin.DESK,
        )  # fmt: skip
        return 201, {
            "number": ticket.number, "token": ticket.token, "issued_at": _exact(ticket.issued_at), "ahead": ticket.ahead,
            "wait_low_s": ticket.low_s, "wait_high_s": ticket.high_s, "office": held.code, "service": ticket.service.code,
            "priority": ticket.priority or None, "status": ticket.status,
        }  # fmt: skip

    answer = act_once(request, act, body=request.data, is_whole=True)
    response = respond(answer, answer.body)
    response["Location"] = reverse("api:ticket", kwargs={"token": answer.body["token"]})
    return response


@extend_schema(
    request=None,
    responses={200: TicketAnswer, 204: OpenApiResponse(description=_("Không có ai chờ"))},
    operation_id="counters_call_next",
)
@api_view(["POST"])
def call_next(request: Request, office: str, counter: int) -> Response:
    """Call the next visitor to a counter; asked again while the number is being called, answers that number again."""
    user, office_id = user_of(request), live.office_id_of(office)

    def act() -> tuple[int, dict[str, Any] | None]:
        ticket = calling.call_next(office_id, counter=counter, actor=user)
        return (204, None) if ticket is None else (200, _ticket_json(ticket, user))

    answer = act_once(request, act, body=None, is_whole=True)
    return respond(answer, answer.body)


@extend_schema(responses=TicketAnswer, operation_id="tickets_retrieve")
@api_view(["GET"])
def ticket_detail(request: Request, token: str) -> Response:
    """Show a turn to the desk where it is."""
    ticket = tickets.of_token(_known(token))
    moving.refuse_stranger(user_of(request), ticket.office_id)
    return Response(_ticket_json(ticket, user_of(request)))


@extend_schema(
    request=TurnBody,
    parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=_SLUGS)],
    responses={200: TicketAnswer},
    operation_id="tickets_act",
)
@api_view(["POST"])
def ticket_act(request: Request, token: str, action: str) -> Response:
    """Do one act on a turn. Only recall, transfer and hold read a body."""
    slug, user = action.replace("-", "_"), user_of(request)
    if slug not in ACTIONS:
        raise DomainError(
            _("Không có việc “%s”. Các việc: %s.") % (action[:30], ", ".join(_SLUGS)),
            code="unknown_action",
            status=404,
            extra={"actions": _SLUGS},
        )
    given = _wanted(request)

    def act() -> tuple[int, dict[str, Any]]:
        return 200, _ticket_json(ACTIONS[Act(slug)](_known(token), user, given), user)

    answer = act_once(request, act, body=request.data, is_whole=True)
    return respond(answer, answer.body)


@extend_schema(
    parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
    responses={200: QueueAnswer, 304: OpenApiResponse(description=_("Chưa có gì thay đổi"))},
    operation_id="queue",
)
@api_view(["GET"])
@authentication_classes([])
@permission_classes([])
def queue(request: Request, office: str) -> HttpResponse:
    """Show the queue of an office, the same to everybody; unchanged since the caller's ETag it costs no statement."""
    known = {each.removeprefix("W/") for each in parse_etags(request.headers.get("If-None-Match", ""))}
    # Asked for once: a change in between would otherwise give the new tag to the old body.
    now = live.etag_of(office) if known else ""
    if known and ("*" in known or now in known):
        response: HttpResponse = HttpResponseNotModified(headers={"ETag": now})
    else:
        tag, body = live.cached(office)
        response = HttpResponse(body, content_type="application/json", headers={"ETag": tag})
    response["Cache-Control"] = "no-cache"
    return response


def _wanted(request: Request) -> dict[str, Any]:
    """Return the body of an act; none at all is an empty one."""
    given = {} if request.data is None else checked(TurnBody, request)
    return {
        "service": given.get("service"),
        "counter": given.get("counter"),
        "reason": given.get("reason") or "",
    }


def _known(token: str) -> str:
    """Return a token that may exist. Raises `ticket_not_found` for anything else."""
    if not (len(token) == TOKEN_DIGITS and token.isascii() and token.isdigit()):
        raise moving.ticket_not_found()
    return token


def _exact(at: datetime | None) -> str | None:
    """Return an instant to the microsecond: who adds durations up gets the sums that we show."""
    return None if at is None else to_local(at).isoformat()


def _ticket_json(ticket: Ticket, user: User) -> dict[str, Any]:
    """Return a turn with what the caller may do next: one statement for the names of its places."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [ticket.counter_id, ticket.office_id, ticket.service_id])
        office, service, counter = cursor.fetchone()
    return {
        "number": ticket.number, "token": ticket.token, "office": office, "service": service, "priority": ticket.priority or None,
        "status": ticket.status, "counter": counter, "issued_at": _exact(ticket.issued_at), "called_at": _exact(ticket.called_at),
        "started_at": _exact(ticket.started_at), "finished_at": _exact(ticket.finished_at), "waited_s": ticket.wait_s,
        "calls": ticket.calls, "available_actions": moving.available(ticket, user),
    }  # fmt: skip
