"""The documentation in a browser, and its JavaScript samples."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.operations import create_key
from core.docs import files
from credits import operations as ledger
from credits import queries as credit
from generation.errors import Failure, ProviderError
from tests.browser.conftest import PATIENCE_MS, assert_looks_right
from tests.core.docs import Sample, samples

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FEW = 9_000  # µcr
SAMPLES = {str(one): one for one in samples("js")}


@pytest.mark.parametrize("address", list(files()))
def test_a_page_fits_and_is_accessible(page: Page, live_server: LiveServer, address: str) -> None:
    assert_looks_right(page, f"{live_server.url}/docs/{address}")


def test_a_heading_is_a_link_to_itself(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/docs/credits")
    page.get_by_role("heading", name="Lots").get_by_role("link").click()
    expect(page).to_have_url(f"{live_server.url}/docs/credits#lots")
    expect(page.get_by_role("heading", name="Lots")).to_be_in_viewport()


def test_the_list_of_pages_leads_to_the_next(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/docs/")
    pages = page.get_by_role("navigation", name="Documentation")
    expect(pages.get_by_role("link", name="Documentation")).to_have_attribute(
        "aria-current", "page"
    )
    pages.get_by_role("link", name="Credits", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Credits")


@pytest.fixture
def own_site(browser: Browser, streaming: str, person: User) -> Any:
    """A page whose server adds a key to what it passes on, as the documentation advises."""
    key = create_key(user=person, name="my server")[1]

    def pass_on(route: Route) -> None:
        route.continue_(headers={**route.request.headers, "authorization": f"Bearer {key}"})

    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.route("**/v1/**", pass_on)
    page.route("**/api/**", pass_on)
    page.goto(f"{streaming}/docs/errors/insufficient-credits")
    yield page
    page.close()


def run(page: Page, sample: Sample) -> None:
    """The sample as a module of the page."""
    page.evaluate(f"(async () => {{\n{sample.code}\n}})()")


def test_there_are_two_and_they_are_run_below() -> None:
    assert list(SAMPLES) == ["errors/insufficient-credits 5", "errors/video-errors 4"]


def test_the_button_asks_again_in_the_size_that_fits(own_site: Page, person: User) -> None:
    over = credit.balance(person).free - FEW
    ledger.adjust(user_id=person.pk, amount=-over, key="a test", reason="a test")
    run(own_site, SAMPLES["errors/insufficient-credits 5"])
    place = own_site.locator("main")
    expect(place).to_contain_text("Insufficient credits for this request.")
    expect(place.get_by_role("listitem").nth(1)).to_contain_text("Try setting max_tokens to")
    place.get_by_role("button", name="tokens or less").click()
    expect(place).to_contain_text("I am the studio's own answerer")
    expect(place.get_by_role("button")).to_have_count(0)
    assert FEW > credit.balance(person).free >= 0
    assert credit.balance(person).held == 0


def test_what_the_credits_cover_is_answered_at_once(own_site: Page, person: User) -> None:
    run(own_site, SAMPLES["errors/insufficient-credits 5"])
    expect(own_site.locator("main")).to_contain_text("I am the studio's own answerer")


def test_a_film_that_fails_is_told_in_words_and_can_be_asked_for_again_where_that_helps(
    own_site: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = SAMPLES["errors/video-errors 4"]
    run(own_site, film)
    place = own_site.locator("main")
    expect(place).to_contain_text("MODERATION_BLOCKED: Your request was blocked by our moderation")
    expect(place.get_by_role("listitem").first).to_contain_text("Leave out “gory scene”")
    expect(place.get_by_role("button")).to_have_count(0)
    with monkeypatch.context() as patch:
        patch.setattr("videos.moderation.check", _is_busy)
        run(own_site, film)
        expect(place).to_contain_text("RATE_LIMIT_EXCEEDED: ")
    place.get_by_role("button", name="Try again").click()
    expect(place).to_contain_text("MODERATION_BLOCKED: ")


def _is_busy(words: str) -> None:
    raise ProviderError(Failure.TRANSIENT, "busy", code="rate_limit_exceeded")
