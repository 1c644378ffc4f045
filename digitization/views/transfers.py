"""Uploads in pieces, for the scripts of staff pages: begin, send the pieces, ask how far it is, finish. All answers are JSON."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.errors import DomainError, InvalidInput, problem_response
from digitization import transfers, wording
from digitization.models import Transfer

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def answers_json(view: View[P]) -> View[P]:
    """Answer the view's refusals as problem documents: a script asks, no person sees the page."""

    @wraps(view)
    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DomainError as error:
            return problem_response(request, error)

    return answered


@answers_json
def begin(request: HttpRequest) -> HttpResponse:
    """Open an upload."""
    user: User = request.user  # type: ignore[assignment]
    given = request.POST
    transfer = transfers.begin(
        name=given.get("name", ""), size=size_of(request), actor=user, purpose=given.get("purpose", Transfer.Purpose.PAPER),
        place=given.get("place", ""), sha256=given.get("sha256", ""),
    )  # fmt: skip
    return JsonResponse(standing(transfer), status=201)


@answers_json
def piece(request: HttpRequest, key: UUID) -> HttpResponse:
    """Take a piece at the offset of the header Upload-Offset, or say how far the upload is."""
    user: User = request.user  # type: ignore[assignment]
    return take_piece(request, transfers.find(key, actor=user))


@answers_json
def finish(request: HttpRequest, key: UUID) -> HttpResponse:
    """Judge and record the whole file; asked again it answers the same."""
    user: User = request.user  # type: ignore[assignment]
    done = transfers.finish(transfers.find(key, actor=user), place=request.POST.get("place", ""))
    return JsonResponse(result_of(done), status=201)


def take_piece(request: HttpRequest, transfer: Transfer) -> HttpResponse:
    """Append the request's body to an upload, or only say how far it is when nothing was sent."""
    if request.method != "POST":
        return JsonResponse(standing(transfer))
    offset = request.headers.get("Upload-Offset", "")
    if not (offset.isascii() and offset.isdigit() and len(offset) <= 12):
        raise InvalidInput(_("Yêu cầu tải lên không đọc được. Hãy tải lại trang rồi gửi lại."))
    transfer.received = transfers.append(transfer, int(offset), request.body)
    return JsonResponse(standing(transfer))


def size_of(request: HttpRequest) -> int:
    """Return the declared size of a file; what is no number is an empty file."""
    size = request.POST.get("size", "")
    return int(size) if size.isascii() and size.isdigit() and len(size) <= 12 else 0


def standing(transfer: Transfer) -> dict[str, Any]:
    """Say how far an upload is."""
    return {
        "id": str(transfer.pk),
        "state": transfer.state,
        "offset": transfer.received,
        "size": transfer.size,
        "chunk": transfers.CHUNK,
    }


def result_of(transfer: Transfer) -> dict[str, Any]:
    """Say what a finished upload became: a paper as pages show it, or the number of a batch."""
    if transfer.document is None:
        return {"batch": transfer.batch, "name": transfer.name}
    return {**wording.described(transfer.document), "name": transfer.name}
