"""The ledger's state. What must always hold is held by the database: see the constraints,
and the triggers of the migration ``0002_guards``.

All amounts are microcredits. Only ``credits.operations`` writes these tables.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q

from core.ids import uuid7

# The places credits move between. Those of ISSUERS and CLAWBACK lie outside the user's account.
AVAILABLE, HELD, CONSUMED, EXPIRED, REVOKED, DEBT = (
    "available",
    "held",
    "consumed",
    "expired",
    "revoked",
    "debt",
)
CLAWBACK = "clawback"  # what a user owes is owed to it
ISSUERS = ("issuer:monthly", "issuer:topup", "issuer:grant", "issuer:grace")
PLACES = (AVAILABLE, HELD, CONSUMED, EXPIRED, REVOKED, DEBT, CLAWBACK, *ISSUERS)


REASON_LONGEST = 500


class ClockTimestamp(Func):
    """The database's clock at this moment, not at the start of the transaction."""

    template = "clock_timestamp()"
    output_field = models.DateTimeField()


class Account(models.Model):
    """What one user has, and the months for which their plan grants credits."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Null once the user is deleted: the ledger stays, without a name.
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="credit_account",
    )
    available = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    debt = models.BigIntegerField(default=0)
    plan = models.CharField(max_length=16, default="free")
    cycle_started_at = models.DateTimeField()
    cycle_first_month = models.PositiveIntegerField(default=0)
    next_month = models.PositiveIntegerField(default=0)
    next_grant_at = models.DateTimeField(db_index=True)
    fair_use_day = models.DateField(null=True)
    fair_use_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(available__gte=0), name="account_available_not_negative"
            ),
            models.CheckConstraint(condition=Q(held__gte=0), name="account_held_not_negative"),
            models.CheckConstraint(condition=Q(debt__gte=0), name="account_debt_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.user) if self.user_id else f"deleted user ({self.pk})"


class Lot(models.Model):
    """Credits that came together and expire together. Burnt by priority, expiry, id."""

    class Kind(models.TextChoices):
        MONTHLY = "monthly", "Monthly"
        TOPUP = "topup", "Top-up"
        GRANT = "grant", "Granted"
        GRACE = "grace", "Grace"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="lots", db_index=False
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    priority = models.PositiveSmallIntegerField()
    granted = models.BigIntegerField(default=0)
    available = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    consumed = models.BigIntegerField(default=0)
    expired = models.BigIntegerField(default=0)
    revoked = models.BigIntegerField(default=0)
    # What was taken back in all: ``revoked``, and what of it was in use and became debt.
    taken = models.BigIntegerField(default=0)
    effective_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)  # the last time; null: nothing is taken back
    source_key = models.CharField(max_length=200, unique=True)
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    granted=F("available") + F("held") + F("consumed") + F("expired") + F("revoked")
                ),
                name="lot_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    available__gte=0, held__gte=0, consumed__gte=0, expired__gte=0, revoked__gte=0
                ),
                name="lot_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(taken__gte=F("revoked"), taken__lte=F("granted") - F("expired")),
                name="lot_taken_within_granted",
            ),
            models.CheckConstraint(
                condition=Q(available=0) | Q(taken=F("revoked")),
                name="lot_owed_has_nothing_left",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("effective_at")),
                name="lot_expires_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["monthly", "topup", "grant", "grace"]), name="lot_kind_known"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "priority", "expires_at", "id"], name="lot_burn_order"),
            models.Index(fields=["expires_at"], condition=Q(available__gt=0), name="lot_to_expire"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Hold(models.Model):
    """Credits put aside for one paid operation, until it ends one way or another."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CAPTURED = "captured", "Captured"
        RELEASED = "released", "Released"
        EXPIRED = "expired", "Expired"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="holds", db_index=False
    )
    key = models.CharField(max_length=255)
    operation = models.CharField(max_length=64)
    reason = models.CharField(max_length=500, blank=True)
    model = models.CharField(max_length=80, blank=True)  # where the price depends on it
    job_id = models.UUIDField(null=True)
    product_id = models.UUIDField(null=True)
    # The API key that asked; a number only, as keys may go and the ledger stays.
    api_key_id = models.UUIDField(null=True)
    amount = models.BigIntegerField()
    open = models.BigIntegerField()
    captured = models.BigIntegerField(default=0)
    released = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    # The plan pays: nothing is drawn from the lots, the list price is on the statement.
    unlimited = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    close_reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=ClockTimestamp())
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="hold_key_once"),
            models.CheckConstraint(
                condition=Q(amount=F("open") + F("captured") + F("released")), name="hold_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(open__gte=0, captured__gte=0, released__gte=0, refunded__gte=0),
                name="hold_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(refunded__lte=F("captured")), name="hold_refund_within_capture"
            ),
            models.CheckConstraint(
                condition=Q(state="open", open=F("amount"), closed_at__isnull=True)
                | Q(state="captured", open=0, closed_at__isnull=False)
                | Q(
                    state__in=["released", "expired"],
                    open=0,
                    captured=0,
                    closed_at__isnull=False,
                ),
                name="hold_state_agrees",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "id"], name="hold_statement_order"),
            models.Index(fields=["job_id"], condition=Q(job_id__isnull=False), name="hold_of_job"),
            models.Index(
                fields=["api_key_id", "created_at"],
                condition=Q(api_key_id__isnull=False),
                name="hold_of_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.pk}"


class HoldPart(models.Model):
    """What a hold drew from one lot. Captured in the order of ``position``, refunded against it."""

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="parts", db_index=False)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.PositiveSmallIntegerField()
    amount = models.BigIntegerField()
    captured = models.BigIntegerField(default=0)
    released = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hold", "position"], name="part_position_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="part_positive"),
            models.CheckConstraint(
                condition=Q(captured=0, released=0) | Q(amount=F("captured") + F("released")),
                name="part_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(captured__gte=0, released__gte=0, refunded__gte=0),
                name="part_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(refunded__lte=F("captured")), name="part_refund_within_capture"
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.position} of {self.hold_id}"


class Entry(models.Model):
    """One movement of credits from a source to a destination. Never changed, never deleted.

    ``line`` is the statement line it belongs to: the hold's id, or a UUIDv7 made for the grant,
    expiry or revocation.
    """

    id = models.BigAutoField(primary_key=True)
    operation = models.CharField(max_length=16)  # the verb that made it
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+", db_index=False)
    hold = models.ForeignKey(
        Hold, null=True, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    line = models.UUIDField()
    source = models.CharField(max_length=16)
    destination = models.CharField(max_length=16)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=500, blank=True)
    key = models.CharField(max_length=255, null=True)  # noqa: DJ001 - NULLs do not collide
    created_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="entry_positive"),
            models.CheckConstraint(
                condition=Q(source__in=PLACES, destination__in=PLACES), name="entry_places_known"
            ),
            models.CheckConstraint(
                condition=~Q(source=F("destination")), name="entry_moves_something"
            ),
            models.UniqueConstraint(
                fields=["account", "key", "lot", "destination"],
                condition=Q(key__isnull=False),
                name="entry_key_once",
            ),
        ]
        indexes = [models.Index(fields=["account", "line"], name="entry_of_line")]

    def __str__(self) -> str:
        return f"{self.source} → {self.destination}"


class Refusal(models.Model):
    """A reservation that was refused for want of credits: what ``metrics`` counts from."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="refusals")
    model = models.CharField(max_length=80)  # the model, or the operation where there is none
    shortfall = models.BigIntegerField()  # µcr
    created_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="refusal_newest")]

    def __str__(self) -> str:
        return f"{self.model} {self.pk}"


class Budget(models.Model):
    """When a user wants to be warned, beside the shares of the month that everybody is."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="budget")
    floor = models.BigIntegerField(null=True)  # µcr

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(floor__isnull=True) | Q(floor__gte=0), name="budget_floor_not_negative"
            )
        ]

    def __str__(self) -> str:
        return f"budget of {self.account_id}"


class BudgetWarning(models.Model):
    """A warning that was given: once per threshold and month."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="budget_warnings")
    period_started_at = models.DateTimeField()
    threshold = models.CharField(max_length=8)  # "50", "80", "95", "floor"
    created_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "period_started_at", "threshold"],
                name="budget_warned_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.threshold} in {self.period_started_at:%Y-%m}"


class LedgerCheck(models.Model):
    """One run of ``check_ledger``: how far balances stood from their entries."""

    checked_at = models.DateTimeField(db_default=ClockTimestamp())
    drift = models.BigIntegerField()
    differences = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["-checked_at"], name="check_newest")]

    def __str__(self) -> str:
        return f"drift {self.drift}"


class StatementLine(models.Model):
    """A row of the view ``credits_statementline``: one operation, grant, expiry or revocation."""

    class Status(models.TextChoices):
        HELD = "held", "Held"
        CAPTURED = "captured", "Captured"
        PART_CAPTURED = "part_captured", "Part captured"
        RELEASED = "released", "Released"
        REFUNDED = "refunded", "Refunded"
        GRANTED = "granted", "Added"
        EXPIRED = "expired", "Expired"
        REVOKED = "revoked", "Taken back"

    id = models.UUIDField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField()
    operation = models.CharField(max_length=64)
    product_id = models.UUIDField(null=True)
    job_id = models.UUIDField(null=True)
    held = models.BigIntegerField()
    captured = models.BigIntegerField()
    released = models.BigIntegerField()
    refunded = models.BigIntegerField()
    status = models.CharField(max_length=16, choices=Status.choices)
    reason = models.CharField(max_length=500)
    included = models.BooleanField()

    class Meta:
        managed = False
        db_table = "credits_statementline"

    def __str__(self) -> str:
        return f"{self.operation} {self.status}"
