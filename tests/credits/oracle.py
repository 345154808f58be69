"""The ledger's rules once more, in plain Python and from the specification, for comparison.

It knows no database and shares no code with the ledger. Amounts are µcr, times are days.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PRIORITY = {"grace": 0, "monthly": 10, "grant": 20, "topup": 30}
NEVER = float("inf")


class Refused(Exception):
    """The balance does not cover it."""


@dataclass
class OracleLot:
    """One lot, by what became of its credits."""

    name: str
    kind: str
    born: int
    expires_on: float
    available: int
    held: int = 0
    consumed: int = 0
    expired: int = 0
    revoked: int = 0
    is_revoked: bool = False

    @property
    def rank(self) -> tuple[int, float, int]:
        """The burn order."""
        return PRIORITY[self.kind], self.expires_on, self.born


@dataclass
class OracleHold:
    """One hold and the lots that it drew from, in burn order."""

    amount: int
    parts: list[tuple[OracleLot, int]]
    expires_on: float
    state: str = "open"
    captured: int = 0
    refunded: int = 0
    taken: dict[str, int] = field(default_factory=dict)


@dataclass
class Oracle:
    """An account as it should be."""

    today: float = 0.0
    debt: int = 0
    lots: list[OracleLot] = field(default_factory=list)
    holds: dict[str, OracleHold] = field(default_factory=dict)
    born: int = 0

    def _new(self, name: str, kind: str, amount: int, expires_on: float) -> OracleLot:
        self.born += 1
        lot = OracleLot(name, kind, self.born, expires_on, amount)
        self.lots.append(lot)
        return lot

    def is_past(self, lot: OracleLot) -> bool:
        return lot.expires_on <= self.today

    def grant(self, name: str, kind: str, amount: int, days: float) -> None:
        if any(lot.name == name for lot in self.lots):
            return
        lot = self._new(name, kind, amount, self.today + days)
        paid = min(self.debt, amount)
        self.debt -= paid
        lot.available -= paid
        lot.consumed += paid

    def hold(self, key: str, amount: int, days: float) -> None:
        usable = sorted(
            (lot for lot in self.lots if lot.available and not self.is_past(lot)),
            key=lambda lot: lot.rank,
        )
        if amount and sum(lot.available for lot in usable) - self.debt < amount:
            raise Refused
        parts, rest = [], amount
        for lot in usable:
            drawn = min(lot.available, rest)
            if not drawn:
                break
            lot.available -= drawn
            lot.held += drawn
            rest -= drawn
            parts.append((lot, drawn))
        self.holds[key] = OracleHold(amount, parts, self.today + days)

    def close(self, key: str, state: str, captured: int) -> None:
        hold = self.holds[key]
        rest = captured
        back: list[tuple[OracleLot, int]] = []
        for lot, drawn in hold.parts:
            taken = min(drawn, rest)
            rest -= taken
            lot.held -= drawn
            lot.consumed += taken
            hold.taken[lot.name] = taken
            back.append((lot, drawn - taken))
        hold.captured = captured
        hold.state = "released" if state == "captured" and hold.amount and not captured else state
        self._give_back(back)

    def refund(self, key: str, amount: int) -> None:
        hold, rest = self.holds[key], amount
        back: list[tuple[OracleLot, int]] = []
        for lot, _ in reversed(hold.parts):
            given = min(hold.taken[lot.name], rest)
            rest -= given
            hold.taken[lot.name] -= given
            lot.consumed -= given
            back.append((lot, given))
        hold.refunded += amount
        self._give_back(back)

    def _give_back(self, back: list[tuple[OracleLot, int]]) -> None:
        grace = owed = 0
        for lot, amount in back:
            if lot.is_revoked:
                lot.revoked += amount
                owed += amount
            elif self.is_past(lot):
                lot.expired += amount
                grace += amount
            else:
                lot.available += amount
        if grace:
            self._new(f"grace {self.born}", "grace", grace, self.today + 7)
        paid = min(self.debt, owed)
        self.debt -= paid
        if owed > paid:
            self._new(f"overpaid {self.born}", "grant", owed - paid, NEVER)

    def expire_lots(self) -> None:
        for lot in self.lots:
            if self.is_past(lot):
                lot.expired += lot.available
                lot.available = 0

    def revoke(self, name: str) -> None:
        lot = next(lot for lot in self.lots if lot.name == name)
        if lot.is_revoked:
            return
        lot.is_revoked = True
        lot.revoked += lot.available
        lot.available = 0
        self.debt += lot.held + lot.consumed

    def totals(self) -> dict[str, int]:
        return {
            "available": sum(lot.available for lot in self.lots),
            "held": sum(lot.held for lot in self.lots),
            "debt": self.debt,
        }

    def shape(self) -> list[tuple[str, int, int, int, int, int]]:
        return sorted(
            (lot.kind, lot.available, lot.held, lot.consumed, lot.expired, lot.revoked)
            for lot in self.lots
        )
