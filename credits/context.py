"""The balance that the top bar shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core.money import shown
from credits import queries


def balance(request: HttpRequest) -> dict[str, Any]:
    """``balance.available`` for templates, asked for only where a page shows it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"balance": SimpleLazyObject(lambda: {"available": shown(queries.balance(user).free)})}
