"""Signing in: the second factor, recovery codes, and one open session for each member of staff."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import django_otp
from django.contrib.auth import logout
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from bpmc_portal.accounts.models import User
from bpmc_portal.audit.models import SecurityEvent
from bpmc_portal.audit.services import record_security, workstation_of
from bpmc_portal.errors import DomainError
from bpmc_portal.sign_in.models import OpenSession

CODE_DIGITS = 6
TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
RECOVERY_CODES = 10
# No 0, 1, I, L, O: read from paper and typed.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_FAILED, _PASSED, _UNLOCKED = "second_factor_failed", "second_factor_passed", "second_factor_unlocked"


class WrongCode(DomainError):
    """The code is wrong, used or too old; the sentence says how many tries are left."""

    code = "wrong_code"

    def __init__(self, left: int) -> None:
        super().__init__(_("Mã không đúng hoặc đã hết hạn. Còn %s lần thử.") % left)


class SecondFactorLocked(DomainError):
    """Five wrong codes: nothing is taken for fifteen minutes, whatever the session or the machine."""

    code = "locked_out"
    status = 429

    def __init__(self) -> None:
        super().__init__(_("Sai quá 5 lần. Hãy thử lại sau 15 phút hoặc nhờ quản trị hệ thống mở khoá."))


@dataclass(frozen=True)
class Attempt:
    """What became of one typed code."""

    device: TOTPDevice | StaticDevice | None
    left: int


def has_device(user: User) -> bool:
    """Say whether the account has an authenticator that was confirmed once."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def is_verified(request: HttpRequest) -> bool:
    """Say whether this session passed the second factor.

    The session remembers it, so that no request pays a statement for the device; a new device or sign-in ends older sessions.
    """
    return django_otp.DEVICE_ID_SESSION_KEY in request.session


def pass_second_factor(request: HttpRequest, typed: str, *, at: datetime | None = None) -> None:
    """Take a six-digit code or a recovery code and complete the sign-in.

    Locks the account's row, so that guesses come one by one. Raises WrongCode and SecondFactorLocked; both are logged.
    """
    user = cast(User, request.user)
    attempt = _try(request, user, typed, at or timezone.now())
    if attempt.device is None:
        raise WrongCode(attempt.left) if attempt.left > 0 else SecondFactorLocked()
    request.session.cycle_key()
    django_otp.login(request, attempt.device)


@transaction.atomic
def _try(request: HttpRequest, user: User, typed: str, now: datetime) -> Attempt:
    User.objects.select_for_update().get(pk=user.pk)
    left = TRIES - _failures(user, now)
    if left <= 0:
        return Attempt(None, 0)
    device = _matching_device(user, typed)
    if device is None:
        record_security(_FAILED, actor=user, request=request)
        return Attempt(None, left - 1)
    kind = "recovery_code" if isinstance(device, StaticDevice) else "totp"
    record_security(_PASSED, actor=user, request=request, kind=kind)
    return Attempt(device, left)


def _failures(user: User, now: datetime) -> int:
    """Count the wrong codes of the last quarter of an hour since the last right one; the security log is the only ledger."""
    recent = SecurityEvent.objects.filter(actor=user, at__gt=now - LOCKED_FOR)
    settled = (
        recent.filter(Q(act=_PASSED) | Q(act=_UNLOCKED)).order_by("-pk").values_list("pk", flat=True).first()
    )
    return int(recent.filter(act=_FAILED, pk__gt=settled or 0).count())


def _matching_device(user: User, typed: str) -> TOTPDevice | StaticDevice | None:
    """Return the device that takes the code. A TOTP code works once (last_t), a recovery code is deleted by its use."""
    code = "".join(typed.split()).replace("-", "").upper()
    if len(code) == CODE_DIGITS and code.isascii() and code.isdigit():
        devices = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True).order_by("pk")
    else:
        devices, code = (
            StaticDevice.objects.select_for_update().filter(user=user).order_by("pk"),
            _digest(user, code),
        )
    return next((device for device in devices if device.verify_token(code)), None)


def unlock(user: User, *, actor: User, request: HttpRequest) -> None:
    """Give an account its five tries again: an administrator's act."""
    record_security(_UNLOCKED, actor=user, subject=user.username, request=request, by=actor.pk)


@transaction.atomic
def enrol(request: HttpRequest, key: str, typed: str) -> list[str]:
    """Bind an authenticator whose first code is right and return ten new recovery codes; older devices are forgotten.

    `key` is the hex secret that the page showed. Raises WrongCode without counting: nothing is guarded yet.
    """
    user = cast(User, request.user)
    device = TOTPDevice(user=user, key=key, name="authenticator", confirmed=True)
    TOTPDevice.objects.filter(user=user).delete()
    if not (typed.isascii() and typed.isdigit() and device.verify_token(typed)):
        raise WrongCode(TRIES)
    record_security("second_factor_enrolled", actor=user, request=request)
    codes = renew_recovery_codes(user, request=request)
    request.session.cycle_key()
    django_otp.login(request, device)
    return codes


@transaction.atomic
def renew_recovery_codes(user: User, *, request: HttpRequest) -> list[str]:
    """Return ten new recovery codes; the older ones work no more. Only keyed hashes are kept."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery")
    codes = ["".join(secrets.choice(_LETTERS) for _place in range(10)) for _number in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create([StaticToken(device=device, token=_digest(user, code)) for code in codes])
    record_security("recovery_codes_renewed", actor=user, request=request)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _digest(user: User, code: str) -> str:
    return salted_hmac(f"recovery:{user.pk}", code, algorithm="sha256").hexdigest()[:16]


@transaction.atomic
def open_session(request: HttpRequest, *, at: datetime | None = None) -> bool:
    """Make this the person's one session; return whether an older one was ended by it."""
    user, key = cast(User, request.user), request.session.session_key
    before = OpenSession.objects.select_for_update().filter(user=user).first()
    is_other = before is not None and before.session_key != key and request.session.exists(before.session_key)
    if before is not None and is_other:
        request.session.delete(before.session_key)
        record_security("session_replaced", actor=user, request=request)
    values = {"session_key": key, "started_at": at or timezone.now(), "workstation": workstation_of(request)}
    OpenSession.objects.update_or_create(user=user, defaults=values)
    return is_other


@transaction.atomic
def sign_out(request: HttpRequest) -> None:
    """End the session and write it down."""
    if isinstance(request.user, User):
        record_security("sign_out", actor=request.user, request=request)
        OpenSession.objects.filter(user=request.user, session_key=request.session.session_key).delete()
    logout(request)
