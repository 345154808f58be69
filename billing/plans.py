"""What is sold, and Stripe's names for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from core.errors import InvalidRequest

FREE: Final = "free"
PRO: Final = "pro"


@dataclass(frozen=True)
class Sold:
    """One thing that is sold: ``topup`` in credits, or a plan by its interval; price in USD."""

    name: str  # a key of settings.STRIPE_PRICES
    usd: int
    title: str
    plan: str = ""
    interval: str = ""
    topup: int = 0

    @property
    def price_id(self) -> str:
        """Stripe's id of the price."""
        return settings.STRIPE_PRICES[self.name]


def everything_sold() -> dict[str, Sold]:
    """By name, in the order of the price list."""
    pro = settings.PLANS[PRO]
    plans = [
        Sold("pro_month", pro["usd_month"], f"{pro['name']}, monthly", PRO, "month"),
        Sold("pro_year", pro["usd_year"], f"{pro['name']}, yearly", PRO, "year"),
    ]
    topups = [
        Sold(f"topup_{credits}", usd, f"{credits} credits", topup=credits)
        for credits, usd in sorted(settings.TOPUPS.items())
    ]
    return {one.name: one for one in (*plans, *topups)}


def plan_sold(*, plan: str, interval: str) -> Sold:
    """Raises InvalidRequest for a plan or an interval that is not sold."""
    for one in everything_sold().values():
        if one.plan and (one.plan, one.interval) == (plan, interval):
            return one
    if plan != PRO:
        raise InvalidRequest("This plan is not sold.", fields={"plan": [f"Use {PRO}."]})
    raise InvalidRequest("There is no such interval.", fields={"interval": ["month or year."]})


def topup_sold(credits: int) -> Sold:
    """Raises InvalidRequest for an amount that is not sold."""
    if found := everything_sold().get(f"topup_{credits}"):
        return found
    there = ", ".join(str(amount) for amount in sorted(settings.TOPUPS))
    raise InvalidRequest("This top-up is not sold.", fields={"topup": [f"There are {there}."]})


def sold_at(price_id: str) -> Sold | None:
    """What Stripe's price is for; None for a price that is not ours."""
    return next((one for one in everything_sold().values() if one.price_id == price_id), None)


def sold_as(name: str) -> Sold | None:
    """What was sold under a name: also a top-up that is not on the price list any more."""
    kind, _, credits = name.partition("_")
    if kind == "topup" and credits.isascii() and credits.isdigit():
        former = Sold(name, 0, f"{int(credits)} credits", topup=int(credits))
        return everything_sold().get(name, former)
    return everything_sold().get(name)
