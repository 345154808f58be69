"""Hold-and-capture pairs a second, beside the same transactions written by hand in bare SQL.

Both sides run in one go on one server, in rounds that take turns, so that whatever disturbs the
machine disturbs both. ``--hammer`` instead tries to break the ledger (``ledger_hammer``).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from bench.database import set_up_django

OURS, BARE = "verbs", "bare SQL"
BOUGHT = 10**15  # µcr: nobody runs out
AMOUNT = 3_000  # µcr; divides the month's lot, so that both sides draw each hold from one lot


class Round(NamedTuple):
    """What a client does until the time is over: pairs of a side on one of these accounts."""

    side: str
    users: Sequence[UUID]
    seconds: float


@dataclass
class Figures:
    """Pairs a second of both sides, a round each."""

    accounts: int
    clients: int
    rates: dict[str, list[float]] = field(default_factory=lambda: {OURS: [], BARE: []})

    def rate(self, side: str) -> float:
        """The median round."""
        return statistics.median(self.rates[side])

    @property
    def ratio(self) -> float:
        """Ours to bare, the median of rounds that ran one after the other."""
        pairs = zip(self.rates[OURS], self.rates[BARE], strict=True)
        return statistics.median(ours / bare for ours, bare in pairs)


def main(arguments: Sequence[str]) -> None:
    """Measure, print a table and one JSON object; exit non-zero where the ledger broke."""
    parser = argparse.ArgumentParser(prog="script/bench ledger")
    parser.add_argument("--clients", type=int, nargs="+", help="1 8 16; with --hammer 16")
    parser.add_argument("--seconds", type=float, default=0.8, help="of a round")
    parser.add_argument("--rounds", type=int, default=5, help="of each side")
    parser.add_argument("--hammer", action="store_true", help="random verbs, killed connections")
    parser.add_argument("--operations", type=int, default=200_000, help="of the hammer")
    options = parser.parse_args(arguments)
    set_up_django()
    from bench.ledger_accounts import empty_ledger

    empty_ledger()
    if options.hammer:
        from bench import ledger_hammer

        clients = options.clients[0] if options.clients else 16
        sys.exit(ledger_hammer.report(operations=options.operations, clients=clients))
    clients = sorted(options.clients or [1, 8, 16])
    found = measure(clients, seconds=options.seconds, rounds=options.rounds)
    _print(found)


def measure(clients: Sequence[int], *, seconds: float, rounds: int) -> list[Figures]:
    """Both sides on one account and on a thousand, by so many clients."""
    from bench.fleet import Fleet
    from bench.ledger_accounts import make_accounts

    users = {
        (side, count): make_accounts(count, bought=BOUGHT)
        for side in (OURS, BARE)
        for count in (1, 1000)
    }
    with Fleet(max(clients), _client) as fleet:
        for side in (OURS, BARE):  # plans and caches are warm when the measurement begins
            fleet.run([Round(side, users[side, 1000], 1.0)] * max(clients))
        found = [Figures(accounts, count) for accounts in (1, 1000) for count in clients]
        for turn in range(rounds):
            for figures in found:
                for side in (OURS, BARE) if turn % 2 else (BARE, OURS):
                    order = Round(side, users[side, figures.accounts], seconds)
                    rate = sum(fleet.run([order] * figures.clients))
                    figures.rates[side].append(rate)
    check(
        [*users[OURS, 1], *users[OURS, 1000]],
        [*users[BARE, 1], *users[BARE, 1000]],
    )
    return found


def _client(number: int) -> Callable[[Round], float]:
    """A client's connections, one for each side; its pairs a second in a round."""
    from bench import ledger_bare
    from credits import operations as ledger

    bare = ledger_bare.connect(os.environ["DATABASE_URL"])
    chance = random.Random(number)

    def verbs(user_id: UUID) -> None:
        hold = ledger.hold(
            user_id=user_id,
            amount=AMOUNT,
            key=uuid4().hex,
            operation="edit",
            reason="Edit",
            ttl=timedelta(minutes=20),
        )
        ledger.capture(hold_id=hold.pk)

    def by_hand(user_id: UUID) -> None:
        ledger_bare.hold_and_capture(bare, user_id=user_id, amount=AMOUNT)

    def run(order: Round) -> float:
        pair = verbs if order.side == OURS else by_hand
        started, done = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - started) < order.seconds:
            pair(chance.choice(order.users))
            done += 1
        return done / elapsed

    return run


def check(ours: Sequence[UUID], bare: Sequence[UUID]) -> None:
    """Both sides wrote the same rows, and the ledger adds up."""
    from credits.audit import differences

    assert rows_of(ours) == rows_of(bare), (rows_of(ours), rows_of(bare))
    assert differences() == []


def rows_of(users: Sequence[UUID]) -> list[tuple[Any, ...]]:
    """Each kind of row that pairs left, and how many of it a hold has."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"users": list(users)})
        return cursor.fetchall()


_ROWS = """
WITH hold AS (
    SELECT hold.* FROM credits_hold hold JOIN credits_account account
    ON account.id = hold.account_id WHERE account.user_id = ANY(%(users)s)
), kinds AS (
    SELECT 'hold' AS what, state AS first, operation AS second, reason || close_reason AS third,
        amount, open + released + refunded AS rest, unlimited AS flag,
        closed_at > created_at AND expires_at > closed_at AS in_order
    FROM hold
    UNION ALL
    SELECT 'part', '', '', '', part.amount, part.amount - part.captured + part.released,
        part.position = 1, TRUE
    FROM credits_holdpart part JOIN hold ON hold.id = part.hold_id
    UNION ALL
    SELECT 'entry', entry.operation, entry.source, entry.destination || entry.reason,
        entry.amount, 0, entry.key IS NULL AND entry.line = hold.id,
        entry.created_at >= hold.created_at
    FROM credits_entry entry JOIN hold ON hold.id = entry.hold_id
)
SELECT kinds.*, count(*)::numeric / (SELECT count(*) FROM hold) AS a_hold
FROM kinds GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2
"""


def _print(found: Sequence[Figures]) -> None:
    print(f"{'accounts':>8} {'clients':>8} {OURS:>12} {BARE:>12} {'ratio':>7}   pairs a second")
    for each in found:
        print(
            f"{each.accounts:8} {each.clients:8} {each.rate(OURS):12.0f} "
            f"{each.rate(BARE):12.0f} {each.ratio:7.2f}"
        )
    summary: dict[str, Any] = {
        f"accounts_{each.accounts}_clients_{each.clients}": {
            "pairs_per_s": round(each.rate(OURS), 1),
            "bare_pairs_per_s": round(each.rate(BARE), 1),
            "ratio": round(each.ratio, 3),
        }
        for each in found
    }
    hot = [each for each in found if each.accounts == 1]
    many = [each for each in found if each.accounts != 1]
    summary["hot_account_kept"] = round(hot[-1].rate(OURS) / hot[0].rate(OURS), 3)
    summary["ratio"] = round(min(each.ratio for each in many), 3)
    print(json.dumps(summary))
