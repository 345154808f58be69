"""What a step costs, from what can be counted before its input is checked."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

from django.conf import settings

from core.money import Microcredits

VIEWS_INCLUDED = 5
VIEWS_MOST = 8


def views_in(data: Any) -> int:
    """How many views unchecked input asks for, clamped to 1 to 8."""
    ids = data.get("revision_ids") if isinstance(data, dict) else None
    count = len(ids) if isinstance(ids, Sized) and not isinstance(ids, str) else 1
    return min(max(count, 1), VIEWS_MOST)


def views_price(count: int) -> Microcredits:
    """Base-view analysis of ``count`` views, clamped to 1 to 8: µcr."""
    views = min(max(count, 1), VIEWS_MOST)
    extra = max(views - VIEWS_INCLUDED, 0)
    prices: dict[str, int] = settings.PRICES
    return prices["base-views/analyze"] + extra * prices["base-views/analyze:extra-view"]


def price_of(operation: str, data: Any) -> Microcredits:
    """The price of an operation for unchecked input: µcr; KeyError for an unknown one."""
    if operation == "base-views/analyze":
        return views_price(views_in(data))
    return int(settings.PRICES[operation])


def pro_rata(price: Microcredits, *, done: int, planned: int) -> Microcredits:
    """``floor(price × done ÷ planned)``."""
    return price * done // planned if planned else 0
