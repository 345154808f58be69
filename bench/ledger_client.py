"""A client of the hammer: random verbs with keys, retried until it is told how each ended."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from bench.ledger_faults import LOST, Faults
from core.errors import Conflict, InsufficientCredits, InvalidRequest
from core.money import CREDIT, Microcredits
from credits import operations as ledger
from credits.models import Hold, Lot

T = TypeVar("T")
LIVES = [timedelta(milliseconds=300), timedelta(seconds=3), timedelta(days=1), None]
TTLS = [timedelta(milliseconds=50), timedelta(seconds=2), timedelta(hours=1)]


class Told(NamedTuple):
    """What a client was told about one operation: done or refused, on which hold or lot.

    A grant's key is the lot's ``source_key``; a hold is closed with the key as its reason.
    """

    verb: str
    key: str
    is_done: bool
    subject: UUID | None = None
    amount: Microcredits = 0


@dataclass
class Journal:
    """All that a client was told, and how often it had to ask again."""

    told: list[Told] = field(default_factory=list)
    lost: int = 0


class Client:
    """Works on accounts that it shares with others, and closes the holds that it made."""

    def __init__(self, users: Sequence[UUID], faults: Faults, chance: random.Random) -> None:
        self.users, self.chance, self.faults = users, chance, faults
        self.journal = Journal()
        self.owners: dict[UUID, UUID] = {}
        self.open: list[Hold] = []
        self.captured: list[Hold] = []
        self.bought: list[str] = []
        self.verbs: dict[Callable[[], None], int] = {
            self.hold: 380,
            self.hold_again: 20,
            self.capture: 160,
            self.capture_part: 130,
            self.release: 90,
            self.expire: 60,
            self.meddle: 20,
            self.refund: 80,
            self.grant: 55,
            self.revoke: 3,
            self.expire_lots: 2,
        }
        self.needs: dict[Callable[[], None], Sequence[object]] = {
            **dict.fromkeys([self.capture, self.capture_part, self.release], self.open),
            **dict.fromkeys([self.expire, self.hold_again], self.open),
            self.refund: self.captured,
            self.revoke: self.bought,
        }

    def run(self, operations: int) -> Journal:
        """So many operations, in any order; what was told."""
        verbs, weights = list(self.verbs), list(self.verbs.values())
        for _ in range(operations):
            verb = self.chance.choices(verbs, weights)[0]
            (verb if self.needs.get(verb, verbs) else self.hold)()
        return self.journal

    def ask(self, work: Callable[[], T]) -> T:
        """Ask until there is an answer: a lost connection says nothing about what happened."""
        while True:
            try:
                return self.faults.ask(work)
            except LOST:
                self.journal.lost += 1
                connection.close()

    def note(
        self,
        verb: str,
        key: str,
        is_done: bool,
        subject: Hold | Lot | None,
        amount: Microcredits = 0,
    ) -> None:
        """Into the journal."""
        pk = subject.pk if subject else None
        self.journal.told.append(Told(verb, key, is_done, pk, amount))

    # --- the verbs -----------------------------------------------------------------------

    def hold(self) -> None:
        """Mostly small, now and then more than most have."""
        credits = 60 if self.chance.random() < 0.03 else self.chance.choice([0, 1, 2, 3, 7])
        amount = credits * CREDIT + self.chance.randrange(CREDIT)
        user_id, key = self.chance.choice(self.users), uuid4().hex
        made = self._ask_hold(user_id, key, amount, self.chance.choice(TTLS))
        self.note("hold", key, made is not None, made, amount)
        if made is not None:
            self.owners[made.pk] = user_id
            self.open.append(made)

    def hold_again(self) -> None:
        """The same request once more, as a client does that forgot the answer."""
        known = self.chance.choice(self.open)
        again = self._ask_hold(self.owners[known.pk], known.key, known.amount, TTLS[-1])
        self.note("hold", known.key, again is not None, again, known.amount)

    def _ask_hold(
        self, user_id: UUID, key: str, amount: Microcredits, ttl: timedelta
    ) -> Hold | None:
        try:
            return self.ask(
                lambda: ledger.hold(
                    user_id=user_id,
                    amount=amount,
                    key=key,
                    operation="hammer",
                    reason="",
                    ttl=ttl,
                    refusal=lambda short: InsufficientCredits("Not enough."),
                )
            )
        except InsufficientCredits:
            return None

    def capture(self) -> None:
        """The whole hold."""
        hold, key = self._any_open(), uuid4().hex
        self._close("capture", hold, key, lambda: ledger.capture(hold_id=hold.pk, reason=key))

    def capture_part(self) -> None:
        """Some of it, or nothing."""
        hold, key = self._any_open(), uuid4().hex
        part = self.chance.randint(0, hold.amount)
        self._close(
            "capture",
            hold,
            key,
            lambda: ledger.capture(hold_id=hold.pk, amount=part, reason=key),
        )

    def release(self) -> None:
        """The job failed."""
        hold, key = self._any_open(), uuid4().hex
        self._close("release", hold, key, lambda: ledger.release(hold_id=hold.pk, reason=key))

    def expire(self) -> None:
        """Its time is over, or not yet."""
        hold, key = self._any_open(), uuid4().hex
        self._close(
            "expire",
            hold,
            key,
            lambda: ledger.release(hold_id=hold.pk, reason=key, expired=True),
        )

    def meddle(self) -> None:
        """Close a hold that another client made: one of the two is too late."""
        users = {"account__user_id": self.chance.choice(self.users)}
        found = self.ask(
            lambda: Hold.objects.filter(**users, state=Hold.State.OPEN).order_by("-id").first()
        )
        if found is None:
            return
        hold, key = found, uuid4().hex
        self._close("release", hold, key, lambda: ledger.release(hold_id=hold.pk, reason=key))

    def _any_open(self) -> Hold:
        at = self.chance.randrange(len(self.open))
        self.open[at], self.open[-1] = self.open[-1], self.open[at]
        return self.open.pop()

    def _close(self, verb: str, hold: Hold, key: str, close: Callable[[], Hold]) -> None:
        try:
            closed = self.ask(close)
        except ledger.HoldClosed:
            # Perhaps by this very operation, whose answer was lost: the reason tells.
            closed = self.ask(lambda: Hold.objects.get(pk=hold.pk))
        except Conflict:  # it has not run out yet
            self.note(verb, key, False, hold)
            self.open.append(hold)
            return
        self.note(verb, key, closed.close_reason == key, hold, closed.captured)
        if closed.close_reason == key and closed.captured:
            self.captured.append(closed)

    def refund(self) -> None:
        """Some of what is left of a capture, or more than that."""
        hold = self.chance.choice(self.captured)
        left = hold.captured - hold.refunded
        key, amount = uuid4().hex, self.chance.randint(1, left + left // 8 + 1)
        try:
            done = self.ask(
                lambda: ledger.refund(hold_id=hold.pk, key=key, reason="", amount=amount)
            )
        except InvalidRequest:
            self.note("refund", key, False, hold, amount)
            return
        hold.refunded = done.refunded
        self.note("refund", key, True, hold, amount)
        if hold.refunded == hold.captured:
            self.captured.remove(hold)

    def grant(self) -> None:
        """A payment, or credits that do not live long."""
        user_id, key = self.chance.choice(self.users), uuid4().hex
        kind = self.chance.choice([Lot.Kind.TOPUP, Lot.Kind.GRANT])
        amount = self.chance.randint(1, 40 * CREDIT)
        life = None if kind == Lot.Kind.TOPUP else self.chance.choice(LIVES)
        expires_at = timezone.now() + life if life else None
        try:
            lot = self.ask(
                lambda: ledger.grant(
                    user_id=user_id,
                    kind=kind,
                    amount=amount,
                    source_key=key,
                    expires_at=expires_at,
                )
            )
        except InvalidRequest:  # it came too late
            self.note("grant", key, False, None, amount)
            return
        self.note("grant", key, True, lot, amount)
        if kind == Lot.Kind.TOPUP:
            self.bought.append(key)

    def revoke(self) -> None:
        """A payment was charged back, perhaps for the second time."""
        key = self.chance.choice(self.bought)
        lot = self.ask(lambda: ledger.revoke(source_key=key, reason="chargeback"))
        self.note("revoke", key, True, lot)

    def expire_lots(self) -> None:
        """What beat does every five minutes."""
        self.ask(ledger.expire_lots)
