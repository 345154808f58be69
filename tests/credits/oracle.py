"""The ledger's rules once more, in plain Python and from the specification, for comparison.

It knows no database and shares no code with the ledger. Amounts are µcr. A verb that is refused
raises before it has changed anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from .oracle_rows import OracleHold, OracleLine, OracleLot, OraclePart

MONTHLY = {"free": 18_000_000, "pro": 200_000_000}
FAIR_USE = {"free": 0, "pro": 500}
GRACE = timedelta(days=7)
NEVER = datetime.max.replace(tzinfo=UTC)


class Refused(Exception):
    """The balance, or a key's cap, does not cover it."""


class Reused(Exception):
    """The idempotency key came with other content before."""


class Closed(Exception):
    """The hold is not open, or nothing was captured under it."""


class Wrong(Exception):
    """No such amount is possible here."""


class TooEarly(Exception):
    """The hold has not run out yet."""


def month_after(start: datetime, months: int) -> datetime:
    """The same day so many months later, or the last of a month that is too short for it."""
    years, month = divmod(start.month - 1 + months, 12)
    for day in range(start.day, 0, -1):
        try:
            return start.replace(year=start.year + years, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


@dataclass
class Oracle:
    """An account as it should be at ``now``."""

    now: datetime
    plan: str = "free"
    debt: int = 0
    lots: list[OracleLot] = field(default_factory=list)
    holds: dict[str, OracleHold] = field(default_factory=dict)
    caps: dict[str, int | None] = field(default_factory=dict)
    lines: list[OracleLine] = field(default_factory=list)
    changes: dict[str, int] = field(default_factory=dict)  # of what is available, by hold
    refunds: dict[str, tuple[str, int]] = field(default_factory=dict)
    adjustments: dict[str, int] = field(default_factory=dict)
    jobs_of_day: tuple[date, int] = (date.min, 0)
    happened: Counter[str] = field(default_factory=Counter)  # what is easily missed

    def __post_init__(self) -> None:
        self.cycle_started_at = self.next_month_at = self.month_started_at = self.now
        self.grant_due_month()

    # --- Credits come in -----------------------------------------------------------------

    def grant(self, name: str, kind: str, amount: int, expires_at: datetime = NEVER) -> None:
        known = next((lot for lot in self.lots if lot.name == name), None)
        if amount <= 0:
            raise Wrong
        if known is not None:
            if (known.kind, known.granted) != (kind, amount):
                raise Reused
            return
        if expires_at <= self.now:
            raise Wrong
        paid = min(self.debt, amount)
        self.happened["a grant paid a debt"] += bool(paid)
        self.debt -= paid
        lot = self._new_lot(name, kind, amount, expires_at)
        lot.available -= paid
        lot.consumed += paid
        self.lines.append(OracleLine(kind, "granted", amount - paid))

    def _new_lot(self, name: str, kind: str, amount: int, expires_at: datetime) -> OracleLot:
        lot = OracleLot(name, kind, len(self.lots), expires_at, amount, amount)
        self.lots.append(lot)
        return lot

    def grant_due_month(self) -> bool:
        if self.next_month_at > self.now:
            return False
        begun = 0
        self.happened["a month began"] += 1
        while month_after(self.cycle_started_at, begun + 1) <= self.now:
            begun += 1
        self.month_started_at = month_after(self.cycle_started_at, begun)
        self.next_month_at = month_after(self.cycle_started_at, begun + 1)
        name = f"month of {self.plan} from {self.month_started_at}, {len(self.lots)}"
        self.grant(name, "monthly", MONTHLY[self.plan], self.next_month_at)
        return True

    def change_plan(self, plan: str, started_at: datetime) -> None:
        if (plan, started_at) != (self.plan, self.cycle_started_at):
            self.plan = plan
            self.cycle_started_at = self.next_month_at = started_at
            self.grant_due_month()

    def adjust(self, key: str, amount: int) -> None:
        if amount == 0:
            raise Wrong
        if key in self.adjustments:
            if self.adjustments[key] != amount:
                raise Reused
            return
        if amount > 0:
            self.grant(f"adjustment {key}", "grant", amount)
        else:
            self.hold(f"adjust:{key}", -amount, timedelta(minutes=1), operation="adjustment")
            self.capture(f"adjust:{key}", None)
        self.adjustments[key] = amount

    # --- A hold and its end --------------------------------------------------------------

    def hold(
        self,
        key: str,
        amount: int,
        ttl: timedelta,
        *,
        operation: str = "edit",
        unlimited: bool = False,
        api_key: str | None = None,
    ) -> None:
        if amount < 0:
            raise Wrong
        if known := self.holds.get(key):
            if (known.amount, known.operation) != (amount, operation):
                raise Reused
            return
        day, jobs = self.jobs_of_day
        jobs = jobs if day == self.now.date() else 0
        by_plan = unlimited and amount > 0 and jobs < FAIR_USE[self.plan]
        if amount and not by_plan and amount > min(self.free, self._left_of_cap(api_key)):
            self._note_why(amount)
            raise Refused
        parts = [] if by_plan else self._draw(amount)
        self.holds[key] = OracleHold(
            amount, operation, self.now + ttl, parts, by_plan, api_key, self.now
        )
        self.changes[key] = -sum(part.amount for part in parts)
        if unlimited and amount:
            self.jobs_of_day = self.now.date(), jobs + 1
        self.happened["the plan paid"] += by_plan
        self.happened["beyond fair use"] += bool(unlimited and parts and self.plan == "pro")
        self.happened["a hold over several lots"] += len(parts) > 1

    def _note_why(self, amount: int) -> None:
        unswept = sum(lot.available for lot in self.lots)
        why = "past its date" if amount <= unswept - self.debt else "short"
        why = "by debt" if self.free < amount <= self.usable else why
        self.happened[f"refused {'by cap' if amount <= self.free else why}"] += 1

    def _draw(self, amount: int) -> list[OraclePart]:
        parts = []
        for lot in sorted(self._usable(), key=lambda lot: lot.rank):
            drawn = min(lot.available, amount)
            if drawn:
                lot.available -= drawn
                lot.held += drawn
                amount -= drawn
                parts.append(OraclePart(lot, drawn))
                self.happened["grace was used"] += lot.kind == "grace"
        return parts

    def _left_of_cap(self, api_key: str | None) -> float:
        cap = self.caps[api_key] if api_key else None
        if cap is None:
            return float("inf")
        return cap - sum(
            hold.open + hold.captured - hold.refunded
            for hold in self.holds.values()
            if hold.api_key == api_key
            and hold.made_at >= self.month_started_at
            and not hold.by_plan
        )

    def capture(self, key: str, amount: int | None, *, penalty: bool = False) -> None:
        hold = self.holds[key]
        if amount is not None and amount < 0:
            raise Wrong
        if penalty and hold.by_plan:
            amount = 0
        self._close(key, "captured", hold.amount if amount is None else amount)

    def release(self, key: str, *, expired: bool = False) -> None:
        hold = self.holds[key]
        if expired and hold.state == "open" and hold.expires_at > self.now:
            raise TooEarly
        self._close(key, "expired" if expired else "released", 0)

    def release_if_open(self, key: str, *, by_sweeper: bool) -> bool:
        hold = self.holds[key]
        if hold.state != "open":
            return False
        self.release(key, expired=by_sweeper and hold.expires_at <= self.now)
        return True

    def _close(self, key: str, state: str, captured: int) -> None:
        hold = self.holds[key]
        if hold.state != "open":
            raise Closed
        if captured > hold.amount:
            raise Wrong
        rest = captured
        for part in hold.parts:
            part.captured = min(part.amount, rest)
            part.released = part.amount - part.captured
            rest -= part.captured
            part.lot.held -= part.amount
            part.lot.consumed += part.captured
        self.happened["a part was captured"] += 0 < captured < hold.amount
        hold.captured = captured
        hold.state = "released" if state == "captured" and hold.amount and not captured else state
        self._give_back(key, ((part.lot, part.released) for part in hold.parts))

    def refund(self, key: str, amount: int | None, *, again: str) -> None:
        hold = self.holds[key]
        if before := self.refunds.get(again):
            if before[0] != key or amount not in (None, before[1]):
                raise Reused
            return
        if hold.state != "captured":
            raise Closed
        if hold.by_plan:
            return
        left = hold.refundable
        asked = left if amount is None else amount
        if not 0 < asked <= left:
            raise Wrong
        self.refunds[again] = key, asked
        hold.refunded += asked
        given = []
        self.happened["a part was refunded"] += asked < left and len(hold.parts) > 1
        for part in reversed(hold.parts):
            back = min(part.captured - part.refunded, asked)
            asked -= back
            part.refunded += back
            part.lot.consumed -= back
            given.append((part.lot, back))
        self._give_back(key, given)

    def _give_back(self, key: str, back: Iterable[tuple[OracleLot, int]]) -> None:
        grace = owed = 0
        for lot, amount in back:
            due = min(amount, lot.owed)
            lot.revoked += due
            owed += due
            rest = amount - due
            self.happened["a lot got back what was owed, and more"] += bool(due and rest)
            if lot.expires_at <= self.now:
                lot.expired += rest
                grace += rest
            else:
                lot.available += rest
                self.changes[key] += rest
        paid = min(self.debt, owed)
        self.debt -= paid
        self.happened["what came back paid a debt"] += bool(paid)
        for kind, amount, ends in (
            ("grace", grace, self.now + GRACE),
            ("grant", owed - paid, NEVER),
        ):
            if amount:
                self.happened[f"given back as {kind}"] += 1
                self._new_lot(f"back {len(self.lots)}", kind, amount, ends)
                self.changes[key] += amount

    # --- Credits run out, or are taken back ----------------------------------------------

    def expire_lots(self) -> int:
        due = [lot for lot in self.lots if lot.available and lot.expires_at <= self.now]
        for lot in due:
            self.lines.append(OracleLine("expire", "expired", -lot.available))
            lot.expired += lot.available
            lot.available = 0
        return len(due)

    def revoke(self, name: str, amount: int | None = None) -> None:
        lot = next(lot for lot in self.lots if lot.name == name)
        if amount is not None and not 0 <= amount <= lot.granted:
            raise Wrong
        whole = lot.granted - lot.expired
        wanted = whole if amount is None else min(amount, whole)
        self.happened["a part was taken back"] += lot.claimed < wanted < whole
        if wanted > lot.claimed:
            self._take_back(lot, wanted)
        elif wanted < lot.claimed:
            self._give_again(lot, wanted)

    def _take_back(self, lot: OracleLot, wanted: int) -> None:
        more = wanted - lot.claimed
        left = min(more, lot.available)
        lot.claimed = wanted
        lot.available -= left
        lot.revoked += left
        self.debt += more - left
        self.lines.append(OracleLine("revoke", "revoked", -left))
        self.happened["a chargeback left a debt"] += more > left

    def _give_again(self, lot: OracleLot, wanted: int) -> None:
        less = lot.claimed - wanted
        owed = min(less, lot.owed)
        lot.claimed = wanted
        paid_before = max(0, owed - self.debt)
        self.debt = max(0, self.debt - owed)
        if paid_before:
            self._new_lot(f"back {len(self.lots)}", "grant", paid_before, NEVER)
            self.lines.append(OracleLine("grant", "granted", paid_before))
            self.happened["a debt was paid and then canceled"] += 1
        back = less - owed
        lot.revoked -= back
        is_over = lot.expires_at <= self.now
        self.lines.append(OracleLine("restore", "granted", 0 if is_over else back))
        self.happened["what was taken back was given again"] += bool(back)
        if not is_over:
            lot.available += back
            return
        lot.expired += back
        if back:
            self.grant(f"back {len(self.lots)}", "grace", back, self.now + GRACE)

    # --- What is read --------------------------------------------------------------------

    def _usable(self) -> list[OracleLot]:
        return [lot for lot in self.lots if lot.expires_at > self.now]

    @property
    def usable(self) -> int:
        return sum(lot.available for lot in self._usable())

    @property
    def free(self) -> int:
        return max(0, self.usable - self.debt)

    @property
    def held(self) -> int:
        return sum(lot.held for lot in self.lots)

    def statement(self) -> list[tuple[str | int | bool, ...]]:
        """(operation, status, held, captured, released, refunded, included, change), sorted."""
        holds = [
            (
                hold.operation,
                hold.status,
                hold.amount,
                hold.captured,
                hold.released,
                hold.refunded,
                hold.by_plan,
                self.changes[key],
            )
            for key, hold in self.holds.items()
        ]
        others = [
            (line.operation, line.status, 0, 0, 0, 0, False, line.change) for line in self.lines
        ]
        return sorted([*holds, *others])
