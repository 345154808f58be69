"""The price list as pages show it, from the settings that charging uses."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from core.money import Microcredits, format_credits, worded


@dataclass(frozen=True)
class Operation:
    """One row: what it is called, what it does, its price in words, usual seconds."""

    name: str
    what: str
    price: str
    seconds: int | None


WORDS: tuple[tuple[str, str, str], ...] = (
    ("category/detect", "Category", "Names the product and picks the template"),
    (
        "base-views/analyze",
        "Base-view analysis",
        "Up to 5 photos: materials, lengths, construction",
    ),
    ("close-ups/generate", "Close-ups", "6 to 10 detail shots, each explained"),
    ("sketches/generate", "Sketches", "Front, back and side as vectors"),
    ("edit", "Edit with a sentence", "One field, in your words"),
    ("regenerate", "Regenerate a view", "One view again"),
)


def in_words(amount: Microcredits) -> str:
    """An amount of µcr as a price: "Free", "1 credit", "0.60 credits"."""
    return worded(amount) if amount else "Free"


def video() -> Operation:
    """The row of videos, at the price of whoever makes them cheapest: no plan pays for them."""
    second = min(settings.VIDEO_PRICES.values())
    what = "4, 8 or 12 s from your photos; never part of a plan, charged only when it is done"
    return Operation("Video", what, f"{in_words(second)} a second", 4)


def price_list() -> dict[str, Any]:
    """`operations`, `extra_view`, `plans` by name, `topups` as (credits, USD) pairs."""
    operations = [
        Operation(name, what, in_words(settings.PRICES[code]), settings.USUAL_SECONDS.get(code))
        for code, name, what in WORDS
        if code in settings.PRICES
    ]
    operations.append(video())
    plans = {
        code: {**plan, "credits": format_credits(plan["monthly_credits"])}
        for code, plan in settings.PLANS.items()
    }
    return {
        "operations": operations,
        "extra_view": in_words(settings.PRICES["base-views/analyze:extra-view"]),
        "plans": plans,
        "topups": sorted(settings.TOPUPS.items()),
    }
