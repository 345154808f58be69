"""What a user is on, as the page of plans tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from billing import plans, queries
from billing.models import Subscription
from billing.plans import Sold
from billing.told import LIVING
from core.money import Microcredits
from credits import grants
from credits import queries as credit
from credits.queries import Balance


@dataclass(frozen=True)
class Standing:
    """The plan, its subscription, and the balance; times are UTC."""

    subscription: Subscription
    balance: Balance
    sold: Sold | None  # what is paid for; None on Free
    other: Sold | None  # the same plan by the other interval

    @property
    def plan(self) -> dict[str, Any]:
        """The plan's line of the price list."""
        return dict(settings.PLANS[self.subscription.tier])

    @property
    def is_paid(self) -> bool:
        """On a plan that is paid for."""
        return self.subscription.tier != plans.FREE

    @property
    def is_owed(self) -> bool:
        """Subscribed, but not paid for: the plan is gone until it is."""
        return not self.is_paid and self.subscription.status in LIVING

    @property
    def is_ending(self) -> bool:
        """Canceled: it goes on until ``ends_at``."""
        return self.is_paid and self.subscription.ends_at is not None

    @property
    def is_past_due(self) -> bool:
        """The last payment failed, and Stripe tries again."""
        return self.subscription.past_due_since is not None

    @property
    def next_monthly(self) -> Microcredits:
        """What the next month brings, in µcr."""
        own, at = self.subscription, self.balance.period_ends_at
        return grants.next_monthly(user_id=own.user_id, plan=own.tier, at=at)

    @property
    def grace_ends_at(self) -> datetime | None:
        """Until when the plan stays while a payment is past due."""
        since = self.subscription.past_due_since
        return since + timedelta(days=settings.BILLING_GRACE_DAYS) if since else None


def standing_of(user: Any) -> Standing:
    """How the user stands now. Raises NotFound where there is no credit account."""
    subscription = queries.subscription_of(user)
    own = [one for one in plans.everything_sold().values() if one.plan == subscription.tier]
    sold = next((one for one in own if one.interval == subscription.interval), None)
    other = next((one for one in own if sold and one != sold), None)
    return Standing(subscription, credit.balance(user), sold, other)
