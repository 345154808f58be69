"""Events by a real RabbitMQ: none lost, each done once, in order, whatever dies in between."""

from __future__ import annotations

import json
import signal
import socket
import time
from contextlib import closing, nullcontext, suppress
from typing import Any

import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection

from accounts.models import User
from core.models import Event
from core.outbox import emit
from notifications import relaying
from notifications.catalogue import message_of
from notifications.models import DeadLetter, EventDelivery, Notification
from notifications.relaying import Rest, relay
from tests.rabbitmq import RabbitMQ

from .broker import CHANGED, count_of, heard, is_pro, put, upgrade, waiting
from .parts import NAMES, consumers, part, running, until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.rabbitmq,
    pytest.mark.thorough,
]


# --- The broker is away --------------------------------------------------------------------
@pytest.mark.usefixtures("permissions")
def test_an_upgrade_while_the_broker_is_down_reaches_everybody_once_it_is_back(
    broker: RabbitMQ, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rest, "FIRST_S", 0.0)
    broker.stop()
    upgrade(ada)
    assert (relay(), waiting()) == (0, 1)
    with running(*consumers("permissions"), url=broker.url) as process:
        broker.start()
        assert (relay(), waiting()) == (1, 0)
        until(lambda: is_pro(ada), what="the group")
        assert EventDelivery.objects.filter(consumer="permissions").count() == 1
        code, said = process.end()
    assert code == 0
    assert "permissions listens" in said


@pytest.mark.usefixtures("permissions")
def test_a_broker_that_accepts_and_says_nothing_holds_the_relay_up_for_seconds(
    broker: RabbitMQ, ada: User, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rest, "FIRST_S", 60.0)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        silent.setblocking(False)
        settings.EVENTS_URL = f"amqp://guest@127.0.0.1:{silent.getsockname()[1]}//"
        upgrade(ada)
        started = time.monotonic()
        assert (relay(), waiting()) == (0, 1)
        assert 1.0 < time.monotonic() - started < 20.0
        assert calls(silent) > 0
        # And it rests before it tries again.
        assert (relay(), calls(silent)) == (0, 0)


def calls(silent: socket.socket) -> int:
    """How often it was called since the last time, none of which it answered."""
    count = 0
    with suppress(BlockingIOError):
        while True:
            silent.accept()[0].close()
            count += 1
    return count


@pytest.mark.usefixtures("permissions")
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


@pytest.mark.usefixtures("permissions")
def test_what_the_broker_had_confirmed_outlives_its_death(broker: RabbitMQ, ada: User) -> None:
    upgrade(ada)
    assert relay() == 1
    broker.stop(signal.SIGKILL)
    broker.start()
    with running(*consumers("permissions"), url=broker.url):
        until(lambda: is_pro(ada), what="the group")


# --- The order, and once -------------------------------------------------------------------
@pytest.mark.usefixtures("two")
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


@pytest.mark.usefixtures("two")
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


@pytest.mark.usefixtures("two")
def test_copies_of_a_message_have_one_effect(broker: RabbitMQ, channel: Any, ada: User) -> None:
    upgrade(ada)
    assert relay() == 1
    for _ in range(3):
        put(channel, json.dumps(message_of(Event.objects.get())).encode())
    upgrade(ada)
    relay()
    with running(*part("consume", 0), url=broker.url) as process:
        until(
            lambda: all(2 in heard(name, ada) for name in NAMES),
            what="what came after the copies",
        )
        process.end()
    assert [heard(name, ada) for name in NAMES] == [[1, 2], [1, 2]]


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


@pytest.mark.usefixtures("permissions")
def test_a_database_that_is_away_is_waited_for(
    broker: RabbitMQ, channel: Any, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The relay of the test still has its connection, and nobody else carries events.
    monkeypatch.setattr(relaying, "alone", lambda lock: nullcontext(True))
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
