"""The stand-in's post: a thread of the web process that delivers webhooks, as Stripe would.

It goes over HTTP to the product's own address, so that what is tried while developing is the whole
way. What waits lies in the world's file, so a restart loses nothing, and several processes share.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Final

import httpx2
from django.conf import settings

from billing import webhooks
from billing.standin import here
from billing.standin.world import World, deliver_due

log = logging.getLogger("techpack.billing")

# Late deliveries come due by the clock, and other processes put letters in.
LOOK_EVERY_S: Final = 1.0
REST_S: Final = 5.0
TIMEOUT_S: Final = 30.0  # as long as Stripe waits


class PostOffice:
    """Delivers what is due in a world until it is closed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._is_closed = threading.Event()
        self._work = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stand-in post", daemon=True)

    def open(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Something may be due."""
        self._work.set()

    def close(self) -> None:
        """End, after the delivery that is under way."""
        self._is_closed.set()
        self._work.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_closed.is_set():
            self._work.clear()
            rest = LOOK_EVERY_S
            try:
                deliver_due(self._world, post)
            except Exception:
                log.exception("the stand-in's webhooks are not sent")
                rest = REST_S
            self._work.wait(rest)


def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Deliver one; the status of the answer. Raises httpx2.HTTPError where there is none."""
    answer = httpx2.post(url, headers=headers, content=body, timeout=TIMEOUT_S, trust_env=False)
    return answer.status_code


_office: PostOffice | None = None


def start() -> None:
    """Open this process's office, where payments are acted."""
    global _office
    if settings.PAYMENTS.mode != "standin" or _office is not None:
        return
    enlist(here.world())
    _office = PostOffice(here.world())
    _office.open()


def wake() -> None:
    """Something happened in the world, of which somebody may have to be told."""
    if _office is not None:
        _office.wake()


def enlist(world: World) -> None:
    """This installation's address gets the world's webhooks, signed with our secret."""
    world.enlist(url=webhooks.endpoint_url(), secret=settings.PAYMENTS.webhook_secret)
