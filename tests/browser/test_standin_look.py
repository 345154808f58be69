"""The stand-in's pages at each width, in both colour schemes, and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.billing.acted import customer_named, portal_for, session_for, subscribed
from tests.browser.conftest import assert_looks_right_now
from tests.browser.shop import Shop

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOME = "/standin/stripe"


def pages(shop: Shop) -> list[str]:
    """Every page, with something on it."""
    actions = shop.world.actions
    customer = customer_named()
    subscription = subscribed(customer, card="fails_later")
    charge = actions.listed("charge", customer=customer)[0]["id"]
    actions.refund(charge, 900)
    actions.renew(subscription)
    (due,) = actions.listed("invoice", customer=customer, status="open")
    asked, waiting = session_for(customer, "price_topup_50"), session_for(customer)
    actions.complete(asked, card="three_d_secure")
    actions.promote(waiting, "WELCOME20")
    switch = f"?subscription={subscription}&price=price_pro_year"
    portal = portal_for(customer)
    cancel = {
        "flow_data[type]": "subscription_cancel",
        "flow_data[subscription_cancel][subscription]": subscription,
    }
    return [
        f"{HOME}/",
        f"{HOME}/pay/{asked}",
        f"{HOME}/pay/{waiting}",
        portal,
        portal + switch,
        portal_for(customer, **cancel),
        f"{HOME}/invoices/{due['id']}",
        f"{HOME}/receipts/{charge}",
    ]


@pytest.mark.thorough
def test_the_pages_look_right(page: Page, shop: Shop) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    for path in pages(shop):
        page.goto(shop.url + path)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Test payment")
        assert_looks_right_now(page)
    assert complaints == []


@pytest.mark.thorough
def test_everything_works_without_scripts(browser: Browser, shop: Shop) -> None:
    session = session_for(customer_named(), to=f"{shop.url}{HOME}/")
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{shop.url}{HOME}/pay/{session}")
        page.get_by_label("Card that asks for 3-D Secure").check()
        page.locator("button[value=pay]").click()
        page.get_by_role("button", name="Give up").click()
        expect(page.get_by_role("alert")).to_contain_text("did not confirm")
        page.get_by_label("Card that pays", exact=True).check()
        page.locator("button[value=pay]").click()
        page.get_by_role("button", name="Go on to the period’s end").click()
        expect(page.get_by_text("Time went on to the period’s end.")).to_be_visible()
        page.get_by_role("button", name="Pay back").first.click()
        expect(page.get_by_text("The money was paid back.")).to_be_visible()
