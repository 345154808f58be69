"""What users are told of their plan and their payments. Each is told in the transaction of what
it is about, so that it is told once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse

from billing import money
from billing.models import Checkout, Payment, Subscription, TierChange
from billing.plans import FREE
from billing.told import LIVING
from core.money import Microcredits, brief, format_credits, worded
from credits.models import Lot
from notifications.models import Notification
from notifications.operations import notify

# While a bank decides, and once it has decided against us, the money is gone.
TAKING: Final = ("needs_response", "under_review", "lost")
LOST: Final = "lost"
WON: Final = "won"


@dataclass(frozen=True)
class Moved:
    """Credits that went back with money, in µcr: taken at once, and owed. Negative: came again."""

    gone: Microcredits = 0
    owed: Microcredits = 0


# --- The plan ----------------------------------------------------------------------------
def tier_changed(message: Mapping[str, Any]) -> None:
    """Tell of a new tier: the ``notification`` consumer of SubscriptionTierChanged."""
    user_id, data = UUID(message["userId"]), message["data"]
    # Locked, so that who is just being deleted is told nothing.
    people = get_user_model().objects.select_for_update(no_key=True)
    if not people.filter(pk=user_id).exists():
        return
    name = settings.PLANS[data["toTier"]]["name"]
    living = Subscription.objects.filter(user_id=user_id, status__in=LIVING)
    title, body, label = _words_of_change(name, data, comes_back=living.exists())
    notify(
        user_id=user_id,
        kind="billing.tier_changed",
        title=title,
        body=body,
        link=reverse("billing:plan"),
        link_label=label,
        context={key: data[key] for key in ("fromTier", "toTier", "interval", "reason")},
    )


def _words_of_change(
    name: str, data: Mapping[str, Any], *, comes_back: bool
) -> tuple[str, str, str]:
    """Title, body and what the button is called.

    ``comes_back``: the subscription is there, and waits for its payment.
    """
    plan, reason = settings.PLANS[data["toTier"]], data["reason"]
    month = f"{brief(plan['monthly_credits'])} credits a month"
    if data["toTier"] != FREE:
        again = reason == TierChange.Reason.RECOVERED
        title = f"You are on {name} again" if again else f"You are on {name}"
        first = "The payment came after all. " if again else ""
        body = f"{first}Tech-pack steps are included, and there are {month}."
        return title, body, "See your plan"
    was = settings.PLANS[data["fromTier"]]["name"]
    rest = f"You are on {name}, with {month}. Credits that you bought stay."
    if reason == TierChange.Reason.UNPAID:
        title, why = f"{was} has ended: it was not paid", f"The payment failed for too long. {rest}"
        if comes_back:
            return title, f"{why} {was} comes back when it is paid.", "Pay"
        return title, f"{why} You can subscribe again whenever you like.", "See plans"
    return f"{was} has ended", rest, "See plans"


def subscription_changed(before: Subscription, after: Subscription) -> None:
    """Tell that a plan was canceled for a day to come, or that this was undone."""
    goes_on = before.tier == after.tier != FREE and before.stripe_id == after.stripe_id
    if not goes_on or (before.ends_at is None) == (after.ends_at is None):
        return
    if after.ends_at is not None:
        _cancel_scheduled(after)
    else:
        _cancel_undone(after)


def _cancel_scheduled(row: Subscription) -> None:
    name, day = settings.PLANS[row.tier]["name"], f"{row.ends_at:%-d %B %Y}"
    notify(
        user_id=row.user_id,
        kind="billing.cancel_scheduled",
        title=f"{name} ends on {day}",
        body=f"You have {name} until then. After it you are on Free; credits that you bought "
        "stay. You can change your mind until that day.",
        link=reverse("billing:plan"),
        link_label=f"Keep {name}",
        context={"endsAt": row.ends_at.isoformat() if row.ends_at else None},
    )


def _cancel_undone(row: Subscription) -> None:
    name, ends = settings.PLANS[row.tier]["name"], row.period_ends_at
    renews = f" It renews on {ends:%-d %B %Y}." if ends else ""
    notify(
        user_id=row.user_id,
        kind="billing.cancel_undone",
        title=f"{name} goes on",
        body=f"You kept {name}.{renews}",
        link=reverse("billing:plan"),
        link_label="See your plan",
    )


# --- Payments that need somebody ---------------------------------------------------------
def payment_failed(row: Subscription, *, amount: str, context: Mapping[str, Any]) -> Notification:
    """The card was refused; ``amount`` is in words. Says until when the plan stays."""
    name = settings.PLANS["pro"]["name"]
    return notify(
        user_id=row.user_id,
        kind="billing.payment_failed",
        title=f"The payment for {name} failed",
        body=f"{amount} could not be taken from your card. {_stays(row, name)} "
        "Change the card, and it is tried again.",
        link=reverse("billing:plan"),
        link_label="Change the card",
        context=context,
    )


def card_needed(row: Subscription, *, amount: str, context: Mapping[str, Any]) -> Notification:
    """The bank wants to hear from the holder of the card before it pays."""
    name = settings.PLANS["pro"]["name"]
    return notify(
        user_id=row.user_id,
        kind="billing.card_needed",
        title=f"Your bank asks you to confirm the payment for {name}",
        body=f"{amount} waits for your word to your bank. {_stays(row, name)}",
        link=reverse("billing:plan"),
        link_label="Confirm the payment",
        context=context,
    )


def bank_refused(checkout: Checkout, *, what: str) -> None:
    """A bank that takes days said no in the end; ``what`` was to be bought, by its title."""
    notify(
        user_id=checkout.user_id,
        kind="billing.bank_refused",
        title="Your bank refused a payment",
        body=f"“{what}” was not paid for, so nothing was bought. You can pay in another way.",
        link=reverse("billing:plan"),
        link_label="Pay in another way",
        context={"checkoutId": str(checkout.pk)},
    )


def _stays(row: Subscription, name: str) -> str:
    if row.tier == FREE:
        return "You are on Free until it is paid; credits that you bought stay."
    days = timedelta(days=settings.BILLING_GRACE_DAYS)
    if row.past_due_since is None:  # that it is due is heard of in a moment
        return f"You stay on {name} for {days.days} days."
    return f"You stay on {name} until {row.past_due_since + days:%-d %B %Y}."


# --- Payments that came, and went back ---------------------------------------------------
def topped_up(payment: Payment) -> None:
    """The credits that were bought are there."""
    lot = Lot.objects.get(source_key=payment.source_key)
    notify(
        user_id=payment.user_id,
        kind="billing.topped_up",
        title=f"{worded(lot.granted)} arrived",
        body=f"You paid {_amount(payment.amount, payment)}. Credits that you bought do not expire.",
        link=_receipt(payment),
        link_label="See the receipt",
        context=_about(payment) | {"credits": format_credits(lot.granted)},
    )


def money_moved(before: Payment, after: Payment, moved: Moved) -> None:
    """Tell what of a payment went back since ``before``, or came again, and of the credits."""
    was_taken, is_taken = (row.dispute_status in TAKING for row in (before, after))
    if more := after.refunded - before.refunded:
        _refunded(after, more, moved)
        moved = Moved()  # said
    if is_taken and not was_taken:
        _disputed(after, moved, _LOST if after.dispute_status == LOST else _CHARGED_BACK)
    elif was_taken and not is_taken:
        _disputed(after, moved, _WON)
    elif after.dispute_status == LOST != before.dispute_status:
        _disputed(after, moved, _LOST)


def _refunded(payment: Payment, more: int, moved: Moved) -> None:
    failed = more < 0
    amount = _amount(abs(more), payment)
    title = f"A refund of {amount} failed" if failed else f"{amount} were paid back"
    first = "Your bank sent it back to us." if failed else f"It was paid for {_what(payment)}."
    notify(
        user_id=payment.user_id,
        kind="billing.refund_failed" if failed else "billing.refunded",
        title=title,
        body=_join(first, _credits(moved), _plan_stays(payment)),
        link=_receipt(payment),
        link_label="See the receipt",
        context=_about(payment) | _moved(moved) | {"amount": str(_decimal(more, payment))},
    )


@dataclass(frozen=True)
class _Dispute:
    kind: str
    title: str
    words: str
    of_plan: str = ""


_CHARGED_BACK: Final = _Dispute(
    "billing.charged_back",
    "Your bank took a payment back",
    "What was paid for {what}, {amount}, is disputed at your bank.",
    "Your plan goes on until that is decided.",
)
_WON: Final = _Dispute(
    "billing.dispute_won",
    "A payment that was taken back came again",
    "The dispute about {what}, {amount}, was decided: the payment stands.",
)
_LOST: Final = _Dispute(
    "billing.dispute_lost",
    "Your bank keeps a payment that it took back",
    "The dispute about {what}, {amount}, was decided for you.",
    "The subscription that it was paid for ends.",
)


def _disputed(payment: Payment, moved: Moved, dispute: _Dispute) -> None:
    words = dispute.words.format(what=_what(payment), amount=_amount(payment.amount, payment))
    of_plan = dispute.of_plan if payment.kind == Payment.Kind.PLAN else ""
    notify(
        user_id=payment.user_id,
        kind=dispute.kind,
        title=dispute.title,
        body=_join(words, _credits(moved), of_plan),
        link=_receipt(payment),
        link_label="See the receipt",
        context=_about(payment) | _moved(moved),
    )


def _credits(moved: Moved) -> str:
    """What became of the credits, in sentences; "" where nothing did."""
    told = []
    if moved.gone > 0:
        told.append(f"{worded(moved.gone)} went back with it.")
    if moved.owed > 0:
        told.append(
            f"{worded(moved.owed)} that it paid for are used already: you owe them, and the next "
            "credits that come pay for them first."
        )
    if moved.gone < 0:
        told.append(f"{worded(-moved.gone)} are there again.")
    if moved.owed < 0:
        told.append(
            f"The {worded(-moved.owed)} that you owed for it are canceled; what later credits paid "
            "of that is yours again."
        )
    return " ".join(told)


def _plan_stays(payment: Payment) -> str:
    is_plan = payment.kind == Payment.Kind.PLAN
    return "Your plan is what your subscription says; this does not end it." if is_plan else ""


def _moved(moved: Moved) -> dict[str, str]:
    return {"credits": format_credits(moved.gone), "debt": format_credits(moved.owed)}


def _about(payment: Payment) -> dict[str, Any]:
    return {
        "paymentId": str(payment.pk),
        "amount": str(_decimal(payment.amount, payment)),
        "currency": payment.currency.upper(),
    }


def _what(payment: Payment) -> str:
    return f"“{payment.description}”"


def _amount(amount: int, payment: Payment) -> str:
    return money.worded(amount, payment.currency)


def _decimal(amount: int, payment: Payment) -> Any:
    return money.decimal(amount, payment.currency)


def _receipt(payment: Payment) -> str:
    return reverse("billing:receipt", args=[payment.pk])


def _join(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
