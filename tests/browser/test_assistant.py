"""The assistant in a browser: by keyboard, in the workspace, on its page, in each of its states."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from assistant.models import Message
from credits import operations as ledger
from credits import queries as credit
from techpack import operations
from techpack.models import Product
from tests.browser.conftest import (
    assert_fits,
    assert_looks_right,
    assert_looks_right_now,
    give_session,
    workspace,
)
from tests.fakes.chat_script import Answer, answers_in_pieces
from tests.fakes.chat_server import ChatServer, Gate

pytestmark = [pytest.mark.browser, pytest.mark.slow]

QUESTION = "Question about this product"
TABLE = """Hier sind die Maße, **gemessen** am Foto:

| Code | Messpunkt und wie er gemessen wird | Wert in cm | Toleranz oben | Toleranz unten |
|---|---|--:|--:|--:|
| A01 | Brustweite, halb, 2,5 cm unter dem Armloch | 58,0 | 1,0 | 1,0 |
| A04 | 衣长，从肩颈点到下摆 | 70,0 | 1,5 | 1,5 |

1. Erst das Armloch.
2. Dann der Saum: `Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenstickereigarn`.

```
A01 = 58.0 cm; A02 = 57.4 cm; A03 = 61.5 cm; A04 = 70.0 cm; A05 = 44.1 cm; A06 = 12.0 cm
```
"""

Say = Callable[..., Message]


@pytest.fixture
def chat(live_server: LiveServer, pack: Product) -> str:
    """The address of the conversation about the hoodie."""
    return f"{live_server.url}/products/{pack.pk}/assistant"


@pytest.fixture
def said(person: User, pack: Product) -> Say:
    """Keep a turn: ``said("How long?", "70 cm.")``."""

    def keep(question: str, answer: str) -> Message:
        mine = {"user": person, "product_id": pack.pk}
        asked = Message.objects.create(**mine, role="user", content=question, once=uuid4().hex)
        return Message.objects.create(**mine, role="assistant", content=answer, question=asked)

    return keep


def leave(person: User, amount: int) -> None:
    """Take all but ``amount`` µcr away."""
    left = credit.balance(person).available
    ledger.adjust(user_id=person.pk, amount=amount - left, key=f"left {amount}", reason="a test")


def test_enter_asks_and_shift_enter_begins_a_line(quiet: Page, chat: str) -> None:
    quiet.goto(chat)
    before = quiet.locator("#balance").inner_text()
    field = quiet.get_by_label(QUESTION)
    field.fill("What blocks")
    quiet.keyboard.press("Shift+Enter")
    quiet.keyboard.type("this pack?")
    expect(field).to_have_value("What blocks\nthis pack?")
    quiet.keyboard.press("Enter")
    expect(quiet.locator(".answer")).to_be_visible()
    expect(quiet.locator(".question")).to_have_text("What blocks\nthis pack?")
    expect(quiet.get_by_label(QUESTION)).to_have_value("")
    expect(quiet.get_by_label(QUESTION)).to_be_focused()
    expect(quiet.locator("#balance")).not_to_have_text(before)
    assert Message.objects.count() == 2


def test_an_enter_that_ends_a_composed_word_does_not_ask(quiet: Page, chat: str) -> None:
    quiet.goto(chat)
    field = quiet.get_by_label(QUESTION)
    field.fill("衣长")
    field.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    field.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    expect(field).to_have_value("衣长")
    expect(quiet.locator(".turns li")).to_have_count(0)


def test_what_was_asked_shows_at_once_and_says_that_it_is_busy(
    quiet: Page,
    chat: str,
    openai_vendor: ChatServer,
) -> None:
    gate = Gate()
    openai_vendor.will(Answer("It is 70 cm **long**.", gate=gate))
    quiet.goto(chat)
    quiet.get_by_label(QUESTION).fill("How long is it?")
    quiet.get_by_role("button", name="Ask").dblclick()
    expect(quiet.get_by_role("log")).to_contain_text("How long is it?")
    expect(quiet.get_by_role("progressbar", name="Being answered")).to_be_visible()
    expect(quiet.locator("[data-say]")).to_have_text("Asked. The answer is on its way.")
    expect(quiet.locator("#chat")).to_have_attribute("aria-busy", "true")
    gate.open()
    expect(quiet.get_by_role("log").locator("strong")).to_have_text("long")
    expect(quiet.get_by_role("progressbar")).to_have_count(0)
    expect(quiet.locator("#chat")).not_to_have_attribute("aria-busy", "true")
    assert Message.objects.filter(role="user").count() == 1


def test_an_answer_is_read_while_it_is_written(
    page: Page,
    streaming: str,
    person: User,
    pack: Product,
    openai_vendor: ChatServer,
) -> None:
    gate = Gate()
    openai_vendor.will(answers_in_pieces(gate, "It is **seventy** centimetres long."))
    give_session(page, person, streaming)
    page.goto(f"{streaming}/products/{pack.pk}/assistant")
    page.get_by_label(QUESTION).fill("How long is it?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("progressbar", name="Being answered")).to_be_visible()
    gate.let(3)
    growing = page.locator("#growing")
    expect(growing).to_contain_text("It is seventy")
    expect(growing).not_to_contain_text("long")
    page.keyboard.press("Enter")
    gate.open()
    expect(page.locator(".cost")).to_contain_text("credits")
    expect(page.get_by_role("log").locator("strong")).to_have_text("seventy")
    expect(page.locator("#asking")).to_have_count(0)
    expect(page.get_by_label(QUESTION)).to_have_value("")
    expect(page.get_by_label(QUESTION)).to_be_editable()
    expect(page.get_by_label(QUESTION)).to_be_focused()
    assert Message.objects.count() == 2


def test_a_question_that_cannot_be_sent_stays_in_its_field(quiet: Page, chat: str) -> None:
    quiet.goto(chat)
    quiet.evaluate(
        """() => {
          window.fetch = () => Promise.reject(new Error("no way out"));
          console.error = () => {}; // htmx tells the console of it, rightly
        }"""
    )
    quiet.get_by_label(QUESTION).fill("How long is it?")
    quiet.keyboard.press("Enter")
    expect(quiet.locator("[data-say]")).to_have_text("This could not be sent.")
    expect(quiet.get_by_label(QUESTION)).to_have_value("How long is it?")
    expect(quiet.get_by_label(QUESTION)).to_be_editable()
    expect(quiet.locator(".turns li")).to_have_count(0)


def test_the_empty_page_looks_right(quiet: Page, chat: str) -> None:
    assert_looks_right(quiet, chat)
    expect(quiet.get_by_role("button", name="List the measurements")).to_be_visible()


def test_long_answers_in_german_and_chinese_look_right(
    quiet: Page,
    live_server: LiveServer,
    chat: str,
    pack: Product,
    person: User,
    said: Say,
) -> None:
    name = "Überwurfkapuzensweatjackenoberteil 连帽运动衫 " * 4
    operations.change_product(user=person, product_id=pack.pk, changes={"name": name.strip()[:200]})
    said("Wie lang ist es? 衣长是多少？" * 20, TABLE)
    said("x" * 4000, "y" * 3000)
    assert_looks_right(quiet, chat)
    quiet.set_viewport_size({"width": 390, "height": 900})
    table = quiet.get_by_role("region", name="Table 1 of answer 1")
    wide, room = table.evaluate("box => [box.scrollWidth, box.clientWidth]")
    assert wide > room, "the table scrolls in its own box"
    quiet.goto(workspace(live_server, pack))
    quiet.get_by_role("heading", name="Assistant").click()
    expect(quiet.locator("#assistant .answer").first).to_be_visible()
    assert_looks_right_now(quiet)


def test_two_hundred_messages_fit(quiet: Page, chat: str, said: Say) -> None:
    for number in range(100):
        said(f"Question {number}", "An answer. " * 30)
    quiet.goto(chat)
    expect(quiet.locator(".question")).to_have_count(50)
    assert_fits(quiet)
    quiet.get_by_role("link", name="Earlier questions").click()
    expect(quiet.get_by_text("Question 0", exact=True)).to_be_visible()


def test_too_few_credits_show_what_fits_and_following_it_answers(
    quiet: Page,
    chat: str,
    person: User,
) -> None:
    leave(person, 5_000)
    quiet.goto(chat)
    quiet.get_by_label(QUESTION).fill("What blocks this pack?")
    quiet.keyboard.press("Enter")
    panel = quiet.get_by_role("alert")
    expect(panel).to_contain_text("Nothing was charged.")
    expect(panel).to_be_focused()
    expect(quiet.get_by_label(QUESTION)).to_have_value("What blocks this pack?")
    expect(quiet.locator(".turns li")).to_have_count(0)
    assert_looks_right_now(quiet)
    panel.get_by_role("button", name="tokens or less").click()
    expect(quiet.locator(".answer")).to_be_visible()
    expect(quiet.get_by_role("alert")).to_have_count(0)


def test_the_workspace_opens_it_and_keeps_it_through_updates(
    quiet: Page,
    live_server: LiveServer,
    pack: Product,
    person: User,
) -> None:
    quiet.goto(workspace(live_server, pack))
    quiet.get_by_role("heading", name="Assistant").click()
    quiet.get_by_role("button", name="What blocks this pack?").click()
    expect(quiet.locator("#assistant .answer")).to_be_visible()
    quiet.get_by_label(QUESTION).fill("And what")
    operations.change_product(user=person, product_id=pack.pk, changes={"name": "Renamed"})
    quiet.evaluate(
        "id => document.dispatchEvent(new CustomEvent('live:product.updated', {detail: {id}}))",
        str(pack.pk),
    )
    expect(quiet.get_by_role("heading", name="Renamed")).to_be_visible()
    expect(quiet.get_by_label(QUESTION)).to_have_value("And what")
    expect(quiet.locator("#assistant .answer")).to_be_visible()
    assert_looks_right_now(quiet)


def test_both_panels_of_missing_credits_stand_side_by_side(
    quiet: Page,
    live_server: LiveServer,
    pack: Product,
    person: User,
) -> None:
    leave(person, 5_000)
    quiet.goto(workspace(live_server, pack))
    quiet.locator('[data-step="sketches"]').get_by_role("button").click()
    expect(quiet.get_by_role("alert")).to_be_focused()
    quiet.get_by_role("heading", name="Assistant").click()
    quiet.get_by_role("button", name="What blocks this pack?").click()
    expect(quiet.get_by_role("alert")).to_have_count(2)
    expect(quiet.locator("#chat-short")).to_be_focused()
    assert_looks_right_now(quiet)


def test_a_phone_finds_it_from_the_head_of_the_workspace(
    quiet: Page,
    live_server: LiveServer,
    pack: Product,
) -> None:
    quiet.set_viewport_size({"width": 390, "height": 844})
    quiet.goto(workspace(live_server, pack))
    quiet.get_by_role("link", name="Ask", exact=True).click()
    expect(quiet.get_by_role("button", name="What blocks this pack?")).to_be_in_viewport()


def test_clear_asks_first(quiet: Page, chat: str, said: Say) -> None:
    said("How long?", "70 cm.")
    quiet.goto(chat)
    quiet.once("dialog", lambda dialog: dialog.dismiss())
    quiet.get_by_role("button", name="Clear").click()
    expect(quiet.get_by_text("70 cm.")).to_be_visible()
    quiet.once("dialog", lambda dialog: dialog.accept())
    quiet.get_by_role("button", name="Clear").click()
    expect(quiet.get_by_role("button", name="List the measurements")).to_be_visible()
    assert not Message.objects.exists()


def test_the_price_follows_the_chosen_model(
    quiet: Page,
    chat: str,
    openai_vendor: ChatServer,
) -> None:
    quiet.goto(chat)
    quiet.get_by_label("Model").select_option("studio-1")
    expect(quiet.get_by_role("button", name="Ask up to 0.01 credits")).to_be_visible()
    quiet.get_by_label("Model").select_option("gpt-6.1-terra")
    expect(quiet.get_by_role("button", name="Ask up to 0.01 credits")).to_have_count(0)
    assert_looks_right_now(quiet)


def test_without_scripts_it_is_a_page_with_a_form(
    browser: Browser,
    signed_in: Page,
    live_server: LiveServer,
    pack: Product,
) -> None:
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies(signed_in.context.cookies())  # type: ignore[arg-type]
    page = plain.new_page()
    page.goto(workspace(live_server, pack))
    page.get_by_role("heading", name="Assistant").click()
    page.get_by_role("link", name="Open the assistant").click()
    page.get_by_label(QUESTION).fill("What blocks this pack?")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".answer")).to_be_visible()
    expect(page.locator("#latest")).to_be_in_viewport()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("button", name="List the measurements")).to_be_visible()
    plain.close()
