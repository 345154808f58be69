"""A user with a pack, asking the assistant by verb, by key and over a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connections

from accounts.operations import create_key
from credits import budget
from credits import operations as ledger
from credits import queries as credit
from tests.api.contract import Contract
from tests.core.coroutines import finished
from tests.fakes.fixtures import chat_vendor, gemini_vendor, openai_vendor  # noqa: F401
from tests.runtime.processes import wait_for
from tests.techpack.conftest import (  # noqa: F401
    _at_once,
    _nothing_drifts,
    _own_media,
    make_product,
    stranger,
    user,
)

CHAT = "/v1/chat/completions"
Balance = Callable[[int], None]


def say(*texts: str) -> list[dict[str, str]]:
    """Messages of a user."""
    return [{"role": "user", "content": text} for text in texts]


HELLO: dict[str, Any] = {"messages": say("What blocks this pack?")}


@pytest.fixture(autouse=True)
def _nothing_counted_yet() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _every_answer_ends(transactional_db: None) -> Iterator[None]:
    """No thread of an answer outlives its test."""
    yield
    wait_for(
        lambda: not [one for one in threading.enumerate() if one.name.startswith("chat-")],
        what="the end of every answer",
    )


class Aside(Contract):
    """Asks from a thread of its own: streams need a loop, and a browser's may own the test's."""

    def request(self, **given: Any) -> Any:
        """One call, checked."""

        def ask() -> Any:
            try:
                return super(Aside, self).request(**given)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(ask).result()


@pytest.fixture
def api(user: Any) -> Contract:  # noqa: F811
    """A key with every usual scope, whose answers are held against the description."""
    return Aside(create_key(user=user, name="tests")[1])


@pytest.fixture
def dear(settings: Any) -> str:
    """A model with awkward prices, answered by the studio too."""
    settings.CHAT_MODELS = {
        **settings.CHAT_MODELS,
        "studio-dear": {
            "provider": "studio",
            "owner": "techpack-studio",
            "input_usd": Decimal("7.355"),
            "output_usd": Decimal("33.3333"),
        },
    }
    return "studio-dear"


@pytest.fixture
def leave(user: Any) -> Balance:  # noqa: F811
    """Leave the user so many µcr."""

    def take(amount: int) -> None:
        over = credit.balance(user).free - amount
        ledger.adjust(user_id=user.pk, amount=-over, key=uuid4().hex, reason="test")
        budget.due(user=user)  # warned of, so that answers warn of nothing else

    return take


def events_of(response: Any) -> list[Any]:
    """What a streamed response sends, each event parsed, ``[DONE]`` as text."""

    async def collect() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    return parsed(finished(collect))


def parsed(sent: bytes) -> list[Any]:
    """Server-sent events as values."""
    frames = sent.decode().split("\n\n")
    assert frames.pop() == "", "every event ends with an empty line"
    assert all(frame.startswith("data: ") and "\n" not in frame for frame in frames)
    values = [frame.removeprefix("data: ") for frame in frames]
    return [value if value == "[DONE]" else json.loads(value) for value in values]


def text_of(events: list[Any]) -> str:
    """What the first choice of a stream said."""
    deltas = [
        choice["delta"].get("content") or ""
        for event in events
        if isinstance(event, dict)
        for choice in event.get("choices", ())
        if choice["index"] == 0
    ]
    return "".join(deltas)
