"""Who is asking: an API key, a mobile session's token, or the browser's cookie.

Each class answers None when its credential is absent, so that the next is asked. A
credential that is there and wrong is 401, also where nobody need be signed in.
"""

from typing import Any

from allauth.headless.internal.sessionkit import authenticate_by_x_session_token
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts.models import ApiKey, User
from accounts.operations import note_use
from accounts.queries import key_for_secret
from accounts.throttle import refuse_guessing

CHALLENGE = "Bearer"


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer tps_live_…`; `request.auth` is the ApiKey."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, secret = header.partition(" ")
        key = key_for_secret(secret.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            refuse_guessing(request, header)
            raise AuthenticationFailed("This key is not valid.")
        note_use(key=key)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class SessionTokenAuthentication(BaseAuthentication):
    """`X-Session-Token` of the headless sign-in; `request.auth` is the session."""

    def authenticate(self, request: Request) -> tuple[User, SessionBase] | None:
        token = request.headers.get("X-Session-Token")
        if token is None:
            return None
        found = authenticate_by_x_session_token(token)
        if found is None:
            raise AuthenticationFailed("This session token is not valid.")
        user, session = found
        return user, session

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class CookieAuthentication(SessionAuthentication):
    """The browser's session, with its CSRF token; without the token it is no credential."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as refused:
            raise AuthenticationFailed(str(refused.detail)) from refused

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class KeyScheme(OpenApiAuthenticationExtension):
    """Describes API keys in the schema."""

    target_class = KeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API key, `tps_live_…`."}


class SessionTokenScheme(OpenApiAuthenticationExtension):
    """Describes the mobile session token in the schema."""

    target_class = SessionTokenAuthentication
    name = "sessionToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-Session-Token"}


class CookieScheme(OpenApiAuthenticationExtension):
    """Describes the browser's session in the schema."""

    target_class = CookieAuthentication
    name = "cookie"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
