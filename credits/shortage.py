"""Why a hold was refused, and the ways out of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

from django.conf import settings

from core.money import CREDIT, Microcredits, number, worded

Option = dict[str, Any]

RAISE_CAP = "Raise the monthly cap of this key"


@dataclass(frozen=True)
class Alternative:
    """A cheaper way to ask for nearly the same: "Analyse 5 views instead", 3 000 000 µcr.

    ``kind`` and ``parameters`` tell a program what to ask for: ``"views"``, ``{"views": 5}``.
    """

    label: str
    credits: Microcredits
    kind: str = "cheaper"
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Shortage:
    """Why a hold was refused; amounts are µcr.

    ``available`` is what this request could have drawn: after debt, so that it is negative
    where more is owed than there is, and after the key's monthly cap where ``key_cap``
    (``{"cap", "used"}``) says that it is what was too small. ``balance`` is then what the
    account itself has after debt. ``plan`` is the account's.
    """

    operation: str
    model: str
    required: Microcredits
    available: Microcredits
    held: Microcredits = 0
    fair_use: dict[str, int] | None = None
    key_cap: dict[str, Microcredits] | None = None
    balance: Microcredits | None = None
    debt: Microcredits = 0
    plan: str = "free"

    @property
    def missing(self) -> Microcredits:
        """What would have to be there beside; a debt is part of it, as it is paid first."""
        return self.required - self.available

    @property
    def own(self) -> Microcredits:
        """What the account has after debt, whatever a key's cap leaves of it."""
        return self.available if self.balance is None else self.balance

    @property
    def own_missing(self) -> Microcredits:
        """What would have to be added to the account; 0 where only a key's cap is too small."""
        return max(0, self.required - self.own)


class Way(NamedTuple):
    """One way out: in words, and for a program where it could take it."""

    words: str
    option: Option | None


def ways_out(
    short: Shortage, alternatives: Iterable[Alternative] = (), *, by_plan: bool = False
) -> list[Way]:
    """The ways that fit, cheapest first: to ask for less, then what makes room for all of it.

    ``by_plan`` says that a plan with unlimited operations pays for this one.
    """
    return [*cheaper_ways(short, alternatives), *ways_to_pay(short, by_plan=by_plan)]


def cheaper_ways(short: Shortage, alternatives: Iterable[Alternative]) -> Iterator[Way]:
    """Those of ``alternatives`` that could be drawn, cheapest first."""
    fitting = (way for way in alternatives if way.credits <= short.available)
    for way in sorted(fitting, key=lambda way: way.credits):
        option = _option(way.kind, way.label, costs=way.credits, of=short.own, **way.parameters)
        yield Way(f"{way.label} ({worded(way.credits)})", option)


def ways_to_pay(short: Shortage, *, by_plan: bool) -> Iterator[Way]:
    """Waiting until the plan pays again, a higher cap, a top-up, another plan."""
    if short.fair_use is not None:
        yield _wait(short)
    if short.key_cap is not None:
        yield _raise_cap(short)
    if missing := short.own_missing:
        yield Way(f"Add {worded(missing)} or more to your account", _top_up(short))
        yield from _upgrade(short, by_plan=by_plan)


def _option(
    kind: str, label: str, *, costs: Microcredits, of: Microcredits, **parameters: Any
) -> Option:
    amounts = {"credits": number(costs), "leaves": number(of - costs)}
    return {"kind": kind, "label": label, **amounts, **parameters}


def _wait(short: Shortage) -> Way:
    day = datetime.now(UTC).date() + timedelta(days=1)
    until = datetime.combine(day, time(), UTC).isoformat().replace("+00:00", "Z")
    label = "Wait until midnight UTC, when your plan pays again"
    return Way(label, _option("wait", label, costs=0, of=short.own, until=until))


def _raise_cap(short: Shortage) -> Way:
    if short.own_missing:
        return Way(RAISE_CAP, None)
    return Way(RAISE_CAP, _option("cap", RAISE_CAP, costs=short.required, of=short.own))


def _top_up(short: Shortage) -> Option | None:
    """The smallest top-up that is enough."""
    enough = [size for size in sorted(settings.TOPUPS) if size * CREDIT >= short.own_missing]
    if not enough:
        return None
    size = enough[0]
    has = short.own + size * CREDIT
    label, usd = f"Top up {size} credits", settings.TOPUPS[size]
    return _option("topup", label, costs=short.required, of=has, topup=size, usd=usd)


def _upgrade(short: Shortage, *, by_plan: bool) -> Iterator[Way]:
    """The plan above, where it would help: it pays itself, or its credits are enough."""
    if settings.PLANS[short.plan]["unlimited_operations"]:
        return
    for code, plan in settings.PLANS.items():
        if not plan["unlimited_operations"]:
            continue
        costs = 0 if by_plan else short.required
        has = short.own + plan["monthly_credits"]
        if has < costs:
            continue
        monthly = worded(plan["monthly_credits"])
        gain = f"this operation is included, and {monthly}" if by_plan else monthly
        label, usd = f"Switch to {plan['name']}", plan["usd_month"]
        option = _option("upgrade", label, costs=costs, of=has, plan=code, usd=usd)
        yield Way(f"{label} for {usd} USD a month: {gain} a month", option)
