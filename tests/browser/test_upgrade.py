"""The main promise of paying, in a browser: who pays is on Pro, in every tab."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from billing.models import Checkout, Payment, TierChange
from tests.browser.shop import Shop, follow, upgrade

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_who_pays_is_on_pro_at_once_and_in_other_tabs_too(
    context: BrowserContext, tab: Page, shop: Shop, person: User
) -> None:
    other = context.new_page()
    follow(other, f"{shop.url}/billing")
    other.evaluate("window.isSame = true")
    upgrade(tab, shop)
    expect(other.get_by_role("button", name="Cancel Pro")).to_be_visible()
    expect(other.locator("#balance")).to_have_accessible_name("218.00 credits free on Pro")
    shop.deliver()
    assert other.evaluate("window.isSame") is True
    assert TierChange.objects.filter(user=person).count() == 1
    assert Payment.objects.get(user=person).amount == 2900
    assert Checkout.objects.get(user=person).state == "completed"
