"""The assistant's panel without scripts: asking, what it costs, what is refused, what is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assistant import conversation, operations
from assistant.conversation import (
    BYTES_SENT,
    QUESTION_MOST,
    TURNS_SENT,
    Asked,
    messages_of,
    turns_of,
)
from assistant.models import Message
from core.money import CREDIT, shown
from credits import budget
from credits import queries as credit
from credits.models import Hold
from generation.models import Job
from techpack.models import Product
from tests.assistant.conftest import Balance
from tests.fakes.chat_script import Answer, refuses_content
from tests.fakes.chat_server import ChatServer
from tests.techpack.conftest import MakeProduct
from tests.techpack.forms import panel_in, press, words_in

BLOCKS = "What blocks this pack?"


@pytest.fixture
def product(make_product: MakeProduct) -> Product:
    return make_product()


@pytest.fixture
def visitor(user: Any) -> Client:
    """Signed in, with forms that are checked for forgery as a browser's are."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


def address_of(product: Product, name: str = "assistant") -> str:
    return reverse(f"assistant:{name}", args=[product.pk])


def opened(visitor: Client, product: Product) -> str:
    return visitor.get(address_of(product)).content.decode()


def ask(visitor: Client, product: Product, question: str, **more: str) -> Any:
    return press(visitor, opened(visitor, product), "Question", question=question, **more)


def said(user: Any, product: Product, question: str, answer: str | None = "Yes.") -> Message:
    """A turn of the conversation, as it is kept."""
    mine = {"user": user, "product_id": product.pk}
    asked = Message.objects.create(**mine, role="user", content=question, once=uuid4().hex)
    if answer is not None:
        Message.objects.create(**mine, role="assistant", content=answer, question=asked)
    return asked


def test_a_suggested_question_is_answered_kept_and_charged(
    visitor: Client, user: Any, product: Product
) -> None:
    empty = opened(visitor, product)
    assert "Ask up to 0.01 credits" in words_in(empty)
    answer = press(visitor, empty, "Question", suggested=BLOCKS)
    assert answer.status_code == 302
    assert answer["Location"] == f"{address_of(product)}#latest"

    job = Job.objects.get(kind="chat")
    assert job.hold is not None
    assert (job.product_id, job.user) == (product.pk, user)
    assert credit.balance(user).free == 18 * CREDIT - job.hold.captured
    page = words_in(opened(visitor, product))
    assert f"you {BLOCKS} computed" in page
    assert f"studio-1 , {shown(job.hold.captured)} credits" in page
    assert "List the measurements" not in page  # suggestions are for who has asked nothing yet


def test_the_panel_calls_the_verb_of_the_endpoint(
    visitor: Client, user: Any, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Any] = []
    complete = operations.complete

    def noting(**given: Any) -> Any:
        calls.append(given)
        return complete(**given)

    monkeypatch.setattr(operations, "complete", noting)
    ask(visitor, product, "How long is it?\r\nIn cm.")
    ask(visitor, product, "And wide?")
    first, second = (call["asked"] for call in calls)
    assert first == {
        "messages": [{"role": "user", "content": "How long is it?\nIn cm."}],
        "max_tokens": 1024,
        "product_id": str(product.pk),
    }
    assert [message["role"] for message in second["messages"]] == ["user", "assistant", "user"]
    assert calls[0]["user"] == user
    assert calls[0]["request_id"].startswith("req_")


def test_too_few_credits_keep_the_question_and_offer_what_fits(
    visitor: Client, user: Any, product: Product, leave: Balance
) -> None:
    leave(4_500)
    refused = ask(visitor, product, "List the measurements")
    html = refused.content.decode()
    assert refused.status_code == 402
    assert "Nothing was charged." in panel_in(html)
    assert ">List the measurements</textarea>" in html
    assert not Message.objects.exists()
    assert not Job.objects.filter(kind="chat").exists()

    assert press(visitor, html, "tokens or less").status_code == 302
    hold = Hold.objects.get(operation="chat")
    assert hold.amount <= 4_500
    assert credit.balance(user).free == 4_500 - hold.captured


def test_another_model_is_a_choice_and_a_way_out(
    visitor: Client, product: Product, leave: Balance, dear: str
) -> None:
    html = opened(visitor, product)
    assert "studio-1, up to 0.01 credits" in words_in(html)
    assert f'<option value="{dear}"' in html
    leave(20_000)
    refused = ask(visitor, product, BLOCKS, model=dear)
    assert f"a question to {dear}" in panel_in(refused.content.decode())
    assert press(visitor, refused.content.decode(), "Ask studio-1 instead").status_code == 302
    assert Hold.objects.get(operation="chat").model == "studio-1"


def test_the_model_that_answered_last_is_asked_next(
    visitor: Client, product: Product, dear: str
) -> None:
    ask(visitor, product, BLOCKS, model=dear)
    assert f'<option value="{dear}" data-price="up to ' in opened(visitor, product)
    page = opened(visitor, product)
    assert page.index("selected", page.index(f'<option value="{dear}"')) < page.index(
        "</option>", page.index(f'<option value="{dear}"')
    )


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("  ", "Type a question first."),
        ("x" * (QUESTION_MOST + 1), f"A question may have {QUESTION_MOST} characters"),
    ],
)
def test_a_question_of_no_words_or_too_many_is_refused_with_its_words_kept(
    visitor: Client, product: Product, question: str, words: str
) -> None:
    refused = ask(visitor, product, question)
    html = refused.content.decode()
    assert refused.status_code == 400
    assert 'role="alert"' in html
    assert words in html
    assert f">{question.strip()}</textarea>" in html


def test_a_model_that_does_not_exist_is_refused_with_the_words_kept(
    visitor: Client, product: Product
) -> None:
    refused = ask(visitor, product, BLOCKS, model="gpt-none")
    assert refused.status_code == 404
    assert "There is no such model." in refused.content.decode()
    assert f">{BLOCKS}</textarea>" in refused.content.decode()


def test_a_vendor_that_refuses_costs_nothing_and_the_question_stays(
    visitor: Client, user: Any, product: Product, openai_vendor: ChatServer
) -> None:
    before = credit.balance(user).free
    openai_vendor.will(refuses_content)
    refused = ask(visitor, product, BLOCKS)
    html = refused.content.decode()
    assert refused.status_code >= 400
    assert "Nothing was charged." in html
    assert f">{BLOCKS}</textarea>" in html
    assert credit.balance(user).free == before
    assert ask(visitor, product, BLOCKS).status_code == 302


def test_what_a_language_model_writes_is_set_and_marked_as_its_own(
    visitor: Client, product: Product, openai_vendor: ChatServer
) -> None:
    openai_vendor.will(Answer("<script>alert(1)</script> **bold**"))
    ask(visitor, product, "<b>Hello</b>")
    html = opened(visitor, product)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <strong>bold</strong>" in html
    assert '<p class="question">&lt;b&gt;Hello&lt;/b&gt;</p>' in html
    assert '<span class="src" data-src="ai">AI</span>' in html


def test_two_clicks_and_two_tabs_ask_once(visitor: Client, user: Any, product: Product) -> None:
    tab, other = opened(visitor, product), opened(visitor, product)
    for page in (tab, tab, other):
        assert press(visitor, page, "Question", question=BLOCKS).status_code == 302
    assert Message.objects.filter(role="user").count() == 1
    assert Job.objects.filter(kind="chat").count() == 1
    assert press(visitor, other, "Question", question="Something else?").status_code == 302
    assert Job.objects.filter(kind="chat").count() == 2


def test_the_same_question_at_the_same_moment_is_asked_once(user: Any, product: Product) -> None:
    together = Barrier(2, timeout=30)
    tabs = [Client(), Client()]
    for tab in tabs:
        tab.force_login(user)

    def send(tab: Client) -> int:
        together.wait()
        try:
            return int(tab.post(address_of(product), {"question": BLOCKS}).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(send, tabs)) == [302, 302]
    assert Job.objects.filter(kind="chat").count() == 1


def test_the_same_question_may_be_asked_again_later(visitor: Client, product: Product) -> None:
    ask(visitor, product, BLOCKS)
    ask(visitor, product, BLOCKS)
    assert Job.objects.filter(kind="chat").count() == 2


def test_clear_forgets_this_product_and_no_other(
    visitor: Client, user: Any, make_product: MakeProduct
) -> None:
    here, there = make_product(), make_product()
    for product in (here, there):
        said(user, product, BLOCKS)
    assert press(visitor, opened(visitor, here), "Clear").status_code == 302
    assert "List the measurements" in opened(visitor, here)
    assert list(Message.objects.values_list("product_id", flat=True).distinct()) == [there.pk]


def test_an_answer_to_a_conversation_that_was_cleared_is_let_go(
    user: Any, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = operations.complete

    def cleared_meanwhile(**given: Any) -> Any:
        answered = complete(**given)
        conversation.clear(user=user, product_id=product.pk)
        return answered

    monkeypatch.setattr(operations, "complete", cleared_meanwhile)
    conversation.ask(user=user, product_id=product.pk, asked=Asked(BLOCKS))
    assert not Message.objects.exists()


def test_nobody_else_sees_or_asks(
    visitor: Client, user: Any, product: Product, django_user_model: Any
) -> None:
    said(user, product, "Is this secret?")
    other = Client()
    other.force_login(django_user_model.objects.create_user("eve@example.com"))
    for name in ("assistant", "clear"):
        assert other.post(address_of(product, name), {"question": BLOCKS}).status_code == 404
    assert other.get(address_of(product)).status_code == 404
    assert Client().get(address_of(product)).status_code == 302
    assert visitor.post(address_of(product), {"question": BLOCKS}).status_code == 403  # no token
    assert Message.objects.count() == 2


def test_a_question_that_is_being_answered_is_looked_at_again(
    visitor: Client, user: Any, product: Product
) -> None:
    waiting = said(user, product, BLOCKS, None)
    html = opened(visitor, product)
    assert "Being answered." in html
    assert 'hx-trigger="every 3s"' in html
    Message.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(hours=1))
    html = opened(visitor, product)
    assert "Not answered, not charged." in html
    assert "hx-trigger" not in html


def test_turns_go_along_within_reason(user: Any, product: Product) -> None:
    for number in range(TURNS_SENT + 5):
        said(user, product, f"Question {number}")
    said(user, product, "Never answered", None)
    turns = turns_of(user, product.pk, most=100)
    sent = messages_of(turns)
    assert len(sent) == 2 * (TURNS_SENT - 1)  # of the last twenty one has no answer
    assert sent[-2:] == [
        {"role": "user", "content": f"Question {TURNS_SENT + 4}"},
        {"role": "assistant", "content": "Yes."},
    ]
    said(user, product, "A long one", "尺" * (BYTES_SENT // 3))
    said(user, product, "And after it")
    assert [message["content"] for message in messages_of(turns_of(user, product.pk, most=9))] == [
        "And after it",
        "Yes.",
    ]


def test_two_hundred_messages_are_read_in_as_many_queries_as_two(
    visitor: Client, user: Any, product: Product
) -> None:
    said(user, product, "The first")
    opened(visitor, product)
    with CaptureQueriesContext(connection) as few:
        opened(visitor, product)
    for number in range(100):
        said(
            user, product, f"Wie lang ist Maß {number}?", "| a | b |\n|---|--:|\n| 长度 | 1 |\n" * 3
        )
    with CaptureQueriesContext(connection) as many:
        html = opened(visitor, product)
    assert len(many) == len(few)
    assert html.count('class="question"') == 50
    older = html[html.index("?before=") + len("?before=") :].split('"')[0]
    earlier = visitor.get(address_of(product), {"before": older}).content.decode()
    assert "Maß 50?" in html
    assert "Maß 49?" in earlier
    assert "Maß 50?" not in earlier
    assert visitor.get(address_of(product), {"before": "nothing"}).status_code == 404


def test_htmx_gets_the_panel_and_the_balance(user: Any, product: Product, leave: Balance) -> None:
    part = Client(headers={"hx-request": "true"})
    part.force_login(user)
    html = part.post(address_of(product), {"question": BLOCKS}).content.decode()
    assert html.lstrip().startswith('<section class="chat" id="chat"')
    assert 'id="balance" hx-swap-oob="outerMorph"' in html
    assert " autofocus" in html
    leave(1)
    refused = part.post(address_of(product), {"question": "And why?"})
    assert refused.status_code == 200  # the panel says it; browsers log other statuses as faults
    assert "Nothing was charged." in panel_in(refused.content.decode())


def test_a_budget_that_is_crossed_is_told_beside_the_answer(
    visitor: Client, user: Any, product: Product
) -> None:
    budget.set_floor(user=user, floor=18 * CREDIT)
    part = Client(headers={"hx-request": "true"})
    part.force_login(user)
    html = part.post(address_of(product), {"question": BLOCKS}).content.decode()
    assert "18 credits" in words_in(html[html.index('<div class="note warn">') :])
    assert '<div class="note warn">' not in opened(visitor, product)


def test_an_answer_that_was_cut_off_says_so(
    visitor: Client, product: Product, openai_vendor: ChatServer
) -> None:
    openai_vendor.will(Answer("It is about", finish_reason="length"))
    ask(visitor, product, "Tell me everything")
    assert "Cut off at its limit." in words_in(opened(visitor, product))


def test_the_workspace_opens_the_panel_with_scripts_and_links_to_it_without(
    visitor: Client, product: Product
) -> None:
    html = visitor.get(reverse("techpack:workspace", args=[product.pk])).content.decode()
    details = html[html.index('<details class="panel" id="assistant"') :].split("</details>")[0]
    assert f'hx-get="{address_of(product)}"' in details
    assert f'<p class="nojs-only"><a class="btn" href="{address_of(product)}">' in details
