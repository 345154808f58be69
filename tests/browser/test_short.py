"""A step that the credits do not reach: what is missing, at the step, and what fits starts."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from core.money import CREDIT
from credits import operations as ledger
from credits import queries as credit
from generation.models import Job
from techpack import demo, operations
from techpack.models import Product
from tests.browser.conftest import HOODIE, assert_looks_right_now, workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def leave(person: User, amount: int) -> None:
    """Take all but ``amount`` µcr away."""
    left = credit.balance(person).available
    ledger.adjust(user_id=person.pk, amount=amount - left, key=f"left {amount}", reason="a test")


def step(page: Page, key: str) -> Any:
    return page.locator(f'[data-step="{key}"]').get_by_role("button")


@pytest.fixture
def seven_views(person: User) -> Product:
    """A hoodie of seven photos, two beyond what is in the price."""
    photo = (demo.PHOTOS / HOODIE.photos[0][1]).read_bytes()
    product, _ = operations.start_product(user=person, photos=[(photo, "hoodie.jpg")])
    for view in ("back", "left", "right", "top", "interior", "detail"):
        operations.add_revision(
            user=person, product_id=product.pk, file=photo, filename="a.jpg", view_type=view
        )
    return product


def test_it_stands_at_the_step_and_takes_the_focus(
    quiet: Page,
    person: User,
    live_server: LiveServer,
    pack: Product,
) -> None:
    leave(person, 2 * CREDIT + CREDIT // 4)
    quiet.goto(workspace(live_server, pack))
    step(quiet, "close-ups").click()
    panel = quiet.locator("#at-close-ups").get_by_role("alert")
    expect(panel).to_contain_text("You are 0.75 credits short. Nothing was charged.")
    expect(panel).to_be_focused()
    expect(panel.get_by_role("button", name="Top up 50 9 USD")).to_be_visible()
    expect(panel.get_by_role("button", name="Switch to Pro 29 USD a month")).to_be_visible()
    assert_looks_right_now(quiet)

    step(quiet, "sketches").click()
    expect(quiet.locator("#at-sketches").get_by_role("alert")).to_be_focused()
    expect(quiet.get_by_role("alert")).to_have_count(1)


def test_it_stays_through_updates_and_what_is_typed_stays_too(
    quiet: Page,
    person: User,
    live_server: LiveServer,
    pack: Product,
) -> None:
    leave(person, CREDIT)
    quiet.goto(workspace(live_server, pack))
    quiet.get_by_label("Its length in cm").fill("71.5")
    step(quiet, "sketches").click()
    panel = quiet.get_by_role("alert")
    expect(panel).to_be_focused()
    quiet.get_by_label("Its length in cm").focus()
    operations.change_product(user=person, product_id=pack.pk, changes={"name": "Renamed"})
    quiet.evaluate(
        "id => document.dispatchEvent(new CustomEvent('live:product.updated', {detail: {id}}))",
        str(pack.pk),
    )
    expect(quiet.get_by_role("heading", name="Renamed")).to_be_visible()
    expect(panel).to_contain_text("You are 2 credits short.")
    expect(quiet.get_by_label("Its length in cm")).to_have_value("71.5")
    expect(quiet.get_by_label("Its length in cm")).to_be_focused()


def test_fewer_views_start_by_its_button_and_it_goes(
    quiet: Page,
    person: User,
    live_server: LiveServer,
    seven_views: Product,
    queued: None,
) -> None:
    leave(person, 3 * CREDIT + CREDIT // 2)
    quiet.goto(workspace(live_server, seven_views))
    step(quiet, "analysis").click()
    fewer = quiet.get_by_role("button", name="Analyse 5 views instead 3 credits")
    expect(fewer).to_be_visible()
    assert_looks_right_now(quiet)
    fewer.dblclick()
    expect(quiet.locator('[data-step="analysis"]')).to_have_attribute("data-state", "queued")
    expect(quiet.get_by_role("alert")).to_have_count(0)
    expect(quiet.locator("#balance")).to_contain_text("0.50")
    jobs = Job.objects.filter(kind="base-views/analyze")
    assert [len(job.input["revision_ids"]) for job in jobs] == [5]


def test_without_scripts_the_same_buttons_work(
    browser: Browser,
    signed_in: Page,
    person: User,
    live_server: LiveServer,
    seven_views: Product,
    queued: None,
) -> None:
    leave(person, 3 * CREDIT + CREDIT // 2)
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies(signed_in.context.cookies())  # type: ignore[arg-type]
    page = plain.new_page()
    page.goto(workspace(live_server, seven_views))
    step(page, "analysis").click()
    panel = page.locator("#at-analysis").get_by_role("alert")
    expect(panel).to_contain_text("You are 0.70 credits short.")
    expect(panel).to_be_in_viewport()
    panel.get_by_role("button", name="Analyse 5 views instead").click()
    expect(page.locator('[data-step="analysis"]')).to_have_attribute("data-state", "queued")
    expect(page.get_by_role("alert")).to_have_count(0)
    plain.close()
