"""What things cost, in one place. Amounts of credits are microcredits (1 credit = 1 000 000)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, TypedDict

from django.core.exceptions import ImproperlyConfigured
from environ import Env

from core.money import CREDIT, parse_credits
from generation.providers.protocols import ChatModel


class Plan(TypedDict):
    """A plan as it is sold."""

    name: str
    monthly_credits: int  # µcr
    unlimited_operations: bool
    usd_month: int
    usd_year: int
    fair_use_per_day: int


PLANS: Final[dict[str, Plan]] = {
    "free": {
        "name": "Free",
        "monthly_credits": 18 * CREDIT,
        "unlimited_operations": False,
        "usd_month": 0,
        "usd_year": 0,
        "fair_use_per_day": 0,
    },
    "pro": {
        "name": "Pro",
        "monthly_credits": 200 * CREDIT,
        "unlimited_operations": True,
        "usd_month": 29,
        "usd_year": 290,
        "fair_use_per_day": 500,
    },
}

# credits → US dollars
TOPUPS: Final[dict[int, int]] = {50: 9, 200: 32, 1000: 140}

# What is sold: the Pro plan by the month and by the year, and each top-up.
SOLD: Final = ("pro_month", "pro_year", *(f"topup_{credits}" for credits in TOPUPS))


def stripe_prices(env: Env) -> dict[str, str]:
    """What is sold → Stripe's id of its price, by ``STRIPE_PRICE_PRO_MONTH`` and so on.

    The usual ones are those of the stand-in.
    """
    return {what: env.str(f"STRIPE_PRICE_{what.upper()}", default=f"price_{what}") for what in SOLD}


PRICES: Final[dict[str, int]] = {
    "category/detect": 0,
    "base-views/analyze": 3 * CREDIT,
    "base-views/analyze:extra-view": CREDIT * 6 // 10,
    "close-ups/generate": 3 * CREDIT,
    "sketches/generate": 3 * CREDIT,
    "edit": 1 * CREDIT,
    "regenerate": 1 * CREDIT,
    "base-views/generate:sample": CREDIT // 4,
    "base-views/generate:final": 1 * CREDIT,
}

VIDEO_PRICES: Final[dict[str, int]] = {
    "studio": CREDIT // 2,
    "custom": 1 * CREDIT,
    "gemini": CREDIT * 3 // 2,
    "openai": 2 * CREDIT,
}


def video_prices(given: Any) -> dict[str, int]:
    """The usual prices of a second of film, in µcr, with the setting's laid over them.

    The setting gives credits as decimal strings. Raises ImproperlyConfigured.
    """
    if not isinstance(given, Mapping) or not set(given) <= set(VIDEO_PRICES):
        known = ", ".join(VIDEO_PRICES)
        raise ImproperlyConfigured(f"VIDEO_PRICES has to be an object of {known}.")
    try:
        laid_over = {name: parse_credits(str(amount)) for name, amount in given.items()}
    except ValueError as error:
        raise ImproperlyConfigured(f"VIDEO_PRICES: {error}") from error
    if negative := [name for name, amount in laid_over.items() if amount < 0]:
        raise ImproperlyConfigured(f"VIDEO_PRICES: {negative[0]} costs less than nothing.")
    return {**VIDEO_PRICES, **laid_over}


# What a run usually takes with the embedded studio, in seconds: shown beside the price.
USUAL_SECONDS: Final[dict[str, int]] = {
    "category/detect": 3,
    "base-views/analyze": 8,
    "close-ups/generate": 8,
    "sketches/generate": 10,
    "edit": 2,
    "regenerate": 6,
    "base-views/generate": 4,
}


# In the order in which /v1/models lists those that are set up; the first is the default.
CHAT_MODELS: Final[dict[str, ChatModel]] = {
    "gpt-6.1-terra": {
        "provider": "openai",
        "owner": "openai",
        "input_usd": Decimal(1),
        "output_usd": Decimal(5),
    },
    "gpt-6-luna": {
        "provider": "openai",
        "owner": "openai",
        "input_usd": Decimal("0.10"),
        "output_usd": Decimal("0.50"),
    },
    "gemini-3-flash": {
        "provider": "gemini",
        "owner": "google",
        "input_usd": Decimal("0.30"),
        "output_usd": Decimal("2.50"),
    },
    "custom-1": {
        "provider": "custom",
        "owner": "custom",
        "input_usd": Decimal("0.20"),
        "output_usd": Decimal("0.80"),
    },
    "studio-1": {
        "provider": "studio",
        "owner": "techpack-studio",
        "input_usd": Decimal("0.10"),
        "output_usd": Decimal("0.40"),
    },
}
