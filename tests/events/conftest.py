"""Two people, and consumers of the tests' own that remember what they were told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import pytest
from django.conf import LazySettings

from accounts.models import User
from core.outbox import emit
from notifications import consuming, relaying
from notifications.catalogue import EVENTS
from notifications.consuming import Consumer

SAID, SHOUTED = "test.said", "test.shouted"


class Heard:
    """A consumer that notes what it is told; ``will`` is called with each message first."""

    def __init__(self) -> None:
        self.messages: list[Mapping[str, Any]] = []
        self.will: Callable[[Mapping[str, Any]], object] = lambda _: None

    def __call__(self, message: Mapping[str, Any]) -> None:
        self.will(message)
        self.messages.append(message)

    def numbers(self, user: User) -> list[int]:
        """What the user's events said, in the order in which they came."""
        return [one["data"]["n"] for one in self.messages if one["userId"] == str(user.pk)]


Listen = Callable[..., Heard]


@pytest.fixture(autouse=True)
def _consumers_of_its_own(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    """Those of the product stay away, and no broker is asked unless the test has one."""
    monkeypatch.setattr(consuming, "_consumers", {})
    for type in (SAID, SHOUTED):
        monkeypatch.setitem(EVENTS, type, f"{type}.v1")
    monkeypatch.setattr(relaying, "_rest", relaying.Rest())
    monkeypatch.setattr(consuming, "PAUSES_S", (0.0, 0.0))
    settings.EVENTS_URL = ""


@pytest.fixture
def listen() -> Listen:
    """``listen("name")`` is told of what the tests say."""

    def begin(name: str, types: Collection[str] = (SAID,), **more: Any) -> Heard:
        heard = Heard()
        consuming.register(name, types, heard, **more)
        return heard

    return begin


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@studio.example", "harbour-crane-7", name="Ada")


@pytest.fixture
def berta(db: None) -> User:
    return User.objects.create_user("berta@studio.example", "harbour-crane-7")


def say(user: User, *numbers: int, type: str = SAID) -> None:
    """An event of the user for each number."""
    for n in numbers:
        emit(type=type, user_id=user.pk, data={"n": n})


def named(name: str) -> Consumer:
    return consuming.consumer(name)
