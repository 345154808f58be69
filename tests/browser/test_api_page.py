"""The page that explains the API."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import WIDTHS, assert_accessible, assert_fits, assert_looks_right

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_it_fits_and_is_accessible(page: Page, live_server: LiveServer) -> None:
    assert_looks_right(page, live_server.url + "/api/docs")


def test_it_fits_and_is_accessible_with_everything_open(
    page: Page, live_server: LiveServer
) -> None:
    page.goto(live_server.url + "/api/docs")
    page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert_fits(page)
    assert_accessible(page)


def test_an_operation_opens_and_leads_to_its_shape(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/api/docs")
    analyze = page.locator("details", has=page.locator("#base_views_analyze"))
    analyze.locator("summary").click()
    expect(analyze.get_by_role("rowheader", name="revisionIds")).to_be_visible()
    expect(analyze.get_by_text("list of 1 to 8 UUID")).to_be_visible()
    analyze.get_by_role("link", name="Analyzed").click()
    expect(page).to_have_url(live_server.url + "/api/docs#shape-Analyzed")
    shape = page.locator("#shape-Analyzed")
    expect(shape.get_by_role("rowheader", name="creditsUsed")).to_be_visible()
