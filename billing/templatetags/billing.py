"""What is sold, and amounts of money, in templates."""

from __future__ import annotations

from typing import Any

from django import template

from billing import money, offers

register = template.Library()


@register.filter
def money_in(amount: int, currency: str) -> str:
    """Minor units as on a receipt: ``29.00 USD``."""
    return money.worded(amount, currency)


@register.simple_tag
def offered() -> dict[str, Any]:
    """What can be bought, as ``billing.offers.offers``."""
    return offers.offers()
