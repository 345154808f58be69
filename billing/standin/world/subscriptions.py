"""Subscriptions: begun, paid, renewed, tried again, canceled for a day, ended."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Final

from . import invoices
from .cards import method_for
from .coupons import off_of
from .figures import Off
from .lines import Line, description_of, line_of
from .lines import add_item as add_waiting
from .periods import period_after
from .showing import complete, page
from .store import Book, Thing
from .taxes import tax_of

OVER: Final = ("canceled", "incomplete_expired")
# How long a first payment may take before the subscription lapses.
INCOMPLETE_S: Final = 23 * 3_600


def begin(
    book: Book,
    customer: Thing,
    wanted: Sequence[tuple[Thing, int]],
    *,
    metadata: dict[str, str],
    discounts: Sequence[Thing] = (),
    is_taxed: bool = False,
    **more: Any,
) -> Thing:
    """A subscription to prices, each so often, which is not paid yet: ``incomplete``.

    ``latest_invoice`` is its first, open.
    """
    now = book.now(customer)
    subscription = book.add(
        "subscription",
        _NOTHING
        | {
            "automatic_tax": {
                "disabled_reason": None,
                "enabled": is_taxed,
                "liability": invoices.PERSON if is_taxed else None,
            },
            "billing_cycle_anchor": now,
            "created": now,
            "currency": wanted[0][0]["currency"],
            "customer": customer["id"],
            "discounts": [discount["id"] for discount in discounts],
            "metadata": metadata,
            "start_date": now,
            "status": "incomplete",
            "test_clock": customer["test_clock"],
            **more,
        },
    )
    for price, quantity in wanted:
        add_item(book, subscription, price, quantity, start=now, anchor=now)
    for discount in discounts:
        book.change(discount, subscription=subscription["id"])
    invoice = bill(book, subscription, reason="subscription_create", quiet=True)
    book.change(subscription, latest_invoice=invoice["id"])
    book.emit("customer.subscription.created", subscription)
    book.emit("invoice.created", invoice)
    invoices.finalize(book, invoice)
    return subscription


def add_item(
    book: Book, subscription: Thing, price: Thing, quantity: int, *, start: int, anchor: int
) -> Thing:
    """An item of a subscription, whose period starts at ``start``."""
    every = price["recurring"]
    return book.add(
        "subscription_item",
        {
            "billed_until": None,
            "billing_thresholds": None,
            "created": start,
            "current_period_end": period_after(
                anchor, every["interval"], every["interval_count"], start
            ),
            "current_period_start": start,
            "discounts": [],
            "metadata": {},
            "price": price["id"],
            "quantity": quantity,
            "subscription": subscription["id"],
            "tax_rates": [],
        },
    )


def items_of(book: Book, subscription: Thing) -> list[Thing]:
    """The items of a subscription."""
    return book.all("subscription_item", subscription=subscription["id"])


def prices_of(book: Book, subscription: Thing) -> list[str]:
    """The ids of the prices that it is to."""
    return [item["price"] for item in items_of(book, subscription)]


def period_of(book: Book, subscription: Thing) -> tuple[int, int]:
    """From when to when is paid, or should be."""
    item = items_of(book, subscription)[0]
    return item["current_period_start"], item["current_period_end"]


def offs_of(book: Book, subscription: Thing) -> list[Off]:
    """The discounts of the next invoice; those for one invoice are used up by it."""
    now = book.now(subscription["customer"])
    found = [book.get("discount", named) for named in subscription["discounts"]]
    valid = [one for one in found if one["end"] is None or one["end"] > now]
    left = [one["id"] for one in valid if not one["_once"]]
    if left != subscription["discounts"]:
        book.change(subscription, discounts=left)
    return [off_of(one) for one in valid]


def bill(
    book: Book,
    subscription: Thing,
    *,
    reason: str,
    extra: Sequence[Line] = (),
    quiet: bool = False,
) -> Thing:
    """A draft for the items' current period, with what waits for an invoice."""
    customer = book.get("customer", subscription["customer"])
    start, end = period_of(book, subscription)
    waiting = book.all("invoiceitem", customer=customer["id"], invoice=None)
    lines = [
        *(line_of(book, item) for item in waiting),
        *extra,
        *(line_for(book, item) for item in items_of(book, subscription)),
    ]
    return invoices.draft(
        book,
        customer,
        lines,
        reason=reason,
        subscription=subscription,
        offs=offs_of(book, subscription),
        taxed=tax_of(book, customer) if subscription["automatic_tax"]["enabled"] else None,
        quiet=quiet,
        period_start=start,
        period_end=end if reason == "subscription_create" else start,
    )


def line_for(book: Book, item: Thing) -> Line:
    """The line of an item for its current period."""
    price = book.get("price", item["price"])
    return Line(
        description_of(book, price, item["quantity"]),
        price["unit_amount"] * item["quantity"],
        price,
        item["quantity"],
        item["current_period_start"],
        item["current_period_end"],
        subscription_item=item["id"],
    )


def keep_line(book: Book, subscription: Thing, line: Line) -> None:
    """Put a line off until the next invoice."""
    customer = book.get("customer", subscription["customer"])
    item = add_waiting(
        book, customer, line.price, line.quantity, amount=line.amount, description=line.description
    )
    period = {"end": line.end, "start": line.start}
    book.change(
        item,
        proration=line.is_proration,
        discountable=False,
        period=period,
        _item=line.subscription_item,
    )


def change(book: Book, subscription: Thing, **fields: Any) -> Thing:
    """Change a subscription and tell what was different."""
    before = book.shown(subscription)
    book.change(subscription, **fields)
    book.emit("customer.subscription.updated", subscription, before)
    return subscription


def paid(book: Book, subscription: Thing) -> None:
    """Its latest invoice was paid, so it is active; a recovered one has no debts."""
    _be_delinquent(book, subscription, False)
    if subscription["status"] in ("incomplete", "past_due", "unpaid"):
        change(book, subscription, status="active")


def take_period(book: Book, subscription: Thing) -> None:
    """The next period begins: drafted now, finalized and paid an hour later."""
    before = book.shown(subscription)
    anchor = subscription["billing_cycle_anchor"]
    for item in items_of(book, subscription):
        every = book.get("price", item["price"])["recurring"]
        start = item["current_period_end"]
        end = period_after(anchor, every["interval"], every["interval_count"], start)
        book.change(item, current_period_start=start, current_period_end=end)
    invoice = bill(book, subscription, reason="subscription_cycle")
    due = book.now(subscription["customer"]) + invoices.DRAFT_S
    book.change(invoice, automatically_finalizes_at=due)
    book.change(subscription, latest_invoice=invoice["id"], _foretold=False)
    book.emit("customer.subscription.updated", subscription, before)


def foretell(book: Book, subscription: Thing) -> None:
    """Say some days before that an invoice is to come; it has no id yet."""
    book.change(subscription, _foretold=True)
    preview = {
        "object": "invoice",
        "billing_reason": "upcoming",
        "currency": subscription["currency"],
        "customer": subscription["customer"],
        "lines": page("/v1/invoices/upcoming/lines", []),
        "next_payment_attempt": period_of(book, subscription)[1] + invoices.DRAFT_S,
        "parent": {
            "quote_details": None,
            "subscription_details": {
                "metadata": subscription["metadata"],
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        },
        "status": "draft",
    }
    book.emit("invoice.upcoming", preview)


def collect(book: Book, invoice: Thing) -> None:
    """Ask for the money of a renewal, or ask again, and let the subscription follow."""
    subscription = invoices.subscription_of(book, invoice)
    customer = book.get("customer", invoice["customer"])
    if invoice["status"] == "draft":
        invoices.finalize(book, invoice)
    status = invoices.pay(book, invoice, method_for(book, customer, subscription), present=False)
    if subscription is None or subscription["status"] in OVER:
        return
    if status == "succeeded":
        paid(book, subscription)
    elif status != "processing":
        fall_behind(book, subscription, invoice)


def fall_behind(book: Book, subscription: Thing, invoice: Thing) -> None:
    """A payment failed: past due, and over when nobody tries again."""
    if subscription["status"] == "incomplete":
        return
    _be_delinquent(book, subscription, True)
    if subscription["status"] == "active":
        change(book, subscription, status="past_due")
    if invoice["next_payment_attempt"] is None:
        book.change(invoice, auto_advance=False)
        end(book, subscription, reason="payment_failed")


def end(book: Book, subscription: Thing, *, reason: str | None) -> Thing:
    """It is over now. ``reason`` is Stripe's word for why, None to leave it as it is."""
    now = book.now(subscription["customer"])
    details = dict(subscription["cancellation_details"])
    if reason:
        details["reason"] = reason
    book.change(
        subscription,
        status="canceled",
        canceled_at=subscription["canceled_at"] or now,
        ended_at=now,
        cancellation_details=details,
    )
    book.emit("customer.subscription.deleted", subscription)
    return subscription


def lapse(book: Book, subscription: Thing) -> None:
    """The first payment never came."""
    invoice = book.get("invoice", subscription["latest_invoice"])
    change(book, subscription, status="incomplete_expired")
    if invoice["status"] == "open":
        invoices.close(book, invoice, "void")


def _be_delinquent(book: Book, subscription: Thing, delinquent: bool) -> None:
    customer = book.get("customer", subscription["customer"])
    if customer["delinquent"] != delinquent:
        before = copy.deepcopy(customer)
        book.change(customer, delinquent=delinquent)
        book.emit("customer.updated", customer, before)


_NOTHING: Final[Thing] = {
    "application": None,
    "application_fee_percent": None,
    "billing_cycle_anchor_config": None,
    "billing_mode": {
        "flexible": {"proration_discounts": "included"},
        "type": "flexible",
        "updated_at": None,
    },
    "billing_schedules": [],
    "billing_thresholds": None,
    "cancel_at": None,
    "cancel_at_period_end": False,
    "canceled_at": None,
    "cancellation_details": {
        "comment": None,
        "feedback": None,
        "feedback_option": None,
        "reason": None,
    },
    "collection_method": "charge_automatically",
    "customer_account": None,
    "days_until_due": None,
    "default_payment_method": None,
    "default_source": None,
    "default_tax_rates": [],
    "description": None,
    "ended_at": None,
    "invoice_settings": {
        "account_tax_ids": None,
        "custom_fields": None,
        "description": None,
        "footer": None,
        "issuer": invoices.PERSON,
    },
    "latest_invoice": None,
    "livemode": False,
    "managed_payments": None,
    "next_pending_invoice_item_invoice": None,
    "on_behalf_of": None,
    "pause_collection": None,
    "payment_settings": {
        "payment_method_options": None,
        "payment_method_types": None,
        "save_default_payment_method": "off",
    },
    "pending_invoice_item_interval": None,
    "pending_setup_intent": None,
    "pending_update": None,
    "presentment_details": None,
    "schedule": None,
    "transfer_data": None,
    "trial_end": None,
    "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
    "trial_start": None,
}


def _plan(price: Thing) -> Thing:
    every = price["recurring"]
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": every["interval"],
        "interval_count": every["interval_count"],
        "livemode": False,
        "metadata": price["metadata"],
        "meter": None,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def _item(book: Book, item: Thing) -> Thing:
    price = book.get("price", item["price"])
    return {"plan": _plan(price), "price": price}


def _items(book: Book, subscription: Thing) -> Thing:
    url = f"/v1/subscription_items?subscription={subscription['id']}"
    items = [book.shown(item) for item in items_of(book, subscription)]
    return {"items": page(url, items)}


complete("subscription_item", _item)
complete("subscription", _items)
