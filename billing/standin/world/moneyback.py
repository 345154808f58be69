"""Money that goes back: refunds, and disputes that a bank begins and decides."""

from __future__ import annotations

from typing import Final

from .calls import SPAN, listing, register
from .catalogue import only, update
from .errors import WrongState, invalid
from .payments import move_balance
from .shapes import clearable, either, flag, labels, one_of, positive, shape, text, whole
from .showing import complete
from .store import Book, Thing

DISPUTE_FEE: Final = 1_500
DAY_S: Final = 86_400
REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer")
# Evidence by which Stripe's test mode decides at once: whether the seller wins.
DECIDING: Final = {"winning_evidence": True, "losing_evidence": False}
OPEN: Final = ("needs_response", "under_review")


def refund(
    book: Book,
    charge: Thing,
    amount: int | None = None,
    *,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Thing:
    """Give money back; ``amount`` in cents, None for all that is left. Raises Refused."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["status"] != "succeeded":
        raise WrongState("This charge has not been paid.", "charge_not_refundable")
    if charge["disputed"] and any(
        one["status"] in (*OPEN, "lost") for one in book.all("dispute", charge=charge["id"])
    ):
        raise WrongState(f"Charge {charge['id']} has been charged back.", "charge_disputed")
    if not left:
        raise WrongState(
            f"Charge {charge['id']} has already been refunded.", "charge_already_refunded"
        )
    wanted = left if amount is None else amount
    if wanted > left:
        raise invalid(
            "amount",
            f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})",
        )
    made = _refund(book, charge, wanted, reason, metadata or {})
    before = book.shown(charge)
    refunded = charge["amount_refunded"] + wanted
    book.change(charge, amount_refunded=refunded, refunded=refunded == charge["amount_captured"])
    book.emit("refund.created", made)
    book.emit("charge.refunded", charge, before)
    book.emit("refund.updated", made, {**book.shown(made), "destination_details": None})
    return made


def _refund(
    book: Book, charge: Thing, amount: int, reason: str | None, metadata: dict[str, str]
) -> Thing:
    made = book.add(
        "refund",
        {
            "amount": amount,
            "balance_transaction": None,
            "charge": charge["id"],
            "created": book.now(charge["customer"]),
            "currency": charge["currency"],
            "customer": charge["customer"],
            "customer_account": None,
            "description": None,
            "destination_details": {
                "card": {
                    "reference": "7891012345678901",
                    "reference_status": "available",
                    "reference_type": "acquirer_reference_number",
                    "type": "refund",
                },
                "type": "card",
            },
            "metadata": metadata,
            "payment_intent": charge["payment_intent"],
            "payment_method": charge["payment_method"],
            "reason": reason,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        },
    )
    balance = move_balance(book, -amount, charge["currency"], "refund", made["id"])
    return book.change(made, balance_transaction=balance["id"])


def dispute(book: Book, charge: Thing, amount: int | None = None, reason: str = "general") -> Thing:
    """The holder asks their bank for the money back, which takes it at once. Raises Refused."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    wanted = left if amount is None else amount
    if charge["disputed"] or not 0 < wanted <= left:
        raise WrongState("This charge cannot be disputed by so much.")
    now = book.now(charge["customer"])
    made = book.add(
        "dispute",
        {
            "amount": wanted,
            "charge": charge["id"],
            "created": now,
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": {"enhanced_evidence": {}},
            "evidence_details": {
                "due_by": now + 9 * DAY_S,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
            },
            "is_charge_refundable": False,
            "livemode": False,
            "metadata": {},
            "network_reason_code": "10.4",
            "payment_intent": charge["payment_intent"],
            "payment_method_details": {
                "card": {
                    "brand": "visa",
                    "case_type": "chargeback",
                    "network": "visa",
                    "network_reason_code": "10.4",
                },
                "type": "card",
            },
            "reason": reason,
            "status": "needs_response",
        },
    )
    before = book.shown(charge)
    book.change(charge, disputed=True)
    book.emit("charge.dispute.created", made)
    _take(book, made, -wanted - DISPUTE_FEE)
    book.emit("charge.dispute.funds_withdrawn", made)
    book.emit("charge.updated", charge, before)
    return made


def decide(book: Book, disputed: Thing, *, won: bool) -> Thing:
    """The bank decides: ``won`` by the seller, who gets the money again. Raises WrongState."""
    if disputed["status"] not in OPEN:
        raise WrongState(f"This dispute is {disputed['status']} already.")
    book.change(disputed, status="won" if won else "lost")
    if won:
        _take(book, disputed, disputed["amount"] + DISPUTE_FEE)
        book.emit("charge.dispute.funds_reinstated", disputed)
    book.emit("charge.dispute.closed", disputed)
    return disputed


def _take(book: Book, disputed: Thing, amount: int) -> None:
    move_balance(book, amount, disputed["currency"], "adjustment", disputed["id"])


@register.post(
    "/v1/refunds",
    {
        "amount": positive,
        "charge": text,
        "metadata": labels,
        "payment_intent": text,
        "reason": one_of(*REASONS),
    },
)
def create_refund(book: Book, given: Thing) -> Thing:
    """Give a charge back, whole or in part."""
    if "charge" in given:
        charge = book.get("charge", given["charge"], "charge")
    elif "payment_intent" in given:
        intent = book.get("payment_intent", given["payment_intent"], "payment_intent")
        if not intent["latest_charge"]:
            raise WrongState("This PaymentIntent does not have a successful charge to refund.")
        charge = book.get("charge", intent["latest_charge"])
    else:
        raise WrongState("One of the following params should be provided: payment_intent, charge.")
    return refund(
        book,
        charge,
        given.get("amount"),
        reason=given.get("reason"),
        metadata=given.get("metadata"),
    )


@register.get("/v1/refunds/{id}")
def refund_of(book: Book, given: Thing, named: str) -> Thing:
    """One refund."""
    return book.get("refund", named)


@register.post("/v1/refunds/{id}", {"metadata": labels})
def change_refund(book: Book, given: Thing, named: str) -> Thing:
    """Change the metadata of a refund."""
    return update(book, book.get("refund", named), "refund.updated", given)


@register.list(
    "/v1/refunds", {"charge": text, "payment_intent": text, "created": either(SPAN, whole)}
)
def refunds(book: Book, given: Thing) -> Thing:
    """Refunds, the newest first."""
    return listing(book, "refund", given, "/v1/refunds", **only(given, "charge", "payment_intent"))


@register.list("/v1/charges/{id}/refunds")
def refunds_of(book: Book, given: Thing, named: str) -> Thing:
    """The refunds of a charge."""
    book.get("charge", named)
    return listing(book, "refund", given, f"/v1/charges/{named}/refunds", charge=named)


@register.get("/v1/disputes/{id}")
def dispute_of(book: Book, given: Thing, named: str) -> Thing:
    """One dispute."""
    return book.get("dispute", named)


@register.post(
    "/v1/disputes/{id}",
    {
        "evidence": shape({"uncategorized_text": clearable(text)}),
        "metadata": labels,
        "submit": flag,
    },
)
def change_dispute(book: Book, given: Thing, named: str) -> Thing:
    """Send evidence."""
    found = book.get("dispute", named)
    if given.pop("submit", True) and "evidence" in given:
        given["status"] = "under_review"
        count = found["evidence_details"]["submission_count"] + 1
        given["evidence_details"] = {
            **found["evidence_details"],
            "has_evidence": True,
            "submission_count": count,
        }
    given["evidence"] = {**found["evidence"], **given.get("evidence", {})}
    changed = update(book, found, "charge.dispute.updated", given)
    won = DECIDING.get(given["evidence"].get("uncategorized_text"))
    return changed if won is None else decide(book, changed, won=won)


@register.post("/v1/disputes/{id}/close")
def close_dispute(book: Book, given: Thing, named: str) -> Thing:
    """Give in: the dispute is lost."""
    return decide(book, book.get("dispute", named), won=False)


@register.list(
    "/v1/disputes", {"charge": text, "payment_intent": text, "created": either(SPAN, whole)}
)
def disputes(book: Book, given: Thing) -> Thing:
    """Disputes, the newest first."""
    fields = only(given, "charge", "payment_intent")
    return listing(book, "dispute", given, "/v1/disputes", **fields)


complete(
    "dispute",
    lambda book, found: {
        "balance_transactions": book.all("balance_transaction", source=found["id"])
    },
)
