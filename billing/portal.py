"""Stripe's customer portal: where cards are changed, and plans changed and canceled."""

from __future__ import annotations

import logging
from typing import Any, Final

from django.conf import settings

from billing import errors
from billing.gateway import asking, client, read, what_is_missing
from billing.models import Customer
from billing.plans import Sold
from billing.told import told
from core.errors import NotFound

log = logging.getLogger("techpack.billing")

HOME: Final = "/billing"
CANCEL: Final = "subscription_cancel"
NEW_CARD: Final = "payment_method_update"


def portal_url(*, user: Any, back_to: str, flow_data: dict[str, Any] | None = None) -> str:
    """The portal's address for the user, for some minutes.

    Raises Conflict for who has bought nothing yet, and ProviderUnavailable.
    """
    customer = Customer.objects.filter(user=user).first()
    if customer is None:
        raise errors.no_customer_yet()
    params: dict[str, Any] = {
        "customer": customer.stripe_id,
        "return_url": settings.PUBLIC_URL + (back_to or HOME),
    }
    if settings.STRIPE_PORTAL:
        params["configuration"] = settings.STRIPE_PORTAL
    if flow_data is not None:
        params["flow_data"] = flow_data
    asked: Any = params
    try:
        with asking("open the portal"):
            return client().v1.billing_portal.sessions.create(params=asked).url
    except NotFound as error:
        if (missing := what_is_missing(error)) == "customer":
            raise errors.no_customer_yet() from error
        log.error("Stripe does not know what the portal was asked for: %s", missing)
        raise errors.stripe_is_away() from error


def flow(name: str, *, stripe_id: str, back_to: str) -> dict[str, Any]:
    """One way through the portal, which leads back when it is done."""
    way: dict[str, Any] = {
        "type": name,
        "after_completion": {
            "type": "redirect",
            "redirect": {"return_url": settings.PUBLIC_URL + (back_to or HOME)},
        },
    }
    return {**way, name: {"subscription": stripe_id}} if name == CANCEL else way


def change_url(*, user: Any, stripe_id: str, sold: Sold, back_to: str) -> str:
    """Where the user sees what another interval costs them now, and confirms it.

    Raises Conflict and ProviderUnavailable.
    """
    found = read("subscription", stripe_id, client().v1.subscriptions.retrieve, "latest_invoice")
    if found is None or (ours := told(found)) is None:
        raise errors.already_subscribed()
    name = "subscription_update_confirm"
    way = flow(name, stripe_id=stripe_id, back_to=back_to)
    way[name] = {
        "subscription": stripe_id,
        "items": [{"id": ours.item, "price": sold.price_id, "quantity": 1}],
    }
    return portal_url(user=user, back_to=back_to, flow_data=way)
