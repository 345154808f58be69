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


def in_bar(own: queries.Balance) -> dict[str, Any]:
    """What is free to use; the name of a plan that is paid for, and whether it pays for steps."""
    name = settings.PLANS[own.plan]["name"] if own.is_unlimited else ""
    return {"available": shown(own.free), "plan": name, "pays_steps": own.pays_steps}
