"""Payments in tests: a Stripe of one's own on loopback, and its webhooks on their way to us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from django.test import Client

from billing import deliveries, webhooks
from billing.models import StripeEvent
from billing.plans import everything_sold
from billing.standin.world import ForSale, World, deliver_due
from config.payments import Payments
from tests.standin.serving import served

WEBHOOK_SECRET = "whsec_of_the_stand_in"


@pytest.fixture
def stripe_world(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The world behind ``settings.PAYMENTS``: what is sold is there, and our address enlisted."""
    with served(tmp_path / "stripe.sqlite3") as world:
        settings.PAYMENTS = Payments("standin", world.secret_key, world.base, WEBHOOK_SECRET)
        settings.STRIPE_SECRET_KEY = world.secret_key
        monkeypatch.setattr(stripe, "api_base", world.base)
        world.seed(
            [
                ForSale(one.price_id, one.title, one.usd * 100, one.interval)
                for one in everything_sold().values()
            ]
        )
        world.enlist(url=webhooks.endpoint_url(), secret=WEBHOOK_SECRET)
        yield world


class Deliver:
    """Carries due webhooks to our address, and has what they bring processed at once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.statuses: list[int] = []  # of all answers, in order

    def __call__(self, *, strict: bool = True) -> int:
        """How many were delivered. ``strict``: raises AssertionError where one did not work."""
        sent = 0
        while (now := deliver_due(self._world, self._post)) + deliveries.take_due():
            sent += now
        failed = StripeEvent.objects.exclude(error="").values_list("type", "error")
        assert not strict or not failed, list(failed)
        return sent

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        kind = headers["Content-Type"]
        named = {"Stripe-Signature": headers["Stripe-Signature"]}
        answer = Client().post(urlsplit(url).path, body, content_type=kind, headers=named)
        self.statuses.append(answer.status_code)
        return answer.status_code


@pytest.fixture
def deliver(stripe_world: World) -> Deliver:
    """``deliver()`` sends what is due and processes it."""
    return Deliver(stripe_world)
