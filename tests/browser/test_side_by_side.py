"""Two tabs of one product: each shows what was typed in the other, and neither takes it back."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from accounts.models import User
from techpack.models import Product, TypedValue
from techpack.operations import type_values
from tests.browser.conftest import PATIENCE_MS
from tests.browser.shop import Shop, follow

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LENGTH, WIDTH = "pointsOfMeasure.A01.value", "pointsOfMeasure.A02.value"


@pytest.fixture
def other(context: BrowserContext, tab: Page, shop: Shop, pack: Product) -> Page:
    """A second tab, both with the pack; the first, ``tab``, listens too."""
    address = f"{shop.url}/products/{pack.pk}"
    follow(tab, address)
    second = context.new_page()
    second.set_default_timeout(PATIENCE_MS)
    follow(second, address)
    return second


def field(page: Page, path: str) -> Locator:
    """A value of the table of measures."""
    return page.locator(f"#measures textarea[name='{path}']")


def put(page: Page, path: str, value: str) -> None:
    """Type a value over and wait until it is kept."""
    field(page, path).fill(value)
    with page.expect_response("**/fields"):
        field(page, path).blur()


def typed(pack: Product) -> set[str]:
    """The codes of the measures that count as typed by the person."""
    rows = TypedValue.objects.filter(product=pack, field="value", user=pack.user)
    return {row.entry_id for row in rows}


def test_what_is_typed_in_one_tab_is_shown_in_the_other(tab: Page, other: Page) -> None:
    put(tab, LENGTH, "61")
    expect(field(other, LENGTH)).to_have_value("61.0")
    put(other, LENGTH, "62")
    expect(field(tab, LENGTH)).to_have_value("62.0")


def test_what_is_being_typed_stays_while_another_tab_types(tab: Page, other: Page) -> None:
    field(other, WIDTH).fill("5")
    put(tab, LENGTH, "61")
    expect(field(other, LENGTH)).to_have_value("61.0")
    expect(field(other, WIDTH)).to_have_value("5")
    expect(field(other, WIDTH)).to_be_focused()
    field(other, WIDTH).press_sequentially("3")
    with other.expect_response("**/fields"):
        field(other, WIDTH).blur()
    expect(field(tab, WIDTH)).to_have_value("53.0")
    expect(field(tab, LENGTH)).to_have_value("61.0")


def test_a_page_that_was_not_told_takes_back_nothing_of_what_it_did_not_type(
    tab: Page, other: Page, pack: Product, person: User
) -> None:
    type_values(user=person, product_id=pack.pk, values={LENGTH: 61})
    assert field(tab, LENGTH).input_value() != "61.0"
    put(tab, WIDTH, "53")
    expect(field(tab, LENGTH)).to_have_value("61.0")
    assert typed(pack) == {"A01", "A02"}
    expect(field(other, LENGTH)).to_have_value("61.0")


def test_what_was_typed_and_not_kept_goes_along_with_the_next(
    tab: Page, other: Page, pack: Product
) -> None:
    tab.route("**/fields", lambda route: route.abort(), times=1)
    field(tab, LENGTH).fill("61")
    field(tab, LENGTH).blur()
    expect(tab.locator("#toasts .note")).to_have_text("No answer came. Try again in a moment.")
    put(tab, WIDTH, "53")
    expect(field(other, WIDTH)).to_have_value("53.0")
    expect(field(other, LENGTH)).to_have_value("61.0")
    assert typed(pack) == {"A01", "A02"}
