"""What becomes of each film of a race, and when workers are killed: drawn before it begins."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

SHARE_FAILED: Final = 0.10  # by the provider, after it accepted them
SHARE_UNTOLD: Final = 0.05  # whose callback is lost, as the provider's own chance has it
SHARE_TOLD_TWICE: Final = 0.05
SHARE_KILLED: Final = 0.02  # for so many of the films one worker process is killed


@dataclass(frozen=True)
class Fate:
    """How a film ends at its provider."""

    number: int
    fails: bool

    @property
    def prompt(self) -> str:
        """Words that no other film has."""
        return f"Film {self.number:05} of the race: the polo turns slowly"


@dataclass(frozen=True)
class Plan:
    """A race: its films, and after how many of them were asked for a worker is killed."""

    seed: int
    fates: list[Fate]
    kills: list[int]


def plan(*, videos: int, seed: int) -> Plan:
    """Exactly the shares above, in an order that the seed decides."""
    chance = random.Random(seed)
    failed = set(chance.sample(range(videos), round(videos * SHARE_FAILED)))
    fates = [Fate(number, number in failed) for number in range(videos)]
    # None in the first moments, when nothing is on its way.
    kills = sorted(chance.choices(range(videos // 50, videos), k=round(videos * SHARE_KILLED)))
    return Plan(seed, fates, kills)


def number_of(prompt: str) -> int:
    """Which film of the race it is."""
    return int(prompt.split()[1])
