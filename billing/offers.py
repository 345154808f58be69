"""What can be bought, as pages show it and as their forms ask for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from billing import plans
from billing.inputs import is_inner_path
from billing.models import Checkout
from billing.plans import Sold
from core.errors import InvalidRequest

_A_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True)
class Asked:
    """One thing of the price list that somebody wants, and where they were (a path, or "")."""

    sold: Sold
    back_to: str = ""

    @classmethod
    def of(cls, checkout: Checkout) -> Asked:
        """What a checkout is for, which may not be sold any more: then it has no price."""
        sold = plans.sold_as(checkout.sold) or Sold(checkout.sold, 0, "A purchase")
        return cls(sold, inside(checkout.back_to))

    @property
    def choice(self) -> dict[str, Any]:
        """The thing itself, as a verb and a form name it."""
        if self.sold.topup:
            return {"topup": self.sold.topup}
        return {"plan": self.sold.plan, "interval": self.sold.interval}

    @property
    def query(self) -> str:
        """The same for an address, with where to come back to."""
        back = {"back_to": self.back_to} if self.back_to else {}
        return urlencode({**self.choice, **back})

    @property
    def price(self) -> str:
        """``29 USD a month``, ``9 USD``; "" for what is not sold any more."""
        if not self.sold.usd:
            return ""
        each = {"month": " a month", "year": " a year"}.get(self.sold.interval, "")
        return f"{self.sold.usd} USD{each}"

    @property
    def upgrade(self) -> str:
        """The words on a plan's button."""
        return f"Upgrade to {self._plan}"

    @property
    def switch(self) -> str:
        """The same where the other plan stands beside it."""
        return f"Switch to {self._plan}"

    @property
    def said(self) -> str:
        """What a screen reader is told beside "Buy" and the price."""
        return f"{self.sold.title} for"

    @property
    def _plan(self) -> str:
        return str(settings.PLANS[self.sold.plan]["name"])

    @property
    def each(self) -> str:
        """What one credit of a top-up costs: ``0.18 USD``."""
        return f"{Decimal(self.sold.usd) / (self.sold.topup or 1):.2f} USD"


def asked_of(given: Mapping[str, Any]) -> Asked:
    """What a form or a query asks for. Raises InvalidRequest for what is not sold."""
    back_to = inside(given.get("back_to", ""))
    topup = given.get("topup", "")
    if not topup:
        wanted = {"plan": given.get("plan", ""), "interval": given.get("interval", "")}
        return Asked(plans.plan_sold(**wanted), back_to)
    if given.get("plan"):
        raise InvalidRequest("One thing at a time.", fields={"topup": ["Not beside a plan."]})
    return Asked(plans.topup_sold(int(topup) if _A_COUNT.fullmatch(topup) else 0), back_to)


def inside(path: str) -> str:
    """The path where it leads back into this site, else "": no purchase fails for it."""
    return path if is_inner_path(path) else ""


def offers() -> dict[str, Any]:
    """``free`` and ``pro`` as settings.PLANS has them; ``plans`` by interval, and ``topups``."""
    everything = [Asked(one) for one in plans.everything_sold().values()]
    return {
        "free": settings.PLANS[plans.FREE],
        "pro": settings.PLANS[plans.PRO],
        "plans": [one for one in everything if one.sold.plan],
        "topups": [one for one in everything if one.sold.topup],
    }
