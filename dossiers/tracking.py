"""Tracking secrets: 12 digits to type and 24 digits in the QR, derived from a key and never stored.

The secret of a receipt is a keyed hash of the dossier's code and of how often the secret was renewed, so the receipt can be
printed by a worker later and again, a stolen database opens nothing, and renewing it is adding one. Digits only, because
keyboard-wedge scanners and Vietnamese input methods mangle letters (docs/decisions/0004).
"""

import hashlib
import hmac
import uuid

from django.conf import settings

TOKEN_DIGITS = 24
SECRET_DIGITS = 12


def token_of(code: str, version: int) -> str:
    """Return the 24-digit token (≈ 80 bits) of the QR and of messages."""
    return _digits("token", code, version, TOKEN_DIGITS)


def secret_of(code: str, version: int) -> str:
    """Return the 12-digit secret of the receipt, ungrouped: 11 digits (≈ 36 bits) and a check digit."""
    body = _digits("secret", code, version, SECRET_DIGITS - 1)
    return body + check_digit(body)


def grouped(secret: str) -> str:
    """Return the secret in groups of four, as it is printed."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def check_digit(digits: str) -> str:
    """Return the Luhn check digit: one wrong digit or two swapped neighbours are noticed before an attempt is spent."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def is_well_formed(secret: str) -> bool:
    """Say whether a typed secret has twelve digits and the right check digit."""
    return (
        len(secret) == SECRET_DIGITS
        and secret.isascii()
        and secret.isdigit()
        and check_digit(secret[:-1]) == secret[-1]
    )


def hash_of(token: str) -> uuid.UUID:
    """Return what the database keeps of a token: a keyed hash, useless without the key."""
    return uuid.UUID(bytes=_mac("lookup", token)[:16])


def matches(typed: str, code: str, version: int) -> bool:
    """Compare a typed secret with the right one in constant time."""
    return hmac.compare_digest(typed.encode(), secret_of(code, version).encode())


def url_of(token: str) -> str:
    """Return the public address of a dossier's page."""
    return f"{settings.PUBLIC_URL}/t/{token}/"


def _mac(purpose: str, text: str) -> bytes:
    return hmac.new(settings.TRACKING_KEY.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).digest()


def _digits(purpose: str, code: str, version: int, count: int) -> str:
    # 256 bits modulo 10^24 is off from uniform by less than 2^-170.
    return str(int.from_bytes(_mac(purpose, f"{code}:{version}"), "big") % 10**count).zfill(count)
