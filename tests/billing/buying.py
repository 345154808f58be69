"""Somebody buys, pays and comes back; the rest is looked at."""

from __future__ import annotations

from typing import Any

from billing import checkout as sessions
from billing import operations
from billing.gateway import client
from billing.models import Checkout, Customer
from billing.plans import plan_sold
from billing.standin.world import World
from core.money import CREDIT
from credits.models import Account, Lot


def buy(person: Any, what: int | str, **other: Any) -> Checkout:
    """``what``: credits, or the interval of the plan."""
    if isinstance(what, int):
        return operations.start_checkout(user=person, topup=what, **other)
    return operations.start_checkout(user=person, plan="pro", interval=what, **other)


def session_of(checkout: Checkout) -> str:
    assert checkout.session_id is not None
    return checkout.session_id


def pay(world: World, checkout: Checkout, **how: Any) -> None:
    world.actions.complete(session_of(checkout), **how)


def back(person: Any, checkout: Checkout) -> Checkout:
    """The person comes back from where they paid."""
    return operations.settle_return(user=person, session_id=session_of(checkout))


def tier_of(person: Any) -> str:
    person.refresh_from_db()
    account = Account.objects.get(user=person)
    assert person.tier == account.plan
    return str(person.tier)


def topups(person: Any) -> list[int]:
    """Credits that were bought, by lot."""
    lots = Lot.objects.filter(account__user=person, kind="topup").order_by("id")
    return [lot.granted // CREDIT for lot in lots]


def living(world: World) -> list[str]:
    return [one["id"] for one in world.actions.listed("subscription", status="active")]


def by_hand(customer: str, price: str = "price_pro_month", **other: Any) -> str:
    """A subscription as an operator makes it in Stripe's dashboard; its id."""
    params: Any = {"customer": customer, "items": [{"price": price}], **other}
    return client().v1.subscriptions.create(params=params).id


def a_minute_later(world: World, person: Any) -> None:
    customer = Customer.objects.get(user=person).stripe_id
    world.actions.advance(customer, world.actions.now(customer) + 60)


def second_session(world: World, person: Any, first: Checkout) -> Checkout:
    """An open session beside another, as only a race can make it."""
    Checkout.objects.filter(pk=first.pk).update(sold="pro_other")
    second = _buy_ignoring_others(person)
    Checkout.objects.filter(pk=first.pk).update(sold="pro_month")
    return second


def _buy_ignoring_others(person: Any) -> Checkout:
    sold = plan_sold(plan="pro", interval="month")
    begun = sessions.begin(user=person, sold=sold, back_to="")
    assert begun is not None
    return begun
