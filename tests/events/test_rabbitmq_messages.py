"""What a real RabbitMQ confirms, refuses and carries, and what becomes of poisoned messages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.models import Event
from notifications.catalogue import message_of
from notifications.exchange import DEAD, BrokerAway, Publisher
from notifications.models import DeadLetter
from notifications.relaying import Rest, relay
from tests.rabbitmq import RabbitMQ

from .broker import CHANGED, EXCHANGE, TIER, count_of, is_pro, put, upgrade, waiting
from .parts import consumers, running, until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.rabbitmq,
    pytest.mark.thorough,
]


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


@pytest.mark.usefixtures("permissions")
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


@pytest.mark.usefixtures("permissions")
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


@pytest.mark.usefixtures("permissions")
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
