"""Token sign-in of the REST API: knox, with one statement a call and no fault on a garbled header."""

from hmac import compare_digest
from typing import Any

from django.db import connection
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed

from bpmc_portal.accounts.models import User

_FIELDS = list(User._meta.concrete_fields)
# Written by hand because every call pays it: building the same statement by the ORM takes longer than running it.
_FIND = f"""
SELECT t.digest, {", ".join(f"u.{field.column}" for field in _FIELDS)}
FROM knox_authtoken t JOIN accounts_user u ON u.id = t.user_id WHERE t.token_key = %s
"""  # noqa: S608  (column names of the model)


class TokenAuthentication(KnoxAuthentication):  # type: ignore[misc]  # knox ships no types
    """`Authorization: Token …`. Tokens have no expiry of their own here (REST_KNOX)."""

    def authenticate_credentials(self, token: bytes) -> Any:
        """Return the user and the token's digest; bytes that are no token are a wrong token."""
        if not token.isalnum():
            raise AuthenticationFailed
        digest = hash_token(token.decode())
        with connection.cursor() as cursor:
            cursor.execute(_FIND, [token.decode()[: CONSTANTS.TOKEN_KEY_LENGTH]])
            rows = cursor.fetchall()
        for known, *values in rows:
            if compare_digest(digest, known):
                user = User.from_db("default", [field.attname for field in _FIELDS], values)
                if user.is_active:
                    return user, known
        raise AuthenticationFailed
