"""A world with something for sale, the official library's client for it, and somebody who buys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from billing.standin.world import ForSale, World
from tests.standin.serving import served

FOR_SALE = [
    ForSale("price_pro_month", "Pro, monthly", 2_900, "month"),
    ForSale("price_pro_year", "Pro, yearly", 29_000, "year"),
    ForSale("price_topup_50", "50 credits", 900),
]
HOOK = "https://example.com/webhooks/stripe"
HOOK_SECRET = "whsec_of_this_test"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with served(tmp_path / "world.sqlite3") as world:
        world.seed(FOR_SALE)
        yield world


@pytest.fixture
def client(world: World) -> stripe.StripeClient:
    return stripe.StripeClient(
        world.secret_key,
        base_addresses={"api": world.base},
        http_client=stripe.RequestsClient(timeout=20),
        max_network_retries=0,
    )


@pytest.fixture
def customer(client: stripe.StripeClient) -> stripe.Customer:
    return client.v1.customers.create(
        params={"email": "buyer@example.com", "metadata": {"djstripe_subscriber": "7"}}
    )


Opener = Callable[..., stripe.checkout.Session]


@pytest.fixture
def checkout(client: stripe.StripeClient, customer: stripe.Customer) -> Opener:
    """``checkout("price_pro_month")`` opens a session as the product does; more are its params."""

    def open_session(price: str, **more: Any) -> stripe.checkout.Session:
        about = {"user": "7", "sold": price.removeprefix("price_")}
        mode = "subscription" if "pro" in price else "payment"
        data = "subscription_data" if mode == "subscription" else "payment_intent_data"
        params: dict[str, Any] = {
            "mode": mode,
            "customer": customer.id,
            "client_reference_id": "7",
            "line_items": [{"price": price, "quantity": 1}],
            "metadata": about,
            data: {"metadata": about},
            "allow_promotion_codes": True,
            "success_url": "https://example.com/return?session_id={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://example.com/canceled",
            **({"invoice_creation": {"enabled": True}} if mode == "payment" else {}),
            **more,
        }
        return client.v1.checkout.sessions.create(params=params)  # type: ignore[arg-type]

    return open_session


@pytest.fixture
def subscribed(world: World, checkout: Opener) -> stripe.Subscription:
    """A paid subscription by the month."""
    session = world.actions.complete(checkout("price_pro_month").id)
    return stripe.Subscription.construct_from(
        world.actions.read(session["subscription"]), world.secret_key
    )


def told(world: World) -> list[str]:
    """The types of all events so far, in order."""
    return [event["type"] for event in world.actions.listed("event")][::-1]
