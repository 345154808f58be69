"""Paid jobs and the log of every AI call behind them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from core.ids import uuid7


class Job(models.Model):
    """One run of an operation: the truth about what was asked, done and charged."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        PARTLY_SUCCEEDED = "partly_succeeded"
        FAILED = "failed"
        CANCELED = "canceled"

    WORKED = (Status.SUCCEEDED, Status.PARTLY_SUCCEEDED)
    FINAL = (*WORKED, Status.FAILED, Status.CANCELED)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=40)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.QUEUED)
    product_id = models.UUIDField(null=True)
    key = models.CharField(max_length=255, null=True)  # noqa: DJ001 - NULLs do not collide
    request_id = models.CharField(max_length=64, blank=True)
    input = models.JSONField(default=dict)
    routes = models.JSONField(default=dict)  # operation → provider:model, decided on submit
    result = models.JSONField(null=True)
    error = models.JSONField(null=True)
    retry_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="retries")

    hold = models.OneToOneField("credits.Hold", models.PROTECT, null=True, related_name="job")
    price = models.BigIntegerField(default=0)  # µcr

    progress = models.PositiveSmallIntegerField(default=0)  # percent
    step = models.CharField(max_length=120, default="Queued")
    done = models.PositiveSmallIntegerField(default=0)
    planned = models.PositiveSmallIntegerField(default=1)

    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.BigIntegerField(default=0)  # grows with each claim; only the last may settle
    lease_expires_at = models.DateTimeField(null=True)
    # Since when a provider works on by itself and no worker is held; the lease lasts to the end.
    awaited_since = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField()
    cancel_requested_at = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="job_key_once"),
            # What failed is retried by one job at a time, and once it succeeded never again.
            models.UniqueConstraint(
                fields=["retry_of"],
                condition=Q(status__in=["queued", "running", "succeeded", "partly_succeeded"]),
                name="job_retried_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running"], finished_at__isnull=True)
                | Q(
                    status__in=["succeeded", "partly_succeeded", "failed", "canceled"],
                    finished_at__isnull=False,
                ),
                name="job_finished_when_final",
            ),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_expires_at__isnull=False),
                name="job_running_has_lease",
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="job_progress_is_percent"),
        ]
        indexes = [
            models.Index(fields=["user", "-id"]),
            models.Index(fields=["product_id", "kind", "-id"]),
            models.Index(
                fields=["status", "lease_expires_at"],
                name="job_unfinished",
                condition=Q(status__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def is_final(self) -> bool:
        """Nothing will change any more."""
        return self.status in self.FINAL


class AICall(models.Model):
    """One call of a provider: written before it is made, completed when it answered."""

    class Status(models.TextChoices):
        PENDING = "pending"
        COMPLETED = "completed"
        FAILED = "failed"
        AMBIGUOUS = "ambiguous"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, models.CASCADE, related_name="calls")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="ai_calls")
    product_id = models.UUIDField(null=True)
    part = models.CharField(max_length=80)  # which piece of the job, e.g. a view's id
    operation_name = models.CharField(max_length=60)
    operation_type = models.CharField(max_length=16)  # vision, image
    provider = models.CharField(max_length=20)
    model_name = models.CharField(max_length=80)
    provider_ref = models.CharField(max_length=200, blank=True)
    is_resubmittable = models.BooleanField(default=False)
    input_data = models.JSONField(default=dict)
    output_data = models.JSONField(null=True)
    context = models.JSONField(default=dict)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    total_tokens = models.PositiveIntegerField(default=0)
    cost_usd_micros = models.BigIntegerField(default=0)
    processing_time_ms = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    prompt_version = models.CharField(max_length=40, blank=True)
    error_class = models.CharField(max_length=24, blank=True)
    error_code = models.CharField(max_length=80, blank=True)  # the provider's own, e.g. SAFETY
    error_message = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    submitted_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "AI operation"
        constraints = [
            models.UniqueConstraint(
                fields=["job", "part", "operation_name"],
                condition=Q(status="completed"),
                name="ai_call_completed_once",
            ),
        ]
        indexes = [
            models.Index(fields=["product_id", "-id"]),
            models.Index(fields=["user", "-id"]),
            models.Index(fields=["completed_at"], name="ai_call_completed"),
            *(
                models.Index(fields=[name], name=f"ai_call_{name}", condition=~Q(**{name: ""}))
                for name in ("request_id", "provider_ref", "error_code")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation_name} by {self.provider}:{self.model_name}"


class ContentRefusal(models.Model):
    """A job that was refused for its content, under the policy on invalid input."""

    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="refusal")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    code = models.CharField(max_length=80)
    charged = models.BigIntegerField(default=0)  # µcr
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["user", "-at"], name="content_refusal_of_user")]

    def __str__(self) -> str:
        return f"{self.code} in {self.job_id}"


class Breaker(models.Model):
    """Whether a provider's model is asked at present.

    ``failures`` are the times (seconds since 1970) of its last transient failures. While
    ``open_until`` is ahead nobody is asked; after it one call tries (``probing_at``).
    """

    provider = models.CharField(max_length=20)
    model_name = models.CharField(max_length=80)
    failures = models.JSONField(default=list)
    open_until = models.DateTimeField(null=True)
    probing_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=24, blank=True)  # the class of the failure that opened it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "model_name"], name="breaker_once"),
        ]

    def __str__(self) -> str:
        return f"{self.provider}:{self.model_name}"


class CallTally(models.Model):
    """Calls counted since the first, for metrics: adding up the log would take too long.

    ``outcome`` is ``completed`` or the class of the failure. ``buckets`` counts calls by
    duration, cumulatively, in the order of ``generation.tallies.BOUNDS_S``.
    """

    provider = models.CharField(max_length=20)
    model_name = models.CharField(max_length=80)
    operation_name = models.CharField(max_length=60)
    outcome = models.CharField(max_length=24)
    calls = models.BigIntegerField(default=0)
    total_tokens = models.BigIntegerField(default=0)
    cost_usd_micros = models.BigIntegerField(default=0)
    processing_time_ms = models.BigIntegerField(default=0)
    buckets = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "model_name", "operation_name", "outcome"],
                name="call_tally_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation_name} by {self.provider}:{self.model_name}: {self.outcome}"


class Alert(models.Model):
    """Something that operators have to know, as it is told to Alertmanager.

    It fires until ``ends_at`` is set; it is sent again while it fires, and once when it ended.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fingerprint = models.CharField(max_length=64)  # of the name and the labels
    name = models.CharField(max_length=60)
    labels = models.JSONField(default=dict)
    annotations = models.JSONField(default=dict)
    starts_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())  # when its condition held last
    ends_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, db_default=Now())  # when it is to be sent next
    sent_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # to send it, since it was sent last

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=Q(ends_at__isnull=True), name="alert_fires_once"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="alert_due")]

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """When something that runs by the clock ran last."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
