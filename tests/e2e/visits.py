"""Somebody's browser: what people see and do on the way to a pack."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect
from pypdf import PdfReader

from tests.e2e.account import PASSWORD
from tests.servers import Server

PHOTO = Path(__file__).resolve().parent.parent / "photos" / "hoodie-pink-flatlay.jpg"
# What a person would wait for at most; the steps take seconds where nothing else runs.
PATIENCE_MS = 120_000


@contextmanager
def visitor(browser: Browser, server: Server, **options: Any) -> Iterator[Page]:
    """A page of a new context; fails at the end on any complaint of the browser's console."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{message.text} ({message.location.get('url', '')})")

    context = browser.new_context(
        base_url=server.url, viewport={"width": 1440, "height": 900}, **options
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert not complaints, complaints


def sign_up(page: Page) -> None:
    """A new account by the form; ends on the list of products."""
    page.goto("/account/signup/")
    page.get_by_label("Email").fill(f"{uuid4().hex[:12]}@studio.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url("**/products")


def step(page: Page, key: str) -> Locator:
    """A step of the rail: category, analysis, close-ups or sketches."""
    return page.locator(f'[data-step="{key}"]')


def state(page: Page, key: str) -> str:
    """How a step of the rail stands: idle, queued, running, done or failed."""
    return step(page, key).get_attribute("data-state") or ""


def give_known_length(page: Page, code: str, length: str) -> None:
    """Choose a visible length and type it."""
    page.get_by_label("Known length", exact=True).select_option(code)
    page.get_by_label("Its length in").fill(length)
    page.get_by_role("button", name="Measure").click()
    expect(page.get_by_text(f"Lengths are measured from {code} now.")).to_be_visible()


def pdf_of(page: Page) -> PdfReader:
    """The pack as the page's PDF button gives it."""
    address = page.get_by_role("link", name="PDF").get_attribute("href")
    answer = page.request.get(str(address), timeout=PATIENCE_MS)
    assert answer.headers["content-type"] == "application/pdf"
    return PdfReader(io.BytesIO(answer.body()))


def words_of(pdf: PdfReader) -> str:
    """The text of all pages."""
    return "\n".join(page.extract_text() for page in pdf.pages)


def figure(page: Page, name: str) -> str:
    """An amount of the balance on the page of credits."""
    row = page.locator(".balances div").filter(has=page.get_by_text(name, exact=True))
    return row.locator("dd").inner_text()
