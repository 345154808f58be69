"""What tests of paying in a browser share: a stand-in for Stripe, and the way through its pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, expect

from billing import deliveries
from billing.standin import sending
from billing.standin.world import World, deliver_due

PRO = "Upgrade to Pro 29 USD a month"


@dataclass(frozen=True)
class Shop:
    """The product at ``url``, with a stand-in whose webhooks come when the test says so."""

    url: str
    world: World

    def deliver(self) -> int:
        """Send every webhook that is due and have it processed; how many."""
        sent = 0
        while (now := deliver_due(self.world, sending.post)) + deliveries.take_due():
            sent += now
        return sent

    def lose_webhooks(self) -> None:
        """What happens from now on is told to nobody."""
        self.world.deliveries.switch(mode="lost")

    def subscription(self) -> dict[str, Any]:
        """The one subscription at Stripe."""
        (found,) = self.world.actions.listed("subscription")
        return found


def follow(page: Page, address: str) -> None:
    """Open a page and wait until its stream of events is open."""
    with page.expect_response("**/api/events*"):
        page.goto(address)


def pay(page: Page, *, card: str = "Card that pays") -> None:
    """Fill in the stand-in's page and send it."""
    expect(page.get_by_role("heading", name="Test payment")).to_be_visible()
    page.get_by_label(card, exact=True).check()
    page.locator("button[value=pay]").click()


def begin(page: Page, shop: Shop) -> None:
    """From the prices to the stand-in's page."""
    page.goto(f"{shop.url}/prices")
    page.get_by_role("button", name=PRO).click()
    expect(page.get_by_role("heading", name="Test payment")).to_be_visible()


def upgrade(page: Page, shop: Shop) -> None:
    """From the prices to the way back, paid."""
    begin(page, shop)
    pay(page)
    expect(page.get_by_role("heading", name="You are on Pro")).to_be_visible()
