"""Money that moves: payment intents, their charges, and what each does to the balance."""

from __future__ import annotations

from typing import Any, Final

from .cards import CARDS, decline, details_of
from .names import letters, new_id
from .showing import include, page
from .store import Book, Thing

FEE_PERCENT: Final = 29  # thousandths
FEE_FIXED: Final = 30
AVAILABLE_AFTER_S: Final = 2 * 86_400


def create_intent(
    book: Book, customer: Thing | None, amount: int, currency: str, **more: Any
) -> Thing:
    """An attempt to be paid ``amount`` cents; ``more`` are fields of the intent."""
    named = new_id("payment_intent")
    intent = book.add(
        "payment_intent",
        {
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": None,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic_async",
            "client_secret": f"{named}_secret_{letters(24)}",
            "confirmation_method": "automatic",
            "created": book.now(customer),
            "currency": currency,
            "customer": customer and customer["id"],
            "customer_account": None,
            "description": None,
            "excluded_payment_method_types": None,
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": {},
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_configuration_details": None,
            "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
            "payment_method_types": ["card", "us_bank_account"],
            "processing": None,
            "receipt_email": None,
            "review": None,
            "setup_future_usage": None,
            "shipping": None,
            "source": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "requires_payment_method",
            "transfer_data": None,
            "transfer_group": None,
            **more,
        },
        named=named,
    )
    book.emit("payment_intent.created", intent)
    return intent


def confirm(book: Book, intent: Thing, method: Thing, *, present: bool) -> str:
    """Try to take the money; the intent's status after. ``present``: the holder can be asked."""
    card = CARDS[method["_card"]]
    book.change(intent, payment_method=method["id"], next_action=None, last_payment_error=None)
    fails = card.declines[0] or method.get("_fails") or (card.later and not present)
    if fails:
        return _fail(book, intent, method)
    if card.asks and present and not method.get("_proved"):
        action = {
            "redirect_to_url": {"return_url": None, "url": f"{book.base}/prove/{intent['id']}"},
            "type": "redirect_to_url",
        }
        book.change(intent, status="requires_action", next_action=action)
        book.emit("payment_intent.requires_action", intent)
    elif card.bank:
        charge = _charge(book, intent, method, status="pending")
        book.change(intent, status="processing", latest_charge=charge["id"])
        book.emit("charge.pending", charge)
        book.emit("payment_intent.processing", intent)
    else:
        succeed(book, intent, method)
    return str(intent["status"])


def succeed(book: Book, intent: Thing, method: Thing) -> Thing:
    """The money came; the charge. A card whose holder proved themselves once is not asked again."""
    if intent["status"] == "requires_action":
        book.change(method, _proved=True)
    pending = intent["latest_charge"] and book.get("charge", intent["latest_charge"])
    if not pending or pending["status"] != "pending":
        pending = _charge(book, intent, method, status="succeeded")
    balance = move_balance(
        book, pending["amount"], pending["currency"], "charge", pending["id"], fee=True
    )
    charge = book.change(
        pending,
        status="succeeded",
        paid=True,
        captured=True,
        amount_captured=pending["amount"],
        balance_transaction=balance["id"],
        receipt_url=f"{book.base}/receipts/{pending['id']}",
    )
    book.change(
        intent,
        status="succeeded",
        next_action=None,
        amount_received=intent["amount"],
        latest_charge=charge["id"],
    )
    book.emit("charge.succeeded", charge)
    book.emit("payment_intent.succeeded", intent)
    if CARDS[method["_card"]].disputes:
        from .moneyback import dispute

        dispute(book, charge, reason="fraudulent")
    return charge


def fail_pending(book: Book, intent: Thing, method: Thing) -> None:
    """The bank did not pay after all."""
    charge = book.get("charge", intent["latest_charge"])
    message = "The customer's bank account has not enough money."
    book.change(charge, status="failed", failure_code="insufficient_funds", failure_message=message)
    error = {
        "code": "insufficient_funds",
        "message": message,
        "payment_method": method,
        "type": "card_error",
    }
    book.change(intent, status="requires_payment_method", last_payment_error=error)
    book.emit("charge.failed", charge)
    book.emit("payment_intent.payment_failed", intent)


def refuse_action(book: Book, intent: Thing) -> None:
    """The holder did not prove themselves."""
    error = {
        "code": "payment_intent_authentication_failure",
        "message": "The provided PaymentMethod has failed authentication.",
        "type": "card_error",
    }
    book.change(
        intent,
        status="requires_payment_method",
        next_action=None,
        payment_method=None,
        last_payment_error=error,
    )
    book.emit("payment_intent.payment_failed", intent)


def cancel_intent(book: Book, intent: Thing, reason: str) -> None:
    """Nobody is going to pay this."""
    book.change(
        intent,
        status="canceled",
        canceled_at=book.now(intent["customer"]),
        cancellation_reason=reason,
        next_action=None,
    )
    book.emit("payment_intent.canceled", intent)


def move_balance(
    book: Book, amount: int, currency: str, kind: str, source: str, *, fee: bool = False
) -> Thing:
    """What a movement of ``amount`` cents does to the balance, less Stripe's fee."""
    taken = (amount * FEE_PERCENT + 500) // 1_000 + FEE_FIXED if fee else 0
    detail = {
        "amount": taken,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    return book.add(
        "balance_transaction",
        {
            "amount": amount,
            "available_on": book.wall + AVAILABLE_AFTER_S,
            "balance_type": "payments",
            "created": book.wall,
            "currency": currency,
            "description": None,
            "exchange_rate": None,
            "fee": taken,
            "fee_details": [detail] if taken else [],
            "net": amount - taken,
            "reporting_category": "dispute" if kind == "adjustment" else kind,
            "source": source,
            "status": "pending",
            "type": kind,
        },
    )


def _fail(book: Book, intent: Thing, method: Thing) -> str:
    refusal = decline(method["_card"])
    charge = _charge(
        book,
        intent,
        method,
        status="failed",
        failure_code=refusal.code,
        failure_message=str(refusal),
        outcome=_outcome(refusal.error.get("decline_code"), str(refusal)),
    )
    error = {
        **refusal.error,
        "charge": charge["id"],
        "payment_method": {key: method[key] for key in method if not key.startswith("_")},
    }
    book.change(
        intent,
        status="requires_payment_method",
        payment_method=None,
        latest_charge=charge["id"],
        last_payment_error=error,
    )
    book.emit("charge.failed", charge)
    book.emit("payment_intent.payment_failed", intent)
    return str(intent["status"])


def _outcome(reason: str | None = None, message: str = "Payment complete.") -> Thing:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if reason else "approved_by_network",
        "reason": reason,
        "risk_level": "normal",
        "seller_message": message,
        "type": "issuer_declined" if reason else "authorized",
    }


def _charge(book: Book, intent: Thing, method: Thing, *, status: str, **more: Any) -> Thing:
    return book.add(
        "charge",
        {
            "amount": intent["amount"],
            "amount_captured": 0,
            "amount_refunded": 0,
            "application": None,
            "application_fee": None,
            "application_fee_amount": None,
            "balance_transaction": None,
            "billing_details": method["billing_details"],
            "calculated_statement_descriptor": "TECHPACK STUDIO",
            "captured": False,
            "created": book.now(intent["customer"]),
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "fraud_details": {},
            "livemode": False,
            "metadata": intent["metadata"],
            "on_behalf_of": None,
            "outcome": _outcome(),
            "paid": False,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": details_of(method, intent["amount"]),
            "presentment_details": None,
            "radar_options": {},
            "receipt_email": intent["receipt_email"],
            "receipt_number": None,
            "receipt_url": None,
            "refunded": False,
            "review": None,
            "shipping": None,
            "source": None,
            "source_transfer": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": status,
            "transfer_data": None,
            "transfer_group": None,
            **more,
        },
    )


def _refunds(book: Book, charge: Thing) -> Thing:
    found = book.all("refund", charge=charge["id"])
    return page(f"/v1/charges/{charge['id']}/refunds", found[::-1])


include("charge", "refunds", _refunds)
