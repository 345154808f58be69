"""A browser that draws no more is told from a page that does not do what it should."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import stands_still

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_page_without_frames_stands_still(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url)
    assert not stands_still(page)
    page.goto(live_server.url)
    page.evaluate("() => { window.requestAnimationFrame = () => 0; }")
    assert stands_still(page)
