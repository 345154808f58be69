"""A statement line in words, for the page and its CSV."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.money import shown, signed
from credits import names
from credits.models import StatementLine
from credits.queries import Line

Status = StatementLine.Status

# Which icon and tone a status has in the look: always with words, never alone.
MARKS = {
    Status.HELD: ("clock", ""),
    Status.CAPTURED: ("check", ""),
    Status.PART_CAPTURED: ("check", ""),
    Status.RELEASED: ("again", "ok"),
    Status.REFUNDED: ("again", "ok"),
    Status.GRANTED: ("plus", "ok"),
    Status.EXPIRED: ("clock", ""),
    Status.REVOKED: ("alert", "warn"),
}


@dataclass(frozen=True)
class Row:
    """One row of the statement as it is read."""

    id: str
    at: datetime
    title: str
    subtitle: str
    held: str
    icon: str
    tone: str
    outcome: str
    change: str
    free_after: str


def rows_of(user: Any, lines: Iterable[Line]) -> list[Row]:
    """The lines in words, with the products' names."""
    lines = list(lines)
    ids = {row.line.product_id for row in lines if row.line.product_id}
    products = names.product_names(user, ids)
    return [
        _row(each, products.get(each.line.product_id, "") if each.line.product_id else "")
        for each in lines
    ]


def _row(each: Line, product: str) -> Row:
    line = each.line
    icon, tone = MARKS[Status(line.status)]
    title = names.label_of(line.operation)
    # The reason says something only where it is not the operation's name again.
    reason = (
        "" if line.reason in (line.operation, title) else line.reason.removeprefix(f"{title}, ")
    )
    is_open = line.status == Status.HELD and not line.included
    return Row(
        id=str(line.id),
        at=line.created_at,
        title=title,
        subtitle=", ".join(part for part in (product, reason) if part),
        held="none"
        if line.status in (Status.GRANTED, Status.EXPIRED, Status.REVOKED)
        else shown(line.held),
        icon=icon,
        tone=tone,
        outcome=outcome_of(line),
        change="pending" if is_open else signed(each.change),
        free_after=shown(each.balance_after),
    )


def outcome_of(line: StatementLine) -> str:
    """How the line ended: "Captured 2.25, released 0.75"."""
    if line.included and line.status in (Status.HELD, Status.CAPTURED):
        return f"{shown(line.held)} (included in your plan)"
    match line.status:
        case Status.CAPTURED if line.held == 0:
            return "Free"
        case Status.PART_CAPTURED:
            return f"Captured {shown(line.captured)}, released {shown(line.released)}"
        case Status.REFUNDED:
            return f"Captured {shown(line.captured)}, refunded {shown(line.refunded)}"
        case Status.RELEASED:
            return "Released, not charged"
    return str(Status(line.status).label)
