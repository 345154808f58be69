"""Reads; whose a row is, is part of the query."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import ApiKey, User
from accounts.secrets import PREFIX, hash_of
from core.errors import NotFound, Unauthenticated


def person_of(request: HttpRequest | Request) -> User:
    """The person who is asking. Raises Unauthenticated."""
    if not isinstance(request.user, User):
        raise Unauthenticated("Sign in first.")
    return request.user


def keys_of(user: User) -> QuerySet[ApiKey]:
    """The user's keys, newest first, revoked ones too."""
    return ApiKey.objects.filter(user=user).order_by("-pk")


def key_of(user: User, key_id: UUID) -> ApiKey:
    """One of the user's keys. Raises NotFound."""
    key = keys_of(user).filter(pk=key_id).first()
    if key is None:
        raise NotFound("There is no such key.")
    return key


def key_for_secret(secret: str) -> ApiKey | None:
    """The live key of a person who may sign in; None for any other text."""
    if not secret.startswith(PREFIX):
        return None
    live = ApiKey.objects.filter(revoked_at=None, user__is_active=True).select_related("user")
    return live.filter(key_hash=hash_of(secret)).first()
