"""The check part of a verification address: 24 digits that only we can make, so that knowing or guessing codes opens nothing.

A keyed hash of the paper's code, printed in the QR of the access copy beside the code itself. Nothing is stored: a stolen database
gives no token, and an unknown code and a wrong token are the same answer. Digits only, as in docs/decisions/0004.
"""

import hashlib
import hmac
from urllib.parse import urlencode

from django.conf import settings

from digitization.models import Document

TOKEN_DIGITS = 24
# Who types may stop after the beginning of the token: so short a part is guarded by the page's budget of tries.
CHECK_DIGITS = 8


def token_of(document: Document) -> str:
    """Return the 24 digits (≈ 80 bits) that belong to the paper's code. Raises ValueError for a paper without a code."""
    if not document.code:
        raise ValueError("a paper without a code has no token")
    return _token(document.code)


def url_of(document: Document) -> str:
    """Return the address that the QR of the access copy holds. Raises ValueError for a paper without a code."""
    query = urlencode({"ma": document.code, "k": token_of(document)})
    return f"{settings.PUBLIC_URL}/xac-minh/?{query}"


def document_of(code: str, token: str) -> Document | None:
    """Return the paper of code and token, None for every wrong pair; needs one statement, and none for a wrong token."""
    if not code or not hmac.compare_digest(token.encode(), _token(code).encode()):
        return None
    return Document.objects.select_related("document_type", "holder", "blob").filter(code=code).first()


def document_by_check(code: str, check: str) -> Document | None:
    """Return the paper of a typed code with its check digits, or with the whole token; blanks do not matter. None for every wrong pair."""
    typed, digits = code.strip(), "".join(check.split())
    if len(digits) == CHECK_DIGITS and hmac.compare_digest(
        digits.encode(), _token(typed)[:CHECK_DIGITS].encode()
    ):
        return document_of(typed, _token(typed))
    return document_of(typed, digits)


def _token(code: str) -> str:
    made = hmac.new(settings.TRACKING_KEY.encode(), f"verify:{code}".encode(), hashlib.sha256).digest()
    # 256 bits modulo 10^24 is off from uniform by less than 2^-170.
    return str(int.from_bytes(made, "big") % 10**TOKEN_DIGITS).zfill(TOKEN_DIGITS)
