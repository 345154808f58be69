"""The balance in the top bar of an open page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from core.money import CREDIT
from credits import operations as ledger
from tests.browser.conftest import give_session

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_balance_follows_every_change_without_a_new_page(
    page: Page, streaming: str, person: User
) -> None:
    give_session(page, person, streaming)
    with page.expect_response("**/api/events*"):
        page.goto(f"{streaming}/products")
    page.evaluate("window.isSame = true")
    balance = page.locator("#balance")
    expect(balance).to_have_accessible_name("18.00 credits free")
    ledger.grant(user_id=person.pk, kind="topup", amount=50 * CREDIT, source_key="paid")
    expect(balance).to_have_accessible_name("68.00 credits free")
    ledger.adjust(user_id=person.pk, amount=-2_250_000, key="k", reason="a test")
    expect(balance).to_have_accessible_name("65.75 credits free")
    assert page.evaluate("window.isSame") is True
