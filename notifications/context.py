"""The count that the navigation shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from notifications import queries


def unread(request: HttpRequest) -> dict[str, Any]:
    """``unread`` for templates: "", "3" or "99+"; asked for only where a page shows it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"unread": SimpleLazyObject(lambda: _in_words(queries.unread_of(user)))}


def _in_words(count: int) -> str:
    if count > queries.COUNTED_MOST:
        return f"{queries.COUNTED_MOST}+"
    return str(count or "")
