"""Stripe's objects in a person's words, for the stand-in's pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from billing.standin import here
from billing.standin.here import Thing
from billing.standin.world import Delivery

OVER: Final = ("canceled", "incomplete_expired")
STATES: Final = {
    "active": "Active",
    "trialing": "On trial",
    "past_due": "Past due: the last payment failed",
    "unpaid": "Unpaid: every try failed",
    "canceled": "Canceled",
    "incomplete": "Waiting for the first payment",
    "incomplete_expired": "Never paid",
    "paused": "Paused",
}


def plan_of(subscription: Thing) -> Thing:
    """A subscription as a line: its price, state and times, and the prices it may change to."""
    item = subscription["items"]["data"][0]
    price = item["price"]
    is_over = subscription["status"] in OVER
    state = STATES.get(subscription["status"], str(subscription["status"]))
    period_ends_at = item["current_period_end"]
    planned = subscription["cancel_at"] or (
        period_ends_at if subscription["cancel_at_period_end"] else None
    )
    ends_at = subscription["ended_at"] or planned
    return {
        "id": subscription["id"],
        "title": here.read(price["product"], "product")["name"],
        "price": price,
        "state": f"{state}, canceled for the period’s end" if planned and not is_over else state,
        "is_over": is_over,
        "is_due": subscription["status"] in ("past_due", "unpaid", "incomplete"),
        "period_ends_at": period_ends_at,
        "ends_at": ends_at,
        "until": ends_at or period_ends_at,
        "others": [] if is_over else _others(price),
    }


def _others(price: Thing) -> list[Thing]:
    """The same plan by other intervals."""
    found = here.world().actions.listed("price", product=price["product"], active=True)
    return [one for one in found if one["recurring"] and one["id"] != price["id"]]


def card_of(customer: Thing, subscriptions: list[Thing]) -> str:
    """With what renewals are paid; "" without anything."""
    own = [one["default_payment_method"] for one in subscriptions if one["status"] not in OVER]
    usual = customer["invoice_settings"]["default_payment_method"]
    named = next((one for one in [*own, usual] if one), None)
    if named is None:
        return ""
    method = here.read(named, "payment_method")
    detail = method[method["type"]]
    brand = detail.get("brand") or "bank account"
    return f"{brand.capitalize()} ending in {detail['last4']}"


def charge_of(charge: Thing) -> Thing:
    """A payment as a line, with what can still become of it as ``ways``: (name, words)."""
    disputes = here.world().actions.listed("dispute", charge=charge["id"])
    dispute = disputes[0] if disputes else None
    state = charge["status"]
    ways: list[tuple[str, str]] = []
    if dispute and dispute["status"] in ("needs_response", "under_review"):
        state, ways = "disputed", [("win", "Win"), ("lose", "Lose")]
    elif dispute:
        state = f"dispute {dispute['status']}"
    elif charge["refunded"]:
        state = "paid back"
    elif charge["status"] == "succeeded":
        ways = [("refund", "Pay back"), ("refund_half", "Half"), ("dispute", "Dispute")]
        if charge["amount_refunded"]:
            state, ways = "paid back in part", ways[:1]
    return {**charge, "state": state, "ways": ways}


def session_of(session: Thing) -> Thing:
    """A checkout as a line, with what can still become of it."""
    ways: list[tuple[str, str]] = []
    if session["status"] == "open":
        ways = [("expire", "Let it expire")]
    elif session["status"] == "complete" and session["payment_status"] == "unpaid":
        ways = [("bank_pays", "Bank pays"), ("bank_refuses", "Bank refuses")]
    return {**session, "ways": ways}


def delivery_of(delivery: Delivery) -> Thing:
    """A webhook on its way as a line."""
    words = {"delivered": "Taken", "lost": "Lost", "given_up": "Given up", "waiting": "Waits"}
    said = words[delivery.state]
    if delivery.status is not None:
        said += f", {delivery.status or 'no answer'}"
    if delivery.attempts > 1:
        said += f", {delivery.attempts} tries"
    return {**asdict(delivery), "words": said}
