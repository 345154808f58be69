"""Those who ask for films, and five who look at each of them at the same moment: all processes."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import httpx

from bench.fleet import Fleet
from bench.videos_race_plan import Fate
from core.money import parse_credits

LOOKERS: Final = 5
ASKERS: Final = 3
IN_FLIGHT: Final = 40  # films asked for and not yet ended by their provider
MEETING_WITHIN_S: Final = 120.0
LOOK_AGAIN_S: Final = 2.0
FINAL: Final = ("completed", "failed", "canceled")


class Asked(NamedTuple):
    """A film that somebody asked for: which, under what id, with whose key."""

    number: int
    video_id: str
    key: str


class Told(NamedTuple):
    """What a status check said of a film; ``captured`` in µcr."""

    number: int
    video_id: str
    status: str
    captured: int


@dataclass
class Journal:
    """All that a process was told, in order."""

    told: list[Told] = field(default_factory=list)
    together: int = 0  # checks at the moment of the film's end that told of it
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Places:
    """Where things are: the product, and the provider's own entrance for us."""

    product: str
    vendor: str
    keys: Sequence[str]


class Crowd:
    """What its processes share, which they have from before they are forked."""

    def __init__(self, places: Places, *, patience_s: float) -> None:
        fork = multiprocessing.get_context("fork")
        self.places = places
        self.patience_s = patience_s
        self.meeting = fork.Barrier(LOOKERS, timeout=MEETING_WITHIN_S)
        self.in_flight = fork.Semaphore(IN_FLIGHT)
        self.in_one_order = fork.Lock()
        self.to_look_at = [fork.SimpleQueue() for _ in range(LOOKERS)]

    def run(self, fates: Sequence[Fate]) -> list[Journal]:
        """Ask for every film and look at each until it is over, or patience is."""
        shares: list[Any] = [list(fates[turn::ASKERS]) for turn in range(ASKERS)]
        with Fleet(LOOKERS + ASKERS, self._member) as fleet:
            return fleet.run([list(fates)] * LOOKERS + shares)

    def _member(self, number: int) -> Callable[[list[Fate]], Journal]:
        if number < LOOKERS:
            return Looker(self, number).look
        return Asker(self).ask


class Asker:
    """Asks for one film after another, as long as not too many are on their way."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._journal = Journal()

    def ask(self, fates: Sequence[Fate]) -> Journal:
        """Ask for these, and tell all lookers of each in one order."""
        with httpx.Client(base_url=self._crowd.places.product, timeout=60) as http:
            for fate in fates:
                self._crowd.in_flight.acquire()
                asked = self._ask(http, fate)
                with self._crowd.in_one_order:
                    for queue in self._crowd.to_look_at:
                        queue.put(asked)
        return self._journal

    def _ask(self, http: httpx.Client, fate: Fate) -> Asked:
        keys = self._crowd.places.keys
        key = keys[fate.number % len(keys)]
        body = {"prompt": fate.prompt, "seconds": "4", "size": "1280x720"}
        answer = http.post("/api/generate-video", json=body, headers=_bearer(key))
        if not answer.is_success:
            self._journal.refused.append(f"{fate.number}: {answer.status_code} {answer.text}")
        return Asked(fate.number, answer.json().get("video_id") or "", key)


class Looker:
    """One of five who check each film at once, in the moment in which its provider ends it."""

    def __init__(self, crowd: Crowd, number: int) -> None:
        self._crowd, self._number = crowd, number
        self._journal = Journal()
        self._to_end: list[Fate] = []

    def look(self, fates: Sequence[Fate]) -> Journal:
        """See every film end; then go round those that are open until none is, or time is up."""
        with (
            httpx.Client(base_url=self._crowd.places.product, timeout=60) as http,
            httpx.Client(base_url=self._crowd.places.vendor, timeout=60) as vendor,
        ):
            waiting = [each for _ in fates if (each := self._meet(http, vendor, fates))]
            until, pause = time.monotonic() + self._crowd.patience_s, threading.Event()
            while waiting and time.monotonic() < until:
                self._end_all(vendor)
                waiting = [each for each in waiting if not self._check(http, each)]
                pause.wait(LOOK_AGAIN_S)
        return self._journal

    def _meet(
        self, http: httpx.Client, vendor: httpx.Client, fates: Sequence[Fate]
    ) -> Asked | None:
        """The next film, unless its check, made in the same moment by all five, told of its end."""
        asked: Asked = self._crowd.to_look_at[self._number].get()
        if self._number == 0:
            self._to_end.append(fates[asked.number])
            self._end_all(vendor)
            self._crowd.in_flight.release()
        self._crowd.meeting.wait()
        if not self._check(http, asked):
            return asked
        self._journal.together += 1
        return None

    def _end_all(self, vendor: httpx.Client) -> None:
        """End what is to be ended; a film that has not begun yet is ended later."""
        self._to_end = [fate for fate in self._to_end if not _end(vendor, fate)]

    def _check(self, http: httpx.Client, asked: Asked) -> bool:
        """Whether the film is over, as the product tells it."""
        if not asked.video_id:
            return True
        where = {"video_id": asked.video_id}
        answer = http.get("/api/check-video", params=where, headers=_bearer(asked.key))
        if not answer.is_success:
            self._journal.refused.append(f"{asked.number}: {answer.status_code} {answer.text}")
            return False
        said = answer.json()
        captured = parse_credits(str(said["credits"]["captured"]))
        told = Told(asked.number, asked.video_id, said["status"], captured)
        self._journal.told.append(told)
        return told.status in FINAL


def _end(vendor: httpx.Client, fate: Fate) -> bool:
    """Whether the provider has ended the film, which it can only once it has begun."""
    told = {"prompt": fate.prompt, "code": "server_error" if fate.fails else ""}
    try:
        return vendor.post("/control/end", json=told).is_success
    except httpx.HTTPError:
        return False


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
