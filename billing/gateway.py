"""The one way to Stripe: its official client, with bounds, and its errors in our words."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

import stripe
from django.conf import settings

from billing.errors import payments_are_off, stripe_is_away
from core.errors import NotFound

log = logging.getLogger("techpack.billing")

TIMEOUT_S = 8
RETRIES = 1  # the library repeats a POST under the same idempotency key
# Who paid has it, or their bank.
GONE: Final = ("charge_already_refunded", "charge_disputed")


@lru_cache(maxsize=1)
def _client(secret_key: str, api_base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": api_base},
        http_client=stripe.RequestsClient(timeout=TIMEOUT_S),
        max_network_retries=RETRIES,
    )


def client() -> stripe.StripeClient:
    """Stripe's client for this installation. Raises ProviderUnavailable where nothing is sold."""
    payments = settings.PAYMENTS
    if payments.mode not in ("stripe", "standin"):
        raise payments_are_off()
    return _client(payments.secret_key, payments.api_base)


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Stripe's errors as the domain's: NotFound for what it does not know, else unavailable.

    ``what`` is for the log; no text of Stripe's reaches a user.
    """
    try:
        yield
    except stripe.StripeError as error:
        log.warning(
            "Stripe, asked to %s: %s %s (%s)",
            what,
            type(error).__name__,
            error.code or "",
            error.request_id or "no request id",
        )
        if isinstance(error, stripe.InvalidRequestError) and error.code == "resource_missing":
            raise NotFound("The payment service does not know this.") from error
        raise stripe_is_away() from error


def what_is_missing(error: NotFound) -> str:
    """What Stripe did not find, by the name of the parameter."""
    return str(getattr(error.__cause__, "param", "") or "")


def read(kind: str, stripe_id: str, retrieve: Callable[..., Any], *expand: str) -> Any:
    """An object by its id, as a dict; None, and a line in the log, where Stripe does not know it.

    ``retrieve`` is the client's method. Raises ProviderUnavailable.
    """
    try:
        with asking(f"read a {kind}"):
            return retrieve(stripe_id, params={"expand": [*expand]}).to_dict()
    except NotFound:
        log.info("Stripe does not know the %s %s", kind, stripe_id)
        return None


def end_subscription(stripe_id: str, *, comment: str = "") -> bool:
    """End a subscription now; whether this call did. Pays nothing back.

    ``comment`` is kept with it at Stripe. False for one that is over. Raises ProviderUnavailable.
    """
    params: Any = {"prorate": False}
    if comment:
        params["cancellation_details"] = {"comment": comment}
    try:
        with asking("end a subscription"):
            client().v1.subscriptions.cancel(stripe_id, params=params)
    except NotFound:
        return False
    return True


def pay_back(payment_intent: str, *, reason: str, key: str) -> bool:
    """Pay back what is left of a payment; False where who paid has it, or their bank.

    ``reason`` is one of Stripe's words. Done twice under one ``key`` it pays back once. Raises
    ProviderUnavailable.
    """
    params: Any = {"payment_intent": payment_intent, "reason": reason}
    with asking("pay a payment back"):
        try:
            client().v1.refunds.create(params=params, options={"idempotency_key": key})
        except stripe.InvalidRequestError as error:
            if error.code not in GONE:
                raise
            return False
    return True
