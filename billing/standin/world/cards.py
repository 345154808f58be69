"""Ways to pay, and what becomes of each: Stripe's test cards, by name and by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from .calls import listing, register
from .catalogue import only, update
from .customers import living
from .errors import Declined, Refused, invalid
from .names import letters, new_id
from .shapes import clearable, labels, one_of, shape, text, whole
from .store import Book, Thing


@dataclass(frozen=True)
class Card:
    """A test card. ``declines``: (code, decline code) with which a charge fails, or "".

    ``asks``: the holder has to prove themselves. ``later``: it works at the first payment alone.
    ``bank``: a bank account, whose payment is known days after. ``disputes``: the holder asks their
    bank for the money back at once.
    """

    number: str
    brand: str = "visa"
    declines: tuple[str, str] = ("", "")
    asks: bool = False
    later: bool = False
    bank: bool = False
    disputes: bool = False


CARDS: Final = {
    "good": Card("4242424242424242"),
    "mastercard": Card("5555555555554444", "mastercard"),
    "declined": Card("4000000000000002", declines=("card_declined", "generic_decline")),
    "insufficient_funds": Card(
        "4000000000009995", declines=("card_declined", "insufficient_funds")
    ),
    "expired_card": Card("4000000000000069", declines=("expired_card", "")),
    "incorrect_cvc": Card("4000000000000127", declines=("incorrect_cvc", "")),
    "processing_error": Card("4000000000000119", declines=("processing_error", "")),
    "three_d_secure": Card("4000002500003155", asks=True),
    "fails_later": Card("4000000000000341", later=True),
    "disputed": Card("4000000000000259", disputes=True),
    "bank_account": Card("000123456789", "", bank=True),
}
MESSAGES: Final = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}
# The ids that Stripe's own examples use.
WELL_KNOWN: Final = {
    "pm_card_visa": "good",
    "pm_card_mastercard": "mastercard",
    "pm_card_visa_chargeDeclined": "declined",
    "pm_card_chargeCustomerFail": "fails_later",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "pm_card_authenticationRequired": "three_d_secure",
    "pm_card_createDispute": "disputed",
    "pm_usBankAccount": "bank_account",
}
TOKENS: Final = {
    name.replace("pm_card_", "tok_"): card for name, card in WELL_KNOWN.items() if "card" in name
}


def card_named(named: str) -> str:
    """A card's name by itself or by its number. Raises Refused."""
    bare = named.replace(" ", "")
    for name, card in CARDS.items():
        if named == name or bare == card.number:
            return name
    raise Refused(
        402,
        "Your card number is incorrect.",
        kind="card_error",
        code="incorrect_number",
        param="number",
    )


def decline(card: str) -> Declined:
    """The refusal of a card that is not charged."""
    code, reason = CARDS[card].declines if CARDS[card].declines[0] else CARDS["declined"].declines
    return Declined(code, reason or None, MESSAGES[reason or code])


def create_method(book: Book, card: str, customer: Thing | None = None, **billing: Any) -> Thing:
    """A way to pay with this card; ``billing`` are details of the holder."""
    kind = "us_bank_account" if CARDS[card].bank else "card"
    return book.add(
        "payment_method",
        {
            "allow_redisplay": "always",
            "billing_details": {
                "address": dict.fromkeys(
                    ("city", "country", "line1", "line2", "postal_code", "state")
                )
                | only(billing, "country", "postal_code"),
                "email": billing.get("email"),
                "name": billing.get("name"),
                "phone": None,
                "tax_id": None,
            },
            kind: _bank() if CARDS[card].bank else _card(CARDS[card]),
            "created": book.now(customer),
            "customer": customer and customer["id"],
            "customer_account": None,
            "livemode": False,
            "metadata": {},
            "type": kind,
            "_card": card,
        },
    )


def _card(card: Card) -> Thing:
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": "pass",
            "cvc_check": "pass",
        },
        "country": "US",
        "display_brand": card.brand,
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": letters(16),
        "funding": "credit",
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _bank() -> Thing:
    return {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": letters(16),
        "last4": "6789",
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": "110000000",
        "status_details": None,
    }


def details_of(method: Thing, amount: int) -> Thing:
    """``payment_method_details`` of a charge of so many cents."""
    kind = method["type"]
    own = method[kind]
    if kind == "us_bank_account":
        bank = only(own, "account_holder_type", "account_type", "bank_name", "fingerprint")
        unknown = {"expected_debit_date": None, "mandate": None, "payment_reference": None}
        return {kind: {**bank, **only(own, "last4", "routing_number"), **unknown}, "type": kind}
    card = only(
        own,
        *("brand", "checks", "country", "exp_month", "exp_year", "fingerprint"),
        *("funding", "last4", "regulated_status", "wallet"),
    )
    more: Thing = {
        "amount_authorized": amount,
        "authorization_code": "123456",
        "installments": None,
        "mandate": None,
        "network": own["brand"],
        "network_transaction_id": letters(15),
        "three_d_secure": None,
    }
    return {kind: {**card, **more}, "type": kind}


def attach(book: Book, named: str, customer: Thing) -> Thing:
    """Give a way to pay to a customer; Stripe's well-known ids make a new one. Raises Refused."""
    if named in WELL_KNOWN:
        method = create_method(book, WELL_KNOWN[named])
    else:
        method = book.get("payment_method", named, "payment_method")
    card = CARDS[method["_card"]]
    if card.declines[0]:
        raise decline(method["_card"])
    if method["customer"] not in (None, customer["id"]):
        raise invalid("customer", "The payment method belongs to another customer.")
    if method["customer"] is None:
        book.change(method, customer=customer["id"])
        book.emit("payment_method.attached", method)
    return method


def method_for(book: Book, customer: Thing, subscription: Thing | None = None) -> Thing | None:
    """With what a customer pays: the subscription's own way, else their usual one."""
    named = (subscription or {}).get("default_payment_method") or customer["invoice_settings"][
        "default_payment_method"
    ]
    return book.find(named, "payment_method") if named else None


def create_setup(book: Book, customer: Thing, method: Thing) -> Thing:
    """A card was kept for later payments."""
    named = new_id("setup_intent")
    setup = book.add(
        "setup_intent",
        {
            "application": None,
            "automatic_payment_methods": None,
            "cancellation_reason": None,
            "client_secret": f"{named}_secret_{letters(24)}",
            "created": book.now(customer),
            "customer": customer["id"],
            "customer_account": None,
            "description": None,
            "excluded_payment_method_types": None,
            "flow_directions": None,
            "last_setup_error": None,
            "latest_attempt": None,
            "livemode": False,
            "mandate": None,
            "metadata": {},
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": method["id"],
            "payment_method_configuration_details": None,
            "payment_method_options": {},
            "payment_method_types": [method["type"]],
            "single_use_mandate": None,
            "status": "succeeded",
            "usage": "off_session",
        },
        named=named,
    )
    book.emit("setup_intent.created", setup)
    book.emit("setup_intent.succeeded", setup)
    return setup


@register.post(
    "/v1/payment_methods",
    {
        "type": one_of("card", "us_bank_account"),
        "card": shape(
            {"token": text, "number": text, "exp_month": whole, "exp_year": whole, "cvc": text}
        ),
        "billing_details": shape({"email": text, "name": text}),
        "metadata": labels,
    },
    required=["type"],
)
def create_payment_method(book: Book, given: Thing) -> Thing:
    """A way to pay, by a test card's token or number."""
    card = given.get("card", {})
    if "token" in card and card["token"] not in TOKENS:
        raise invalid("card[token]", f"No such token: '{card['token']}'", "resource_missing")
    named = TOKENS[card["token"]] if "token" in card else card_named(card.get("number", "good"))
    if given["type"] == "us_bank_account":
        named = "bank_account"
    return create_method(book, named, **given.get("billing_details", {}))


@register.get("/v1/payment_methods/{id}")
def payment_method(book: Book, given: Thing, named: str) -> Thing:
    """One way to pay."""
    return book.get("payment_method", named)


@register.post(
    "/v1/payment_methods/{id}",
    {"metadata": labels, "allow_redisplay": one_of("always", "limited", "unspecified")},
)
def change_payment_method(book: Book, given: Thing, named: str) -> Thing:
    """Change a way to pay."""
    method = book.get("payment_method", named)
    return update(book, method, "payment_method.updated", given)


@register.post("/v1/payment_methods/{id}/attach", {"customer": text}, required=["customer"])
def attach_payment_method(book: Book, given: Thing, named: str) -> Thing:
    """Give a way to pay to a customer."""
    return attach(book, named, living(book, given["customer"], "customer"))


@register.post("/v1/payment_methods/{id}/detach")
def detach_payment_method(book: Book, given: Thing, named: str) -> Thing:
    """Take a way to pay from its customer."""
    method = book.get("payment_method", named)
    if method["customer"] is None:
        raise invalid("payment_method", "The payment method is not attached to a customer.")
    customer = book.get("customer", method["customer"])
    if customer["invoice_settings"]["default_payment_method"] == named:
        settings = {**customer["invoice_settings"], "default_payment_method": None}
        update(book, customer, "customer.updated", {"invoice_settings": settings})
    return update(book, method, "payment_method.detached", {"customer": None})


@register.list("/v1/payment_methods", {"customer": text, "type": clearable(text)})
def payment_methods(book: Book, given: Thing) -> Thing:
    """Ways to pay."""
    return listing(
        book, "payment_method", given, "/v1/payment_methods", **only(given, "customer", "type")
    )


@register.list("/v1/customers/{id}/payment_methods", {"type": clearable(text)})
def payment_methods_of(book: Book, given: Thing, named: str) -> Thing:
    """A customer's ways to pay."""
    url = f"/v1/customers/{living(book, named)['id']}/payment_methods"
    return listing(book, "payment_method", given, url, customer=named, **only(given, "type"))


@register.get("/v1/setup_intents/{id}")
def setup_intent(book: Book, given: Thing, named: str) -> Thing:
    """How a card was kept."""
    return book.get("setup_intent", named)
