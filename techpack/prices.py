"""What a step costs, from what can be counted before its input is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import Any

from django.conf import settings

from core.money import Microcredits

VIEWS_INCLUDED = 5
VIEWS_MOST = 8
SAMPLES_MOST = 4  # drafts at once
VIEWS_MADE_MOST = 7  # final views at once


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


def pictures_in(data: Any) -> int:
    """How many pictures unchecked input of ``base-views/generate`` asks for, clamped."""
    given = data if isinstance(data, Mapping) else {}
    views = given.get("views")
    count = len(views) if isinstance(views, list | tuple) else 1
    if given.get("stage") == "final":
        return min(max(count, 1), VIEWS_MADE_MOST)
    each = given.get("count")
    each = each if isinstance(each, int) and not isinstance(each, bool) else 1
    return min(max(count, 1) * max(each, 1), SAMPLES_MOST)


def pictures_price(stage: str, count: int) -> Microcredits:
    """``count`` drafts or final views: µcr."""
    name = "final" if stage == "final" else "sample"
    return int(settings.PRICES[f"base-views/generate:{name}"]) * count


def price_of(operation: str, data: Any) -> Microcredits:
    """The price of an operation for unchecked input: µcr; KeyError for an unknown one."""
    if operation == "base-views/analyze":
        return views_price(views_in(data))
    if operation == "base-views/generate":
        stage = data.get("stage") if isinstance(data, Mapping) else ""
        return pictures_price(str(stage), pictures_in(data))
    return int(settings.PRICES[operation])


def pro_rata(price: Microcredits, *, done: int, planned: int) -> Microcredits:
    """``floor(price × done ÷ planned)``."""
    return price * done // planned if planned else 0
