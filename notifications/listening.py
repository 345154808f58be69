"""A consumer at its queue: RabbitMQ's messages, one after the other, each settled before the next.

A message is acknowledged once what it led to is committed; whoever is killed in between gets it
again and notices. What cannot be used is set aside in the database, then rejected, which takes it
to the queue of dead letters. While the database is away nothing is settled.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeVar
from uuid import UUID

import kombu
from django.db import connection as database
from kombu import Connection

from notifications.catalogue import Message
from notifications.consuming import (
    Consumer,
    DatabaseAway,
    Outcome,
    Unreadable,
    away_told,
    deliver,
    read,
)
from notifications.dead_letters import bury, text_of
from notifications.exchange import FAILURES, HEARTBEAT_S, Rest, connect, declare, queue_of

log = logging.getLogger("techpack.events")

AHEAD: Final = 10  # messages that the broker sends before the first is settled
LOOK_S: Final = 0.5
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 5.0  # while the database is away

Found = TypeVar("Found")


class Stopped(Exception):
    """Somebody asked to end; what is not settled comes again."""


class Listener:
    """Listens for one consumer until ``stop`` is set, however often the broker goes away."""

    def __init__(self, consumer: Consumer, stop: threading.Event) -> None:
        self._consumer = consumer
        self._stop = stop
        self._arrived: deque[Any] = deque()
        self._connection: Connection

    def run(self) -> None:
        """Listen; connect again after each failure, with pauses that grow."""
        rest = Rest()
        while not self._stop.is_set():
            try:
                self._listen(rest)
            except Stopped:
                break
            except FAILURES as error:
                pause_s = rest.begin()
                why = f"{type(error).__name__}: {error}"
                log.warning("%s lost the broker, again in %.0f s: %s", self.name, pause_s, why)
                self._stop.wait(pause_s)
            except Exception:
                log.exception("%s stumbled", self.name)
                self._stop.wait(rest.begin())
            finally:
                database.close()

    @property
    def name(self) -> str:
        """The consumer's."""
        return self._consumer.name

    def _listen(self, rest: Rest) -> None:
        self._arrived.clear()  # those of a connection that is gone come again
        with connect(heartbeat_s=HEARTBEAT_S) as self._connection:
            declare(self._connection)
            channel = self._connection.default_channel
            with kombu.Consumer(
                channel,
                [queue_of(self._consumer)(channel)],
                on_message=self._arrived.append,
                on_decode_error=lambda message, _: self._arrived.append(message),
                prefetch_count=AHEAD,
            ):
                log.info("%s listens", self.name)
                while not self._stop.is_set():
                    self._attend(LOOK_S)
                    while self._arrived and not self._stop.is_set():
                        self._settle(self._arrived.popleft())
                        rest.end()

    def _attend(self, within_s: float) -> None:
        """Take what the broker sends, its heartbeats too. Raises one of FAILURES."""
        try:
            self._connection.drain_events(timeout=within_s)
        except TimeoutError:
            log.debug("%s: nothing came", self.name)
        self._connection.heartbeat_check()

    def _pause(self, seconds: float) -> None:
        """Wait, but stay in touch with the broker. Raises Stopped."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._stop.is_set():
                raise Stopped
            self._attend(min(left, LOOK_S))

    def _settle(self, message: Any) -> None:
        body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
        try:
            event = read(body)
        except Unreadable as error:
            why = str(error)
            log.warning("%s cannot read a message: %s", self.name, why)
            self._once_it_answers(lambda: bury(consumer=self.name, body=text_of(body), error=why))
            message.reject()
            return
        if self._once_it_answers(lambda: self._outcome(event)) is Outcome.DEAD:
            message.reject()
        else:
            message.ack()

    def _outcome(self, event: Message) -> Outcome:
        user_id = UUID(event["userId"])
        if event["type"] not in self._consumer.types:
            return Outcome.UNWANTED
        with away_told():
            if user_id not in self._consumer.wanting([user_id]):
                return Outcome.UNWANTED
        return deliver(self._consumer, event, pause=self._pause)

    def _once_it_answers(self, do: Callable[[], Found]) -> Found:
        """Do it; while the database is away, again and again. Raises Stopped."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                with away_told():
                    return do()
            except DatabaseAway as error:
                log.warning("%s waits for the database: %s", self.name, error.__cause__)
            self._pause(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
