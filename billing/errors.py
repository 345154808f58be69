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


def payment_is_due() -> Conflict:
    """The subscription is there but not paid for: paying is what helps, not another."""
    return Conflict(
        "Your plan is waiting for a payment that failed.",
        code="PAYMENT_DUE",
        suggestions=["Open the customer portal and pay with another card"],
    )


def payment_is_on_its_way() -> Conflict:
    """The plan was bought by a way that takes days to arrive."""
    return Conflict(
        "Your payment for the plan is on its way; some banks take days.",
        code="PAYMENT_DUE",
        suggestions=["Wait for your bank: you are told when the plan begins"],
    )


def no_customer_yet() -> Conflict:
    """There is nothing in the portal before the first purchase."""
    return Conflict(
        "You have not bought anything yet, so there is nothing to manage.",
        code="NO_CUSTOMER",
        suggestions=["Upgrade to Pro, or buy credits"],
    )
