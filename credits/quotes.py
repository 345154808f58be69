"""What an operation would cost: higher rooms register how their operations are priced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidRequest
from core.money import Microcredits
from credits import names, queries


@dataclass(frozen=True)
class Price:
    """An operation's price for one input, in µcr, and how long it usually takes.

    ``hold`` is what must be free while it runs, where that is more than the price (a run that
    turns out cached). ``by_plan`` is true for operations that an unlimited plan pays.
    """

    credits: Microcredits
    seconds: float
    hold: Microcredits | None = None
    by_plan: bool = True


@dataclass(frozen=True)
class Quote:
    """A price as it stands for one user, in µcr."""

    credits: Microcredits
    hold: Microcredits
    seconds: float
    affordable: bool
    included: bool


Pricer = Callable[[Any, Mapping[str, Any]], Price]

_pricers: dict[str, Pricer] = {}


def register(operation: str, pricer: Pricer, *, label: str) -> None:
    """Let ``pricer(user, input)`` price an operation; statements show it by ``label``.

    The pricer raises InvalidRequest or NotFound for an input that cannot be priced.
    """
    _pricers[operation] = pricer
    names.label(operation, label)


def is_known(operation: str) -> bool:
    """The operation has a price."""
    return operation in _pricers


def quote(*, user: Any, operation: str, given: Mapping[str, Any]) -> Quote:
    """What ``operation`` with this input would cost the user now.

    Raises InvalidRequest for an operation that is not known, and what its pricer raises.
    """
    pricer = _pricers.get(operation)
    if pricer is None:
        known = ", ".join(sorted(_pricers)) or "none"
        raise InvalidRequest(
            "There is no such operation.", fields={"operation": [f"Use one of: {known}."]}
        )
    price = pricer(user, given)
    balance = queries.balance(user)
    hold = price.credits if price.hold is None else price.hold
    included = balance.pays_steps and price.by_plan
    return Quote(
        credits=price.credits,
        hold=hold,
        seconds=price.seconds,
        affordable=included or hold <= balance.free,
        included=included,
    )
