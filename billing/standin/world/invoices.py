"""Invoices: drafted, finalized, paid or tried again; what is owed to a customer counts first."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Final

from . import lines as rows
from .figures import Figures, Off, Taxed, reckon
from .lines import Line, amounts_of, credits_of
from .payments import confirm, create_intent, succeed
from .showing import complete, include, page
from .store import Book, Thing
from .taxes import rows_of

DAY_S: Final = 86_400
# How long after each failed attempt the next follows; after the last nobody tries again.
RETRIES_S: Final = (3 * DAY_S, 5 * DAY_S, 7 * DAY_S)
DRAFT_S: Final = 3_600
PERSON: Final = {"account": None, "type": "self"}


def draft(
    book: Book,
    customer: Thing,
    lines: Sequence[Line],
    *,
    reason: str,
    subscription: Thing | None = None,
    offs: Sequence[Off] = (),
    taxed: Taxed | None = None,
    quiet: bool = False,
    **more: Any,
) -> Thing:
    """An invoice that may still change, with its lines. ``quiet``: somebody else tells of it."""
    figures = reckon([line.asked for line in lines], offs, taxed)
    currency = lines[0].price["currency"] if lines else (subscription or {})["currency"]
    fields = _blank(book, customer, currency, subscription) | figures_of(figures, offs, customer)
    invoice = book.add("invoice", {**fields, "billing_reason": reason, **more})
    rows.write(book, invoice, lines, figures, subscription)
    for line in lines:
        if line.invoice_item:
            book.change(book.get("invoiceitem", line.invoice_item), invoice=invoice["id"])
    if not quiet:
        book.emit("invoice.created", invoice)
    return invoice


def figures_of(figures: Figures, offs: Sequence[Off], customer: Thing) -> Thing:
    """The sums of an invoice: an amount due is never below 0, the rest is owed to the customer."""
    balance = customer["balance"]
    due = due_of(figures.total, balance)
    inclusive = any(line.inclusive for line in figures.lines)
    net = figures.subtotal - figures.discount
    return {
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": due,
        "amount_shipping": 0,
        "discounts": [off.discount for off in offs],
        "starting_balance": balance,
        "subtotal": figures.subtotal,
        "subtotal_excluding_tax": figures.subtotal - (figures.tax if inclusive else 0),
        "total": figures.total,
        "total_discount_amounts": amounts_of(figures.off),
        "total_excluding_tax": figures.total - figures.tax,
        "total_pretax_credit_amounts": credits_of(figures.off),
        "total_taxes": rows_of(figures.taxed, figures.tax, net, inclusive=inclusive),
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": figures.taxed is not None,
            "liability": PERSON if figures.taxed else None,
            "provider": "stripe" if figures.taxed else None,
            "status": "complete" if figures.taxed else None,
        },
    }


def due_of(total: int, balance: int) -> int:
    """What is due now: a balance below 0 is owed to the customer and pays first, one above is owed
    by them; what a total below 0 leaves stays in the balance.
    """
    return max(total + balance, 0)


def finalize(book: Book, invoice: Thing, intent: Thing | None = None) -> Thing:
    """Give an invoice its number and, where something is due, an intent to be paid it.

    ``intent`` is the one that was made before.
    """
    customer = book.get("customer", invoice["customer"])
    now = book.now(customer)
    named = invoice["id"]
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    balance = customer["balance"]
    due = due_of(invoice["total"], balance)
    book.change(
        customer,
        next_invoice_sequence=customer["next_invoice_sequence"] + 1,
        balance=balance + invoice["total"] - due,
        currency=invoice["currency"],
    )
    transitions = {**invoice["status_transitions"], "finalized_at": now}
    book.change(
        invoice,
        status="open",
        number=number,
        amount_due=due,
        amount_remaining=due,
        starting_balance=balance,
        ending_balance=customer["balance"],
        effective_at=now,
        automatically_finalizes_at=None,
        status_transitions=transitions,
        hosted_invoice_url=f"{book.base}/invoices/{named}",
        invoice_pdf=f"{book.base}/invoices/{named}/pdf",
    )
    book.emit("invoice.finalized", invoice)
    if invoice["amount_due"]:
        _ask_payment(book, invoice, customer, intent)
    return invoice


def pay(book: Book, invoice: Thing, method: Thing | None, *, present: bool) -> str:
    """Try to be paid an open invoice; the payment's status: succeeded where nothing was due.

    What follows for the subscription is its own matter.
    """
    if not invoice["amount_due"]:
        settle(book, invoice)
        return "succeeded"
    intent = intent_of(book, invoice)
    status = confirm(book, intent, method, present=present) if method else "requires_payment_method"
    book.change(invoice, attempted=True, attempt_count=invoice["attempt_count"] + 1)
    if status == "succeeded":
        settle(book, invoice)
    elif status == "requires_action":
        book.emit("invoice.payment_action_required", invoice)
    elif status == "requires_payment_method":
        plan_retry(book, invoice)
        book.emit("invoice.payment_failed", invoice)
    return status


def prove(book: Book, invoice: Thing) -> None:
    """The holder proved themselves: the open payment comes."""
    intent = intent_of(book, invoice)
    succeed(book, intent, book.get("payment_method", intent["payment_method"]))
    settle(book, invoice)


def plan_retry(book: Book, invoice: Thing) -> None:
    """Say when it is tried again; a first payment never is, nor after the last retry."""
    failed = invoice["attempt_count"]
    again = None
    if invoice["billing_reason"] != "subscription_create" and failed <= len(RETRIES_S):
        again = book.now(invoice["customer"]) + RETRIES_S[failed - 1]
    book.change(invoice, next_payment_attempt=again)


def settle(book: Book, invoice: Thing) -> None:
    """An invoice is paid."""
    now = book.now(invoice["customer"])
    transitions = {**invoice["status_transitions"], "paid_at": now}
    book.change(
        invoice,
        status="paid",
        attempted=True,
        amount_paid=invoice["amount_due"],
        amount_remaining=0,
        auto_advance=False,
        next_payment_attempt=None,
        status_transitions=transitions,
    )
    for payment in book.all("invoice_payment", invoice=invoice["id"]):
        times = {**payment["status_transitions"], "paid_at": now}
        book.change(
            payment,
            status="paid",
            amount_paid=payment["amount_requested"],
            status_transitions=times,
        )
        book.emit("invoice_payment.paid", payment)
    book.emit("invoice.paid", invoice)
    book.emit("invoice.payment_succeeded", invoice)


def close(book: Book, invoice: Thing, status: str) -> None:
    """``void`` or ``uncollectible``: nobody is going to pay it."""
    now = book.now(invoice["customer"])
    key = {"void": "voided_at", "uncollectible": "marked_uncollectible_at"}[status]
    book.change(
        invoice,
        status=status,
        next_payment_attempt=None,
        auto_advance=False,
        status_transitions={**invoice["status_transitions"], key: now},
    )
    for payment in book.all("invoice_payment", invoice=invoice["id"], status="open"):
        times = {**payment["status_transitions"], "canceled_at": now}
        book.change(payment, status="canceled", status_transitions=times)
    name = {"void": "voided", "uncollectible": "marked_uncollectible"}[status]
    book.emit(f"invoice.{name}", invoice)


def intent_of(book: Book, invoice: Thing) -> Thing:
    """The intent to be paid an invoice."""
    payment = book.all("invoice_payment", invoice=invoice["id"])[0]
    return book.get("payment_intent", payment["payment"]["payment_intent"])


def invoice_of(book: Book, intent: Thing) -> Thing | None:
    """The invoice that an intent pays; None for money that has none."""
    found = book.all("invoice_payment", payment__payment_intent=intent["id"])
    return book.get("invoice", found[0]["invoice"]) if found else None


def subscription_of(book: Book, invoice: Thing) -> Thing | None:
    """The subscription that an invoice is for."""
    details = (invoice["parent"] or {}).get("subscription_details")
    return book.get("subscription", details["subscription"]) if details else None


def _ask_payment(book: Book, invoice: Thing, customer: Thing, intent: Thing | None) -> None:
    if intent is None:
        is_first = invoice["billing_reason"] == "subscription_create"
        intent = create_intent(
            book,
            customer,
            invoice["amount_due"],
            invoice["currency"],
            description="Subscription creation" if is_first else "Subscription update",
            setup_future_usage="off_session",
        )
    book.add(
        "invoice_payment",
        {
            "amount_paid": None,
            "amount_requested": invoice["amount_due"],
            "created": book.now(customer),
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": False,
            "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        },
    )


def _blank(book: Book, customer: Thing, currency: str, subscription: Thing | None) -> Thing:
    now = book.now(customer)
    parent = subscription and {
        "quote_details": None,
        "subscription_details": {
            "metadata": copy.deepcopy(subscription["metadata"]),
            "subscription": subscription["id"],
        },
        "type": "subscription_details",
    }
    return _NOTHING | {
        "collection_method": "charge_automatically",
        "created": now,
        "currency": currency,
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [
            {"type": tax_id["type"], "value": tax_id["value"]}
            for tax_id in book.all("tax_id", customer=customer["id"])
        ],
        "parent": parent,
        "period_end": now,
        "period_start": now,
        "test_clock": customer["test_clock"],
    }


_NOTHING: Final[Thing] = {
    "account_country": "US",
    "account_name": "Techpack Studio",
    "account_tax_ids": None,
    "application": None,
    "attempt_count": 0,
    "attempted": False,
    "auto_advance": True,
    "automatically_finalizes_at": None,
    "custom_fields": None,
    "customer_account": None,
    "customer_shipping": None,
    "default_payment_method": None,
    "default_source": None,
    "default_tax_rates": [],
    "description": None,
    "due_date": None,
    "effective_at": None,
    "ending_balance": None,
    "footer": None,
    "from_invoice": None,
    "hosted_invoice_url": None,
    "invoice_pdf": None,
    "issuer": PERSON,
    "last_finalization_error": None,
    "latest_revision": None,
    "livemode": False,
    "metadata": {},
    "next_payment_attempt": None,
    "number": None,
    "on_behalf_of": None,
    "payment_settings": {
        "default_mandate": None,
        "payment_method_options": None,
        "payment_method_types": None,
    },
    "post_payment_credit_notes_amount": 0,
    "pre_payment_credit_notes_amount": 0,
    "receipt_number": None,
    "rendering": None,
    "shipping_cost": None,
    "shipping_details": None,
    "statement_descriptor": None,
    "status": "draft",
    "status_transitions": {
        "finalized_at": None,
        "marked_uncollectible_at": None,
        "paid_at": None,
        "voided_at": None,
    },
    "webhooks_delivered_at": None,
}


def _lines(book: Book, invoice: Thing) -> Thing:
    """The lines of an invoice that is written down; what is only foretold brings its own."""
    if "lines" in invoice:
        return {}
    url = f"/v1/invoices/{invoice['id']}/lines"
    return {"lines": page(url, book.all("line_item", invoice=invoice["id"]))}


def _payments(book: Book, invoice: Thing) -> Thing:
    url = f"/v1/invoice_payments?invoice={invoice['id']}"
    return page(url, book.all("invoice_payment", invoice=invoice["id"]))


complete("invoice", _lines)
include("invoice", "payments", _payments)
include("invoice", "confirmation_secret", lambda book, invoice: None)
