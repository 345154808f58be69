"""The 402 as a page shows it: what is missing, and the ways out as buttons that take them.

It reads the error as a client of the API would: ``context.options`` and the amounts beside.
What is bought is paid on another site, from where people come back to where they asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from core.errors import InsufficientCredits
from core.money import Microcredits, brief, from_number, shown, worded
from credits.shortage import Option

# A form's address and its hidden fields for an option of the error; None where the page has none.
Start = Callable[[Option], tuple[str, Mapping[str, Any]] | None]

WAY_BACK_LONGEST: Final = 500


@dataclass(frozen=True)
class Way:
    """One button, which is a form: it starts the cheaper thing, or ``sells`` what is missing.

    ``price`` stands in the button's second compartment, ``note`` below it.
    """

    label: str
    price: str
    note: str
    action: str
    fields: tuple[tuple[str, str], ...] = ()
    sells: bool = False


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
    is_closed: bool = False  # credits would help, and nobody sells any here

    @property
    def starts(self) -> bool:
        """At least one of the buttons starts something by itself."""
        return any(not way.sells for way in self.ways)

    @property
    def sells(self) -> bool:
        """At least one of the buttons leads to where it is paid."""
        return any(way.sells for way in self.ways)


def way_back(address: str, at: str = "", **words: str) -> str:
    """The address of the page that asked, with what was typed there, as long as it is not too long.

    ``at`` is the place on the page, ``words`` the fields that it fills in again.
    """
    anchor = f"#{at}" if at else ""
    query = urlencode({name: text for name, text in words.items() if text})
    whole = f"{address}?{query}{anchor}" if query else f"{address}{anchor}"
    return whole if len(whole) <= WAY_BACK_LONGEST else f"{address}{anchor}"


def short_of(
    error: InsufficientCredits, *, what: str = "", start: Start | None = None, back_to: str = ""
) -> Short:
    """The panel for a 402 in credits or in dollars; ``what`` names in words what was asked.

    Cheaper ways that ``start`` has no address for are left out. ``back_to`` is where people come
    back to from paying, a path of this site.
    """
    context = error.context
    amounts = context.get("credits") or {
        "current": context["current_credits"],
        "required": context["required_credits"],
        "deficit": context["credit_deficit"],
    }
    available, missing = from_number(amounts["current"]), from_number(amounts["deficit"])
    ways = (_way(option, start, back_to, missing) for option in context.get("options", ()))
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
        is_closed=not settings.PAYMENTS.sells,
    )


def _unless_none(amount: float) -> str:
    return shown(from_number(amount)) if amount else ""


def _way(option: Option, start: Start | None, back_to: str, missing: Microcredits) -> Way | None:
    if option["kind"] in ("topup", "upgrade"):
        if not settings.PAYMENTS.sells:
            return None
        is_topup = option["kind"] == "topup"
        return _top_up(option, back_to, missing) if is_topup else _upgrade(option, back_to)
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


def _top_up(option: Option, back_to: str, missing: Microcredits) -> Way:
    return Way(
        label=f"Top up {option['topup']}",
        price=f"{option['usd']} USD",
        note=f"Covers the {brief(missing)} missing and leaves {_left(option)}. Never expires.",
        action=reverse("billing:checkout"),
        fields=tuple(_flat({"topup": option["topup"], "back_to": back_to})),
        sells=True,
    )


def _upgrade(option: Option, back_to: str) -> Way:
    plan = settings.PLANS[option["plan"]]
    included = "Brings" if option["credits"] else "This is included, with"
    return Way(
        label=f"Switch to {plan['name']}",
        price=f"{option['usd']} USD a month",
        note=f"{included} {worded(plan['monthly_credits'])} a month. Leaves {_left(option)}.",
        action=reverse("billing:checkout"),
        fields=tuple(_flat({"plan": option["plan"], "interval": "month", "back_to": back_to})),
        sells=True,
    )
