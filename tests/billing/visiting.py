"""What tests of the pages share: rows to look at, and what a page says."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from billing.models import Checkout, Payment, Subscription

BUY_PRO = {"plan": "pro", "interval": "month"}


def subscribed(person: Any, **other: Any) -> Subscription:
    now = timezone.now()
    usual: dict[str, Any] = {
        "stripe_id": "sub_1",
        "tier": "pro",
        "interval": "month",
        "status": "active",
        "started_at": now,
        "period_ends_at": now + timedelta(days=30),
    }
    return Subscription.objects.create(user=person, **{**usual, **other})


def paid(person: Any, count: int = 1, **other: Any) -> list[Payment]:
    usual: dict[str, Any] = {
        "kind": "plan",
        "description": "Pro, monthly",
        "amount": 2900,
        "currency": "usd",
    }
    return [
        Payment.objects.create(
            user=person,
            source_key=f"invoice:{uuid4().hex}",
            paid_at=timezone.now() - timedelta(days=day),
            **{**usual, **other},
        )
        for day in range(count)
    ]


def html(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def main_of(answer: Any) -> str:
    """What the page itself says, without tags."""
    whole = html(answer)
    inner = whole[whole.index("<main") : whole.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", inner).split())


def begun(person: Any, state: str, sold: str = "topup_50", **other: Any) -> Checkout:
    kind = "topup" if sold.startswith("topup") else "plan"
    return Checkout.objects.create(
        user=person, kind=kind, sold=sold, session_id=f"cs_{uuid4().hex}", state=state, **other
    )
