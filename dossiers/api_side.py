"""REST calls for what stands beside the main line of a dossier: verdicts on papers, internal notes, messages with the applicant."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from bpmc_portal.api_http import act_once, expected_version, iso, respond, user_of
from bpmc_portal.api_input import Choice, Shape, Text, checked
from bpmc_portal.api_schema import IF_MATCH, PAGED
from bpmc_portal.audit.services import record_access
from bpmc_portal.errors import NotFound
from bpmc_portal.pagination import Order, page
from dossiers.api_shapes import PersonAnswer
from dossiers.models import Component, Dossier, Message, Note, PaperVerdict
from dossiers.numbering import code_key
from dossiers.services import messages, notes, verdicts
from dossiers.services.acts import StaleVersion
from procedures import catalogue
from procedures.api_shapes import Page

NEWEST_FIRST = Order(("id",), is_descending=True)
VERDICTS = [("", gettext_lazy("Bỏ kết luận")), *PaperVerdict.choices]


class VerdictBody(Shape):
    """What was found in a paper: "passed", "failed" with the code of a reason of use "paper", or "" to take it back."""

    verdict = Choice(VERDICTS, allow_blank=True)
    reason = Text(required=False, allow_null=True)
    note = Text(required=False, allow_null=True)


class VerdictAnswer(serializers.Serializer[Any]):
    """The standing verdict of one paper."""

    position = serializers.IntegerField()
    name = serializers.CharField()
    verdict = serializers.ChoiceField(PaperVerdict.choices, allow_null=True)
    reason = serializers.CharField(allow_null=True)
    note = serializers.CharField()
    version = serializers.IntegerField()


class TextBody(Shape):
    """A text of 1 to 2,000 characters."""

    text = Text()


class NoteAnswer(serializers.Serializer[Any]):
    """A note among colleagues."""

    id = serializers.IntegerField()
    text = serializers.CharField()
    author = PersonAnswer()
    at = serializers.DateTimeField()


class NotePage(Page):
    """A page of notes, newest first."""

    results = NoteAnswer(many=True)


class MessageAnswer(serializers.Serializer[Any]):
    """A message; without `author` the applicant wrote it, and the applicant is never told who of the staff did."""

    id = serializers.IntegerField()
    is_from_staff = serializers.BooleanField()
    author = PersonAnswer(allow_null=True)
    text = serializers.CharField()
    at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class MessagePage(Page):
    """A page of messages, newest first."""

    results = MessageAnswer(many=True)


@extend_schema(
    request=VerdictBody, parameters=[IF_MATCH], responses=VerdictAnswer, operation_id="dossiers_judge_paper"
)
@api_view(["POST"])
def dossier_verdict(request: Request, code: str, position: int) -> Response:
    """Give a verdict on one paper, or take it back."""
    given, version = checked(VerdictBody, request), expected_version(request)

    def act() -> tuple[int, Any]:
        paper = verdicts.judge(
            code,
            position,
            given["verdict"],
            actor=user_of(request),
            reason=given.get("reason") or "",
            note=given.get("note") or "",
            expected_version=version,
        )
        return 200, _verdict_json(paper)

    answer = act_once(request, act, body=request.data)
    return respond(answer, answer.body, version=answer.body["version"])


@extend_schema(methods=["GET"], parameters=PAGED, responses=NotePage, operation_id="dossiers_notes")
@extend_schema(
    methods=["POST"],
    request=TextBody,
    parameters=[IF_MATCH],
    responses={201: NoteAnswer},
    operation_id="dossiers_write_note",
)
@api_view(["GET", "POST"])
def dossier_notes(request: Request, code: str) -> Response:
    """List the internal notes of a dossier, or write one."""
    dossier = _scoped(request, code)
    if request.method == "GET":
        found = notes.thread(dossier)
        return Response(page(found, request, order=NEWEST_FIRST, show=lambda rows: [*map(_note_json, rows)]))
    text = checked(TextBody, request)["text"]
    now = catalogue.read()[1]
    return _written(
        request,
        dossier,
        lambda: _note_json(notes.write(dossier, author=user_of(request), text=text, at=now)),
    )


@extend_schema(methods=["GET"], parameters=PAGED, responses=MessagePage, operation_id="dossiers_messages")
@extend_schema(
    methods=["POST"],
    request=TextBody,
    parameters=[IF_MATCH],
    responses={201: MessageAnswer},
    operation_id="dossiers_write_message",
)
@api_view(["GET", "POST"])
def dossier_messages(request: Request, code: str) -> Response:
    """List the messages between the unit and the applicant, or write one. Who answers has read what stands above."""
    dossier, user = _scoped(request, code), user_of(request)
    is_staff = user.applicant_id is None

    def shown(each: Message) -> dict[str, Any]:
        return _message_json(each, for_staff=is_staff)

    if request.method == "GET":
        found = messages.thread(dossier)
        return Response(page(found, request, order=NEWEST_FIRST, show=lambda rows: [*map(shown, rows)]))
    text = checked(TextBody, request)["text"]
    now, author = catalogue.read()[1], user if is_staff else None
    return _written(
        request, dossier, lambda: shown(messages.write(dossier, author=author, text=text, at=now))
    )


def _scoped(request: Request, code: str) -> Dossier:
    found: Dossier | None = (
        Dossier.objects.visible_to(user_of(request))
        .prefetch_related("opinions")
        .filter(code_key=code_key(code))
        .first()
    )
    if found is None:
        raise NotFound(_("Không tìm thấy hồ sơ này. Hãy kiểm tra lại mã hồ sơ."))
    record_access(request._request, found.code)
    return found


def _written(request: Request, dossier: Dossier, write: Callable[[], dict[str, Any]]) -> Response:
    """Write once under the caller's key, if the dossier is still the one that was read."""
    wanted = expected_version(request)
    if wanted not in (None, dossier.version):
        raise StaleVersion(
            _("Hồ sơ vừa được người khác thay đổi. Hãy tải lại trang, xem nội dung mới rồi làm lại."),
            extra={"version": dossier.version},
        )
    answer = act_once(request, lambda: (201, write()), body=request.data)
    return respond(answer, answer.body, version=dossier.version)


def _verdict_json(paper: Component) -> dict[str, Any]:
    return {
        "position": paper.position,
        "name": paper.name,
        "verdict": paper.verdict or None,
        "reason": paper.verdict_reason.code if paper.verdict_reason else None,
        "note": paper.verdict_note,
        "version": paper.dossier.version,
    }


def _note_json(note: Note) -> dict[str, Any]:
    author = {"username": note.author.username, "name": str(note.author)}
    return {"id": note.pk, "text": note.text, "author": author, "at": iso(note.at)}


def _message_json(message: Message, *, for_staff: bool) -> dict[str, Any]:
    author = message.author
    return {
        "id": message.pk,
        "is_from_staff": author is not None,
        "author": {"username": author.username, "name": str(author)} if author and for_staff else None,
        "text": message.text,
        "at": iso(message.at),
        "read_at": iso(message.read_at),
    }
