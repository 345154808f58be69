"""Reads the parts of the world whose calls and looks have to be known before anybody asks."""

from __future__ import annotations

from importlib import import_module
from typing import Final

PARTS: Final = (
    "api_billing",
    "api_money",
    "buying",
    "cards",
    "catalogue",
    "changing",
    "clocks",
    "coupons",
    "customers",
    "endpoints",
    "entitlements",
    "invoices",
    "lines",
    "moneyback",
    "payments",
    "portal",
    "sessions",
    "subscriptions",
    "taxes",
)


def everything() -> None:
    """Register every call."""
    for part in PARTS:
        import_module(f"{__package__}.{part}")
