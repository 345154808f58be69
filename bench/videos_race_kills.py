"""``kill -9`` of worker processes while a race goes on."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import psycopg

from tests.servers import Server

WORKERS: Final = "deploy.embedded.worker"
LOOK_EVERY_S: Final = 0.05
LATER_AT_MOST_S: Final = 1.5
# The supervisor gives up on a part that dies again and again within moments of its start.
WHOLE_CREW_EVERY_S: Final = 20.0


class Killer(threading.Thread):
    """Kills one of the worker processes each time that so many films were asked for."""

    def __init__(self, server: Server, moments: Sequence[int], chance: random.Random) -> None:
        super().__init__(name="killer", daemon=True)
        self._server, self._moments, self._chance = server, list(moments), chance
        self._over = threading.Event()
        self._crew_killed_at = -WHOLE_CREW_EVERY_S
        self.killed: Counter[str] = Counter()

    def run(self) -> None:
        """Until every moment has come, or ``stop``."""
        with psycopg.connect(self._server.database_url, autocommit=True) as connection:
            while self._moments and not self._over.wait(LOOK_EVERY_S):
                (asked,) = connection.execute("SELECT count(*) FROM videos_video").fetchone() or (
                    0,
                )
                while self._moments and asked >= self._moments[0]:
                    del self._moments[0]
                    self._over.wait(self._chance.uniform(0, LATER_AT_MOST_S))
                    self._kill_one()

    def stop(self) -> None:
        """No kill begins after this."""
        self._over.set()
        self.join()

    def _kill_one(self) -> None:
        """Any process of the crews; the first of a crew takes all of it with it."""
        processes = sorted(self._server.children(WORKERS))
        crews = {pid for pid in processes if _parent(pid) == self._server.process.pid}
        is_crew_due = time.monotonic() - self._crew_killed_at > WHOLE_CREW_EVERY_S
        among = [pid for pid in processes if is_crew_due or pid not in crews]
        if not among:
            return
        chosen = self._chance.choice(among)
        with suppress(ProcessLookupError):
            os.kill(chosen, signal.SIGKILL)
            self.killed["crews" if chosen in crews else "processes"] += 1
        if chosen in crews:
            self._crew_killed_at = time.monotonic()


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat") as status:
            return int(status.read().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
