"""The panel's answer as it is written: pieces, the whole panel at last, readers who leave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connections
from django.test import Client
from django.urls import reverse

from assistant.live import event
from assistant.models import Message
from credits import queries as credit
from credits.models import Hold
from generation.models import Job
from techpack.models import Product
from tests.asgi import serving
from tests.assistant.conftest import Balance
from tests.fakes.chat_script import Answer, answers_in_pieces
from tests.fakes.chat_server import ChatServer, Gate
from tests.runtime.processes import wait_for
from tests.techpack.conftest import MakeProduct
from tests.techpack.forms import panel_in, words_in

AS_HTMX = {"hx-request": "true", "accept": "text/html, text/event-stream"}
QUESTION = "How long is it?"


@pytest.fixture
def product(make_product: MakeProduct) -> Product:
    return make_product()


@pytest.fixture
def part(user: Any) -> Client:
    """A browser whose requests are htmx's."""
    client = Client(headers=AS_HTMX)
    client.force_login(user)
    return client


def address_of(product: Product) -> str:
    return reverse("assistant:assistant", args=[product.pk])


def ask(part: Client, product: Product) -> list[str]:
    """The HTML of each event of an answer that streams."""

    def sent() -> str:
        response: Any = part.post(address_of(product), {"question": QUESTION})
        assert response["Content-Type"] == "text/event-stream; charset=utf-8"
        try:
            return async_to_sync(_joined)(response.streaming_content).decode()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:  # a browser's loop may own this thread
        frames = pool.submit(sent).result().removesuffix("\n\n").split("\n\n")
    return ["\n".join(line[len("data: ") :] for line in frame.split("\n")) for frame in frames]


async def _joined(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


def test_an_event_holds_any_html() -> None:
    assert event("<p>a\r\nb</p>\n") == b"data: <p>a\ndata: b</p>\ndata: \n\n"
    assert event("x\u2028y") == "data: x\u2028y\n\n".encode()


def test_pieces_grow_and_the_panel_comes_last(
    part: Client, user: Any, product: Product, openai_vendor: ChatServer
) -> None:
    before = credit.balance(user).free
    *pieces, last = ask(part, product)
    assert pieces
    for piece in pieces:
        assert piece.startswith('<hx-partial hx-target="#growing" hx-swap="innerMorph"><p>')
    assert last.lstrip().startswith('<section class="chat" id="chat"')
    assert "AI The chest is 52 cm wide." in words_in(last)
    assert 'id="balance" hx-swap-oob="outerMorph"' in last
    hold = Hold.objects.get(operation="chat")
    assert 0 < hold.captured < hold.amount
    assert credit.balance(user).free == before - hold.captured
    assert Message.objects.get(role="assistant").job == Job.objects.get(kind="chat")


def test_the_studio_streams_too(part: Client, product: Product) -> None:
    assert "computed" in words_in(ask(part, product)[-1])
    assert Message.objects.filter(role="assistant").exists()


def test_an_answer_that_breaks_off_costs_nothing_and_the_question_stays(
    part: Client, user: Any, product: Product, openai_vendor: ChatServer
) -> None:
    before = credit.balance(user).free
    openai_vendor.will(Answer("one two three four", breaks="error"))
    last = ask(part, product)[-1]
    assert 'role="alert"' in last
    assert "Nothing was charged." in last
    assert f">{QUESTION}</textarea>" in last
    assert credit.balance(user).free == before
    assert not Message.objects.exists()


def test_what_cannot_begin_is_answered_as_a_whole(
    part: Client, product: Product, leave: Balance, openai_vendor: ChatServer
) -> None:
    leave(1)
    refused = part.post(address_of(product), {"question": QUESTION})
    assert refused["Content-Type"].startswith("text/html")
    assert "Nothing was charged." in panel_in(refused.content.decode())
    assert not Message.objects.exists()


def test_what_was_written_before_the_reader_left_is_kept_and_charged(
    user: Any, product: Product, openai_vendor: ChatServer
) -> None:
    gate = Gate()
    openai_vendor.will(answers_in_pieces(gate, "one two three four five six"))
    session = Client()
    session.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    with serving() as url, httpx.Client(base_url=url, headers=AS_HTMX, timeout=60) as reader:
        reader.cookies.set(name, session.cookies[name].value)
        reader.get(address_of(product))
        token = reader.cookies[settings.CSRF_COOKIE_NAME]
        form = {"question": QUESTION, "csrfmiddlewaretoken": token}
        gate.let(2)
        with reader.stream("POST", address_of(product), data=form) as response:
            heard = ""
            for text in response.iter_text():
                heard += text
                if "one" in heard:
                    break
        wait_for(
            lambda: Message.objects.filter(role="assistant").exists(), what="the answer to be kept"
        )
        wait_for(
            lambda: Hold.objects.filter(operation="chat", state="captured").exists(),
            what="the charge",
        )
        gate.open()
    kept = Message.objects.get(role="assistant").content
    assert kept.startswith("one")
    assert "six" not in kept
    hold = Hold.objects.get(operation="chat")
    assert 0 < hold.captured < hold.amount
