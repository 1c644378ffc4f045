"""REST calls of a kiosk for the time without a network: numbers in advance, and what was printed from them."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from bpmc_portal.api_http import act_once, iso, respond, user_of
from bpmc_portal.api_input import Shape, Text, WholeNumber, checked
from bpmc_portal.errors import InvalidInput
from desk.services import blocks
from desk.slip import GENERAL, qr, url_of
from procedures import catalogue


class BlockBody(Shape):
    """Which service, and which machine asks."""

    service = Text()
    device = Text()


class PrintedBody(Shape):
    """One number that was printed."""

    block = WholeNumber()
    serial = WholeNumber()
    priority = Text(required=False, default="")
    taken_at = Text(help_text="ISO 8601")


class OfflineBody(Shape):
    """What a machine printed while it was alone."""

    tickets = PrintedBody(many=True, max_length=blocks.MOST_AT_ONCE)  # type: ignore[call-arg]


class QrAnswer(serializers.Serializer[Any]):
    """A QR code as one SVG path, in modules."""

    size = serializers.IntegerField()
    path = serializers.CharField()


class ReservedAnswer(serializers.Serializer[Any]):
    """One unused number."""

    serial = serializers.IntegerField()
    number = serializers.CharField()
    token = serializers.CharField()
    qr = QrAnswer()


class BlockAnswer(serializers.Serializer[Any]):
    """A block with what the slips of its numbers need."""

    id = serializers.IntegerField()
    service = serializers.CharField()
    name = serializers.CharField()
    office = serializers.CharField()
    prepare = serializers.CharField()
    day = serializers.DateField()
    issued_at = serializers.DateTimeField()
    tickets = ReservedAnswer(many=True)


class SettledAnswer(serializers.Serializer[Any]):
    """What became of one printed number: created, known or refused."""

    block = serializers.IntegerField()
    serial = serializers.IntegerField()
    status = serializers.CharField()
    number = serializers.CharField()
    token = serializers.CharField()
    code = serializers.CharField()


class OfflineAnswer(serializers.Serializer[Any]):
    """One line a printed number, in the order sent."""

    results = SettledAnswer(many=True)


@extend_schema(request=BlockBody, responses={201: BlockAnswer}, operation_id="number_blocks_create")
@api_view(["POST"])
def number_blocks(request: Request, office: str) -> Response:
    """Give a machine the block of numbers that it prints from while the network is gone."""
    given, found = checked(BlockBody, request), catalogue.current().office(office).row

    def act() -> tuple[int, dict[str, Any]]:
        block, unused = blocks.reserve(
            found, service=given["service"], device=given["device"], actor=user_of(request)
        )
        kept = [{**asdict(each), "qr": asdict(qr(url_of(each.token)))} for each in unused]
        return 201, {
            "id": block.pk, "service": block.service.code, "name": block.service.name, "office": found.name, "prepare": GENERAL,
            "day": f"{block.day}", "issued_at": iso(block.issued_at), "tickets": kept,
        }  # fmt: skip

    answer = act_once(request, act, body=request.data)
    return respond(answer, answer.body)


@extend_schema(request=OfflineBody, responses={200: OfflineAnswer}, operation_id="offline_tickets_create")
@api_view(["POST"])
def offline_tickets(request: Request, office: str) -> Response:
    """Write down what a machine printed without us; telling it again changes nothing."""
    given, found = checked(OfflineBody, request), catalogue.current().office(office).row
    printed = [
        blocks.PrintedTicket(each["block"], each["serial"], each["priority"], _instant(each["taken_at"]))
        for each in given["tickets"]
    ]

    def act() -> tuple[int, dict[str, Any]]:
        settled = blocks.reconcile(found, printed=printed, actor=user_of(request))
        return 200, {"results": [asdict(each) for each in settled]}

    answer = act_once(request, act, body=request.data)
    return respond(answer, answer.body)


def _instant(text: str) -> datetime:
    """Read an instant with its offset."""
    try:
        found = parse_datetime(text[:40])
    except ValueError:
        found = None
    if found is None or found.utcoffset() is None:
        sentence = _("“taken_at” phải là thời điểm ISO 8601 có múi giờ, ví dụ 2026-11-23T09:14:32+07:00.")
        raise InvalidInput(sentence, code="instant_format", fields={"taken_at": sentence})
    return found
