"""Signing in and out: password, second factor, enrolment, recovery codes."""

from base64 import b32encode
from binascii import unhexlify
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from bpmc_portal.access import ACCESS
from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.audit.services import record_security
from bpmc_portal.errors import DomainError, refuse
from bpmc_portal.sign_in import services
from bpmc_portal.sign_in.forms import CodeForm, SignInForm

NEXT, PENDING_KEY, NEW_CODES = "sign_in_next", "enrolment_key", "new_recovery_codes"
# The first page of this list that the access table opens to one of the person's roles.
_HOMES = ("dossiers:receive", "dossiers:worklist", "admin:index")


def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for user name and password."""
    if request.user.is_authenticated:
        return _onwards(request)
    form = SignInForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = form.get_user()
        login(request, user)
        request.session[NEXT] = _safe(request, request.POST.get("next", ""))
        record_security("sign_in", actor=user, subject=user.username, request=request)
        return _onwards(request)
    if request.method == "POST":
        record_security(
            "sign_in_failed", actor=None, subject=request.POST.get("username", "")[:60], request=request
        )
    was_ended = (
        settings.SESSION_COOKIE_NAME in request.COOKIES
        and not request.session.keys()
        and request.method == "GET"
    )
    context = {
        "form": form,
        "next": _safe(request, request.GET.get("next", "") or request.POST.get("next", "")),
        "is_idle": request.GET.get("vi") == "idle",
        "was_ended": was_ended,
    }
    return render(request, "accounts/sign_in.html", context)


def _onwards(request: HttpRequest) -> HttpResponse:
    """Go to the next door of signing in, or to the page that was wanted."""
    user = cast(User, request.user)
    if user.applicant_id is None and not settings.DEMO:
        if not services.is_verified(request):
            return _see("accounts:sign_in_code" if services.has_device(user) else "accounts:enrol")
        if request.method == "POST" and services.open_session(request):
            messages.warning(request, _("Phiên đăng nhập trước của bạn ở máy khác đã kết thúc."))
    wanted = request.session.pop(NEXT, "")
    return HttpResponseRedirect(wanted or reverse("accounts:home"), status=303)


def _see(name: str) -> HttpResponse:
    return HttpResponseRedirect(reverse(name), status=303)


def _safe(request: HttpRequest, wanted: str) -> str:
    """Return an address of our own to go on to, or nothing: a foreign one would make our sign-in a trap."""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours and not wanted.startswith(reverse("accounts:sign_in")) else ""


def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Ask for the code of the authenticator, or for a recovery code."""
    if not isinstance(request.user, User):
        return _see("accounts:sign_in")
    if services.is_verified(request) or not services.has_device(request.user):
        return _onwards(request)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.pass_second_factor(request, form.cleaned_data["code"])
        except services.WrongCode as error:
            form.add_error("code", error.sentence)
        else:
            return _onwards(request)
    return render(request, "accounts/sign_in_code.html", {"form": form})


def enrol(request: HttpRequest) -> HttpResponse:
    """Bind an authenticator: at the first sign-in, or later a new one by who has passed the old one."""
    user = cast(User, request.user)
    if services.has_device(user) and not services.is_verified(request):
        return _see("accounts:sign_in_code")
    key = request.session.setdefault(PENDING_KEY, default_key())
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = services.enrol(request, key, form.cleaned_data["code"].replace(" ", ""))
        except services.WrongCode:
            form.add_error(
                "code", _("Mã chưa khớp. Hãy kiểm tra giờ trên điện thoại, đợi mã mới rồi nhập lại.")
            )
        else:
            del request.session[PENDING_KEY]
            request.session[NEW_CODES] = codes
            return _see("accounts:recovery_codes")
    secret = b32encode(unhexlify(key)).decode()
    groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    context = {"form": form, "secret": groups, "address": TOTPDevice(user=user, key=key).config_url}
    return render(request, "accounts/enrol.html", context)


def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Show new recovery codes once; POST makes ten others."""
    user = cast(User, request.user)
    if not services.is_verified(request):
        return _onwards(request) if not settings.DEMO else _see("accounts:enrol")
    if request.method == "POST":
        request.session[NEW_CODES] = services.renew_recovery_codes(user, request=request)
        return _see("accounts:recovery_codes")
    return render(request, "accounts/recovery_codes.html", {"codes": request.session.pop(NEW_CODES, [])})


def home(request: HttpRequest) -> HttpResponse:
    """Send a person to the page of the person's work."""
    roles = principal_of(request.user).roles
    name = next((name for name in _HOMES if _opens(name, roles)), "home")
    return _see(name)


def _opens(name: str, roles: set[str]) -> bool:
    return "admin" in roles if name == "admin:index" else bool(ACCESS[name].get("GET", frozenset()) & roles)


def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and have the browser forget what it kept: the next person at this PC must find nothing."""
    services.sign_out(request)
    response = _see("home")
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    response["Cache-Control"] = "no-store, private"
    return response


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Answer a pair of account and address that failed five times; it opens again after fifteen minutes."""
    sentence = _("Sai quá 5 lần. Hãy thử lại sau 15 phút hoặc nhờ quản trị hệ thống mở khoá.")
    return refuse(request, DomainError(sentence, code="locked_out", status=429))
