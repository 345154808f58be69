"""From Free to Pro and back, in a browser, by the stand-in's pages and its webhooks."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import User
from billing.models import Checkout, Payment, Subscription, TierChange
from core.errors import ProviderUnavailable
from core.money import CREDIT
from credits import operations as ledger
from credits import queries as credit
from generation.models import Job
from techpack import demo, operations
from techpack.models import Product
from tests.browser.conftest import HOODIE, PASSWORD, assert_looks_right_now
from tests.browser.shop import PRO, Shop, begin, follow, pay, upgrade

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def hoodie_of(person: User) -> Product:
    """A product of one photo, with nothing run yet."""
    photo = (demo.PHOTOS / HOODIE.photos[0][1]).read_bytes()
    product, _ = operations.start_product(user=person, photos=[(photo, "hoodie.jpg")])
    return product


def step(page: Page, key: str) -> Any:
    return page.locator(f'[data-step="{key}"]')


def test_a_fresh_account_goes_to_pro_and_back_and_keeps_what_it_bought(
    context: BrowserContext, shop: Shop, queued: None
) -> None:
    page, other = context.new_page(), context.new_page()
    page.goto(f"{shop.url}/prices")
    page.get_by_role("link", name=PRO).click()
    page.get_by_label("Email").fill("new@studio.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_role("heading", name="Pro, monthly")).to_be_visible()
    person = User.objects.get(email="new@studio.example")
    ledger.grant(user_id=person.pk, kind="topup", amount=50 * CREDIT, source_key="topup:before")
    follow(other, f"{shop.url}/products/{hoodie_of(person).pk}")
    other.evaluate("window.isSame = true")
    run = step(other, "analysis").get_by_role("button")
    expect(run).to_contain_text("3 credits")

    page.get_by_role("button", name="Go on to pay").click()
    pay(page)
    expect(page.get_by_role("heading", name="You are on Pro")).to_be_visible()
    shop.deliver()
    expect(run).to_contain_text("included")
    expect(other.locator("#balance")).to_have_accessible_name("268.00 credits free on Pro")
    run.click()
    expect(step(other, "analysis")).to_have_attribute("data-state", "queued")
    hold = Job.objects.get(kind="base-views/analyze").hold
    assert hold is not None
    assert hold.unlimited
    assert credit.balance(person).available == 268 * CREDIT

    page.goto(f"{shop.url}/billing")
    page.get_by_role("button", name="Cancel Pro").click()
    page.get_by_role("button", name="Cancel the plan").click()
    expect(page.get_by_text("then you are on Free")).to_be_visible()
    shop.deliver()
    follow(page, f"{shop.url}/billing")
    assert Subscription.objects.get().tier == "pro"

    there = shop.subscription()
    shop.world.actions.advance(
        there["customer"], there["items"]["data"][0]["current_period_end"] + 60
    )
    shop.deliver()
    expect(page.get_by_role("button", name=PRO)).to_be_visible()
    # The month's credits of both plans: those of Pro stay for the month that they were for.
    expect(other.locator("#balance")).to_have_accessible_name("286.00 credits free")
    expect(step(other, "close-ups")).not_to_contain_text("included")
    assert other.evaluate("window.isSame") is True
    turns = TierChange.objects.order_by("number").values_list("from_tier", "to_tier", "reason")
    assert list(turns) == [("free", "pro", "upgraded"), ("pro", "free", "ended")]
    assert credit.lots(person).get(source_key="topup:before").available == 50 * CREDIT
    page.goto(f"{shop.url}/credits")
    expect(page.get_by_text("Pro plan", exact=True)).to_be_visible()
    expect(page.get_by_text("You are on Free")).to_be_visible()


def test_what_a_step_lacks_is_bought_where_it_was_asked_and_then_starts(
    tab: Page, shop: Shop, person: User, queued: None
) -> None:
    product = hoodie_of(person)
    left = credit.balance(person).available
    ledger.adjust(user_id=person.pk, amount=CREDIT - left, key="left", reason="a test")
    tab.goto(f"{shop.url}/products/{product.pk}")
    step(tab, "analysis").get_by_role("button").click()
    expect(tab.get_by_role("alert")).to_contain_text("You are 2 credits short.")
    tab.get_by_role("button", name="Top up 50 9 USD").click()
    pay(tab)
    expect(tab.get_by_role("heading", name="50 credits are yours")).to_be_visible()
    tab.get_by_role("link", name="Go on where you were").click()
    step(tab, "analysis").get_by_role("button").click()
    expect(step(tab, "analysis")).to_have_attribute("data-state", "queued")
    shop.deliver()
    assert credit.balance(person).available == 48 * CREDIT
    assert Payment.objects.get(user=person).credits == 50


def test_a_declined_card_buys_nothing_and_turning_back_says_so(
    tab: Page, shop: Shop, person: User
) -> None:
    begin(tab, shop)
    pay(tab, card="Card that is declined")
    expect(tab.get_by_role("alert")).to_be_visible()
    tab.get_by_role("link", name="Back, without paying").click()
    expect(tab.get_by_role("heading", name="Nothing was charged")).to_be_visible()
    assert_looks_right_now(tab)
    shop.deliver()
    assert not Payment.objects.exists()
    person.refresh_from_db()
    assert person.tier == "free"
    tab.get_by_role("button", name="Try again 29 USD a month").click()
    pay(tab)
    expect(tab.get_by_role("heading", name="You are on Pro")).to_be_visible()


def test_an_abandoned_proof_leaves_the_purchase_open_and_the_next_try_is_the_same_one(
    tab: Page, shop: Shop, person: User
) -> None:
    begin(tab, shop)
    pay(tab, card="Card that asks for 3-D Secure")
    expect(tab.get_by_role("heading", name="3-D Secure")).to_be_visible()
    session_id = Checkout.objects.get().session_id
    shop.deliver()
    tab.goto(f"{shop.url}/billing/return?session_id={session_id}")
    expect(tab.get_by_role("heading", name="The payment is on its way")).to_be_visible()
    assert_looks_right_now(tab)
    begin(tab, shop)
    assert Checkout.objects.count() == 1
    tab.get_by_role("button", name="Yes, it is me").click()
    expect(tab.get_by_role("heading", name="You are on Pro")).to_be_visible()
    assert TierChange.objects.count() == 1


def test_a_tab_that_is_closed_before_the_way_back_loses_nothing(
    context: BrowserContext, tab: Page, shop: Shop, person: User
) -> None:
    other = context.new_page()
    follow(other, f"{shop.url}/prices")
    begin(tab, shop)
    tab.close()
    shop.world.actions.complete(str(Checkout.objects.get().session_id))
    shop.deliver()
    expect(other.locator("#balance")).to_have_accessible_name("218.00 credits free on Pro")
    expect(other.get_by_role("main").get_by_text("You are on Pro")).to_be_visible()
    expect(other.get_by_role("button", name=PRO)).to_have_count(0)


def test_where_every_webhook_is_lost_the_way_back_settles_it(
    context: BrowserContext, tab: Page, shop: Shop, person: User
) -> None:
    other = context.new_page()
    follow(other, f"{shop.url}/billing")
    shop.lose_webhooks()
    upgrade(tab, shop)
    assert shop.deliver() == 0
    expect(other.get_by_role("button", name="Cancel Pro")).to_be_visible()
    assert Payment.objects.get(user=person).amount == 2900


def test_webhooks_that_come_after_the_way_back_change_nothing_any_more(
    tab: Page, shop: Shop, person: User
) -> None:
    upgrade(tab, shop)
    told = list(TierChange.objects.values()), list(Payment.objects.values())
    assert shop.deliver()
    assert (list(TierChange.objects.values()), list(Payment.objects.values())) == told
    assert credit.balance(person).available == 218 * CREDIT


def test_the_way_back_waits_live_while_the_payment_service_is_away(
    tab: Page, shop: Shop, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> Any:
        raise ProviderUnavailable("Away.")

    with monkeypatch.context() as patch:
        patch.setattr("billing.purchases.settle", away)
        begin(tab, shop)
        pay(tab)
        expect(tab.get_by_role("heading", name="The payment is on its way")).to_be_visible()
        tab.evaluate("window.isSame = true")
    shop.deliver()
    expect(tab.get_by_role("heading", name="You are on Pro")).to_be_visible()
    expect(tab.get_by_role("link", name="Go to your products")).to_be_visible()
    assert tab.evaluate("window.isSame") is True
    assert_looks_right_now(tab)


def test_clicked_twice_there_is_one_purchase_and_going_back_buys_no_second(
    tab: Page, shop: Shop, person: User
) -> None:
    tab.goto(f"{shop.url}/prices")
    tab.get_by_role("button", name=PRO).dblclick()
    pay(tab)
    expect(tab.get_by_role("heading", name="You are on Pro")).to_be_visible()
    assert Checkout.objects.count() == 1
    # Both steps at once: the checkout between them, being over, leads on by itself.
    tab.evaluate("() => { setTimeout(() => history.go(-2)); }")
    expect(tab.get_by_role("heading", name="Prices")).to_be_visible()
    expect(tab.get_by_text("You are on Pro")).to_be_visible()


def test_a_stale_button_of_another_tab_says_that_it_is_bought(
    context: BrowserContext, tab: Page, shop: Shop, person: User
) -> None:
    stale = context.new_page()
    stale.route("**/api/events*", lambda _: None)
    stale.goto(f"{shop.url}/prices")
    upgrade(tab, shop)
    stale.get_by_role("button", name=PRO).click()
    expect(stale.get_by_text("You have this plan already.")).to_be_visible()
    expect(stale.get_by_role("heading", name="Plan and receipts")).to_be_visible()
    assert len(shop.world.actions.listed("subscription")) == 1


def test_the_other_interval_is_confirmed_with_its_price(
    tab: Page, shop: Shop, person: User
) -> None:
    upgrade(tab, shop)
    tab.goto(f"{shop.url}/billing")
    tab.get_by_role("button", name="Pay by the year 290 USD a year").click()
    expect(tab.get_by_role("heading", name="Test payment")).to_be_visible()
    tab.locator("button[value=change]").click()
    expect(tab.get_by_role("heading", name="Plan and receipts")).to_be_visible()
    shop.deliver()
    tab.reload()
    expect(tab.get_by_role("button", name="Pay by the month 29 USD a month")).to_be_visible()
    assert Subscription.objects.get(user=person).interval == "year"
    assert TierChange.objects.count() == 1


def test_without_scripts_the_whole_way_works(
    browser: Browser, tab: Page, shop: Shop, person: User
) -> None:
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies(tab.context.cookies())  # type: ignore[arg-type]
    page = plain.new_page()
    upgrade(page, shop)
    page.get_by_role("link", name="Plan and receipts").click()
    page.get_by_role("link", name="R-").click()
    expect(page.get_by_role("heading", name="Receipt R-")).to_be_visible()
    expect(page.get_by_text("29.00 USD").first).to_be_visible()
    plain.close()


def test_who_came_by_another_name_of_this_machine_stays_signed_in(
    tab: Page, shop: Shop, person: User, settings: Any
) -> None:
    settings.PUBLIC_URL = shop.url.replace("127.0.0.1", "localhost")
    upgrade(tab, shop)
    tab.get_by_role("link", name="Plan and receipts").click()
    tab.get_by_role("button", name="Cancel Pro").click()
    tab.get_by_role("button", name="Cancel the plan").click()
    expect(tab.get_by_text("then you are on Free")).to_be_visible()
    assert tab.url == f"{shop.url}/billing"
