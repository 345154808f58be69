"""What follows from Stripe's events. dj-stripe calls these after it mirrored what is told of.

Of an event only ids are believed: each receiver names what is to be asked after, and
``billing/deliveries.py`` has that done once dj-stripe's transaction is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, Final

from djstripe.event_handlers import djstripe_receiver
from djstripe.models import Event

from billing import dunning, purchases, refunds, subscriptions

Effect = Callable[[], object]


_gathered: ContextVar[list[Effect]] = ContextVar("effects")


@contextmanager
def gathering() -> Iterator[list[Effect]]:
    """Where receivers put what follows from an event, to be done any number of times."""
    token = _gathered.set([])
    try:
        yield _gathered.get()
    finally:
        _gathered.reset(token)


Follow = Callable[..., None]
_followers: dict[str, list[Follow]] = {}


def _follows(*types: str) -> Callable[[Follow], Follow]:
    """What follows from events of these types; dj-stripe calls it once its copy is up to date."""

    def add(follow: Follow) -> Follow:
        for kind in types:
            _followers.setdefault(kind, []).append(follow)
        heard: Follow = djstripe_receiver(types)(follow)
        return heard

    return add


def follow(event: Event) -> None:
    """Gather what follows from an event, where dj-stripe could not call the receivers."""
    for each in _followers.get(event.type, ()):
        each(event=event)


def _ask(verb: Callable[..., object], **ids: str) -> None:
    _gathered.get().append(partial(verb, **ids))


def _about(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = event.data["object"]
    return found


def _id_in(part: Any) -> str:
    """The id of what is given as an id or whole; "" where it is neither."""
    if isinstance(part, dict):
        part = part.get("id")
    return part if isinstance(part, str) else ""


SUBSCRIPTIONS: Final = (
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.pending_update_applied",
    "customer.subscription.pending_update_expired",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
)
CHECKOUTS: Final = (
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
)
INVOICES: Final = (
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.voided",
)
DUE: Final = ("invoice.payment_action_required", "invoice.payment_failed")
REFUNDS: Final = (
    "charge.refund.updated",
    "charge.refunded",
    "refund.created",
    "refund.failed",
    "refund.updated",
)
DISPUTES: Final = (
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
)
# What stripe_setup has to ask Stripe for.
EVERY_TYPE: Final = (*SUBSCRIPTIONS, *CHECKOUTS, *INVOICES, *REFUNDS, *DISPUTES)


@_follows(*SUBSCRIPTIONS)
def subscription_changed(event: Event, **_: Any) -> None:
    """The subscription is read anew; the tier follows from it."""
    _ask(subscriptions.refresh, stripe_id=_about(event)["id"])


@_follows(*CHECKOUTS)
def checkout_changed(event: Event, **_: Any) -> None:
    """What was bought is settled, or the checkout is over."""
    _ask(purchases.settle, session_id=_about(event)["id"])


@_follows("invoice.paid")
def invoice_paid(event: Event, **_: Any) -> None:
    """A payment of a plan is written down."""
    _ask(purchases.paid_invoice, invoice_id=_about(event)["id"])


@_follows(*INVOICES)
def invoice_changed(event: Event, **_: Any) -> None:
    """Whether an invoice was paid says how its subscription stands, and whether it waits."""
    details = (_about(event).get("parent") or {}).get("subscription_details") or {}
    if stripe_id := _id_in(details.get("subscription")):
        _ask(subscriptions.refresh, stripe_id=stripe_id)
    if event.type in DUE:
        _ask(dunning.invoice_due, invoice_id=_about(event)["id"])


@_follows(*REFUNDS)
def charge_refunded(event: Event, **_: Any) -> None:
    """Money went back, or did not after all: the charge says how much is left."""
    about = _about(event)
    charge = about if about["object"] == "charge" else about.get("charge")
    if charge_id := _id_in(charge):
        _ask(refunds.charge_refunded, charge_id=charge_id)


@_follows(*DISPUTES)
def dispute_changed(event: Event, **_: Any) -> None:
    """A payment is disputed, or that is decided."""
    _ask(refunds.dispute_changed, dispute_id=_about(event)["id"])
