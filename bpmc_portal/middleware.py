"""What every request passes: an id, the one clock of refusals, session rules, the access table, and privacy headers."""

import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django_otp import DEVICE_ID_SESSION_KEY

from bpmc_portal import access, logs
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, NotFound, as_domain_error, is_api, refuse

GetResponse = Callable[[HttpRequest], HttpResponse]


def chosen_language(get_response: GetResponse) -> GetResponse:
    """Speak the language that the visitor chose, Vietnamese otherwise.

    Never the browser's: most PCs of the desks run an English browser, and the API's sentences are Vietnamese by contract.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        wanted = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        is_chosen = wanted in dict(settings.LANGUAGES) and not is_api(request)
        with translation.override(wanted if is_chosen else settings.LANGUAGE_CODE):
            response = get_response(request)
            response.headers.setdefault(
                "Content-Language", translation.get_language() or settings.LANGUAGE_CODE
            )
        return response

    return middleware


def request_id(get_response: GetResponse) -> GetResponse:
    """Give the request an id that its log lines, its errors and its access events share."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined]
        token = logs.request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            response = get_response(request)
        finally:
            logs.request_id.reset(token)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response

    return middleware


_SAFE = {"GET", "HEAD", "OPTIONS"}
# What a page view itself may write: the log of who saw what, the session's clock, the budget of public look-ups.
_WRITE = re.compile(r"^\s*(insert|update|delete|truncate|merge)\b", re.IGNORECASE)
_ALLOWED_WRITES = re.compile(r'"?(audit_\w+|django_session|axes_\w+|knox_authtoken)"?', re.IGNORECASE)


class WriteOnGet(RuntimeError):
    """A view tried to change data on a safe method: a fault of ours."""


def refuse_writes_on_get(get_response: GetResponse) -> GetResponse:
    """Let no GET change data, whoever wrote the view."""

    def guard(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if _WRITE.match(sql) and not _ALLOWED_WRITES.search(sql[:200]):
            raise WriteOnGet(sql[:120])
        return execute(sql, params, many, context)

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method not in _SAFE:
            return get_response(request)
        with connection.execute_wrapper(guard):
            return get_response(request)

    return middleware


def domain_errors(get_response: GetResponse) -> GetResponse:
    """Answer every refusal that a view lets through, as a page or as a problem document; refuse bodies that are too big."""

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        is_upload = (request.content_type or "").startswith("multipart/")
        limit = settings.DOCUMENT_MAX_BYTES + 65_536 if is_upload else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if not length.isdigit() or int(length) > limit:
            return refuse(request, too_large(limit))
        return get_response(request)

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, RequestDataTooBig):
            return refuse(request, too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
        if isinstance(exception, SuspiciousOperation):
            return None
        error = as_domain_error(exception)
        return refuse(request, error) if error is not None else None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


def too_large(limit: int) -> DomainError:
    """Say that a body is too big, with the limit in MB."""
    return DomainError(
        _("Nội dung gửi lên vượt quá %s MB. Hãy rút gọn hoặc chia nhỏ rồi gửi lại.")
        % (limit // 1024 // 1024),
        code="too_large",
        status=413,
    )


_QUEUE_POLL = re.compile(r"/api/v1/offices/[^/]+/queue/")
# Asked by an open page, not by its reader: it needs the session and does not keep it alive.
_OWN_POLLS = ("/viec/so-luong/",)


def session_rules(get_response: GetResponse) -> GetResponse:
    """End idle sessions of shared counter PCs, and hold half-signed-in staff at the second factor.

    Idle time and the whole length (SESSION_COOKIE_AGE from the sign-in, however busy) are counted on the server; the session's
    clock is written at most once a minute. Without DEMO, staff must have passed the second factor before any page but the ones
    that let them do so. A poll of the hall's public queue is no act of a person: it asks for no session and keeps none alive.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if _QUEUE_POLL.fullmatch(request.path):
            return get_response(request)
        user = request.user
        if user.is_authenticated:
            now = timezone.now()
            seen = _instant(request, "seen_at") or now
            since = _instant(request, "since") or now
            is_idle = now - seen > timedelta(seconds=settings.SESSION_IDLE_SECONDS)
            if is_idle or now - since > timedelta(seconds=settings.SESSION_COOKIE_AGE):
                logout(request)
                return _to_sign_in(request, "idle")
            is_act = request.path not in _OWN_POLLS
            if is_act and ("since" not in request.session or now - seen > timedelta(minutes=1)):
                request.session["seen_at"] = now.isoformat()
                request.session.setdefault("since", now.isoformat())
            if (
                not settings.DEMO
                and user.applicant_id is None
                and DEVICE_ID_SESSION_KEY not in request.session
                and not _is_sign_in(request)
            ):
                return HttpResponseRedirect(reverse("accounts:sign_in_code"))
        return get_response(request)

    return middleware


def _instant(request: HttpRequest, name: str) -> datetime | None:
    """Return an instant that the session remembers."""
    return parse_datetime(request.session.get(name, "")) if request.session.get(name) else None


def _is_sign_in(request: HttpRequest) -> bool:
    return request.path.startswith(
        ("/dang-nhap/", "/dang-xuat/", "/static/", "/healthz", "/readyz", "/ngon-ngu/", "/che-do-xem/")
    )


def _to_sign_in(request: HttpRequest, why: str) -> HttpResponse:
    if is_api(request):
        return refuse(
            request,
            DomainError(_("Phiên làm việc đã hết hạn. Hãy đăng nhập lại."), code="session_ended", status=401),
        )
    return redirect_to_login(request.get_full_path(), f"{reverse('accounts:sign_in')}?vi={why}")


def access_table(get_response: GetResponse) -> GetResponse:
    """Deny every URL unless the reviewed table opens it to one of the user's roles (promise P13)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        if is_api(request) and request.headers.get("Authorization"):
            return None  # DRF knows the user first; TablePermission asks the same table
        rule = access.rule_of(request)
        if rule is None:
            return refuse(request, NotFound())
        if request.method not in rule and request.method != "OPTIONS":
            return refuse(
                request,
                DomainError(
                    _("Địa chỉ này không nhận phương thức đã gửi."), code="method_not_allowed", status=405
                ),
            )
        if access.is_allowed(request) or (
            request.method == "OPTIONS" and "anonymous" not in principal_of(request.user).roles
        ):
            return None
        if not request.user.is_authenticated:
            if is_api(request):
                return None  # DRF answers 401 with its WWW-Authenticate header
            return redirect_to_login(request.get_full_path(), reverse("accounts:sign_in"))
        return refuse(
            request,
            DomainError(_("Tài khoản của bạn không được làm việc này."), code="forbidden", status=403),
        )

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


def private_pages(get_response: GetResponse) -> GetResponse:
    """Keep personal pages out of every cache, and tracking pages out of search engines and referrers."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if "Cache-Control" not in response.headers and (
            request.path.startswith(("/t/", "/so/", "/tra-cuu/", "/dang-nhap/", "/api/"))
            or request.user.is_authenticated
        ):
            response.headers["Cache-Control"] = "no-store, private"
        # The pages with forms keep the site's "same-origin": under no-referrer a browser posts with `Origin: null`, which CSRF refuses.
        if request.path.startswith("/t/"):
            response.headers.setdefault("Referrer-Policy", "no-referrer")
        if request.path.startswith(("/t/", "/so/", "/tra-cuu/")):
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        )
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware
