"""Paid jobs and the log of every AI call behind them."""

from __future__ import annotations

from django.conf import settings
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

    FINAL = (Status.SUCCEEDED, Status.PARTLY_SUCCEEDED, Status.FAILED, Status.CANCELED)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=40)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.QUEUED)
    product_id = models.UUIDField(null=True)
    key = models.CharField(max_length=255, null=True)  # noqa: DJ001 - NULLs do not collide
    request_id = models.CharField(max_length=64, blank=True)
    input = models.JSONField(default=dict)
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
    deadline_at = models.DateTimeField()
    cancel_requested_at = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="job_key_once"),
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
    error_class = models.CharField(max_length=24, blank=True)
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
        ]

    def __str__(self) -> str:
        return f"{self.operation_name} by {self.provider}:{self.model_name}"
