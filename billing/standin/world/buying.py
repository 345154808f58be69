"""What somebody does on the page of a Checkout session: pays it, or does not."""

from __future__ import annotations

from typing import Any

from . import invoices, subscriptions
from .calls import register
from .cards import CARDS, attach, card_named, create_method, decline
from .catalogue import update
from .coupons import off_of, redeem, usable_code
from .customers import add_tax_id, create_customer
from .errors import WrongState
from .lines import add_item, description_of, line_of
from .payments import cancel_intent, confirm, create_intent, fail_pending, refuse_action, succeed
from .sessions import bought, expire, offer, refigure
from .store import Book, Thing
from .taxes import tax_of


def open_session(book: Book, named: str) -> Thing:
    """A session that can still be paid. Raises WrongState."""
    session = book.get("checkout.session", named)
    if session["status"] != "open":
        raise WrongState(f"This Checkout Session is {session['status']}.")
    if session["expires_at"] <= book.now(session["customer"]):
        raise WrongState("This Checkout Session is expired.")
    return session


def apply_code(book: Book, session: Thing, code: str) -> Thing:
    """Use a promotion code that somebody typed, or none for "". Raises Refused."""
    if not session["allow_promotion_codes"]:
        raise WrongState("This session takes no promotion codes.")
    if not code.strip():
        book.change(session, _offs=[], discounts=[])
    else:
        found = usable_code(book, code, _customer(book, session))
        offer(book, session, {"promotion_code": found["id"]})
    return refigure(book, session)


def pay(book: Book, session: Thing, card: str, holder: dict[str, str]) -> Thing:
    """Pay with a card. A session that waits for the holder's proof stays open.

    ``holder``: email, name, country, postal_code, tax_id. Raises Declined.
    """
    customer = _introduce(book, session, holder)
    method = create_method(book, card_named(card), None, **_known(session, holder))
    refigure(book, session)
    if session["mode"] == "subscription":
        status = _subscribe(book, session, customer, method)
    else:
        status = _pay_once(book, session, customer, method)
    if status == "requires_payment_method":
        raise decline(method["_card"])
    if status == "requires_action":
        return session
    return _complete(book, session, paid=status == "succeeded")


def prove(book: Book, session: Thing) -> Thing:
    """The holder proved themselves. Raises WrongState where nobody asked."""
    intent = waiting_intent(book, session)
    method = book.get("payment_method", intent["payment_method"])
    if begun := session.get("_subscription"):
        subscription = book.get("subscription", begun)
        invoices.prove(book, book.get("invoice", subscription["latest_invoice"]))
        _keep_method(book, subscription, method)
        subscriptions.paid(book, subscription)
    else:
        succeed(book, intent, method)
    return _complete(book, session, paid=True)


def fail_proof(book: Book, session: Thing) -> Thing:
    """The holder tried to prove themselves in vain; the session stays open."""
    intent = waiting_intent(book, session)
    refuse_action(book, intent)
    return session


def waiting_intent(book: Book, session: Thing) -> Thing:
    """The intent that waits for the holder's proof. Raises WrongState."""
    intent = book.find(session.get("_intent", ""), "payment_intent")
    if intent is None or intent["status"] != "requires_action":
        raise WrongState("No payment of this session waits for its holder.")
    return intent


def settle_later(book: Book, session: Thing, *, paid: bool) -> Thing:
    """The bank paid after days, or did not. Raises WrongState."""
    intent = book.find(session.get("_intent", ""), "payment_intent")
    if intent is None or intent["status"] != "processing":
        raise WrongState("No payment of this session is on its way.")
    method = book.get("payment_method", intent["payment_method"])
    invoice = invoices.invoice_of(book, intent)
    if paid:
        succeed(book, intent, method)
        book.change(session, payment_status="paid")
        if invoice:
            invoices.settle(book, invoice)
        book.emit("checkout.session.async_payment_succeeded", session)
        return session
    fail_pending(book, intent, method)
    if invoice:
        book.emit("invoice.payment_failed", invoice)
        if invoices.subscription_of(book, invoice):
            invoices.close(book, invoice, "void")  # the subscription goes on, as Stripe has it
    book.emit("checkout.session.async_payment_failed", session)
    return session


def abandon(book: Book, session: Thing) -> Thing:
    """End an open session and what was begun for it. Raises WrongState."""
    expire(book, session)
    intent = book.find(session.get("_intent", ""), "payment_intent")
    if intent and intent["status"] in ("requires_action", "requires_payment_method"):
        cancel_intent(book, intent, "void_invoice" if session.get("_subscription") else "abandoned")
    begun = book.find(session.get("_subscription") or "", "subscription")
    if begun and begun["status"] == "incomplete":
        subscriptions.lapse(book, begun)
    return session


@register.post("/v1/checkout/sessions/{id}/expire")
def expire_session(book: Book, given: Thing, named: str) -> Thing:
    """End a session that nobody paid."""
    return abandon(book, book.get("checkout.session", named))


def _subscribe(book: Book, session: Thing, customer: Thing, method: Thing) -> str:
    """Begin what was not begun yet and pay its first invoice; the payment's status."""
    if CARDS[method["_card"]].declines[0]:
        total = session["amount_total"]
        intent = create_intent(book, customer, total, session["currency"])
        return confirm(book, intent, method, present=True)
    begun = session.get("_subscription")
    subscription = book.get("subscription", begun) if begun else _begin(book, session, customer)
    attach(book, method["id"], customer)
    method = book.get("payment_method", method["id"])
    invoice = book.get("invoice", subscription["latest_invoice"])
    if invoice["amount_due"]:
        book.change(session, _intent=invoices.intent_of(book, invoice)["id"])
    status = invoices.pay(book, invoice, method, present=True)
    if status in ("succeeded", "processing"):
        _keep_method(book, subscription, method)
        subscriptions.paid(book, subscription)
    return status


def _begin(book: Book, session: Thing, customer: Thing) -> Thing:
    data = session["_given"].get("subscription_data", {})
    subscription = subscriptions.begin(
        book,
        customer,
        [(price, quantity) for price, quantity in bought(book, session) if price["recurring"]],
        metadata=data.get("metadata", {}),
        discounts=_redeemed(book, session, customer),
        is_taxed=session["automatic_tax"]["enabled"],
        description=data.get("description"),
    )
    book.change(session, _subscription=subscription["id"])
    return subscription


def _keep_method(book: Book, subscription: Thing, method: Thing) -> None:
    """The card is charged for renewals too."""
    book.change(subscription, default_payment_method=method["id"])


def _pay_once(book: Book, session: Thing, customer: Thing, method: Thing) -> str:
    """Pay what is bought once; the payment's status."""
    if not session["amount_total"]:
        return "succeeded"
    data = session["_given"].get("payment_intent_data", {})
    intent = book.find(session.get("_intent", ""), "payment_intent")
    if intent is None:
        intent = create_intent(
            book,
            customer,
            session["amount_total"],
            session["currency"],
            **{key: data[key] for key in data if key != "statement_descriptor_suffix"},
        )
        book.change(session, _intent=intent["id"])
    elif intent["amount"] != session["amount_total"]:
        book.change(intent, amount=session["amount_total"])
    if data.get("setup_future_usage"):
        attach(book, method["id"], customer)
    return confirm(book, intent, method, present=True)


def _complete(book: Book, session: Thing, *, paid: bool) -> Thing:
    """The session is over; what was bought is the buyer's once it is paid."""
    customer = book.get("customer", session["customer"])
    free = not session["amount_total"]
    session = book.change(
        session,
        status="complete",
        url=None,
        payment_status="no_payment_required" if free else "paid" if paid else "unpaid",
        subscription=session.get("_subscription"),
        payment_intent=session.get("_intent") if session["mode"] == "payment" else None,
    )
    if session["mode"] == "subscription":
        invoice = book.get("subscription", session["subscription"])["latest_invoice"]
        book.change(session, invoice=invoice)
    elif session["invoice_creation"]["enabled"]:
        book.change(session, invoice=_invoice_for(book, session, customer, paid=paid)["id"])
    book.emit("checkout.session.completed", session)
    return session


def _invoice_for(book: Book, session: Thing, customer: Thing, *, paid: bool) -> Thing:
    """The invoice of what was bought once, paid by the session's own intent."""
    items = [
        add_item(
            book,
            customer,
            price,
            quantity,
            amount=price["unit_amount"] * quantity,
            description=description_of(book, price, quantity),
        )
        for price, quantity in bought(book, session)
    ]
    content = session["invoice_creation"]["invoice_data"]
    discounts = _redeemed(book, session, customer)
    invoice = invoices.draft(
        book,
        customer,
        [line_of(book, item) for item in items],
        reason="manual",
        offs=[off_of(discount) for discount in discounts],
        taxed=tax_of(book, customer) if session["automatic_tax"]["enabled"] else None,
        description=content["description"],
        footer=content["footer"],
        metadata=content["metadata"],
    )
    intent = book.find(session.get("_intent", ""), "payment_intent")
    invoices.finalize(book, invoice, intent)
    if paid:
        invoices.settle(book, invoice)
    return invoice


def _redeemed(book: Book, session: Thing, customer: Thing) -> list[Thing]:
    """The promised discounts, used now."""
    return [
        redeem(
            book,
            book.get("coupon", promised["coupon"]),
            customer,
            book.find(promised["promotion_code"] or "", "promotion_code"),
            checkout_session=session["id"],
        )
        for promised in session["_offs"]
    ]


def _customer(book: Book, session: Thing) -> Thing:
    if session["customer"]:
        return book.get("customer", session["customer"])
    return {"id": "", "_ahead": 0}


def _introduce(book: Book, session: Thing, holder: dict[str, str]) -> Thing:
    """The session's customer, with what the page asked them for."""
    address = {"country": holder["country"].upper()} if holder.get("country") else None
    if not session["customer"]:
        email = _known(session, holder).get("email")
        customer = create_customer(
            book, {"email": email, "name": holder.get("name"), "address": address}
        )
        book.change(session, customer=customer["id"])
    customer = book.get("customer", session["customer"])
    wanted = session["_given"].get("customer_update", {})
    changes: dict[str, Any] = {}
    if address and wanted.get("address") == "auto":
        changes["address"] = {**dict.fromkeys(customer["address"] or {}), **address}
    if holder.get("name") and wanted.get("name") == "auto":
        changes["name"] = holder["name"]
    if changes:
        update(book, customer, "customer.updated", changes)
    if holder.get("tax_id") and session["tax_id_collection"]["enabled"]:
        add_tax_id(book, customer, {"type": "eu_vat", "value": holder["tax_id"]})
    details = {
        **(session["customer_details"] or _DETAILS),
        "address": address and {**_ADDRESS, **address},
        "email": customer["email"] or holder.get("email"),
        "name": holder.get("name") or customer["name"],
        "tax_exempt": customer["tax_exempt"],
        "tax_ids": [
            {"type": one["type"], "value": one["value"]}
            for one in book.all("tax_id", customer=customer["id"])
        ],
    }
    book.change(session, customer_details=details)
    return customer


def _known(session: Thing, holder: dict[str, str]) -> dict[str, Any]:
    email = (session["customer_details"] or {}).get("email") or holder.get("email")
    known = {key: holder[key] for key in ("name", "country", "postal_code") if holder.get(key)}
    return {**known, "email": email} if email else known


_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
_DETAILS: Thing = {
    **dict.fromkeys(("address", "business_name", "email", "individual_name", "name", "phone")),
    "tax_exempt": "none",
    "tax_ids": None,
}
