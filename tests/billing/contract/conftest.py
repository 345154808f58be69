"""The contract is kept with the stand-in; given STRIPE_TEST_SECRET_KEY, with Stripe's test mode."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import stripe

from billing.setup import Report, set_up
from config.payments import STRIPE, Payments
from tests.billing.contract.side import Side
from tests.billing.words import new_person
from tests.standin.serving import served

KEY = "STRIPE_TEST_SECRET_KEY"


@pytest.fixture
def side(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> Iterator[Side]:
    """The service, behind ``settings.PAYMENTS``, with everything there that is sold."""
    if key := os.environ.get(KEY, ""):
        assert key.startswith(("sk_test_", "rk_test_")), f"{KEY} has to be of the test mode."
        yield from _stripe(key, settings, monkeypatch)
        return
    with served(tmp_path / "stripe.sqlite3") as world:
        _use(Payments("stripe", world.secret_key, world.base), settings, monkeypatch)
        _sell(set_up(is_dry=False), settings)
        yield Side(world)


@pytest.fixture
def person(transactional_db: None) -> Any:
    return new_person()


def _stripe(key: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Side]:
    _use(Payments("stripe", key, STRIPE), settings, monkeypatch)
    _sell(_set_up_once(), settings)
    there = Side(None)
    try:
        yield there
    finally:
        there.tidy()


@lru_cache(maxsize=1)
def _set_up_once() -> Report:
    return set_up(is_dry=False)


def _use(payments: Payments, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PAYMENTS = payments
    settings.STRIPE_SECRET_KEY = payments.secret_key
    monkeypatch.setattr(stripe, "api_base", payments.api_base)


def _sell(report: Report, settings: Any) -> None:
    told = report.environment
    settings.STRIPE_PRICES = {
        name: told[f"STRIPE_PRICE_{name.upper()}"] for name in settings.STRIPE_PRICES
    }
    settings.STRIPE_PORTAL = told["STRIPE_PORTAL"]
