"""What people do: buy, change what they bought, and come back from where they paid."""

from __future__ import annotations

import logging
from typing import Any, Final
from uuid import UUID

from billing import checkout as sessions
from billing import errors, plans, portal, purchases, queries, subscriptions
from billing.gateway import client
from billing.inputs import inner_path
from billing.models import Checkout, Customer, Subscription
from billing.plans import Sold
from billing.told import LIVING, PAID
from core.errors import InvalidRequest, ProviderUnavailable

log = logging.getLogger("techpack.billing")

FLOWS: Final = ("", portal.CANCEL, portal.NEW_CARD)
TRIES: Final = 3  # each further one means that somebody paid in between


def check_open() -> None:
    """Raises ProviderUnavailable where nothing is sold."""
    client()


def start_checkout(
    *, user: Any, plan: str = "", interval: str = "", topup: int = 0, back_to: str = ""
) -> Checkout:
    """Begin to buy the plan by an interval, or a top-up of so many credits; ``url`` leads there.

    A session that is open is handed out again for half an hour. Who has the plan by the other
    interval is led to the portal, which shows what changing costs: that is no stored purchase.
    Raises InvalidRequest for what is not sold, Conflict for who has it already or has to pay
    first, and ProviderUnavailable.
    """
    check_open()
    sold = plans.topup_sold(topup) if topup else plans.plan_sold(plan=plan, interval=interval)
    path = inner_path(back_to)
    for _ in range(TRIES):
        if sold.plan:
            sessions.close_other_plans(user=user, sold=sold)
            row = _newest_state(user)
            if row.status in LIVING:
                return _change(user, row, sold, path)
            if sessions.is_awaited(user):
                raise errors.payment_is_on_its_way()
        if (begun := sessions.begin(user=user, sold=sold, back_to=path)) is not None:
            return begun
    raise errors.stripe_is_away()


def open_portal(*, user: Any, back_to: str = "", flow: str = "") -> str:
    """The portal's address for the user; ``flow`` goes straight to one of FLOWS.

    Raises InvalidRequest, Conflict for who has bought nothing yet, and ProviderUnavailable.
    """
    check_open()
    path = inner_path(back_to)
    if flow not in FLOWS:
        raise InvalidRequest("There is no such way.", fields={"flow": ["Use one of the ways."]})
    row = queries.subscription_of(user)
    if not flow or (flow == portal.CANCEL and row.status not in LIVING):
        return portal.portal_url(user=user, back_to=path)
    way = portal.flow(flow, stripe_id=row.stripe_id, back_to=path)
    return portal.portal_url(user=user, back_to=path, flow_data=way)


def look_again(*, user: Any) -> None:
    """Read anew what the user is subscribed to; where Stripe cannot be asked, nothing changes."""
    try:
        _newest_state(user)
    except ProviderUnavailable:
        log.warning("what %s changed is looked at later", user.pk)


def settle_return(*, user: Any, session_id: str) -> Checkout:
    """The purchase that somebody comes back from, as Stripe says now.

    Where Stripe cannot be asked it stays as it is known: a webhook or the clock goes on. Raises
    NotFound for a session that is not the user's.
    """
    known = queries.checkout_by_session(user, session_id)
    try:
        return purchases.settle(session_id=session_id) or known
    except ProviderUnavailable:
        log.warning("the purchase %s is settled later", known.pk)
        return known


def cancel_checkout(*, user: Any, checkout_id: UUID) -> Checkout:
    """The purchase that somebody turned back from: nobody pays in it any more.

    Where it is paid already that counts. Where Stripe cannot be asked it stays open, until it
    expires by itself. Raises NotFound.
    """
    found = queries.checkout_of(user, checkout_id)
    if found.state != Checkout.State.OPEN:
        return found
    try:
        sessions.close(found)
    except ProviderUnavailable:
        log.warning("the purchase %s was not closed", found.pk)
    return queries.checkout_of(user, checkout_id)


def _newest_state(user: Any) -> Subscription:
    """The subscription as Stripe has it now, so that a webhook on its way costs nobody twice."""
    if Customer.objects.filter(user_id=user.pk).exists():
        subscriptions.refresh_of(user_id=user.pk)
    return queries.subscription_of(user)


def _change(user: Any, row: Subscription, sold: Sold, back_to: str) -> Checkout:
    if row.status not in PAID:
        raise errors.payment_is_due()
    if row.interval == sold.interval:
        raise errors.already_subscribed()
    url = portal.change_url(user=user, stripe_id=row.stripe_id, sold=sold, back_to=back_to)
    return Checkout(user=user, kind=Checkout.Kind.PLAN, sold=sold.name, url=url, back_to=back_to)
