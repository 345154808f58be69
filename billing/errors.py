"""What can go wrong with payments, in the domain's words."""

from __future__ import annotations

from core.errors import Conflict, ProviderUnavailable


def payments_are_off() -> ProviderUnavailable:
    """Nothing is sold on this installation."""
    return ProviderUnavailable(
        "Nothing is sold here.",
        code="PAYMENTS_OFF",
        suggestions=["Ask whoever runs this installation for credits"],
    )


def stripe_is_away() -> ProviderUnavailable:
    """Stripe did not answer, or cannot be asked: nothing was bought."""
    return ProviderUnavailable(
        "The payment service does not answer. Nothing was charged.",
        code="PAYMENTS_UNAVAILABLE",
        suggestions=["Try again in a minute"],
    )


def already_subscribed() -> Conflict:
    """There is a subscription of this plan and interval already."""
    return Conflict(
        "You have this plan already.",
        code="ALREADY_SUBSCRIBED",
        suggestions=["Open the customer portal to change or cancel it"],
    )
