"""Parts of the product as processes of their own, which can be made to die at a certain moment.

``python -m tests.events.parts relay N`` carries what waits, and is killed once the broker has
confirmed the Nth event and before anybody wrote that down; ``python -m tests.events.parts consume
N`` runs the consumers ``one`` and ``two``, and is killed before the Nth acknowledgement, after
what the event led to was committed. With N = 0 they live.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection

from deploy.embedded.postgres import PROJECT
from deploy.embedded.tether import tethered
from tests.runtime.processes import wait_for

NAMES = ("one", "two")


class Process:
    """A process on the tests' database, and what it says."""

    def __init__(self, *command: str, url: str, log: Path) -> None:
        self._log = log
        with log.open("wb") as output:
            self.popen = subprocess.Popen(
                tethered([sys.executable, *command], signal_name="SIGKILL"),
                cwd=PROJECT,
                env={**os.environ, "EVENTS_URL": url, "DATABASE_URL": _database()},
                stdout=output,
                stderr=output,
            )

    def said(self) -> str:
        """What it has said until now."""
        return self._log.read_text(errors="replace")

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Ask it to end; its exit code and what it said."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        """Wait until it ends by itself."""
        return self.popen.wait(60), self.said()


@contextmanager
def running(*command: str, url: str) -> Iterator[Process]:
    """A process that is gone after the block."""
    with TemporaryDirectory() as folder:
        process = Process(*command, url=url, log=Path(folder) / "log")
        try:
            yield process
        except BaseException:
            print(process.said())
            raise
        finally:
            process.popen.kill()
            process.popen.wait()


def part(*words: object) -> tuple[str, ...]:
    """The command of a part of this file."""
    return ("-m", "tests.events.parts", *map(str, words))


def consumers(*names: str) -> tuple[str, ...]:
    """The command of the product's own."""
    return ("manage.py", "consume_events", *names, "--settings", "tests.settings")


def until(look: Callable[[], object], *, what: str) -> None:
    """Wait for what processes do."""
    wait_for(look, within_s=60, what=what)


def _database() -> str:
    given = connection.settings_dict
    return f"postgres://{given['USER']}@/{given['NAME']}?host={given['OPTIONS']['host']}"


# --- Within such a process -----------------------------------------------------------------
def _note(name: str) -> Callable[[Mapping[str, Any]], None]:
    """The effect of a test's consumer: a row for each event that it has had."""
    from notifications.models import Notification

    def handle(message: Mapping[str, Any]) -> None:
        Notification.objects.create(
            user_id=message["userId"], kind=f"heard.{name}", title=message["id"]
        )

    return handle


def _killed_at(number: int, do: Callable[..., Any], *, first: bool) -> Callable[..., Any]:
    """``do``, which kills this process at its ``number``-th call, before or after it is done."""
    calls = count(1)

    def done(*given: Any, **named: Any) -> Any:
        is_last = next(calls) == number
        if is_last and first:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = do(*given, **named)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return done


def main(what: str, number: int) -> None:
    """Be such a part."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.core.management import call_command

    django.setup()
    from kombu.transport.pyamqp import Message

    from notifications import consuming, exchange, relaying
    from notifications.catalogue import EVENTS

    consuming._consumers.clear()
    for name in NAMES:
        consuming.register(name, list(EVENTS), _note(name))
    if what == "relay":
        publish = _killed_at(number, exchange.Publisher.publish, first=False)
        setattr(exchange.Publisher, "publish", publish)  # noqa: B010 - mypy knows it as a method
        print(relaying.relay(), flush=True)
        return
    setattr(Message, "ack", _killed_at(number, Message.ack, first=True))  # noqa: B010
    call_command("consume_events")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
