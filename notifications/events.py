"""Live events of a user, from the outbox, as server-sent events."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any, Final
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection

from core.bell import AsyncRing
from core.errors import RateLimited
from core.models import Event
from notifications import watches
from notifications.catalogue import message_of
from notifications.queries import last_event_of

PING_S = watches.RENEWED_EVERY_S
ALLOWED_FOR_S = 60.0
AT_ONCE = 100
RETRY_AFTER_S: Final = 5


def frame(event: Event) -> bytes:
    """One event on the wire; its id is the user's sequence number."""
    body = json.dumps(message_of(event))
    return f"id: {event.sequence}\nevent: {event.type}\ndata: {body}\n\n".encode()


def _read(user_id: UUID, after: int) -> list[Event]:
    """The next events; the connection goes back at once, streams live long."""
    try:
        rows = Event.objects.filter(user_id=user_id, sequence__gt=after)
        return list(rows.order_by("sequence")[:AT_ONCE])
    finally:
        connection.close()


def _say_open(user_id: UUID, page: UUID) -> None:
    try:
        watches.watch(user_id, page, watches.PAGE_S)
    finally:
        connection.close()


def newest(user_id: UUID) -> int:
    """The sequence number of the user's last event, 0 where there is none."""
    try:
        return last_event_of(user_id)
    finally:
        connection.close()


class OpenPage:
    """The page that a stream belongs to, which shows what happens to its product."""

    def __init__(self, user_id: UUID, product_id: UUID | None) -> None:
        self._user_id = user_id
        self._product_id = product_id
        self._due = 0.0

    async def renew(self) -> None:
        """Say that the page is open, as often as that has to be said."""
        if self._product_id is None or time.monotonic() < self._due:
            return
        say: Any = sync_to_async(_say_open)
        await say(self._user_id, self._product_id)
        self._due = time.monotonic() + watches.RENEWED_EVERY_S / 2


class Leave:
    """Whether a stream may go on: ``is_allowed`` is asked anew every ALLOWED_FOR_S."""

    def __init__(self, is_allowed: Callable[[], bool]) -> None:
        self._is_allowed = is_allowed
        self._due = time.monotonic() + ALLOWED_FOR_S

    async def is_over(self) -> bool:
        """True once whoever listens signed out, or their key was revoked."""
        if time.monotonic() < self._due:
            return False
        ask: Any = sync_to_async(self._ask)
        self._due = time.monotonic() + ALLOWED_FOR_S
        return not await ask()

    def _ask(self) -> bool:
        try:
            return self._is_allowed()
        finally:
            connection.close()


class Seats:
    """The streams that each account has open in this process, each of which keeps a thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[UUID] = Counter()

    @contextmanager
    def seat(self, user_id: UUID) -> Iterator[None]:
        """One of the account's for the block; raises RateLimited where all are taken."""
        most = settings.STREAMS_OF_USER_AT_ONCE
        with self._lock:
            if self._taken[user_id] >= most:
                raise RateLimited(
                    f"{most} streams of this account are open already.",
                    retry_after_s=RETRY_AFTER_S,
                    suggestions=["Close a stream that nobody reads", "Listen with one for all"],
                )
            self._taken[user_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[user_id] -= 1
                if not self._taken[user_id]:
                    del self._taken[user_id]


seats = Seats()


async def stream(
    user_id: UUID,
    *,
    after: int,
    is_allowed: Callable[[], bool],
    watching: UUID | None = None,
) -> AsyncGenerator[bytes]:
    """Events after a sequence number, with a ping every 15 seconds, while that is allowed.

    ``watching`` is the product whose open page listens: it is watched for as long. Raises
    RateLimited, before anything is answered, where the account listens too often already.
    """
    frames = _frames(user_id, after, is_allowed, OpenPage(user_id, watching))
    return _resumed(await anext(frames), frames)


async def _resumed(first: bytes, frames: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(frames):
        yield first
        async for frame in frames:
            yield frame


async def _frames(
    user_id: UUID, after: int, is_allowed: Callable[[], bool], page: OpenPage
) -> AsyncGenerator[bytes]:
    read: Any = sync_to_async(_read)
    leave = Leave(is_allowed)
    seen = after
    with seats.seat(user_id):
        async with AsyncRing(f"user:{user_id}") as ring:
            # Named at once, so that who loses the connection before the first event misses none.
            yield f"id: {after}\nretry: 2000\n\n".encode()
            while not await leave.is_over():
                await page.renew()
                events = await read(user_id, seen)
                for event in events:
                    yield frame(event)
                    seen = event.sequence
                if not events and not await ring.wait(PING_S):
                    yield b": ping\n\n"
