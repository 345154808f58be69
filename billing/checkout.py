"""Sessions of Stripe's checkout: begun, handed out again while they are open, and closed."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final

import stripe
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from billing import purchases
from billing.customers import customer_of
from billing.errors import stripe_is_away
from billing.gateway import asking, client, what_is_missing
from billing.models import Checkout, Customer
from billing.plans import Sold
from core.errors import DomainError, NotFound

log = logging.getLogger("techpack.billing")

HANDED_OUT_FOR: Final = timedelta(minutes=30)
FIRST_LOOK: Final = timedelta(minutes=2)


def begin(*, user: Any, sold: Sold, back_to: str) -> Checkout | None:
    """A session for the user to pay in: the one that is open, else a new one.

    None where the open one turns out to be over, which is settled with it: ask again. Raises
    ProviderUnavailable.
    """
    checkout = _claim(user, sold, back_to)
    if checkout.session_id is None:
        return _ask(user, checkout, sold)
    return checkout if _is_open(checkout) else None


def close(checkout: Checkout) -> None:
    """Nobody can pay in it any more; where somebody has, that is settled.

    Raises ProviderUnavailable.
    """
    if checkout.session_id is None or not _is_open(checkout):
        return
    with asking("close a checkout"):
        client().v1.checkout.sessions.expire(checkout.session_id)
    purchases.settle(session_id=checkout.session_id)


def close_other_plans(*, user: Any, sold: Sold) -> None:
    """Close what the plan could be paid in besides what ``begin`` hands out.

    That is the other interval, and this one where it was begun long ago. Raises
    ProviderUnavailable.
    """
    is_open = Checkout.objects.filter(
        user=user, kind=Checkout.Kind.PLAN, state=Checkout.State.OPEN, session_id__isnull=False
    )
    is_new = Now() - HANDED_OUT_FOR
    for other in is_open.exclude(sold=sold.name, created_at__gt=is_new):
        close(other)


def is_awaited(user: Any) -> bool:
    """Whether a bank takes days to pay for the plan."""
    open_plans = Checkout.objects.filter(
        user=user, kind=Checkout.Kind.PLAN, state=Checkout.State.OPEN, url=""
    )
    return open_plans.filter(session_id__isnull=False).exists()


def _claim(user: Any, sold: Sold, back_to: str) -> Checkout:
    """The user's open checkout of this, or a new one; two clicks at once get the same."""
    is_new = Q(created_at__gt=Now() - HANDED_OUT_FOR)
    is_usable = Q(session_id__isnull=True) | ~Q(url="")
    with transaction.atomic():
        get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
        mine = Checkout.objects.filter(is_new, is_usable, user=user, sold=sold.name)
        found = mine.filter(state=Checkout.State.OPEN).order_by("-id").first()
        if found is None:
            kind = Checkout.Kind.PLAN if sold.plan else Checkout.Kind.TOPUP
            return Checkout.objects.create(user=user, kind=kind, sold=sold.name, back_to=back_to)
        Checkout.objects.filter(pk=found.pk).update(back_to=back_to)
    found.back_to = back_to
    return found


def _is_open(checkout: Checkout) -> bool:
    """Whether it can be paid in, by Stripe's word; what is over is settled."""
    session_id = checkout.session_id or ""
    try:
        with asking("read a checkout"):
            session = client().v1.checkout.sessions.retrieve(session_id)
    except NotFound:
        gone = Checkout.objects.filter(pk=checkout.pk, state=Checkout.State.OPEN)
        gone.update(state=Checkout.State.EXPIRED, ended_at=Now(), look_at=None)
        return False
    if session.status == "open":
        return True
    purchases.settle(session_id=session_id)
    return False


def _ask(user: Any, checkout: Checkout, sold: Sold) -> Checkout:
    """Have Stripe make the session. A checkout without one is ended, as nobody can pay in it."""
    try:
        session = _make_session(user, checkout, sold)
    except DomainError:
        without = Checkout.objects.filter(pk=checkout.pk, session_id__isnull=True)
        without.update(state=Checkout.State.EXPIRED, ended_at=Now())
        raise
    made = Checkout.objects.filter(pk=checkout.pk, session_id__isnull=True)
    made.update(
        session_id=session.id,
        url=session.url or "",
        state=Checkout.State.OPEN,
        ended_at=None,
        look_at=Now() + FIRST_LOOK,
    )
    checkout.refresh_from_db()
    return checkout


def _make_session(user: Any, checkout: Checkout, sold: Sold) -> stripe.checkout.Session:
    customer = customer_of(user)
    try:
        return _create(checkout, sold, customer)
    except NotFound as error:
        if what_is_missing(error) == "customer":
            # Deleted at Stripe by hand, or of other keys.
            return _create(checkout, sold, customer_of(user, instead_of=customer.stripe_id))
        log.error("Stripe does not know the price %s of %s", sold.price_id, sold.name)
        raise stripe_is_away() from error


def _create(checkout: Checkout, sold: Sold, customer: Customer) -> stripe.checkout.Session:
    # The same key and content gives the same session, so that two clicks make one.
    options: Any = {"idempotency_key": f"checkout:{checkout.pk}:{customer.stripe_id}"}
    with asking("begin a checkout"):
        return client().v1.checkout.sessions.create(
            params=_params(checkout, sold, customer), options=options
        )


def _params(checkout: Checkout, sold: Sold, customer: Customer) -> Any:
    names = {"user": str(checkout.user_id), "checkout": str(checkout.pk), "sold": sold.name}
    params: dict[str, Any] = {
        "customer": customer.stripe_id,
        "client_reference_id": str(checkout.user_id),
        "line_items": [{"price": sold.price_id, "quantity": 1}],
        "metadata": names,
        "allow_promotion_codes": True,
        "billing_address_collection": "auto",
        "tax_id_collection": {"enabled": True},
        "customer_update": {"name": "auto", "address": "auto"},
        "success_url": f"{settings.PUBLIC_URL}/billing/return?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{settings.PUBLIC_URL}/billing/canceled/{checkout.pk}",
    }
    if settings.STRIPE_TAX:
        params["automatic_tax"] = {"enabled": True}
    if sold.plan:
        return {**params, "mode": "subscription", "subscription_data": {"metadata": names}}
    return {
        **params,
        "mode": "payment",
        "payment_intent_data": {"metadata": names},
        "invoice_creation": {"enabled": True},
    }
