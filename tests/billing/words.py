"""What Stripe may tell of a subscription, said in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model

from billing.models import Subscription
from billing.told import Told
from credits.models import Account, Lot

# Said twice, the same has the same times.
NOW = datetime.now(UTC).replace(microsecond=0)


def new_person() -> Any:
    return get_user_model().objects.create_user(f"{uuid4().hex}@example.com")


def said(status: str, **other: Any) -> Told:
    """A subscription by the month that began five days ago, unless it is said otherwise."""
    usual: dict[str, Any] = {
        "stripe_id": "sub_1",
        "customer": "cus_1",
        "interval": "month",
        "created_at": NOW - timedelta(days=5),
        "started_at": NOW - timedelta(days=5),
        "period_ends_at": NOW + timedelta(days=25),
        "ends_at": None,
        "item": "si_1",
        "latest_invoice": "in_1",
        "user": "",
        "checkout": "",
        "ended_unpaid": False,
    }
    return Told(status=status, **{**usual, **other})


def next_read(person: Any) -> int:
    """Take the next number, as a reader does."""
    row, _ = Subscription.objects.get_or_create(user=person)
    row.reads += 1
    row.save(update_fields=["reads"])
    return row.reads


def pro_lots(person: Any) -> int:
    """How often the month's credits of Pro were granted."""
    account = Account.objects.get(user=person)
    return account.lots.filter(kind=Lot.Kind.MONTHLY, reason__contains="Pro").count()
