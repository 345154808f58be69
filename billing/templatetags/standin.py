"""What Stripe's objects say, in the templates of the stand-in."""

from __future__ import annotations

from datetime import UTC, datetime

from django import template

from billing import inputs

register = template.Library()


@register.filter
def when(seconds: int | None) -> datetime | None:
    """Seconds of the epoch, as Stripe tells times, as a time."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


@register.filter
def from_here(url: str) -> str:
    """The way back to us, for who is here."""
    return inputs.from_here(url)
