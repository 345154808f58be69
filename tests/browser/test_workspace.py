"""The pages on the way to a pack fit and are accessible, in each state that they have."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from credits import operations as ledger
from credits import queries as credit
from generation import errors, work
from generation.errors import Failure
from generation.run import claim
from techpack import bench, demo, operations, queries
from techpack.models import Product
from tests.browser.conftest import (
    HOODIE,
    WIDTHS,
    assert_accessible,
    assert_fits,
    assert_looks_right,
    assert_looks_right_now,
    workspace,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_workspace_without_photos(quiet: Page, person: User, live_server: LiveServer) -> None:
    product = operations.create_product(user=person, name="Blush Hoodie")
    assert_looks_right(quiet, workspace(live_server, product))


def test_a_workspace_with_a_photo_and_the_category(
    quiet: Page, person: User, live_server: LiveServer
) -> None:
    photo = (demo.PHOTOS / HOODIE.photos[0][1]).read_bytes()
    product, _ = operations.start_product(user=person, photos=[(photo, "hoodie.jpg")])
    assert_looks_right(quiet, workspace(live_server, product))
    expect(quiet.locator('[data-step="category"]')).to_have_attribute("data-state", "done")


def test_a_workspace_with_jobs_queued_and_running(
    quiet: Page, person: User, live_server: LiveServer, pack: Product, queued: None
) -> None:
    job = operations.generate_close_ups(user=person, data=bench.input_of("close-ups", pack))
    run = claim(job_id=job.pk)
    assert run is not None
    run.report(done=3, planned=8, step="3 of 8 shots")
    operations.generate_sketches(user=person, data=bench.input_of("sketches", pack))
    assert_looks_right(quiet, workspace(live_server, pack))
    expect(quiet.get_by_role("button", name="Stop, keep 3")).to_be_visible()
    expect(quiet.locator('[data-step="sketches"]')).to_have_attribute("data-state", "queued")


def test_a_workspace_with_a_failed_step(
    quiet: Page, person: User, live_server: LiveServer, pack: Product, queued: None
) -> None:
    job = operations.generate_sketches(user=person, data=bench.input_of("sketches", pack))
    run = claim(job_id=job.pk)
    assert run is not None
    work.fail(run=run, error=errors.failed(Failure.TRANSIENT))
    assert_looks_right(quiet, workspace(live_server, pack))
    expect(quiet.locator('[data-step="sketches"]')).to_contain_text("Failed, not charged")


def test_a_workspace_with_everything_done_and_its_details(
    quiet: Page, live_server: LiveServer, pack: Product
) -> None:
    assert_looks_right(quiet, workspace(live_server, pack))
    quiet.get_by_role("button", name="Details").click()
    expect(quiet.get_by_role("heading", name="Product details")).to_be_visible()
    assert_looks_right_now(quiet)


def test_a_step_that_the_credits_do_not_reach(
    quiet: Page, person: User, live_server: LiveServer, pack: Product
) -> None:
    left = credit.balance(person).available
    ledger.adjust(user_id=person.pk, amount=-left, key="all gone", reason="a test")
    quiet.goto(workspace(live_server, pack))
    quiet.locator('[data-step="sketches"]').get_by_role("button").click()
    expect(quiet.get_by_role("alert")).to_contain_text("You are 3 credits short.")
    assert_looks_right_now(quiet)


def test_the_page_of_a_photo(quiet: Page, live_server: LiveServer, pack: Product) -> None:
    photo = queries.revisions_of(pack)[0]
    assert_looks_right(quiet, f"{live_server.url}/views/{photo.pk}")


def test_the_document(quiet: Page, live_server: LiveServer, pack: Product) -> None:
    assert_looks_right(quiet, workspace(live_server, pack) + "/pack")


def test_the_products_and_the_statement_of_somebody_who_made_one(
    quiet: Page, live_server: LiveServer, pack: Product
) -> None:
    assert_looks_right(quiet, f"{live_server.url}/products")
    expect(quiet.get_by_role("link", name=pack.name)).to_be_visible()
    assert_looks_right(quiet, f"{live_server.url}/credits")


def test_a_statement_of_odd_amounts_fits_wherever_it_stands_beside_or_below(
    quiet: Page, live_server: LiveServer, person: User
) -> None:
    held = ledger.hold(
        user_id=person.pk,
        amount=7_989,
        key="k",
        operation="assistant",
        reason="a question",
        ttl=timedelta(hours=1),
    )
    ledger.capture(hold_id=held.pk, amount=5_145)
    quiet.goto(f"{live_server.url}/credits")
    expect(quiet.get_by_text("Captured 0.005145, released 0.002844")).to_be_visible()
    for width in (*WIDTHS, 720, 1000):
        quiet.set_viewport_size({"width": width, "height": 900})
        assert_fits(quiet)


def test_a_pack_whose_name_is_one_long_word_fits(
    quiet: Page, live_server: LiveServer, person: User
) -> None:
    name = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauhemd"
    product = operations.create_product(user=person, name=name)
    for path in (f"/products/{product.pk}/pack", f"/products/{product.pk}", "/products"):
        assert_looks_right(quiet, live_server.url + path)


def test_a_search_that_finds_nothing_leads_back_to_the_products(
    quiet: Page, live_server: LiveServer, person: User
) -> None:
    operations.create_product(user=person, name="Blush Hoodie")
    assert_looks_right(quiet, f"{live_server.url}/products?q=zzz")
    expect(quiet.get_by_text("Your first sheet")).to_have_count(0)
    quiet.get_by_role("link", name="All products").click()
    expect(quiet.get_by_role("link", name="Blush Hoodie")).to_be_visible()


def test_the_products_of_somebody_new(quiet: Page, live_server: LiveServer) -> None:
    assert_looks_right(quiet, f"{live_server.url}/products")
    expect(quiet.get_by_text("Your first sheet is one photo away")).to_be_visible()


def test_a_deleted_product_is_offered_back(
    quiet: Page, live_server: LiveServer, person: User
) -> None:
    product = operations.create_product(user=person, name="Blush Hoodie")
    quiet.goto(workspace(live_server, product))
    quiet.get_by_role("button", name="Details").click()
    quiet.get_by_role("button", name="Delete this product").click()
    expect(quiet.get_by_text("Blush Hoodie was deleted.")).to_be_visible()
    assert_accessible(quiet)
