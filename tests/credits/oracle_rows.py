"""What the oracle keeps of lots and holds. Amounts are µcr."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

PRIORITY = {"grace": 0, "monthly": 10, "grant": 20, "topup": 30}


@dataclass
class OracleLot:
    """One lot, by what became of its credits."""

    name: str
    kind: str
    born: int
    expires_at: datetime
    granted: int
    available: int
    held: int = 0
    consumed: int = 0
    expired: int = 0
    revoked: int = 0
    claimed: int = 0  # taken back in all, with what was in use then

    @property
    def owed(self) -> int:
        """What is still to come back to it, for its payment went back."""
        return self.claimed - self.revoked

    @property
    def is_payment(self) -> bool:
        """Somebody granted it by name, so that it can be taken back."""
        return "payment" in self.name

    @property
    def rank(self) -> tuple[int, datetime, int]:
        """The burn order."""
        return PRIORITY[self.kind], self.expires_at, self.born


@dataclass
class OraclePart:
    """What a hold drew from one lot."""

    lot: OracleLot
    amount: int
    captured: int = 0
    released: int = 0
    refunded: int = 0


@dataclass
class OracleHold:
    """One hold and its parts, in burn order."""

    amount: int
    operation: str
    expires_at: datetime
    parts: list[OraclePart]
    by_plan: bool
    api_key: str | None
    made_at: datetime
    state: str = "open"
    captured: int = 0
    refunded: int = 0

    @property
    def open(self) -> int:
        return self.amount if self.state == "open" else 0

    @property
    def released(self) -> int:
        return self.amount - self.open - self.captured

    @property
    def refundable(self) -> int:
        return self.captured - self.refunded

    @property
    def is_over_several_lots(self) -> bool:
        """Something can be refunded to more than one of them."""
        return sum(part.captured > part.refunded for part in self.parts) > 1

    @property
    def status(self) -> str:
        """As the statement says it."""
        if self.refunded:
            return "refunded"
        if self.state == "captured":
            return "part_captured" if self.released else "captured"
        return "held" if self.state == "open" else "released"


@dataclass
class OracleLine:
    """A line of the statement that belongs to no hold."""

    operation: str
    status: str
    change: int
