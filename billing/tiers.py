"""Which tier follows from a subscription, and all that follows from the tier, at once."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from copy import copy
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.postgres.functions import TransactionNow
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from billing import notices
from billing.models import Subscription, TierChange
from billing.plans import FREE, PRO
from billing.serializers import present_subscription
from billing.told import OVER, PAID, PAST_DUE, Told
from core.errors import NotFound, ProviderUnavailable
from core.outbox import emit
from core.wire import to_camel
from credits import grants
from credits.months import months_after, whole_months

log = logging.getLogger("techpack.billing")

AFTER_PERIOD: Final = timedelta(hours=1)  # Stripe takes about that long to renew
AFTER_GRACE: Final = timedelta(minutes=1)
DAILY: Final = timedelta(days=1)
TOLD_FIELDS: Final = (
    "stripe_id",
    "tier",
    "interval",
    "status",
    "started_at",
    "period_ends_at",
    "ends_at",
    "past_due_since",
    "look_at",
)


def grace() -> timedelta:
    """How long a subscription whose payment failed keeps its tier."""
    return timedelta(days=settings.BILLING_GRACE_DAYS)


def tier_of(status: str, past_due_since: datetime | None, now: datetime) -> str:
    """The tier that follows from Stripe's word, and from how long the payment is due."""
    if status in PAID:
        return PRO
    is_waited_for = past_due_since is not None and now < past_due_since + grace()
    return PRO if status == PAST_DUE and is_waited_for else FREE


def apply(
    *,
    user_id: UUID,
    read: int,
    told: Told | None,
    due_since: datetime | None = None,
    twins: Iterable[Told] = (),
) -> Subscription | None:
    """Write what Stripe told, and what follows from it, in one transaction.

    ``read`` is the number that was taken before asking: what was asked for earlier than what is
    written already changes nothing, and None is returned. ``due_since`` is since when a payment is
    due; unknown, it is since this is first heard of. Of ``twins``, which are as good as what was
    told, the one that counts already goes on counting.
    """
    with transaction.atomic():
        rows = Subscription.objects.filter(user_id=user_id, applied_read__lt=read)
        # The transaction's time is the ledger's too, so that credits due now are granted now.
        row = rows.select_for_update(no_key=True).annotate(now=TransactionNow()).first()
        if row is None:
            return None
        now: datetime = row.now
        told = next((one for one in twins if one.stripe_id == row.stripe_id), told)
        before, old = _shown(row), copy(row)
        _follow(row, told, now=now, due_since=due_since)
        fields = {name: getattr(row, name) for name in TOLD_FIELDS}
        if not rows.update(applied_read=read, updated_at=Now(), **fields):
            return None
        row.applied_read = read
        if row.tier != old.tier:
            _turn(row, old, told, now)
        if _shown(row) != before:
            emit(type="subscription.changed", user_id=user_id, data=_shown(row))
            notices.subscription_changed(old, row)
    return row


def plan_ends(user_id: UUID, by: datetime) -> bool:
    """Whether a plan was canceled for then, or for within the hour after it.

    Stripe tells of the end a while after it, when the next month's credits may be due already.
    """
    rows = Subscription.objects.filter(user_id=user_id, ends_at__lte=by + AFTER_PERIOD)
    return rows.exists()


def end_grace() -> int:
    """Ask about each subscription whose payment is due for too long; how many lost their tier."""
    from billing import subscriptions

    late = Subscription.objects.filter(tier=PRO, past_due_since__lte=Now() - grace())
    ended = 0
    for user_id in list(late.order_by("past_due_since").values_list("user_id", flat=True)):
        try:
            row = subscriptions.refresh_of(user_id=user_id)
        except NotFound:
            log.exception("Stripe does not know a subscription that it told of")
            continue
        except ProviderUnavailable:
            log.warning("whose grace is over is asked again later")
            break
        ended += row is not None and row.tier == FREE
    return ended


def _follow(
    row: Subscription, told: Told | None, *, now: datetime, due_since: datetime | None
) -> None:
    """The row as it follows from what was told."""
    if told is None:
        row.stripe_id = row.interval = row.status = ""
        row.started_at = row.period_ends_at = row.ends_at = row.past_due_since = None
    else:
        since = _since(row, told, now=now, due_since=due_since)
        row.stripe_id, row.interval, row.status = told.stripe_id, told.interval, told.status
        row.started_at, row.period_ends_at = told.started_at, told.period_ends_at
        row.ends_at = told.ends_at
        row.past_due_since = since if told.status == PAST_DUE else None
    row.tier = tier_of(row.status, row.past_due_since, now)
    row.look_at = _look_at(row, now)


def _since(row: Subscription, told: Told, *, now: datetime, due_since: datetime | None) -> datetime:
    if due_since is not None and due_since <= now:
        return due_since
    # A clock of tests at Stripe may be ahead of ours: then it is due since we heard of it.
    goes_on = row.status == PAST_DUE and row.stripe_id == told.stripe_id
    return row.past_due_since if goes_on and row.past_due_since else now


def _look_at(row: Subscription, now: datetime) -> datetime | None:
    """When to ask by ourselves, as the next word of Stripe's may be lost."""
    if row.status == "" or row.status in OVER:
        return None
    if row.status not in PAID:
        grace_ends = row.past_due_since + grace() + AFTER_GRACE if row.past_due_since else now
        return min(now + DAILY, grace_ends) if grace_ends > now else now + DAILY
    ends = [moment for moment in (row.period_ends_at, row.ends_at) if moment is not None]
    # Daily at least: it may be ended at Stripe on any day.
    return min(max(min(ends, default=now), now) + AFTER_PERIOD, now + DAILY)


def _turn(row: Subscription, old: Subscription, told: Told | None, now: datetime) -> None:
    """The tier changed: user, credits, the numbered change and the event, once."""
    reason, interval = _reason(row, old, told), row.interval or old.interval
    Subscription.objects.filter(pk=row.pk).update(changes=F("changes") + 1)
    row.changes += 1
    get_user_model().objects.filter(pk=row.user_id).update(tier=row.tier)
    started_at = _months_from(row, old, now) if row.tier == PRO else now
    grants.change_plan(user_id=row.user_id, plan=row.tier, started_at=started_at)
    TierChange.objects.create(
        user_id=row.user_id,
        number=row.changes,
        from_tier=old.tier,
        to_tier=row.tier,
        interval=interval,
        reason=reason,
    )
    data = {"fromTier": old.tier, "toTier": row.tier, "interval": interval or None}
    data["reason"] = reason
    emit(type="SubscriptionTierChanged", user_id=row.user_id, data=data)


def _months_from(row: Subscription, old: Subscription, now: datetime) -> datetime:
    """From when the months of credits count: the start of what is subscribed to.

    What was paid for late had its month's credits while it was waited for; it gets the next
    month's, not the same again.
    """
    begun = min(row.started_at or now, now)
    lost = TierChange.objects.filter(user_id=row.user_id).order_by("-number").first()
    if lost is None or old.stripe_id != row.stripe_id or lost.changed_at < begun:
        return begun
    months = whole_months(begun, now)
    return (
        begun if whole_months(begun, lost.changed_at) < months else months_after(begun, months + 1)
    )


def _reason(row: Subscription, old: Subscription, told: Told | None) -> str:
    if row.tier == PRO:
        last = TierChange.objects.filter(user_id=row.user_id).order_by("-number").first()
        was_unpaid = last is not None and last.reason == TierChange.Reason.UNPAID
        is_same = old.stripe_id == row.stripe_id
        return TierChange.Reason.RECOVERED if was_unpaid and is_same else TierChange.Reason.UPGRADED
    is_unpaid = told is not None and (told.ended_unpaid or told.status in (PAST_DUE, "unpaid"))
    return TierChange.Reason.UNPAID if is_unpaid else TierChange.Reason.ENDED


def _shown(row: Subscription) -> dict[str, Any]:
    shown: dict[str, Any] = to_camel(present_subscription(row))
    return shown
