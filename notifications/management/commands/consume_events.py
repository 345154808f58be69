"""``manage.py consume_events``: the consumers at their queues in RabbitMQ."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications import consuming
from notifications.consuming import Consumer
from notifications.listening import Listener

ENDS_WITHIN_S = 10.0
LOOK_S = 1.0


class Command(BaseCommand):
    """A thread for each consumer, until SIGTERM or SIGINT."""

    help = "Take events from RabbitMQ and give them to their consumers, until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which consumers."""
        parser.add_argument("names", nargs="*", metavar="NAME", help="all where none is named")

    def handle(self, *args: Any, **options: Any) -> None:
        """Listen; what is being done at a signal is ended first, within ten seconds."""
        if not settings.EVENTS_URL:
            raise CommandError("Without EVENTS_URL, the workers give events to their consumers.")
        stop = threading.Event()

        def end(_number: int, _frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        threads = [_thread(consumer, stop) for consumer in _chosen(options["names"])]
        while not stop.wait(LOOK_S):
            if not all(thread.is_alive() for thread in threads):
                raise CommandError("A consumer ended by itself; see above.")
        for thread in threads:
            thread.join(ENDS_WITHIN_S)


def _chosen(names: list[str]) -> list[Consumer]:
    try:
        return [consuming.consumer(name) for name in names] or list(consuming.consumers())
    except LookupError as error:
        raise CommandError(str(error)) from None


def _thread(consumer: Consumer, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(
        target=Listener(consumer, stop).run, name=f"consumer {consumer.name}", daemon=True
    )
    thread.start()
    return thread
