import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.browser.conftest import PASSWORD, assert_accessible, assert_fits, assert_looks_right

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PUBLIC = (
    "/",
    "/prices",
    "/account/login/",
    "/account/signup/",
    "/account/password/reset/",
    "/account/password/reset/done/",
    "/account/password/reset/key/1-gone/",
    "/account/login/code/",
    "/account/confirm-email/gone/",
    "/account/inactive/",
)
OWN = (
    "/account",
    "/account/email/",
    "/account/password/change/",
    "/account/2fa/",
    "/account/sessions/",
    "/account/keys",
    "/account/webhooks",
    "/notifications/preferences",
    "/account/logout/",
    "/account/reauthenticate/",
    "/credits",
    "/billing",
    "/billing/checkout?plan=pro&interval=year",
    "/billing/receipts",
)


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_page_fits_and_is_accessible(
    page: Page, live_server: LiveServer, path: str
) -> None:
    assert_looks_right(page, live_server.url + path)


@pytest.mark.parametrize("path", OWN)
def test_a_page_of_ones_own_fits_and_is_accessible(
    signed_in: Page, live_server: LiveServer, path: str
) -> None:
    assert_looks_right(signed_in, live_server.url + path)


def test_setting_up_a_second_factor_is_accessible(signed_in: Page, live_server: LiveServer) -> None:
    page = signed_in
    page.goto(live_server.url + "/account/2fa/totp/activate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 900})
    assert_fits(page)
    assert_accessible(page)


def test_signing_up_by_the_form_opens_an_account(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/account/signup/?next=/account")
    page.get_by_label("Email").fill("new@studio.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()


def test_a_form_error_is_tied_to_its_field(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/account/signup/")
    page.get_by_label("Email").fill("new@studio.example")
    page.get_by_label("Password").fill("abc")
    page.get_by_role("button", name="Make my account").click()
    password = page.get_by_label("Password")
    expect(password).to_have_attribute("aria-invalid", "true")
    expect(password).to_have_accessible_description(re.compile("too short"))
    assert_accessible(page)


def test_the_colour_scheme_can_be_switched_and_is_remembered(
    page: Page, live_server: LiveServer
) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(live_server.url + "/account/login/")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_new_key_is_shown_once(signed_in: Page, live_server: LiveServer, person: User) -> None:
    page = signed_in
    page.goto(live_server.url + "/account/keys")
    page.get_by_label("Name").fill("exporter")
    page.get_by_role("button", name="Make this key").click()
    expect(page.get_by_label("The new key")).to_have_value(re.compile("^tps_live_"))
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 900})
    assert_fits(page)
    page.goto(live_server.url + "/account/keys")
    expect(page.get_by_label("The new key")).to_have_count(0)
    page.get_by_role("button", name="Revoke exporter").click()
    expect(page.get_by_text("Revoked", exact=True)).to_be_visible()


def test_what_a_page_was_left_to_say_can_be_put_away(
    signed_in: Page, live_server: LiveServer
) -> None:
    page = signed_in
    page.goto(live_server.url + "/credits")
    page.get_by_role("button", name="Save the floor").click()
    expect(page.get_by_role("status").get_by_text("You have no floor now.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Put this away").click()
    expect(page.get_by_text("You have no floor now.")).to_have_count(0)


def test_the_keyboard_reaches_the_content_first(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_htmx_runs_under_the_policy(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/")
    page.wait_for_function("window.htmx !== undefined")
    assert page.evaluate("htmx.config.includeIndicatorCSS") is False


def test_a_photo_chosen_by_a_stranger_waits_through_sign_up(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    photo = tmp_path / "hoodie.png"
    photo.write_bytes(b"\x89PNG")
    page.goto(live_server.url + "/")
    page.get_by_label("Choose a photo").set_input_files(photo)
    expect(page.get_by_role("heading", name="Make an account")).to_be_visible()
    expect(page.get_by_text("Your photo waits in this browser")).to_be_visible()
