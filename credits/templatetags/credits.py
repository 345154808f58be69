"""Amounts of credits in templates."""

from __future__ import annotations

from django import template

from core import money

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
def credits_in_full(number: float | int) -> str:
    """A number of credits, as an error's context has it, as on a statement: ``3.00``."""
    return money.shown(money.from_number(number))


@register.filter
def credits_in_brief(number: float | int) -> str:
    """A number of credits, as an error's context has it, as in a sentence: ``3``."""
    return money.brief(money.from_number(number))
