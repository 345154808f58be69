"""The main way, from a stranger with a photo to a pack as PDF: by browser, by forms, by key."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from tests.browser.conftest import WIDTHS, assert_fits
from tests.e2e.account import ANALYZE, CLOSE_UPS, DETECT, SKETCHES, Account
from tests.e2e.killing import STUDIO, frozen, holding
from tests.e2e.visits import (
    PATIENCE_MS,
    PHOTO,
    figure,
    give_known_length,
    pdf_of,
    sign_up,
    state,
    step,
    words_of,
)
from tests.runtime.processes import wait_for
from tests.servers import Server

pytestmark = pytest.mark.slow

# Each step, what it shows while its first answer is awaited, and the credits that are left then.
STEPS = (
    ("analysis", "Looking at 1 of 1 views", "15.00"),
    ("close-ups", "Planning the shots", "12.00"),
    ("sketches", "Drawing the flats", "9.00"),
)
# A worker stands still before its first call, for as long as this lock is held.
NOBODY_IS_ASKED = "LOCK TABLE generation_aicall IN SHARE MODE"


@pytest.mark.browser
def test_in_a_browser_from_sign_up_to_the_pdf(page: Page, server: Server) -> None:
    sign_up(page)
    with frozen(server.children(STUDIO)):  # or the category might be there with the first load
        page.get_by_label("Choose photos for a new product").set_input_files(PHOTO)
        page.wait_for_url(re.compile(r"/products/[0-9a-f-]{36}$"))
        workspace = page.url
        page.evaluate("window.isSame = true")
        expect(step(page, "category")).not_to_have_attribute("data-state", "done")
    expect(step(page, "category")).to_have_attribute("data-state", "done", timeout=PATIENCE_MS)
    expect(step(page, "category")).to_contain_text("hoodie")
    assert page.evaluate("window.isSame") is True, "the page was loaded again"
    give_known_length(page, "A04", "66")

    page.evaluate("window.isSame = true")
    for key, far, left in STEPS:
        with holding(server, NOBODY_IS_ASKED):
            step(page, key).get_by_role("button").click()
            expect(step(page, key)).to_contain_text(far, timeout=PATIENCE_MS)
            expect(step(page, key)).to_have_attribute("data-state", "running")
        expect(step(page, key)).to_have_attribute("data-state", "done", timeout=PATIENCE_MS)
        expect(step(page, key)).to_contain_text("Done, 3.00 charged")
        expect(page.locator("#balance")).to_contain_text(left)

    chest = page.get_by_label("A01 value", exact=True)
    chest.fill("53.7")
    chest.press("Tab")
    row = page.locator("#pom-A01")
    expect(row.locator(".src")).to_have_text("you")
    step(page, "analysis").get_by_role("button").click()
    expect(step(page, "analysis")).to_contain_text("Done, nothing charged")
    expect(chest).to_have_value("53.7")
    expect(row.locator(".src")).to_have_text("you")
    expect(page.locator("#balance")).to_contain_text("9.00")
    assert page.evaluate("window.isSame") is True, "the page was loaded again"

    check_the_document(page, workspace)
    check_the_credits(page)


def check_the_document(page: Page, workspace: str) -> None:
    """The preview and the PDF hold the pack with the value that was typed."""
    page.goto(workspace)
    page.get_by_role("link", name="Preview the pack").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("tech pack")
    expect(page.locator("#points-of-measure, #pom, #measures").first).to_contain_text("53.7")
    pdf = pdf_of(page)
    assert len(pdf.pages) >= 6
    words = words_of(pdf)
    assert "53.7" in words
    assert "DRAFT" in words


def check_the_credits(page: Page) -> None:
    """18 on the day of sign-up, 9 used by three steps, 9 left."""
    page.goto("/credits")
    assert figure(page, "Free to use") == "9.00"
    assert figure(page, "Used this month") == "9.00"
    assert figure(page, "Held") == "0.00"


@pytest.mark.browser
def test_without_scripts_the_same_way_goes_by_forms(plain_page: Page) -> None:
    page = plain_page
    sign_up(page)
    page.get_by_label("Choose photos for a new product").set_input_files(PHOTO)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url(re.compile(r"/products/[0-9a-f-]{36}$"))
    workspace = page.url
    reload_until_done(page, "category")
    give_known_length(page, "A04", "66")
    for key, _, _ in STEPS:
        send(page, step(page, key).get_by_role("button"))
        reload_until_done(page, key)
        expect(step(page, key)).to_contain_text("Done, 3.00 charged")

    page.get_by_role("link", name="Details").click()
    details = page.get_by_role("dialog")
    details.get_by_label("Name").fill("Blush Hoodie")
    send(page, details.get_by_role("button", name="Save"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Blush Hoodie")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert_fits(page)

    page.get_by_label("A01 value", exact=True).fill("53.7")
    send(page, page.locator("#measures").get_by_role("button", name="Save"))
    expect(page.locator("#pom-A01 .src")).to_have_text("you")
    send(page, step(page, "analysis").get_by_role("button"))
    expect(step(page, "analysis")).to_contain_text("Done, nothing charged")
    expect(page.get_by_label("A01 value", exact=True)).to_have_value("53.7")
    check_the_document(page, workspace)
    check_the_credits(page)


def send(page: Page, button: Locator) -> None:
    """Send the button's form and wait for the page that answers."""
    with page.expect_navigation():
        button.click()


def reload_until_done(page: Page, key: str) -> None:
    """What a person without scripts does: load the page again."""

    def is_over() -> bool:
        page.reload()
        assert state(page, key) != "failed", step(page, key).inner_text()
        return state(page, key) == "done"

    wait_for(is_over, within_s=PATIENCE_MS / 1000, what=f"the end of {key}")


def test_by_key_the_same_way_goes_over_http(account: Account) -> None:
    product = account.send("POST", "/api/products", {"name": ""})["id"]
    revision = account.add_photo(product, PHOTO.name, "front")
    assert account.run(DETECT, {"productId": product})["category"] == "tops"
    give_the_height(account, revision["id"])

    body = {"productId": product, "revisionIds": [revision["id"]]}
    analyzed = account.run(ANALYZE, body)
    (analysis,) = analyzed["analyses"]
    check_the_lengths(analysis["analysisData"]["dimensions"])
    assert 1 <= len(analysis["analysisData"]["colors"]) <= 6
    assert analysis["tokensUsed"] >= 0
    assert not analysis["cached"]

    close = account.run(CLOSE_UPS, {"productId": product, "baseViewAnalyses": [analysis["id"]]})
    assert 6 <= len(close["generatedImages"]) == len(close["plan"]) <= 10
    for image in close["generatedImages"]:
        assert account.http.get(image["imageUrl"]).headers["content-type"].startswith("image/")
    drawn = account.run(SKETCHES, {"productId": product, "productAnalysis": analysis["id"]})
    assert [sketch["viewType"] for sketch in drawn["sketches"]] == ["front", "back", "side"]
    for sketch in drawn["sketches"]:
        check_the_drawing(account.http.get(sketch["svgUrl"]).raise_for_status().content)
    assert [analyzed["creditsUsed"], close["creditsUsed"], drawn["creditsUsed"]] == [3, 3, 3]

    pdf = account.http.get(f"/api/products/{product}/tech-pack.pdf").raise_for_status()
    assert len(PdfReader(io.BytesIO(pdf.content)).pages) >= 6
    check_the_second_time(account, body)
    assert account.available() == Decimal(9)
    assert account.http.post("/api/keys", json={"name": "another"}).status_code == 403


def give_the_height(account: Account, revision: str) -> None:
    """One known dimension: from the top of the outline to its lowest point."""
    ring = account.get(f"/api/revisions/{revision}/outline")["rings"][0]
    by_height = sorted(ring, key=lambda point: point[1])
    known = {"from": by_height[0], "to": by_height[-1], "length": {"value": 72, "unit": "cm"}}
    account.send("PUT", f"/api/revisions/{revision}/scale", known)


def check_the_lengths(dimensions: list[Any]) -> None:
    """At least eight points of measure with value, unit and ±."""
    measured = [row for row in dimensions if row["provenance"] == "measured"]
    assert len(measured) >= 8
    for row in measured:
        assert float(row["value"]) > 0
        assert row["unit"] == "cm"
        assert row["uncertainty"] > 0


def check_the_drawing(svg: bytes) -> None:
    """A vector drawing with named layers."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own server's answer
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    layers = {group.get("id") for group in root.iter("{http://www.w3.org/2000/svg}g")}
    assert {"outline"} <= layers, layers
    assert any(True for _ in root.iter("{http://www.w3.org/2000/svg}path"))


def check_the_second_time(account: Account, body: dict[str, Any]) -> None:
    """The same photos again: from what is stored, without tokens, free."""
    again = account.run(ANALYZE, body)
    (analysis,) = again["analyses"]
    assert (analysis["cached"], analysis["tokensUsed"], again["creditsUsed"]) == (True, 0, 0)


def test_after_all_that_the_ledger_has_not_drifted(server: Server) -> None:
    checked = server.manage("check_ledger")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.splitlines()[-1] == "drift 0"
