"""Token sign-in of the REST API: knox, with one statement a call and no fault on a garbled header."""

from typing import Any

from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework.exceptions import AuthenticationFailed


class TokenAuthentication(KnoxAuthentication):  # type: ignore[misc]  # knox ships no types
    """`Authorization: Token …`."""

    def authenticate_credentials(self, token: bytes) -> Any:
        """Return the user and the token; bytes that are no token are a wrong token."""
        if not token.isalnum():
            raise AuthenticationFailed
        return super().authenticate_credentials(token)

    def _cleanup_token(self, auth_token: Any) -> bool:
        # Tokens have no expiry of their own here (REST_KNOX): knox would read all of the user's tokens on each call to find one.
        return False
