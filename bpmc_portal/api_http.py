"""What the calls of the API share: versions in headers, answers given once, instants with their offset."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError
from bpmc_portal.idempotency.services import Answer, once
from bpmc_portal.lib.vietnamese import LOCAL_ZONE

_ETAG = re.compile(r'"([0-9]{1,18})"')


class AnyTypeRenderer(JSONRenderer):
    """Lets a caller of a file ask for any type; only refusals are rendered by it."""

    media_type = "*/*"
    format = "file"


def iso(at: datetime | None) -> str | None:
    """Return an instant as ISO 8601 in Vietnamese time, "+07:00", to the second."""
    return None if at is None else at.astimezone(LOCAL_ZONE).isoformat(timespec="seconds")


def user_of(request: Request) -> User:
    """Return the account behind a call that the access table opens to signed-in people only."""
    return request.user  # type: ignore[return-value]


def etag(version: int) -> str:
    """Return the entity tag of a version."""
    return f'"{version}"'


def expected_version(request: Request) -> int | None:
    """Return the version that If-Match asks for; None without the header or with "*". Raises DomainError for anything else."""
    typed = request.headers.get("If-Match", "").strip()
    if typed in {"", "*"}:
        return None
    match = _ETAG.fullmatch(typed)
    if match is None:
        raise DomainError(
            _('If-Match phải là số lần thay đổi trong dấu nháy kép, ví dụ "3", lấy từ ETag.'),
            code="if_match_format",
        )
    return int(match[1])


def act_once(
    request: Request, act: Callable[[], tuple[int, Any]], *, body: Any, is_whole: bool = False
) -> Answer:
    """Run an act under the request's Idempotency-Key; the address is part of what the key stands for.

    `is_whole` says that the act is one transaction already: without a key it then needs none around it, and no savepoint inside.
    """
    if is_whole and not request.headers.get("Idempotency-Key"):
        return Answer(*act())
    asked = {"method": request.method, "path": request.path, "body": body}
    return once(act, actor=user_of(request), key=request.headers.get("Idempotency-Key"), body=asked)


def respond(answer: Answer, body: Any, *, version: int | None = None) -> Response:
    """Answer with the entity tag, and say so when it is the first answer again."""
    response = Response(body, status=answer.status)
    if version is not None:
        response["ETag"] = etag(version)
    if answer.is_replay:
        response["Idempotent-Replay"] = "true"
    return response
