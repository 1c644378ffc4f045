"""One shape for every refusal: a stable code, a Vietnamese sentence that says what to do, an HTTP status."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from rest_framework import exceptions as drf
from rest_framework.response import Response

from bpmc_portal.lib.identifiers import InvalidIdentifier

PROBLEM_JSON = "application/problem+json"


class DomainError(Exception):
    """A refusal with words. `fields` maps input names to sentences; `extra` goes into the problem document as it is."""

    code = "refused"
    status = 400
    # What is written although the refused act is rolled back: called by whoever has rolled back, once a level of transactions.
    after_rollback: Callable[[], None] | None = None

    def __init__(
        self,
        sentence: str,
        *,
        code: str | None = None,
        status: int | None = None,
        fields: dict[str, str] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code or self.code
        self.status = status or self.status
        self.fields = fields or {}
        self.extra = extra or {}


class NotFound(DomainError):
    """Absent, or not yours to see: the two are never told apart."""

    code = "not_found"
    status = 404

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or _("Không tìm thấy nội dung này. Hãy kiểm tra lại địa chỉ hoặc mã."))


class InvalidInput(DomainError):
    """One or more fields cannot be taken; each has its own sentence and the first its own code."""

    code = "invalid"
    status = 400


def from_identifier(error: InvalidIdentifier, field: str) -> InvalidInput:
    """Turn the pure module's refusal into one with a field and an HTTP status."""
    return InvalidInput(error.sentence, code=error.code, fields={field: error.sentence})


def problem(error: DomainError, *, request_id: str = "") -> dict[str, Any]:
    """Return the RFC 9457 document of a refusal."""
    body: dict[str, Any] = {
        "type": f"urn:motcua:error:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": error.sentence,
        **error.extra,
    }
    if error.fields:
        body["errors"] = error.fields
    if request_id:
        body["request_id"] = request_id
    return body


def problem_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer an API request that failed outside DRF."""
    body = problem(error, request_id=getattr(request, "request_id", ""))
    return JsonResponse(
        body, status=error.status, content_type=PROBLEM_JSON, json_dumps_params={"ensure_ascii": False}
    )


_DRF_WORDS: dict[type[Exception], tuple[str, str]] = {
    drf.NotAuthenticated: (
        "not_authenticated",
        "Bạn chưa đăng nhập. Hãy gửi kèm mã truy cập hoặc đăng nhập lại.",
    ),
    drf.AuthenticationFailed: ("token_invalid", "Mã truy cập không đúng hoặc đã hết hạn. Hãy lấy mã mới."),
    drf.MethodNotAllowed: ("method_not_allowed", "Địa chỉ này không nhận phương thức đã gửi."),
    drf.UnsupportedMediaType: ("media_type", "Kiểu nội dung này không được hỗ trợ. Hãy gửi JSON."),
    drf.NotAcceptable: ("not_acceptable", "Chỉ trả lời bằng JSON."),
    drf.Throttled: ("too_many", "Bạn gửi quá nhiều yêu cầu. Hãy thử lại sau ít phút."),
    drf.ParseError: ("unreadable", "Không đọc được nội dung đã gửi. Hãy kiểm tra JSON và mã hoá UTF-8."),
}


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal of the API becomes application/problem+json."""
    # DRF's views import our parser by name, and the parser imports this module.
    from rest_framework.views import exception_handler, set_rollback

    request = context["request"]
    refused = as_domain_error(error)
    if refused is None:
        return None
    set_rollback()
    plain = exception_handler(error, context) if isinstance(error, drf.APIException) else None
    body = problem(refused, request_id=getattr(request, "request_id", ""))
    response = Response(body, status=refused.status, content_type=PROBLEM_JSON)
    for header in ("WWW-Authenticate", "Retry-After", "Allow"):
        if plain is not None and header in plain:
            response[header] = plain[header]
    return response


def as_domain_error(error: Exception) -> DomainError | None:
    """Translate what frameworks raise into our one shape; None for what is a fault of ours."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, InvalidIdentifier):
        return from_identifier(error, error.field or "value")
    if isinstance(error, drf.ValidationError):
        return _from_validation(error.detail)
    if isinstance(error, ValidationError):
        return _from_validation(error.message_dict if hasattr(error, "error_dict") else {"": error.messages})
    for kind, (code, sentence) in _DRF_WORDS.items():
        if isinstance(error, kind):
            status = getattr(error, "status_code", 400)
            return DomainError(_(sentence), code=code, status=status)
    if isinstance(error, (Http404, drf.NotFound)):
        return NotFound()
    if isinstance(error, (PermissionDenied, drf.PermissionDenied)):
        return DomainError(_("Tài khoản của bạn không được làm việc này."), code="forbidden", status=403)
    return None


def _from_validation(detail: Any) -> InvalidInput:
    """Flatten a validation error into {path: sentence}; the first code speaks for all."""
    fields: dict[str, str] = {}
    codes: list[str] = []

    def walk(path: str, node: Any) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                walk(f"{path}.{key}" if path else str(key), value)
        elif isinstance(node, list):
            for index, value in enumerate(node):
                walk(path if isinstance(value, str) else f"{path}.{index}", value)
        else:
            fields.setdefault(path, str(node))
            codes.append(str(getattr(node, "code", "invalid")))

    walk("", detail)
    sentence = next(iter(fields.values()), _("Nội dung gửi lên không hợp lệ."))
    return InvalidInput(sentence, code=codes[0] if codes else "invalid", fields=fields)


def is_api(request: HttpRequest) -> bool:
    """Say whether the request speaks to the REST API."""
    return request.path.startswith("/api/")


def refuse(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer a refusal as a problem document or as a page, whichever the caller speaks."""
    if is_api(request):
        return problem_response(request, error)
    template = (
        f"errors/{error.status}.html" if error.status in {400, 403, 404, 409, 429} else "errors/400.html"
    )
    return render(request, template, {"error": error}, status=error.status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400."""
    return refuse(
        request, DomainError(_("Yêu cầu không đọc được. Hãy tải lại trang và thử lại."), code="bad_request")
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    return refuse(
        request, DomainError(_("Tài khoản của bạn không được làm việc này."), code="forbidden", status=403)
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404, the same for an absent object and for one of another unit."""
    return refuse(request, NotFound())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old, mostly a page that was left open overnight."""
    sentence = _(
        "Phiên làm việc của trang này đã cũ. Hãy quay lại, tải lại trang rồi gửi lần nữa; nội dung đã lưu nháp vẫn còn."
    )
    return refuse(request, DomainError(sentence, code="csrf_failed", status=403))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 with nothing that could fail again."""
    error = DomainError(
        _("Hệ thống gặp lỗi và đã ghi lại. Nội dung đã nhập vẫn còn; hãy thử lại sau ít phút."),
        code="server_error",
        status=500,
    )
    if is_api(request):
        return problem_response(request, error)
    return render(
        request,
        "errors/500.html",
        {"error": error, "request_id": getattr(request, "request_id", "")},
        status=500,
    )
