"""Events by a real RabbitMQ: none lost, each done once, in order, whatever dies in between."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import UUID

import amqp
import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client

from accounts.models import User
from billing import consumers as billing_consumers
from core.models import Event
from core.outbox import emit
from notifications import consuming, relaying
from notifications.catalogue import EVENTS, message_of
from notifications.exchange import DEAD, BrokerAway, Publisher
from notifications.models import DeadLetter, EventDelivery, Notification
from notifications.relaying import Rest, relay
from tests.rabbitmq import RabbitMQ

from .parts import NAMES, consumers, part, running, until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.rabbitmq,
    pytest.mark.thorough,
]

EXCHANGE = "techpack.events"
CHANGED = {"fromTier": "free", "toTier": "pro", "interval": "month", "reason": "upgraded"}
TIER = EVENTS["SubscriptionTierChanged"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """One for all tests of this file."""
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
def _two() -> None:
    """The consumers of ``parts``, known here too so that their queues are there first."""
    for name in NAMES:
        consuming.register(name, list(EVENTS), lambda _: None)


@pytest.fixture
def _permissions() -> None:
    types = [billing_consumers.TIER_CHANGED]
    consuming.register("permissions", types, billing_consumers.permissions)


def upgrade(user: User) -> None:
    User.objects.filter(pk=user.pk).update(tier="pro")
    emit(type="SubscriptionTierChanged", user_id=user.pk, data=CHANGED)


def is_pro(user: User) -> bool:
    return user.groups.filter(name="Pro").exists()


def waiting() -> int:
    return Event.objects.filter(published_at=None).count()


def count_of(channel: Any, name: str) -> int:
    return int(channel.queue_declare(f"techpack.{name}", passive=True).message_count)


def put(channel: Any, body: bytes, **properties: Any) -> None:
    """Whatever it is, from outside."""
    channel.basic_publish(amqp.Message(body, **properties), EXCHANGE, TIER)


def heard(name: str, user: User) -> list[int]:
    """The sequence numbers of the user's events in the order in which they had an effect."""
    rows = Notification.objects.filter(kind=f"heard.{name}", user=user).order_by("pk")
    numbers = dict(Event.objects.values_list("pk", "sequence"))
    return [numbers[UUID(title)] for title in rows.values_list("title", flat=True)]


# --- The broker is away --------------------------------------------------------------------
@pytest.mark.usefixtures("_permissions")
def test_an_upgrade_while_the_broker_is_down_reaches_everybody_once_it_is_back(
    broker: RabbitMQ, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rest, "FIRST_S", 0.0)
    broker.stop()
    started = time.monotonic()
    upgrade(ada)
    assert time.monotonic() - started < 1.0
    assert (relay(), waiting()) == (0, 1)
    with running(*consumers("permissions"), url=broker.url) as process:
        broker.start()
        assert (relay(), waiting()) == (1, 0)
        until(lambda: is_pro(ada), what="the group")
        assert EventDelivery.objects.filter(consumer="permissions").count() == 1
        code, said = process.end()
    assert code == 0
    assert "permissions listens" in said


@pytest.mark.usefixtures("_permissions")
def test_a_broker_that_accepts_and_says_nothing_holds_the_relay_up_for_seconds(
    broker: RabbitMQ, ada: User, settings: LazySettings
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        settings.EVENTS_URL = f"amqp://guest@127.0.0.1:{silent.getsockname()[1]}//"
        upgrade(ada)
        started = time.monotonic()
        assert (relay(), waiting()) == (0, 1)
        took = time.monotonic() - started
        assert 1.0 < took < 8.0
        # And it rests before it tries again.
        assert relay() == 0
        assert time.monotonic() - started - took < 0.5


@pytest.mark.usefixtures("_permissions")
def test_a_consumer_outlives_a_broker_that_is_killed(broker: RabbitMQ, ada: User) -> None:
    upgrade(ada)
    with running(*consumers("permissions"), url=broker.url) as process:
        relay()
        until(lambda: is_pro(ada), what="the group")
        broker.stop(signal.SIGKILL)
        broker.start()
        User.objects.filter(pk=ada.pk).update(tier="free")
        emit(type="SubscriptionTierChanged", user_id=ada.pk, data=CHANGED)
        assert relay() == 1
        until(lambda: not is_pro(ada), what="the group's end")
        code, said = process.end()
    assert code == 0
    assert "lost the broker" in said


@pytest.mark.usefixtures("_permissions")
def test_what_the_broker_had_confirmed_outlives_its_death(broker: RabbitMQ, ada: User) -> None:
    upgrade(ada)
    assert relay() == 1
    broker.stop(signal.SIGKILL)
    broker.start()
    with running(*consumers("permissions"), url=broker.url):
        until(lambda: is_pro(ada), what="the group")


# --- The order, and once -------------------------------------------------------------------
@pytest.mark.usefixtures("_two")
def test_hundreds_of_events_are_had_once_and_in_order_though_both_sides_are_killed(
    broker: RabbitMQ, channel: Any, ada: User, berta: User
) -> None:
    users = [ada, berta, *(User.objects.create_user(f"u{n}@studio.example") for n in range(3))]
    for n in range(80):
        for user in users:
            emit(
                type="notification.created",
                user_id=user.pk,
                data={"id": str(user.pk), "kind": "test.said", "title": str(n)},
            )
    total = 80 * len(users)
    with running(*part("consume", 37), url=broker.url) as dying:
        for number in (150, 90):
            with running(*part("relay", number), url=broker.url) as publisher:
                assert publisher.ended()[0] == -signal.SIGKILL
        assert waiting() > total - 150 - 90 - 1
        assert dying.ended()[0] == -signal.SIGKILL
    with running(*part("relay", 0), url=broker.url) as publisher:
        assert publisher.ended()[0] == 0
    assert waiting() == 0
    with running(*part("consume", 0), url=broker.url) as consumer:
        until(lambda: Notification.objects.count() >= 2 * total, what="all of them")
        until(lambda: not any(count_of(channel, name) for name in NAMES), what="empty queues")
        assert consumer.end()[0] == 0
    for name in NAMES:
        for user in users:
            assert heard(name, user) == list(range(1, 81))
    assert EventDelivery.objects.count() == 2 * total
    assert not DeadLetter.objects.exists()


@pytest.mark.usefixtures("_two")
def test_a_second_process_of_a_consumer_stands_by_and_takes_over(
    broker: RabbitMQ, ada: User
) -> None:
    with running(*part("consume", 0), url=broker.url) as first:
        upgrade(ada)
        relay()
        until(lambda: len(heard("one", ada)) == 1, what="the first")
        with running(*part("consume", 0), url=broker.url) as second:
            first.end(signal.SIGKILL)
            upgrade(ada)
            relay()
            until(lambda: heard("one", ada) == [1, 2], what="the second")
            assert second.end()[0] == 0


@pytest.mark.usefixtures("_two")
def test_copies_of_a_message_have_one_effect(broker: RabbitMQ, channel: Any, ada: User) -> None:
    upgrade(ada)
    assert relay() == 1
    for _ in range(3):
        put(channel, json.dumps(message_of(Event.objects.get())).encode())
    with running(*part("consume", 0), url=broker.url) as process:
        until(lambda: not any(count_of(channel, name) for name in NAMES), what="empty queues")
        process.end()
    assert [heard(name, ada) for name in NAMES] == [[1], [1]]


# --- The database is away ------------------------------------------------------------------
def allow_connections(is_allowed: bool) -> None:
    """Whether anybody may connect to the tests' database; who is connected is not any more."""
    given = connection.settings_dict
    with psycopg.connect(
        host=given["OPTIONS"]["host"], user=given["USER"], dbname="postgres", autocommit=True
    ) as apart:
        apart.execute(f'ALTER DATABASE "{given["NAME"]}" ALLOW_CONNECTIONS {is_allowed}')
        apart.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND pid <> %s",
            [given["NAME"], connection.connection.info.backend_pid],
        )


@pytest.mark.usefixtures("_permissions")
def test_a_database_that_is_away_is_waited_for(broker: RabbitMQ, channel: Any, ada: User) -> None:
    upgrade(ada)
    with running(*consumers("permissions"), url=broker.url) as process:
        relay()
        until(lambda: is_pro(ada), what="the group")
        allow_connections(False)
        try:
            User.objects.filter(pk=ada.pk).update(tier="free")
            emit(type="SubscriptionTierChanged", user_id=ada.pk, data=CHANGED)
            assert relay() == 1
            put(channel, b"not an event")  # what is poisoned waits as well
            until(lambda: "waits for the database" in process.said(), what="the wait")
            assert is_pro(ada)
            assert process.popen.poll() is None
        finally:
            allow_connections(True)
        until(lambda: not is_pro(ada), what="the end of the group")
        until(DeadLetter.objects.exists, what="the dead letter")
        assert process.end()[0] == 0
    assert DeadLetter.objects.get().body == "not an event"


# --- What cannot be used -------------------------------------------------------------------
def poisoned() -> list[tuple[bytes, dict[str, Any], str]]:
    """Bodies, their properties, and what is said of each."""
    whole = {
        "id": "0199a5b2-7f3c-7d41-9c57-2f6f7e1b9a10",
        "type": "SubscriptionTierChanged",
        "version": 1,
        "occurredAt": "2026-11-28T09:41:07+00:00",
        "userId": "01998d10-2b6a-7e0f-8a44-0d9c6b2f7751",
        "data": CHANGED,
    }

    def but(**fields: Any) -> bytes:
        return json.dumps(whole | fields).encode()

    odd = {"application_headers": {"compression": "gzip"}}
    return [
        (b"not JSON", {}, "not JSON"),
        (b"", {}, "not JSON"),
        (b"\x00\xff\xfe", {}, "not JSON"),
        (b"[1]", {}, "not a JSON object"),
        (b"[" * 100_000, {}, "not JSON"),
        (b"{}", {}, "id is missing"),
        (but(id=7), {}, "id is missing or of another kind"),
        (but(version=True), {}, "version is missing or of another kind"),
        (but(userId="nobody"), {}, "another form"),
        (but(occurredAt="yesterday"), {}, "another form"),
        (but(type="job.exploded"), {}, "there are no events of the type job.exploded"),
        (but(version=2), {}, "version 2 of SubscriptionTierChanged is not known"),
        (but(data=[]), {}, "data is missing"),
        (but(data={"n": "\0"}), {}, "not JSON as we read it"),
        (but(data={"n": "\ud800"}), {}, "not JSON as we read it"),
        (b"said to be compressed", odd, "not JSON"),
        (b"\xe9t\xe9", {"content_encoding": "utf-8"}, "not JSON"),
    ]


@pytest.mark.usefixtures("_permissions")
def test_what_is_poisoned_is_set_aside_and_shown_and_holds_nothing_up(
    broker: RabbitMQ, channel: Any, ada: User, admin_client: Client
) -> None:
    with Publisher():
        bodies = poisoned()
    for body, properties, _ in bodies:
        put(channel, body, **properties)
    upgrade(ada)
    relay()
    with running(*consumers("permissions"), url=broker.url) as process:
        until(lambda: is_pro(ada), what="what came after them")
        until(lambda: count_of(channel, "dead") == len(bodies), what="dead messages")
        assert process.end()[0] == 0
    letters = list(DeadLetter.objects.order_by("pk"))
    for letter, (_, _, why) in zip(letters, bodies, strict=True):
        assert why in letter.error
        assert letter.consumer == "permissions"
    dead = channel.basic_get(DEAD)
    assert bytes(dead.body) == b"not JSON"
    page = admin_client.get("/admin/notifications/deadletter/").content.decode()
    assert "version 2 of SubscriptionTierChanged is not known" in page
    one = admin_client.get(f"/admin/notifications/deadletter/{letters[0].pk}/change/")
    assert "not JSON" in one.content.decode()


# --- What the exchange confirms ------------------------------------------------------------
def test_what_the_broker_refuses_waits(
    broker: RabbitMQ, channel: Any, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A queue that is full refuses the second: without a confirmation it would be lost."""
    monkeypatch.setattr(Rest, "FIRST_S", 0.0)
    with Publisher():
        channel.queue_declare(
            "full",
            durable=True,
            auto_delete=False,
            arguments={"x-max-length": 1, "x-overflow": "reject-publish"},
        )
    channel.queue_bind("full", EXCHANGE, TIER)
    try:
        upgrade(ada)
        upgrade(ada)
        assert relay() == 0
        assert list(Event.objects.filter(published_at=None).values_list("sequence", flat=True)) == [
            2
        ]
        assert channel.basic_get("full", no_ack=True) is not None
        assert (relay(), waiting()) == (1, 0)
    finally:
        channel.queue_delete("full")


@pytest.mark.usefixtures("_permissions")
def test_what_should_have_reached_a_queue_and_did_not_waits(
    broker: RabbitMQ, channel: Any, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(ada)
    with Publisher() as publisher:
        channel.queue_delete("techpack.permissions")
        with pytest.raises(BrokerAway, match="NO_ROUTE"):
            publisher.publish(message_of(Event.objects.get()))
    assert (relay(), waiting()) == (1, 0)  # the queue was made again first
    assert count_of(channel, "permissions") == 1


def test_what_nobody_listens_to_is_published_all_the_same(broker: RabbitMQ, ada: User) -> None:
    upgrade(ada)
    assert (relay(), waiting()) == (1, 0)


@pytest.mark.usefixtures("_permissions")
def test_a_message_says_what_it_is(broker: RabbitMQ, channel: Any, ada: User) -> None:
    upgrade(ada)
    relay()
    message = channel.basic_get("techpack.permissions")
    event = Event.objects.get()
    assert json.loads(message.body) == message_of(event)
    assert message.delivery_info["routing_key"] == TIER
    given = message.properties
    assert (given["message_id"], given["type"]) == (str(event.pk), event.type)
    assert (given["delivery_mode"], given["content_type"]) == (2, "application/json")


def test_an_address_of_another_kind_is_refused(settings: LazySettings, ada: User) -> None:
    settings.EVENTS_URL = "redis://127.0.0.1/0"
    upgrade(ada)
    with pytest.raises(Exception, match="amqp://"):
        relaying.relay()
    assert waiting() == 1
