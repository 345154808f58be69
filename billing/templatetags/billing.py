"""Amounts of money in templates."""

from __future__ import annotations

from django import template

from billing import money

register = template.Library()


@register.filter
def money_in(amount: int, currency: str) -> str:
    """Minor units as on a receipt: ``29.00 USD``."""
    return money.worded(amount, currency)
