"""Time travel: the ledger lives by the database's clock, so its dates move, not the clock."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F

from credits.models import Account, Hold, Lot


def days_pass(account: Account, days: float) -> None:
    """Make everything of an account that much older."""
    by = timedelta(days=days)
    Lot.objects.filter(account=account).update(
        effective_at=F("effective_at") - by, expires_at=F("expires_at") - by
    )
    Hold.objects.filter(account=account).update(expires_at=F("expires_at") - by)
    Account.objects.filter(pk=account.pk).update(
        cycle_started_at=F("cycle_started_at") - by, next_grant_at=F("next_grant_at") - by
    )
    account.refresh_from_db()
