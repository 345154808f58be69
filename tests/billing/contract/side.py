"""Whom the contract is kept with: the stand-in, or Stripe's test mode. Only the API is used.

What people do on Stripe's own page of a checkout has no API: there the two sides differ.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Final

import stripe
from playwright.sync_api import sync_playwright

from billing.gateway import client
from billing.models import Customer
from billing.standin.world import World
from tests.runtime.processes import wait_for

DAY_S: Final = 24 * 3600
PATIENCE_S: Final = 120.0  # a clock of Stripe's moves for some seconds, and longer on a bad day
CHROMIUM: Final = "/usr/bin/chromium"

Found = dict[str, Any]


@dataclass
class Side:
    """The service that is asked; ``world`` is None where it is Stripe."""

    world: World | None
    made: list[str] = field(default_factory=list)  # clocks and customers, to be deleted

    def customer_of(self, person: Any, *, card: str = "pm_card_visa", clock: bool = False) -> str:
        """The person's customer, with a card on file; ``clock``: their time can be moved."""
        params: Any = {
            "email": person.email,
            "name": "techpack contract",
            "metadata": {"djstripe_subscriber": str(person.pk)},
        }
        if clock:
            frozen: Any = {"frozen_time": int(time.time()), "name": "techpack contract"}
            params["test_clock"] = client().v1.test_helpers.test_clocks.create(params=frozen).id
            self.made.append(params["test_clock"])
        customer = client().v1.customers.create(params=params)
        self.made.append(customer.id)
        Customer.objects.create(user=person, stripe_id=customer.id)
        self.give_card(customer.id, card)
        return customer.id

    def give_card(self, customer: str, card: str) -> None:
        """From now on they pay with this one of Stripe's test cards."""
        method = client().v1.payment_methods.attach(card, params={"customer": customer})
        usual: Any = {"invoice_settings": {"default_payment_method": method.id}}
        client().v1.customers.update(customer, params=usual)

    def subscribe(self, customer: str, price: str, **metadata: str) -> Found:
        """A subscription that is paid at once."""
        params: Any = {"customer": customer, "items": [{"price": price}], "metadata": metadata}
        return client().v1.subscriptions.create(params=params).to_dict()

    def pay_once(self, customer: str, amount: int, card: str) -> Found:
        """A payment intent that this card paid."""
        params: Any = {
            "customer": customer,
            "amount": amount,
            "currency": "usd",
            "payment_method": card,
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
        return client().v1.payment_intents.create(params=params).to_dict()

    def move_to(self, customer: str, at: int) -> None:
        """Let the customer's clock go on to a time, with all that happens until then."""
        clocks = client().v1.test_helpers.test_clocks
        clock = client().v1.customers.retrieve(customer).test_clock
        assert isinstance(clock, str)
        clocks.advance(clock, params={"frozen_time": at})
        wait_for(
            lambda: clocks.retrieve(clock).status == "ready",
            within_s=PATIENCE_S,
            every_s=1.0 if self.world is None else 0.01,
            what="the clock",
        )

    def pay(self, session_id: str, url: str) -> None:
        """Pay on the page of a checkout with a card that pays."""
        if self.world is not None:
            self.world.actions.complete(session_id)
        else:
            _pay_at_stripe(url)

    def tidy(self) -> None:
        """Delete at Stripe what was made there; what a clock holds goes with it."""
        for made in self.made:
            try:
                if made.startswith("clock_"):
                    client().v1.test_helpers.test_clocks.delete(made)
                else:
                    client().v1.customers.delete(made)
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise


def _pay_at_stripe(url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(locale="en-US")
        page.goto(url)
        card = page.locator("[data-testid=card-accordion-item-button]")
        number = page.locator("#cardNumber")
        number.or_(card).first.wait_for()
        if not number.is_visible():
            card.click(force=True)
        number.fill("4242 4242 4242 4242")
        page.locator("#cardExpiry").fill("12 / 34")
        page.locator("#cardCvc").fill("123")
        page.locator("#billingName").fill("techpack contract")
        postal_code = page.locator("#billingPostalCode")
        if postal_code.is_visible():
            postal_code.fill("10001")
        page.locator(".SubmitButton").click()
        page.wait_for_url(lambda found: "session_id=" in found, wait_until="commit")
        browser.close()
