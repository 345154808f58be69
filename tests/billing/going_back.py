"""Money of a purchase that goes back: what was bought, spent, is left, owed and told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from billing import invoices
from billing.gateway import client
from billing.models import Payment
from billing.standin.world import World
from core.money import CREDIT
from credits import operations as ledger
from credits import queries
from credits.audit import differences
from credits.models import Account
from notifications.models import Notification
from tests.billing.buying import back, buy, pay

Deliver = Callable[..., int]


def bought(world: World, person: Any, what: int | str = 50) -> Payment:
    """What the person bought, paid and was given."""
    checkout = buy(person, what)
    pay(world, checkout)
    back(person, checkout)
    if isinstance(what, str):
        refresh_payment(person)
    return Payment.objects.get(user=person)


def refresh_payment(person: Any) -> None:
    (invoice,) = client().v1.invoices.list().data
    invoices.paid_invoice(invoice_id=invoice.id)


def spend(person: Any, credits: float) -> None:
    """Beyond the month's 18, so that it comes off what was bought."""
    hold = ledger.hold(
        user_id=person.pk,
        amount=int((18 + credits) * CREDIT),
        key=uuid4().hex,
        operation="edit",
        reason="",
        ttl=timedelta(minutes=9),
    )
    ledger.capture(hold_id=hold.pk)


def standing(person: Any) -> tuple[float, float]:
    """Credits that are free, and that are owed."""
    account = Account.objects.get(user=person)
    assert differences(account_id=account.pk) == []
    return queries.balance(person).free / CREDIT, account.debt / CREDIT


def told(person: Any) -> list[tuple[str, str]]:
    """Kind and body of what was told of money that moved, oldest first."""
    rows = Notification.objects.filter(user=person).exclude(kind="billing.tier_changed")
    return [(row.kind, row.body) for row in rows.exclude(kind="billing.topped_up").order_by("id")]


def kinds(person: Any) -> list[str]:
    return [kind.removeprefix("billing.") for kind, _ in told(person)]


def charge_of(world: World, payment: Payment) -> str:
    return str(world.actions.read(payment.payment_intent)["latest_charge"])


def lines(person: Any) -> list[tuple[str, float, str]]:
    rows = queries.with_balances(list(queries.statement(person)))
    return [(row.line.operation, row.change / CREDIT, row.line.reason) for row in rows]
