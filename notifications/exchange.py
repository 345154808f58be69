"""RabbitMQ: the exchange that events are published to, and a queue for each consumer."""

from __future__ import annotations

import json
import logging
import time
from types import TracebackType
from typing import Any, Final, Self

from amqp.exceptions import AMQPError, MessageNacked
from django.conf import settings
from kombu import Connection, Exchange, Producer, Queue, binding
from kombu.exceptions import KombuError

from notifications.catalogue import EVENTS, Message, keys_of
from notifications.consuming import Consumer, consumers

log = logging.getLogger("techpack.events")

FAILURES: Final = (AMQPError, MessageNacked, KombuError, OSError)
CONNECT_WITHIN_S: Final = 3
ANSWER_WITHIN_S: Final = 10
HEARTBEAT_S: Final = 10
DEAD: Final = "techpack.dead"
DEAD_KEPT_MS: Final = 90 * 24 * 3600 * 1000


class BrokerAway(Exception):
    """The broker does not answer, or does not take what it is given."""


class Rest:
    """A pause after a failure, which grows while failures go on."""

    FIRST_S: Final = 1.0
    LONGEST_S: Final = 30.0

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0

    def begin(self) -> float:
        """It failed: rest, for the seconds that are returned."""
        pause_s = min(self.LONGEST_S, self.FIRST_S * 2.0 ** min(self._failures, 10))
        self._failures += 1
        self._until = time.monotonic() + pause_s
        return pause_s

    def end(self) -> None:
        """It went well."""
        self._failures, self._until = 0, 0.0

    def lasts(self) -> bool:
        """Whether it is too early to try again."""
        return time.monotonic() < self._until


def connect(*, heartbeat_s: int = 0) -> Connection:
    """A connection that waits for nothing for ever. Raises one of FAILURES."""
    connection = Connection(
        settings.EVENTS_URL,
        heartbeat=heartbeat_s,
        connect_timeout=CONNECT_WITHIN_S,
        transport_options={
            "confirm_publish": True,
            "read_timeout": ANSWER_WITHIN_S,
            "write_timeout": ANSWER_WITHIN_S,
            "client_properties": {"connection_name": "techpack"},
        },
    )
    # Once, and once more where it was refused at once: whoever asks has pauses of its own.
    connection.ensure_connection(max_retries=1, interval_start=0, timeout=CONNECT_WITHIN_S)
    return connection


def exchange() -> Exchange:
    """Where events are published to, by their routing keys."""
    return Exchange(settings.EVENTS_EXCHANGE, "topic", durable=True, delivery_mode="persistent")


def queue_of(consumer: Consumer) -> Queue:
    """The queue of a consumer, which one process reads at a time, so that the order stays.

    Classic rather than quorum: what comes back to a quorum queue may come after what followed it.
    """
    keys = keys_of(consumer.types)
    return Queue(
        f"techpack.{consumer.name}",
        bindings=[binding(exchange(), routing_key=key) for key in keys],
        durable=True,
        queue_arguments={
            "x-queue-type": "classic",
            "x-single-active-consumer": True,
            "x-dead-letter-exchange": DEAD,
        },
    )


def dead_queue() -> Queue:
    """Where messages go that were set aside; people act on their rows in the database."""
    return Queue(
        DEAD,
        exchange=Exchange(DEAD, "fanout", durable=True),
        durable=True,
        queue_arguments={"x-queue-type": "classic", "x-message-ttl": DEAD_KEPT_MS},
    )


def declare(connection: Connection) -> None:
    """Make exchange and queues that are not there, so that nothing is published to nobody."""
    channel = connection.default_channel
    exchange()(channel).declare()
    for queue in (dead_queue(), *map(queue_of, consumers())):
        queue(channel).declare()


class Publisher:
    """Publishes events, each confirmed by the broker before the next; for ``with``.

    Everything raises BrokerAway where the broker is away, or did not take an event.
    """

    def __enter__(self) -> Self:
        try:
            self._connection = connect()
            declare(self._connection)
        except FAILURES as error:
            raise BrokerAway(f"{type(error).__name__}: {error}") from error
        self._producer = Producer(self._connection.default_channel, exchange=exchange())
        self._heard = {key for one in consumers() for key in keys_of(one.types)}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._connection.release()
        except FAILURES as failure:
            log.info("the broker was gone already: %s", type(failure).__name__)

    def publish(self, message: Message) -> None:
        """Publish one event, persistent, and wait until the broker has it for good.

        One that nobody is told of is fine, unless one of our own queues should have got it.
        """
        key = EVENTS.get(message["type"])
        if key is None:
            log.error("event %s has no type that is known: %s", message["id"], message["type"])
            return
        try:
            self._producer.publish(**_told(message), routing_key=key, mandatory=key in self._heard)
        except FAILURES as error:
            raise BrokerAway(f"{type(error).__name__}: {error}") from error


def _told(message: Message) -> dict[str, Any]:
    return {
        "body": json.dumps(message).encode(),
        "content_type": "application/json",
        "content_encoding": "utf-8",
        "message_id": message["id"],
        "type": message["type"],
        "app_id": "techpack",
        "confirm_timeout": ANSWER_WITHIN_S,
    }
