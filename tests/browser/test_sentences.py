"""Fields and photos changed by a sentence, and a product that starts from words."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from core.money import CREDIT
from credits import operations as ledger
from generation.models import Job
from techpack import queries
from techpack.models import Product
from tests.browser.conftest import assert_looks_right_now, workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG = "Doppelt abgesteppte Kapuzenansatznaht mit Fischgrätband 连帽接缝双针绷缝"


@pytest.fixture(autouse=True)
def _credits(person: User) -> None:
    ledger.adjust(user_id=person.pk, amount=20 * CREDIT, key="more", reason="test")


def test_a_field_is_asked_for_in_place_by_keyboard_and_undone(
    quiet: Page, live_server: LiveServer, pack: Product
) -> None:
    quiet.goto(workspace(live_server, pack))
    row = quiet.locator("#pom-A04")
    value = row.get_by_label("A04 value", exact=True)
    before = value.input_value()
    row.get_by_role("link", name="Change A04 value with a sentence, 1 credit").press("Enter")
    words = quiet.locator("#ask").get_by_role("textbox")
    expect(words).to_be_focused()
    assert_looks_right_now(quiet)
    quiet.evaluate(
        "id => document.dispatchEvent(new CustomEvent('live:product.updated', {detail: {id}}))",
        str(pack.pk),
    )
    words.fill("2 cm longer")
    words.press("Enter")
    told = quiet.locator("#at-pointsOfMeasure\\.A04\\.value")
    expect(told).to_contain_text("2 cm longer")
    expect(value).to_have_value(f"{float(before) + 2:.1f}")
    expect(quiet.locator("#ask")).to_have_count(0)
    told.get_by_role("button", name="Undo").click()
    expect(value).to_have_value(before)
    expect(told).to_have_count(0)

    parts = quiet.get_by_label("Construction, by callout")
    part = parts.get_by_role("link", name=re.compile("^Change .* with a sentence")).first
    part.click()
    expect(words).to_be_focused()
    words.fill(f'write "{LONG}"')
    quiet.locator("#ask").get_by_role("button", name="Change it 1 credit").dblclick()
    expect(quiet.get_by_role("button", name=re.compile("^Undo the change of"))).to_have_count(1)
    assert Job.objects.filter(kind="edit").count() == 2
    assert_looks_right_now(quiet)


def test_a_photo_is_changed_and_comes_back(
    quiet: Page, live_server: LiveServer, pack: Product
) -> None:
    quiet.goto(workspace(live_server, pack))
    quiet.get_by_role("link", name="Change the front photo with a sentence").click()
    panel = quiet.locator("#change")
    panel.get_by_role("button", name="make it navy").click()
    expect(panel.get_by_label("What should change?")).to_have_value("make it navy")
    panel.get_by_label("In its place").check()
    panel.get_by_role("button", name="Change it 1 credit").click()
    quiet.wait_for_url("**/products/*")
    undo = quiet.get_by_role("button", name="Undo the change of the front photo")
    expect(undo).to_be_visible()
    quiet.get_by_role("link", name="Before and after").click()
    expect(panel.get_by_alt_text("Before")).to_be_visible()
    assert_looks_right_now(quiet)
    panel.get_by_role("button", name="Undo").click()
    expect(quiet.get_by_text("The earlier picture is back.")).to_be_visible()
    assert queries.revisions_of(pack).get().source == "upload"


def test_an_idea_becomes_drafts_and_then_views(quiet: Page, live_server: LiveServer) -> None:
    quiet.goto(f"{live_server.url}/products")
    quiet.get_by_label("What is it?").fill("navy hoodie, boxy fit, kangaroo pocket")
    quiet.get_by_label("Name, if it has one").fill("Gannet 塘鹅 Überwurf")
    quiet.get_by_role("button", name="2 drafts 0.50 credits").click()
    drafts = quiet.locator("#drafts")
    expect(drafts.get_by_role("radio")).to_have_count(2)
    drafts.get_by_role("radio", name="Draft 2").check()
    assert_looks_right_now(quiet)
    drafts.get_by_role("button", name="Front only 1 credit").click()
    card = quiet.locator(".view-list li")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("not a photo")
    product = Product.objects.get()
    made = queries.revisions_of(product).get()
    chosen = quiet.get_by_role("radio", name="Draft 2").get_attribute("value")
    assert (made.view_type, str(made.made_from_id)) == ("front", chosen)
