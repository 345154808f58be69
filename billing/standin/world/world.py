"""The stand-in for Stripe in one object."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from . import answering, clocks, deliveries, seeding
from .actions import Actions
from .answering import Answer
from .deliveries import Deliveries, Post
from .seeding import ForSale
from .store import Place, Store


def _wall() -> int:
    return int(time.time())


class World:
    """A Stripe of one's own, in one file that several processes may open.

    ``base`` is where it is served: its API under ``{base}/v1``, a session's page at
    ``{base}/pay/{session}``, the portal's at ``{base}/portal/{session}``.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        base: str = "http://127.0.0.1",
        secret_key: str = "sk_test_standin",  # noqa: S107
        wall: Callable[[], int] = _wall,
    ) -> None:
        self.base = base.rstrip("/")
        self.secret_key = secret_key
        self._store = Store(Path(path), Place(self.base, wall))
        self.actions = Actions(self._store)
        self.deliveries = Deliveries(self._store)

    def seed(self, for_sale: Sequence[ForSale]) -> None:
        """Make the prices, the portal's settings and the code WELCOME20 where they are missing."""
        seeding.seed(self._store, for_sale)

    def enlist(self, *, url: str, secret: str) -> None:
        """Let all events go to this address from now on, signed with this secret."""
        seeding.enlist(self._store, url=url, secret=secret)

    def tick(self) -> None:
        """Let what fell due in the present happen: renewals, retries, sessions that expire."""
        clocks.tick(self._store)

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()


def respond(
    world: World, *, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """Answer a request of the API; ``path`` is that below the base, with its query."""
    return answering.answer(
        world._store,
        world.secret_key,
        method=method,
        path=path,
        headers=headers,
        body=body,
    )


def deliver_due(world: World, post: Post, *, most: int = 1_000) -> int:
    """Let the present happen and send what is due to the endpoints; how much was sent.

    ``post(url, headers, body)`` gives the answer's status. What it raises counts as no answer.
    """
    world.tick()
    return deliveries.deliver_due(world.deliveries, post, most=most)
