"""The 402 as a page shows it: what is missing, and the ways out as buttons that take them.

It reads the error as a client of the API would: ``context.options`` and the amounts beside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

from core.errors import InsufficientCredits
from core.money import Microcredits, brief, from_number, shown, worded
from credits.shortage import Option

# A form's address and its hidden fields for an option of the error; None where the page has none.
Start = Callable[[Option], tuple[str, Mapping[str, Any]] | None]


@dataclass(frozen=True)
class Way:
    """One button: a form that starts the cheaper thing, or a link to where credits are sold.

    ``price`` stands in the button's second compartment, ``note`` below it.
    """

    label: str
    price: str
    note: str
    action: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    href: str = ""


@dataclass(frozen=True)
class Short:
    """The panel: amounts are in credits, written as on a statement; empty where there is none."""

    title: str
    what: str
    required: str
    available: str
    ways: tuple[Way, ...]
    owed: str = ""  # instead of what is available: how much more than there is
    debt: str = ""
    held: str = ""
    included_used: int = 0

    @property
    def starts(self) -> bool:
        """At least one of the buttons starts something by itself."""
        return any(way.action for way in self.ways)


def short_of(error: InsufficientCredits, *, what: str = "", start: Start | None = None) -> Short:
    """The panel for a 402 in credits or in dollars; ``what`` names in words what was asked.

    Cheaper ways that ``start`` has no address for are left out.
    """
    context = error.context
    amounts = context.get("credits") or {
        "current": context["current_credits"],
        "required": context["required_credits"],
        "deficit": context["credit_deficit"],
    }
    available, missing = from_number(amounts["current"]), from_number(amounts["deficit"])
    ways = (_way(option, start, missing=missing) for option in context.get("options", ()))
    return Short(
        title=f"You are {worded(missing)} short. Nothing was charged.",
        what=what,
        required=shown(from_number(amounts["required"])),
        available=shown(available),
        ways=tuple(way for way in ways if way is not None),
        owed=shown(-available) if available < 0 else "",
        debt=_unless_none(context.get("debt_credits", 0)),
        held=_unless_none(context.get("held_credits", 0)),
        included_used=context.get("fair_use", {}).get("limit", 0),
    )


def _unless_none(amount: float) -> str:
    return shown(from_number(amount)) if amount else ""


def _way(option: Option, start: Start | None, *, missing: Microcredits) -> Way | None:
    if option["kind"] == "topup":
        return _top_up(option, missing)
    if option["kind"] == "upgrade":
        return _upgrade(option)
    begun = start(option) if start else None
    if begun is None:
        return None
    action, fields = begun
    return Way(
        label=option["label"],
        price=worded(from_number(option["credits"])),
        note=f"Leaves {_left(option)} free. Nothing to buy.",
        action=action,
        fields=tuple(_flat(fields)),
    )


def _flat(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A form's fields; one that has several values comes several times."""
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, str(one)


def _left(option: Option) -> str:
    return shown(from_number(option["leaves"]))


def _top_up(option: Option, missing: Microcredits) -> Way:
    return Way(
        label=f"See the top-up of {option['topup']}",
        price=f"{option['usd']} USD",
        note=f"Covers the {brief(missing)} missing and leaves {_left(option)}. Never expires.",
        href=f"{reverse('accounts:prices')}#topup-{option['topup']}",
    )


def _upgrade(option: Option) -> Way:
    plan = settings.PLANS[option["plan"]]
    included = "Brings" if option["credits"] else "This is included, with"
    return Way(
        label=f"See {plan['name']}",
        price=f"{option['usd']} USD a month",
        note=f"{included} {worded(plan['monthly_credits'])} a month. Leaves {_left(option)}.",
        href=f"{reverse('accounts:prices')}#plan-{option['plan']}",
    )
