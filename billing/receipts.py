"""Payments as receipts: a page each, a list, and a table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from djstripe.models import Invoice as Mirrored

from billing import money, queries
from billing.models import Payment
from core.errors import NotFound
from core.spreadsheets import cell

CSV_BATCH = 500


@dataclass(frozen=True)
class Receipt:
    """One payment in words; ``off`` is the discount that was taken off, in its minor unit."""

    payment: Payment
    off: int = 0

    @property
    def number(self) -> str:
        """What the receipt is called: its day, and the end of its id."""
        return f"R-{self.payment.paid_at:%Y%m%d}-{self.payment.pk.hex[-8:].upper()}"

    @property
    def amount(self) -> str:
        """Paid, tax included."""
        return self._worded(self.payment.amount)

    @property
    def net(self) -> str:
        """What it costs, without tax and before the discount."""
        return self._worded(self.payment.amount - self.payment.tax + self.off)

    @property
    def discount(self) -> str:
        """What was taken off; "" where nothing was."""
        return self._worded(self.off) if self.off else ""

    @property
    def tax(self) -> str:
        """The tax in it; "" where there is none."""
        return self._worded(self.payment.tax) if self.payment.tax else ""

    @property
    def refunded(self) -> str:
        """What went back; "" where nothing did."""
        return self._worded(self.payment.refunded) if self.payment.refunded else ""

    @property
    def kept(self) -> str:
        """What was paid less what went back."""
        return self._worded(self.payment.amount - self.payment.refunded)

    @property
    def is_settled(self) -> bool:
        """Paid, and nothing of it is gone or in doubt."""
        return self.outcome == "Paid"

    @property
    def outcome(self) -> str:
        """``Paid``, ``Part refunded``, ``Refunded``, or how a dispute stands."""
        payment = self.payment
        if payment.dispute and payment.dispute_status not in ("won", "warning_closed"):
            return "Charged back" if payment.dispute_status == "lost" else "Disputed"
        if not payment.refunded:
            return "Paid"
        return "Refunded" if payment.refunded == payment.amount else "Part refunded"

    def _worded(self, amount: int) -> str:
        return money.worded(amount, self.payment.currency)


def receipt_of(payment: Payment) -> Receipt:
    """The payment as a receipt."""
    return Receipt(payment)


def newest(user: Any, count: int) -> list[Receipt]:
    """The last receipts, newest first."""
    return [Receipt(row) for row in queries.payments_of(user).order_by("-paid_at", "-pk")[:count]]


def find(user: Any, payment_id: UUID) -> Receipt:
    """One receipt of the user's own; raises NotFound."""
    payment = queries.payments_of(user).filter(pk=payment_id).first()
    if payment is None:
        raise NotFound("There is no such receipt.")
    return Receipt(payment, _off(payment))


def _off(payment: Payment) -> int:
    """The discount, as our copy of Stripe's invoice has it; 0 where there is none.

    0 too where other money than this paid a part of the invoice.
    """
    rows = Mirrored.objects.filter(id=payment.invoice).values_list("stripe_data", flat=True)
    told = rows.first() or {}
    if told.get("status") != "paid" or told.get("total") != payment.amount:
        return 0
    return sum(one["amount"] for one in told.get("total_discount_amounts") or ())


def csv_rows(user: Any) -> Iterator[list[str]]:
    """A line of names, then one a payment, newest first; amounts in the currency's main unit."""
    yield ["Date", "Number", "What", "Credits", "Paid", "Tax", "Refunded", "Currency", "State"]
    rows = queries.payments_of(user).order_by("-paid_at", "-pk")
    for payment in rows.iterator(chunk_size=CSV_BATCH):
        shown, currency = Receipt(payment), payment.currency
        amounts = (payment.amount, payment.tax, payment.refunded)
        yield [
            payment.paid_at.isoformat(timespec="seconds"),
            shown.number,
            cell(payment.description),
            str(payment.credits),
            *(str(money.decimal(amount, currency)) for amount in amounts),
            currency.upper(),
            shown.outcome,
        ]
