"""What decides about a hold besides the balance: the plan's fair use, and a key's monthly cap.

Both are counted under the account's lock, so that two requests cannot both be the last.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from accounts.models import ApiKey
from core.money import Microcredits
from credits import queries
from credits.models import Account
from credits.posting import database_now, lock_account


class FairUse(NamedTuple):
    """How many operations of a UTC day the plan has paid, and how many it pays at most."""

    day: date
    used: int
    limit: int

    @property
    def is_left(self) -> bool:
        """The plan pays one more."""
        return self.used < self.limit

    def words(self) -> dict[str, int]:
        """For a 402's context."""
        return {"used": self.used, "limit": self.limit}


class Terms(NamedTuple):
    """The fair use of an operation that asked for it, and the cap of the key that asked, if any."""

    fair_use: FairUse | None = None
    cap: Microcredits | None = None
    used: Microcredits = 0

    @property
    def is_included(self) -> bool:
        """The plan pays: nothing is drawn."""
        return self.fair_use is not None and self.fair_use.is_left

    @property
    def cap_left(self) -> Microcredits | None:
        """What the key may still draw this month; None without a cap."""
        return None if self.cap is None else max(0, self.cap - self.used)


def has_cap(api_key: ApiKey | None) -> bool:
    """The key's user gave it a monthly cap."""
    return api_key is not None and api_key.monthly_cap is not None


def terms_of(*, user_id: UUID, unlimited: bool, api_key: ApiKey | None) -> Terms:
    """The terms of one hold; the account stays locked until the transaction ends."""
    account = lock_account(user_id=user_id)
    terms = Terms(fair_use=_fair_use(account) if unlimited else None)
    if terms.is_included or api_key is None or api_key.monthly_cap is None:
        return terms
    used = queries.used_by_key(api_key.pk, since=queries.period_start_of(account))
    return terms._replace(cap=api_key.monthly_cap, used=used)


def count(fair_use: FairUse, *, user_id: UUID) -> None:
    """One more operation of its day."""
    Account.objects.filter(user_id=user_id).update(
        fair_use_day=fair_use.day, fair_use_count=fair_use.used + 1
    )


def _fair_use(account: Account) -> FairUse:
    today = database_now().date()
    used = account.fair_use_count if account.fair_use_day == today else 0
    return FairUse(today, used, settings.PLANS[account.plan]["fair_use_per_day"])
