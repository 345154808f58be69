"""One upgrade, the events that tell of it, and everything that is known here afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from djstripe import models as mirror

from accounts.models import User
from billing import deliveries, operations
from billing.models import Checkout, Payment, StripeEvent, Subscription, TierChange
from billing.standin.world import World
from core.models import Event
from core.money import CREDIT
from credits.models import Account, Lot
from tests.billing.letters import post

TYPES: Final = (
    "checkout.session.completed",
    "customer.subscription.created",
    "customer.subscription.updated",
    "invoice.paid",
)


class Upgrade(NamedTuple):
    """Who upgraded, and the events of it as Stripe wrote them, by type."""

    user: User
    letters: dict[str, bytes]


def upgrade(world: World) -> Upgrade:
    """Somebody new who just paid for a month of Pro; nobody has heard of it yet."""
    user = User.objects.create_user(email="buyer@example.com", password="not used here 1")
    checkout = operations.start_checkout(user=user, plan="pro", interval="month")
    world.actions.complete(str(checkout.session_id))
    letters: dict[str, bytes] = {}
    while (claimed := world.deliveries.claim()) is not None:
        number, url, _, body = claimed
        world.deliveries.settle(number, 200)
        assert urlsplit(url).path.startswith("/webhooks/stripe/")
        letters.setdefault(json.loads(body)["type"], body)
    return Upgrade(user, {kind: letters[kind] for kind in TYPES})


def receive(bodies: Iterable[bytes]) -> None:
    """Each is delivered and processed before the next comes."""
    for body in bodies:
        assert post(body).status_code == 200
        deliveries.take_due()


def known_of(user: User) -> dict[str, Any]:
    """All that an upgrade changes, without ids and times that differ from one to the next."""
    user.refresh_from_db()
    plan = Subscription.objects.get(user=user)
    account = Account.objects.get(user=user)
    told = Event.objects.filter(user_id=user.pk)
    return {
        "tier": (user.tier, plan.tier, plan.interval, plan.status, plan.changes, account.plan),
        "times": (
            plan.started_at is not None and plan.started_at <= plan.updated_at,
            plan.period_ends_at is not None,
            plan.ends_at,
            plan.past_due_since,
        ),
        "changes": list(
            TierChange.objects.filter(user=user).values_list(
                "number", "from_tier", "to_tier", "interval", "reason"
            )
        ),
        "lots": sorted(
            (lot.kind, lot.granted // CREDIT, lot.available // CREDIT)
            for lot in Lot.objects.filter(account=account)
        ),
        "balance": (account.available // CREDIT, account.held, account.debt),
        "tier changed": told.filter(type="SubscriptionTierChanged").count(),
        "subscription changed": told.filter(type="subscription.changed").count(),
        "payments": list(
            Payment.objects.filter(user=user).values_list("kind", "amount", "currency", "refunded")
        ),
        "checkouts": list(Checkout.objects.filter(user=user).values_list("state", flat=True)),
        "mirror": (
            [one.stripe_data["status"] for one in mirror.Subscription.objects.all()],
            [one.stripe_data["status"] for one in mirror.Invoice.objects.all()],
            [one.subscriber_id == user.pk for one in mirror.Customer.objects.all()],
        ),
        "events": sorted(
            StripeEvent.objects.filter(
                processed_at__isnull=False, due_at=None, error=""
            ).values_list("type", flat=True)
        ),
    }


EXPECTED: Final[dict[str, Any]] = {
    "tier": ("pro", "pro", "month", "active", 1, "pro"),
    "times": (True, True, None, None),
    "changes": [(1, "free", "pro", "month", "upgraded")],
    "lots": [("monthly", 18, 18), ("monthly", 200, 200)],
    "balance": (218, 0, 0),
    "tier changed": 1,
    "subscription changed": 1,
    "payments": [("plan", 2900, "usd", 0)],
    "checkouts": ["completed"],
    "mirror": (["active"], ["paid"], [True]),
    "events": sorted(TYPES),
}
