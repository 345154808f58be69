"""The balance that the top bar shows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core.money import shown
from credits import queries


def balance(request: HttpRequest) -> dict[str, Any]:
    """``balance`` for templates, asked for only where a page shows it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"balance": SimpleLazyObject(lambda: in_bar(queries.balance(user)))}


def in_bar(own: queries.Balance) -> dict[str, str]:
    """What is free to use, and the name of the plan where one is paid for."""
    name = settings.PLANS[own.plan]["name"] if own.is_unlimited else ""
    return {"available": shown(own.free), "plan": name}
