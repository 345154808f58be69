"""Who pays for what. Stripe's state is the truth about money; these rows say what follows from it.

Amounts of money are in the currency's minor unit (cents), credits are whole credits.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from core.ids import uuid7

TIERS = (("free", "Free"), ("pro", "Pro"))
INTERVALS = (("month", "Monthly"), ("year", "Yearly"))


class Customer(models.Model):
    """Which of Stripe's customers a user is; made with their first purchase."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="stripe_customer"
    )
    stripe_id = models.CharField(max_length=255, unique=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.stripe_id


class FormerCustomer(models.Model):
    """Stripe's customer of somebody who is gone here, to be ended and deleted there.

    Nothing says who that was. Due again at ``due_at`` until Stripe did it; then the row goes.
    """

    stripe_id = models.CharField(max_length=255, primary_key=True)
    left_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now(), db_index=True)

    def __str__(self) -> str:
        return self.stripe_id


class Subscription(models.Model):
    """A user's subscription as Stripe last told it, and the tier that follows from it.

    Two readers may meet: each takes a number from ``reads`` before it asks Stripe, and only what
    was asked for later than ``applied_read`` is applied. ``changes`` counts changes of the tier.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="subscription"
    )
    stripe_id = models.CharField(max_length=255, blank=True, db_index=True)
    tier = models.CharField(max_length=16, choices=TIERS, default="free")
    interval = models.CharField(max_length=8, choices=INTERVALS, blank=True)
    status = models.CharField(max_length=32, blank=True)  # Stripe's word
    started_at = models.DateTimeField(null=True, blank=True)
    period_ends_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)  # canceled for then
    past_due_since = models.DateTimeField(null=True, blank=True)
    reads = models.BigIntegerField(default=0)
    applied_read = models.BigIntegerField(default=0)
    changes = models.PositiveIntegerField(default=0)
    look_at = models.DateTimeField(null=True, blank=True)  # when to ask Stripe by ourselves
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(applied_read__lte=F("reads")), name="subscription_read_was_begun"
            ),
        ]
        indexes = [
            models.Index(
                fields=["look_at"], condition=Q(look_at__isnull=False), name="subscription_due"
            ),
            models.Index(
                fields=["past_due_since"],
                condition=Q(past_due_since__isnull=False),
                name="subscription_past_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tier} {self.status}".strip()


class TierChange(models.Model):
    """One change of a user's tier, numbered, told once as ``SubscriptionTierChanged``."""

    class Reason(models.TextChoices):
        UPGRADED = "upgraded", "Upgraded"
        ENDED = "ended", "The subscription ended"
        UNPAID = "unpaid", "The payment failed for too long"
        RECOVERED = "recovered", "The payment came after all"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="tier_changes", db_index=False
    )
    number = models.PositiveIntegerField()
    from_tier = models.CharField(max_length=16, choices=TIERS)
    to_tier = models.CharField(max_length=16, choices=TIERS)
    interval = models.CharField(max_length=8, choices=INTERVALS, blank=True)
    reason = models.CharField(max_length=16, choices=Reason.choices)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "number"], name="tier_change_once"),
        ]

    def __str__(self) -> str:
        return f"{self.from_tier} → {self.to_tier}"


class Checkout(models.Model):
    """A purchase that somebody began: one Checkout session of Stripe."""

    class Kind(models.TextChoices):
        PLAN = "plan", "Plan"
        TOPUP = "topup", "Top-up"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        COMPLETED = "completed", "Completed"
        EXPIRED = "expired", "Expired"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="checkouts")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    sold = models.CharField(max_length=32)  # a key of settings.STRIPE_PRICES
    session_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    url = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    back_to = models.CharField(max_length=500, blank=True)  # a path of this site
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    look_at = models.DateTimeField(null=True, blank=True)  # when to ask Stripe by ourselves

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(back_to="") | Q(back_to__regex=r"^/([^/\\]|$)"),
                name="checkout_leads_back_inside",
            ),
        ]
        indexes = [
            models.Index(
                fields=["look_at"], condition=Q(look_at__isnull=False), name="checkout_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sold} {self.state}"


class Payment(models.Model):
    """Money that came, and what of it went back.

    ``source_key`` names it once: ``topup:{payment intent}`` (the ledger's lot has the same) or
    ``invoice:{invoice}``. Readers of what went back are numbered as those of a subscription are.
    """

    class Kind(models.TextChoices):
        PLAN = "plan", "Plan"
        TOPUP = "topup", "Top-up"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="payments", db_index=False
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    source_key = models.CharField(max_length=200, unique=True)
    payment_intent = models.CharField(max_length=255, blank=True, db_index=True)
    invoice = models.CharField(max_length=255, blank=True, db_index=True)
    description = models.CharField(max_length=200)
    credits = models.PositiveIntegerField(default=0)
    amount = models.BigIntegerField()  # paid, tax included
    tax = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    refunded = models.BigIntegerField(default=0)
    dispute = models.CharField(max_length=255, blank=True)
    dispute_status = models.CharField(max_length=40, blank=True)  # Stripe's word
    receipt_url = models.URLField(max_length=2000, blank=True)  # Stripe's page of it
    paid_at = models.DateTimeField()
    reads = models.BigIntegerField(default=0)
    applied_read = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(applied_read__lte=F("reads")), name="payment_read_was_begun"
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("amount")),
                name="payment_refunded_within_paid",
            ),
        ]
        indexes = [models.Index(fields=["user", "-paid_at"], name="payment_newest")]

    def __str__(self) -> str:
        return self.source_key


class StripeEvent(models.Model):
    """An event that Stripe delivered, stored once, and how its processing goes.

    ``trigger_id`` is dj-stripe's row of what was received. Due again at ``due_at`` until
    ``processed_at``; null with neither: given up, for somebody to replay.
    """

    event_id = models.CharField(primary_key=True, max_length=255)
    type = models.CharField(max_length=250)
    trigger_id = models.BigIntegerField(null=True, unique=True)
    received_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    processed_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "Stripe event"
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="stripe_event_due"
            ),
            models.Index(fields=["-received_at"], name="stripe_event_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
