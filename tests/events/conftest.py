"""Two people, and consumers of the tests' own that remember what they were told."""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest
from django.conf import LazySettings

from accounts.models import User
from billing import consumers as billing_consumers
from core.outbox import emit
from notifications import consuming, relaying
from notifications.catalogue import EVENTS
from notifications.consuming import Consumer
from tests.rabbitmq import RabbitMQ

from .parts import NAMES

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
    monkeypatch.setattr(relaying, "_round", relaying.Round())
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


# --- A RabbitMQ -----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """One for all tests of a file."""
    broker = RabbitMQ(tmp_path_factory.mktemp("rabbitmq"))
    with broker.peers():
        broker.start()
        try:
            yield broker
        finally:
            broker.stop(signal.SIGKILL)


@pytest.fixture
def broker(server: RabbitMQ, settings: LazySettings) -> Iterator[RabbitMQ]:
    """Running, with nothing in it, and known to the product."""
    settings.EVENTS_URL = server.url
    with closing(server.connected()) as looking, looking.channel() as channel:
        for name in ("permissions", "notification", "webhooks", "dead", *NAMES):
            channel.queue_delete(f"techpack.{name}")
    yield server
    if not server.is_running:
        server.start()


@pytest.fixture
def channel(broker: RabbitMQ) -> Iterator[Any]:
    """A look at the broker from outside."""
    with closing(broker.connected()) as looking, looking.channel() as channel:
        yield channel


@pytest.fixture
def two() -> None:
    """The consumers of ``parts``, known here too so that their queues are there first."""
    for name in NAMES:
        consuming.register(name, list(EVENTS), lambda _: None)


@pytest.fixture
def permissions() -> None:
    types = [billing_consumers.TIER_CHANGED]
    consuming.register("permissions", types, billing_consumers.permissions)
