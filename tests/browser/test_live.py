"""Open pages keep themselves up to date, whatever comes between, and lose nothing of their own."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from accounts.models import User
from core.money import CREDIT
from core.outbox import emit
from credits import operations as ledger
from techpack import operations
from techpack.models import Product
from tests.browser.shop import Shop, follow, upgrade
from tests.browser.test_billing import hoodie_of, step

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def hoodie(person: User, queued: None) -> Product:
    return hoodie_of(person)


def rename(product: Product, name: str) -> None:
    """Another name, and an event as work that goes on beside the page has it."""
    operations.change_product(user=product.user, product_id=product.pk, changes={"name": name})
    seen = {"id": str(product.pk), "revisionId": str(product.revisions.get().pk)}
    emit(type="product.updated", user_id=product.user.pk, data=seen)


def give(person: User, count: int, key: str = "paid") -> None:
    ledger.grant(user_id=person.pk, kind="topup", amount=count * CREDIT, source_key=key)


def broken(route: Route) -> None:
    page = "<!doctype html><main id=main><h1>Something went wrong on our side</h1></main>"
    route.fulfill(status=500, body=page, content_type="text/html")


def test_going_back_shows_the_whole_workspace_as_it_is_now(
    tab: Page, shop: Shop, hoodie: Product
) -> None:
    follow(tab, f"{shop.url}/products/{hoodie.pk}")
    rename(hoodie, "Pier Hoodie")
    expect(tab.get_by_role("heading", name="Pier Hoodie")).to_be_visible()
    upgrade(tab, shop)
    tab.go_back()
    tab.go_back()
    tab.go_back()
    expect(step(tab, "analysis").get_by_role("button")).to_contain_text("included")
    expect(tab.locator("#balance")).to_have_accessible_name("218.00 credits free on Pro")
    assert tab.evaluate("document.styleSheets.length") == 1


def test_a_look_that_fails_leaves_the_page_as_it_was_and_the_next_one_counts(
    tab: Page, shop: Shop, hoodie: Product
) -> None:
    address = f"{shop.url}/products/{hoodie.pk}"
    follow(tab, address)
    tab.route(address, broken)
    with tab.expect_response(address):
        rename(hoodie, "Pier Hoodie")
    tab.unroute(address)
    expect(step(tab, "analysis")).to_be_visible()
    expect(tab.get_by_role("heading", name="Something went wrong")).to_have_count(0)
    rename(hoodie, "Quay Hoodie")
    expect(tab.get_by_role("heading", name="Quay Hoodie")).to_be_visible()


def test_what_is_sent_and_fails_is_said_and_the_page_stays(
    tab: Page, shop: Shop, hoodie: Product
) -> None:
    follow(tab, f"{shop.url}/products/{hoodie.pk}")
    run = step(tab, "analysis").get_by_role("button")
    tab.route("**/run/*", broken)
    run.click()
    told = tab.locator("#toasts .note")
    expect(told).to_have_text("Something went wrong on our side")
    tab.unroute("**/run/*")
    tab.route("**/run/*", lambda route: route.abort())
    run.click()
    expect(told).to_have_text("No answer came. Try again in a moment.")
    tab.unroute("**/run/*")
    run.click()
    expect(step(tab, "analysis")).to_have_attribute("data-state", "queued")


def test_who_signs_out_in_one_tab_is_led_to_the_sign_in_in_the_others(
    context: BrowserContext, tab: Page, shop: Shop, hoodie: Product
) -> None:
    other = context.new_page()
    follow(tab, f"{shop.url}/products/{hoodie.pk}")
    follow(other, f"{shop.url}/account/logout/")
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("link", name="Sign in")).to_be_visible()
    rename(hoodie, "Pier Hoodie")
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    assert tab.evaluate("location.search") == f"?next=/products/{hoodie.pk}"


def test_a_stream_that_is_refused_is_opened_again_and_what_was_missed_is_shown(
    tab: Page, shop: Shop, person: User, hoodie: Product
) -> None:
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        refused.append(route.request.url)
        if len(refused) == 1:
            return route.fulfill(status=503, body="{}", content_type="application/json")
        return route.continue_()

    tab.route("**/api/events*", refuse_once)
    with tab.expect_response("**/api/events*"):
        tab.goto(f"{shop.url}/products/{hoodie.pk}")
    rename(hoodie, "Pier Hoodie")
    give(person, 50)
    expect(tab.get_by_role("heading", name="Pier Hoodie")).to_be_visible()
    expect(tab.locator("#balance")).to_have_accessible_name("68.00 credits free")
    rename(hoodie, "Quay Hoodie")
    expect(tab.get_by_role("heading", name="Quay Hoodie")).to_be_visible()
    assert len(refused) == 2


def test_what_happens_between_a_page_and_its_stream_is_shown(
    tab: Page, shop: Shop, person: User, hoodie: Product
) -> None:
    late: list[Route] = []
    tab.route("**/api/events*", lambda route: late.append(route))
    with tab.expect_request("**/api/events*"):
        tab.goto(f"{shop.url}/products/{hoodie.pk}")
    expect(tab.locator("#balance")).to_have_accessible_name("18.00 credits free")
    rename(hoodie, "Pier Hoodie")
    give(person, 50)
    late[0].continue_()
    expect(tab.get_by_role("heading", name="Pier Hoodie")).to_be_visible()
    expect(tab.locator("#balance")).to_have_accessible_name("68.00 credits free")


def test_details_stay_open_with_what_is_typed_while_the_workspace_changes(
    tab: Page, shop: Shop, hoodie: Product
) -> None:
    follow(tab, f"{shop.url}/products/{hoodie.pk}")
    tab.get_by_role("button", name="Details").click()
    tab.get_by_label("Season").fill("AW27")
    rename(hoodie, "Pier Hoodie")
    expect(tab.locator("h1")).to_have_text("Pier Hoodie")
    expect(tab.get_by_label("Season")).to_have_value("AW27")
    assert tab.evaluate("document.getElementById('details').matches(':modal')")
    tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.get_by_text("AW27", exact=False).first).to_be_visible()


def test_what_is_typed_while_an_earlier_answer_is_on_its_way_stays(
    tab: Page, shop: Shop, pack: Product
) -> None:
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        if held:
            route.continue_()
        held.append(route)

    follow(tab, f"{shop.url}/products/{pack.pk}")
    tab.route("**/fields", hold_first)
    value = tab.locator("#pom-A01 textarea").first
    value.fill("61")
    with tab.expect_request("**/fields"):
        value.blur()
    value.fill("62")
    with tab.expect_response("**/fields"):
        held[0].continue_()
    expect(tab.locator("#bench.htmx-request, #bench .htmx-request")).to_have_count(0)
    expect(value).to_have_value("62")
    with tab.expect_response("**/fields"):
        value.blur()
    tab.reload()
    expect(value).to_have_value("62.0")


def test_what_a_step_lacks_goes_when_it_is_there(
    tab: Page, context: BrowserContext, shop: Shop, person: User, hoodie: Product
) -> None:
    ledger.adjust(user_id=person.pk, amount=-17 * CREDIT, key="left", reason="a test")
    follow(tab, f"{shop.url}/products/{hoodie.pk}")
    run = step(tab, "analysis").get_by_role("button")
    short = tab.get_by_role("alert")
    run.click()
    expect(short).to_contain_text("You are 2 credits short.")
    give(person, 1)
    expect(tab.locator("#balance")).to_have_accessible_name("2.00 credits free")
    expect(short).to_be_visible()
    give(person, 50, "more")
    expect(short).to_have_count(0)
    ledger.adjust(user_id=person.pk, amount=-52 * CREDIT, key="none", reason="a test")
    run.click()
    expect(short).to_contain_text("You are 3 credits short.")
    upgrade(context.new_page(), shop)
    expect(run).to_contain_text("included")
    expect(short).to_have_count(0)
