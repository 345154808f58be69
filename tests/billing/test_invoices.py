"""What an invoice of a plan says of its payment."""

from __future__ import annotations

from typing import Any

import pytest

from billing.invoices import payment_intents, tax_of


def test_a_payment_that_was_given_up_paid_nothing() -> None:
    """A second purchase is paid back by what this names; Stripe refuses it for a canceled one."""
    payments = [
        {"status": status, "payment": {"type": "payment_intent", "payment_intent": f"pi_{status}"}}
        for status in ("canceled", "paid", "open")
    ]
    by_hand = {"status": "paid", "payment": {"type": "out_of_band"}}
    assert list(payment_intents({"payments": {"data": [*payments, by_hand]}})) == ["pi_paid"]
    assert list(payment_intents({})) == []


@pytest.mark.parametrize(
    ("paid", "total", "tax"), [(2900, 2900, 463), (290, 2900, 46), (5, 2900, 0), (500, 0, 463)]
)
def test_of_what_another_plan_paid_for_the_tax_is_no_part(paid: int, total: int, tax: int) -> None:
    invoice: dict[str, Any] = {"amount_paid": paid, "total": total}
    invoice["total_taxes"] = [{"amount": 400}, {"amount": 63}]
    assert tax_of(invoice) == tax <= paid
