"""The one way to Stripe: its official client, with bounds, and its errors in our words."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import stripe
from django.conf import settings

from billing.errors import payments_are_off, stripe_is_away
from core.errors import NotFound

log = logging.getLogger("techpack.billing")

TIMEOUT_S = 8
RETRIES = 1  # the library repeats a POST under the same idempotency key


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
