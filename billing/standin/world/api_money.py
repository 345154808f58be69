"""Calls about money that moved: intents, charges, and what they did to the balance."""

from __future__ import annotations

from .calls import SPAN, listing, register
from .cards import WELL_KNOWN, attach, create_method, decline
from .catalogue import only, update
from .customers import living
from .errors import WrongState, invalid
from .payments import cancel_intent, confirm, create_intent
from .shapes import clearable, either, flag, labels, listed, one_of, positive, shape, text, whole
from .store import Book, Thing


@register.post(
    "/v1/payment_intents",
    {
        "amount": positive,
        "automatic_payment_methods": shape(
            {"enabled": flag, "allow_redirects": one_of("always", "never")}
        ),
        "confirm": flag,
        "currency": text,
        "customer": text,
        "description": text,
        "metadata": labels,
        "off_session": flag,
        "payment_method": text,
        "payment_method_types": listed(text),
        "receipt_email": text,
        "return_url": text,
    },
    required=["amount", "currency"],
)
def create_payment_intent(book: Book, given: Thing) -> Thing:
    """An attempt to be paid, confirmed at once where that was asked for."""
    customer = living(book, given["customer"], "customer") if "customer" in given else None
    method = (
        _method(book, given["payment_method"], customer) if ("payment_method" in given) else None
    )
    intent = create_intent(
        book,
        customer,
        given["amount"],
        given["currency"].lower(),
        status="requires_confirmation" if method else "requires_payment_method",
        payment_method=method and method["id"],
        **only(given, "description", "metadata", "receipt_email"),
    )
    if given.get("confirm"):
        _confirm(book, intent, method, present=not given.get("off_session", False))
    return intent


@register.get("/v1/payment_intents/{id}", {"client_secret": text})
def payment_intent(book: Book, given: Thing, named: str) -> Thing:
    """One intent."""
    return book.get("payment_intent", named)


@register.post("/v1/payment_intents/{id}", {"description": clearable(text), "metadata": labels})
def change_payment_intent(book: Book, given: Thing, named: str) -> Thing:
    """Change what is said about an intent."""
    return update(book, book.get("payment_intent", named), "", given)


@register.post(
    "/v1/payment_intents/{id}/confirm",
    {"payment_method": text, "off_session": flag, "return_url": text},
)
def confirm_payment_intent(book: Book, given: Thing, named: str) -> Thing:
    """Take the money now."""
    intent = book.get("payment_intent", named)
    if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
        raise WrongState(
            f"This PaymentIntent's status is {intent['status']}.",
            "payment_intent_unexpected_state",
        )
    customer = intent["customer"] and book.get("customer", intent["customer"])
    chosen = given.get("payment_method") or intent["payment_method"]
    method = _method(book, chosen, customer) if chosen else None
    _confirm(book, intent, method, present=not given.get("off_session", False))
    return intent


@register.post(
    "/v1/payment_intents/{id}/cancel",
    {
        "cancellation_reason": one_of(
            "abandoned", "duplicate", "fraudulent", "requested_by_customer"
        )
    },
)
def cancel_payment_intent(book: Book, given: Thing, named: str) -> Thing:
    """Nobody is going to pay it."""
    intent = book.get("payment_intent", named)
    if intent["status"] in ("succeeded", "canceled", "processing"):
        raise WrongState(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            "payment_intent_unexpected_state",
        )
    cancel_intent(book, intent, given.get("cancellation_reason", "requested_by_customer"))
    return intent


@register.list("/v1/payment_intents", {"customer": text, "created": either(SPAN, whole)})
def payment_intents(book: Book, given: Thing) -> Thing:
    """Intents, the newest first."""
    fields = only(given, "customer")
    return listing(book, "payment_intent", given, "/v1/payment_intents", **fields)


@register.get("/v1/charges/{id}")
def charge(book: Book, given: Thing, named: str) -> Thing:
    """One charge."""
    return book.get("charge", named)


@register.list(
    "/v1/charges", {"customer": text, "payment_intent": text, "created": either(SPAN, whole)}
)
def charges(book: Book, given: Thing) -> Thing:
    """Charges, the newest first."""
    fields = only(given, "customer", "payment_intent")
    return listing(book, "charge", given, "/v1/charges", **fields)


@register.get("/v1/balance_transactions/{id}")
def balance_transaction(book: Book, given: Thing, named: str) -> Thing:
    """One movement of the balance."""
    return book.get("balance_transaction", named)


@register.list("/v1/balance_transactions", {"source": text, "type": text})
def balance_transactions(book: Book, given: Thing) -> Thing:
    """Movements of the balance, the newest first."""
    fields = only(given, "source", "type")
    return listing(book, "balance_transaction", given, "/v1/balance_transactions", **fields)


def _method(book: Book, named: str, customer: Thing | None) -> Thing:
    if customer:
        return attach(book, named, customer)
    found = book.find(named, "payment_method")
    if found:
        return found
    if named not in WELL_KNOWN:
        return book.get("payment_method", named, "payment_method")
    return create_method(book, WELL_KNOWN[named])


def _confirm(book: Book, intent: Thing, method: Thing | None, *, present: bool) -> None:
    if method is None:
        raise invalid(
            "payment_method", "You cannot confirm this PaymentIntent: it has no payment method."
        )
    if confirm(book, intent, method, present=present) == "requires_payment_method":
        refusal = decline(method["_card"])
        refusal.error["payment_intent"] = book.shown(intent)
        raise refusal
