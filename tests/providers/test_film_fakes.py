"""The vendor of films that other tests rely on: as a process of its own, and its callbacks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from generation.providers.callbacks import taken
from generation.providers.openai_video import OpenAIVideo
from generation.providers.protocols import Ask, VideoAsked
from tests.fakes.apart import vendor_of
from tests.fakes.film_callbacks import SECRET
from tests.fakes.openai_films import MODEL, Fate, FilmServer
from tests.fakes.vendor import KEY, Asked, Exchange
from tests.providers.films_asked import created, maker_of
from tests.runtime.processes import wait_for


@pytest.fixture
def root() -> Iterator[str]:
    """The address of a vendor in a process of its own."""
    with vendor_of("tests.fakes.openai_films") as address:
        yield address


def test_a_vendor_in_a_process_of_its_own_is_commanded_over_http(root: str) -> None:
    maker = OpenAIVideo(f"{root}/v1", KEY)
    asked = VideoAsked("a polo", 4, 1280, 720)

    def command(name: str, **told: object) -> None:
        httpx.post(f"{root}/control/{name}", json=told).raise_for_status()

    command("fate", looks=None, next=1)
    begun = maker.create(asked, ask=Ask(MODEL, timeout_s=5), told=lambda *_: None)
    assert maker.look(begun.ref, timeout_s=5).status == "in_progress"
    command("end", prompt="a polo", code="moderation_blocked")
    assert maker.look(begun.ref, timeout_s=5).code == "moderation_blocked"
    state = httpx.get(f"{root}/control/state").json()
    assert state["purchases"] == {"a polo": 1}
    assert state["films"][begun.ref]["looks"] == 2


class Heard:
    """What came to an address that is called back."""

    def __init__(self) -> None:
        self.messages: list[tuple[bytes, dict[str, str]]] = []

    def __call__(self, exchange: Exchange) -> None:
        self.messages.append(
            (json.dumps(exchange.asked.body).encode(), dict(exchange.asked.headers))
        )
        exchange.answer(200, {})


class Listener(FilmServer):
    """Takes callbacks."""

    def operation_of(self, asked: Asked) -> str:
        """``callback``."""
        return "callback"


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def listener(heard: Heard) -> Iterator[Listener]:
    with Listener(heard) as server:
        yield server


def test_the_end_of_a_film_is_called_back_signed_and_once(
    film_vendor: FilmServer, listener: Listener, heard: Heard, settings: Any
) -> None:
    settings.OPENAI_WEBHOOK_SECRET = SECRET
    film_vendor.calls_back(f"{listener.root}/webhooks/openai")
    film_vendor.becomes(Fate(looks=None))
    maker = maker_of(film_vendor)
    done, failed = created(maker).ref, created(maker).ref
    film_vendor.finish(done)
    film_vendor.finish(done)
    film_vendor.fail(failed, "server_error")
    listener.wait_until(lambda: len(heard.messages) == 2)
    told = [taken("openai", headers, body) for body, headers in heard.messages]
    assert [(one.type, one.ref) for one in told] == [
        ("video.completed", done),
        ("video.failed", failed),
    ]
    assert len({one.id for one in told}) == 2


@pytest.mark.parametrize(("shares", "count"), [({"lost": 1.0}, 0), ({"repeated": 1.0}, 2)])
def test_callbacks_are_lost_and_repeated_where_that_is_wanted(
    film_vendor: FilmServer,
    listener: Listener,
    heard: Heard,
    shares: dict[str, Any],
    count: int,
) -> None:
    callbacks = film_vendor.calls_back(f"{listener.root}/webhooks/openai", **shares)
    film_vendor.becomes(Fate(looks=None, after_s=0.01))
    ref = created(maker_of(film_vendor)).ref
    film_vendor.wait_until(lambda: film_vendor.films[ref].status == "completed")
    wait_for(
        lambda: callbacks.lost_count + len(heard.messages) >= max(count, 1), what="the callbacks"
    )
    callbacks.close()
    assert len(heard.messages) == count
    assert len({headers["webhook-id"] for _, headers in heard.messages}) <= 1
