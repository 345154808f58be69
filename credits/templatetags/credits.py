"""Amounts of credits in templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from core import money
from core.errors import InsufficientCredits
from credits.short import WAY_BACK_LONGEST, Short, short_of

register = template.Library()


@register.filter
def credits(amount: money.Microcredits) -> str:
    """µcr as on a statement: ``3.00``."""
    return money.shown(amount)


@register.filter
def credits_brief(amount: money.Microcredits) -> str:
    """µcr as on a button: ``3``, ``0.25``."""
    return money.brief(amount)


@register.filter
def two_places(amount: str) -> str:
    """An amount as on a statement without what is less than a hundredth: ``8.98``."""
    whole, _, fraction = amount.partition(".")
    return f"{whole}.{fraction[:2]}" if fraction else whole


@register.filter
def by_plan(price: str, balance: Mapping[str, Any]) -> str:
    """A step's price on its button, or ``included`` where the user's plan pays for it."""
    if price == "free" or not balance["pays_steps"]:
        return price
    _, dot, about = price.partition(" · ")
    return f"included{dot}{about}"


@register.simple_tag(takes_context=True)
def shortage(context: Mapping[str, Any], error: InsufficientCredits) -> Short:
    """The 402 panel of an error that no page of its own answered."""
    request = context["request"]
    back_to = request.get_full_path() if request.method == "GET" else ""
    return short_of(error, back_to=back_to if len(back_to) <= WAY_BACK_LONGEST else "")
