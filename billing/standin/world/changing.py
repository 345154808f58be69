"""Changes of a running subscription: another price, by the second; an end in the future."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from . import invoices, subscriptions
from .calls import register
from .cards import method_for
from .catalogue import only
from .customers import living
from .errors import WrongState, invalid
from .figures import Figures, reckon
from .lines import Line, amounts_of, description_of
from .money import unused
from .names import new_id
from .periods import period_after
from .shapes import listed, one_of, positive, shape, text, whole
from .showing import page
from .store import Book, Thing
from .taxes import tax_of

ITEM: Final = shape({"id": text, "price": text, "quantity": positive})


def change_items(
    book: Book, subscription: Thing, wanted: Sequence[Thing], *, behavior: str, at: int | None
) -> None:
    """Other prices or quantities from now on.

    Where the interval is another one, a new period begins and is billed at once. Otherwise the
    difference is billed now, with the next invoice, or never, by ``behavior``.
    """
    now = _moment(book, subscription, at)
    before = book.shown(subscription)
    changes = _changes(book, subscription, wanted)
    restarts = _restarts(book, changes)
    lines = credits_for(book, subscription, changes, now) if behavior != "none" else []
    if not restarts and behavior != "none":
        lines += charges_for(book, changes, now)
    for item, price, quantity in changes:
        book.change(item, price=price["id"], quantity=quantity)
        if restarts:
            every = price["recurring"]
            end = period_after(now, every["interval"], every["interval_count"], now)
            book.change(item, current_period_start=now, current_period_end=end)
    if restarts:
        book.change(subscription, billing_cycle_anchor=now)
    _bill_change(book, subscription, lines, restarts=restarts, behavior=behavior)
    book.emit("customer.subscription.updated", subscription, before)


def credits_for(book: Book, subscription: Thing, changes: Any, now: int) -> list[Line]:
    """What was paid for the time that is still to come, given back."""
    lines = []
    day = f"{datetime.fromtimestamp(now, UTC):%d %b %Y}"
    for item, _, _ in changes:
        old = book.get("price", item["price"])
        paid, start, end = _last_charge(book, item)
        amount = unused(paid, start=start, end=end, now=now)
        lines.append(
            Line(
                f"Unused time on {description_of(book, old, item['quantity'])} after {day}",
                -amount,
                old,
                item["quantity"],
                now,
                end,
                subscription_item=item["id"],
                is_proration=True,
            )
        )
    return [line for line in lines if line.amount]


def charges_for(book: Book, changes: Any, now: int) -> list[Line]:
    """The new price for the time that is still to come."""
    day = f"{datetime.fromtimestamp(now, UTC):%d %b %Y}"
    lines = []
    for item, price, quantity in changes:
        start, end = item["current_period_start"], item["current_period_end"]
        whole_amount = price["unit_amount"] * quantity
        lines.append(
            Line(
                f"Remaining time on {description_of(book, price, quantity)} after {day}",
                unused(whole_amount, start=start, end=end, now=now),
                price,
                quantity,
                now,
                end,
                subscription_item=item["id"],
                is_proration=True,
            )
        )
    return lines


def preview(book: Book, subscription: Thing, wanted: Sequence[Thing], at: int | None) -> Thing:
    """The invoice that a change would bring, which is not written down."""
    now = _moment(book, subscription, at)
    customer = book.get("customer", subscription["customer"])
    changes = _changes(book, subscription, wanted)
    if not changes:
        lines = [
            subscriptions.line_for(book, item)
            for item in subscriptions.items_of(book, subscription)
        ]
    else:
        lines = credits_for(book, subscription, changes, now)
        lines += (
            _full_lines(book, changes, now)
            if _restarts(book, changes)
            else charges_for(book, changes, now)
        )
    taxed = tax_of(book, customer) if subscription["automatic_tax"]["enabled"] else None
    figures = reckon([line.asked for line in lines], (), taxed)
    return {
        **invoices.figures_of(figures, (), customer),
        "object": "invoice",
        "id": f"upcoming_{new_id('invoice')}",
        "billing_reason": "upcoming",
        "created": now,
        "currency": subscription["currency"],
        "customer": customer["id"],
        "lines": page("/v1/invoices/upcoming/lines", _previewed(lines, figures)),
        "livemode": False,
        "parent": {
            "quote_details": None,
            "subscription_details": {
                "metadata": subscription["metadata"],
                "subscription": subscription["id"],
                "subscription_proration_date": now,
            },
            "type": "subscription_details",
        },
        "period_end": now,
        "period_start": now,
        "status": "draft",
    }


def schedule_end(book: Book, subscription: Thing, given: Thing) -> None:
    """Put into ``given`` what follows from an end in the future, or from its being taken back."""
    now = book.now(subscription["customer"])
    details = dict(subscription["cancellation_details"])
    details.update(given.pop("cancellation_details", {}))
    if given.get("cancel_at_period_end"):
        given["cancel_at"] = subscriptions.period_of(book, subscription)[1]
    elif "cancel_at_period_end" in given and "cancel_at" not in given:
        given["cancel_at"] = None
    if "cancel_at" in given:
        at = given["cancel_at"]
        if at is not None and at <= now:
            raise invalid("cancel_at", "`cancel_at` has to be in the future.")
        given["canceled_at"] = None if at is None else now
        details["reason"] = None if at is None else "cancellation_requested"
        if at is None:
            details |= {"comment": None, "feedback": None}
            given["cancel_at_period_end"] = False
    given["cancellation_details"] = details


@register.post(
    "/v1/invoices/create_preview",
    {
        "customer": text,
        "subscription": text,
        "subscription_details": shape(
            {
                "items": listed(ITEM),
                "proration_behavior": one_of("always_invoice", "create_prorations", "none"),
                "proration_date": whole,
            }
        ),
    },
)
def create_preview(book: Book, given: Thing) -> Thing:
    """What the next invoice would be, with a change or without."""
    if "subscription" not in given:
        customer = living(book, given.get("customer", ""), "customer")
        raise WrongState(f"No upcoming invoices for customer: {customer['id']}")
    found = book.get("subscription", given["subscription"], "subscription")
    details = given.get("subscription_details", {})
    return preview(book, found, details.get("items", []), details.get("proration_date"))


def _changes(
    book: Book, subscription: Thing, wanted: Sequence[Thing]
) -> list[tuple[Thing, Thing, int]]:
    """Each changed item with its new price and quantity. Raises Refused."""
    items = {item["id"]: item for item in subscriptions.items_of(book, subscription)}
    changes = []
    for one in wanted:
        if one.get("id") not in items:
            raise invalid("items", "Only items of the subscription can be changed, by their id.")
        item = items[one["id"]]
        price = book.get("price", str(one.get("price", item["price"])), "items")
        if not price["recurring"]:
            raise invalid("items", "The price is not recurring.")
        quantity = int(one.get("quantity") or item["quantity"])
        if (price["id"], quantity) != (item["price"], item["quantity"]):
            changes.append((item, price, quantity))
    return changes


def _moment(book: Book, subscription: Thing, at: int | None) -> int:
    now = book.now(subscription["customer"])
    if at is None:
        return now
    start, end = subscriptions.period_of(book, subscription)
    if not start <= at <= end:
        raise invalid("proration_date", "The date has to be within the current period.")
    return at


def _restarts(book: Book, changes: Any) -> bool:
    """Whether the period has another length, so that a new one begins."""
    return any(
        only(book.get("price", item["price"])["recurring"], "interval", "interval_count")
        != only(price["recurring"], "interval", "interval_count")
        for item, price, _ in changes
    )


def _last_charge(book: Book, item: Thing) -> tuple[int, int, int]:
    """What was last paid for an item, or put off, and from when to when it is for.

    After discounts, tax apart; nothing where the invoice is not paid.
    """
    for one in reversed(book.all("invoiceitem", invoice=None, _item=item["id"])):
        if one["amount"] > 0:
            return one["amount"], one["period"]["start"], one["period"]["end"]
    key = "parent__subscription_item_details__subscription_item"
    for line in reversed(book.all("line_item", **{key: item["id"]})):
        if line["amount"] > 0 and book.get("invoice", line["invoice"])["status"] == "paid":
            off = sum(one["amount"] for one in line["discount_amounts"])
            return line["amount"] - off, line["period"]["start"], line["period"]["end"]
    return 0, 0, 0


def _full_lines(book: Book, changes: Any, now: int) -> list[Line]:
    lines = []
    for item, price, quantity in changes:
        every = price["recurring"]
        end = period_after(now, every["interval"], every["interval_count"], now)
        amount = price["unit_amount"] * quantity
        described = description_of(book, price, quantity)
        lines.append(Line(described, amount, price, quantity, now, end, item["id"]))
    return lines


def _previewed(lines: Sequence[Line], figures: Figures) -> list[Thing]:
    return [
        {
            "id": new_id("line_item"),
            "object": "line_item",
            "amount": line.amount,
            "currency": line.price["currency"],
            "description": line.description,
            "discount_amounts": amounts_of(figure.off),
            "period": {"end": line.end, "start": line.start},
            "parent": {
                "subscription_item_details": {
                    "proration": line.is_proration,
                    "subscription_item": line.subscription_item,
                },
                "type": "subscription_item_details",
            },
            "pricing": {
                "price_details": {"price": line.price["id"], "product": line.price["product"]},
                "type": "price_details",
            },
            "quantity": line.quantity,
        }
        for line, figure in zip(lines, figures.lines, strict=True)
    ]


def _bill_change(
    book: Book, subscription: Thing, lines: list[Line], *, restarts: bool, behavior: str
) -> None:
    """Bill a change now where that is to be, and collect it."""
    if restarts:
        invoice = subscriptions.bill(book, subscription, reason="subscription_update", extra=lines)
    elif behavior == "always_invoice" and lines:
        customer = book.get("customer", subscription["customer"])
        invoice = invoices.draft(
            book,
            customer,
            lines,
            reason="subscription_update",
            subscription=subscription,
            taxed=tax_of(book, customer) if subscription["automatic_tax"]["enabled"] else None,
        )
    else:
        for line in lines:
            subscriptions.keep_line(book, subscription, line)
        return
    book.change(subscription, latest_invoice=invoice["id"])
    invoices.finalize(book, invoice)
    customer = book.get("customer", subscription["customer"])
    method = method_for(book, customer, subscription)
    status = invoices.pay(book, invoice, method, present=True)
    if status == "requires_payment_method":
        subscriptions.fall_behind(book, subscription, invoice)
