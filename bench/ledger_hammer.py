"""Random verbs from many processes, some of whose connections are lost in the middle.

Afterwards the journals of all clients are compared with the ledger, row by row.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from bench.fleet import Fleet
from bench.ledger_accounts import make_accounts
from bench.ledger_client import Client, Journal, Told
from bench.ledger_faults import Faults, Killer
from bench.ledger_verdict import Verdict, judge
from core.money import CREDIT

SHARE_KILLED = 0.011  # a backend may be ended just after its operation was done
ACCOUNTS = 300


@dataclass(frozen=True)
class Blows:
    """What the hammer did, and what it found."""

    operations: int
    clients: int
    seconds: float
    kills: int
    told: list[Told]
    users: list[UUID]

    @cached_property
    def verdict(self) -> Verdict:
        """The rows beside what was told."""
        return judge(self.told, users=self.users)

    def summary(self) -> dict[str, float | int]:
        """By name, as the last line has it."""
        return {
            "operations": self.operations,
            "clients": self.clients,
            "operations_per_s": round(self.operations / self.seconds, 1),
            "killed_connections": self.kills,
            "refused": sum(not each.is_done for each in self.told),
            "drift": self.verdict.drift,
            "lost": len(self.verdict.lost),
            "doubled": len(self.verdict.doubled),
            "overdrafts": self.verdict.overdrafts,
            "ratio": 1.0 if self.verdict.is_clean else 0.0,
        }


def report(*, operations: int, clients: int) -> int:
    """Hammer, print what came of it; 0 where the ledger held."""
    blows = hammer(operations=operations, clients=clients)
    for name, figure in blows.summary().items():
        print(f"{name:20} {figure:>10}")
    for wrong in (blows.verdict.lost + blows.verdict.doubled)[:20]:
        print(wrong)
    print(json.dumps(blows.summary()))
    return 0 if blows.verdict.is_clean else 1


def hammer(*, operations: int, clients: int, accounts: int = ACCOUNTS) -> Blows:
    """So many operations by so many processes on accounts that they share."""
    users = make_accounts(accounts, bought=30 * CREDIT)
    killer = Killer()
    with Fleet(clients, _client(users, killer)) as fleet:
        started = time.perf_counter()
        journals: list[Journal] = fleet.run([operations // clients] * clients)
        seconds = time.perf_counter() - started
    killer.close()
    told = [each for journal in journals for each in journal.told]
    return Blows(
        operations=operations // clients * clients,
        clients=clients,
        seconds=seconds,
        kills=sum(journal.lost for journal in journals),
        told=told,
        users=users,
    )


def _client(users: Sequence[UUID], killer: Killer) -> Callable[[int], Callable[[int], Journal]]:
    def make(number: int) -> Callable[[int], Journal]:
        logging.getLogger("techpack.credits").setLevel(logging.ERROR)  # refusals are meant
        chance = random.Random(number)
        faults = Faults(killer, share=SHARE_KILLED, chance=chance)
        return Client(users, faults, chance).run

    return make
