"""What a vendor calls back when a film is over: signed; lost or repeated where that is wanted."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any, Final
from urllib.parse import urlparse
from uuid import uuid4

import httpx
from standardwebhooks import Webhook

SECRET: Final = "whsec_ZmlsbXMtYXJlLW92ZXItbm93LWFuZC10aGVu"  # of the fakes alone
PATIENCE_S: Final = 60.0  # a busy machine is slow, not wrong


@dataclass(frozen=True)
class Message:
    """A callback as it is sent: the body's bytes, and the headers that sign them."""

    body: bytes
    headers: Mapping[str, str]


def signed(
    kind: str,
    ref: str,
    *,
    secret: str = SECRET,
    message_id: str = "",
    at: float | None = None,
) -> Message:
    """OpenAI's ``video.completed`` or ``video.failed`` about a film; ``at`` in unix seconds."""
    at = time.time() if at is None else at
    told = {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "created_at": int(at),
        "type": kind,
        "data": {"id": ref},
    }
    return sealed(json.dumps(told), secret=secret, message_id=message_id, at=at)


def sealed(body: str, *, secret: str = SECRET, message_id: str = "", at: float) -> Message:
    """Any body with a right signature."""
    message_id = message_id or f"wh_{uuid4().hex}"
    signature = Webhook(secret).sign(message_id, datetime.fromtimestamp(at, UTC), body)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": signature,
    }
    return Message(body.encode(), headers)


@dataclass
class Callbacks:
    """Sends messages to ``url`` from a thread of its own.

    ``lost`` and ``repeated`` are shares of the films, 0 to 1, chosen by ``seed``. ``statuses`` are
    what was answered, 0 where nothing was. ``sign`` writes a message in its vendor's words.
    """

    url: str
    secret: str = SECRET
    lost: float = 0.0
    repeated: float = 0.0
    seed: int = 1
    sign: Callable[..., Message] = signed
    statuses: list[int] = field(default_factory=list)
    lost_count: int = 0
    repeated_count: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._queue: SimpleQueue[Message | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._deliver, daemon=True)
        self._thread.start()

    def tell(self, kind: str, ref: str) -> None:
        """Send what there is to say about a film, later."""
        chance = self._random.random()
        if chance < self.lost:
            self.lost_count += 1
            return
        message = self.sign(kind, ref, secret=self.secret)
        self._queue.put(message)
        if chance < self.lost + self.repeated:
            self.repeated_count += 1
            self._queue.put(message)

    def close(self) -> None:
        """Send what is left, and end."""
        self._queue.put(None)
        self._thread.join(PATIENCE_S)

    def _deliver(self) -> None:
        while (message := self._queue.get()) is not None:
            self.statuses.append(self.send(message))

    def send(self, message: Message) -> int:
        """The status that a message is answered with, 0 where there was no answer."""
        try:
            answer = httpx.post(
                self.url, content=message.body, headers=dict(message.headers), timeout=PATIENCE_S
            )
        except httpx.HTTPError:
            return 0
        return answer.status_code


def callbacks_from(told: Mapping[str, Any]) -> Callbacks:
    """What a request to the control address asks for."""
    assert urlparse(told["url"]).hostname in ("127.0.0.1", "localhost")
    return Callbacks(**told)
