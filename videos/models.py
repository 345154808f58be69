"""Films, and what providers called back about them."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from generation.models import Job
from techpack.models import Product, Revision


def new_video_id() -> str:
    """``video_`` and 32 hexadecimal digits that nobody can guess."""
    return f"video_{secrets.token_hex(16)}"


class Video(models.Model):
    """A film that was asked for; its job holds the price and settles it.

    ``status`` is what the client sees. While the provider works, ``look_at`` is when it is asked
    next; whoever fetches a completed film has it until ``fetching_until``.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        IN_PROGRESS = "in_progress"
        COMPLETED = "completed"
        FAILED = "failed"
        CANCELED = "canceled"

    class Code(models.TextChoices):
        MODERATION_BLOCKED = "moderation_blocked"
        INVALID_REQUEST = "invalid_request"
        RATE_LIMIT_EXCEEDED = "rate_limit_exceeded"
        INSUFFICIENT_QUOTA = "insufficient_quota"
        SERVER_ERROR = "server_error"
        TIMEOUT = "timeout"

    OPEN = (Status.QUEUED, Status.IN_PROGRESS)

    id = models.BigAutoField(primary_key=True)
    video_id = models.CharField(max_length=40, unique=True, default=new_video_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="videos")
    job = models.OneToOneField(Job, models.CASCADE, related_name="video")
    product = models.ForeignKey(Product, models.SET_NULL, null=True, related_name="videos")
    revision = models.ForeignKey(Revision, models.SET_NULL, null=True, related_name="videos")

    prompt = models.TextField()
    provider = models.CharField(max_length=20)
    model = models.CharField(max_length=80)
    provider_ref = models.CharField(max_length=200, blank=True)
    seconds = models.PositiveSmallIntegerField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)  # percent
    error_code = models.CharField(max_length=24, choices=Code.choices, blank=True)
    error_message = models.TextField(blank=True)
    error_suggestions = models.JSONField(default=list)
    is_late = models.BooleanField(default=False)  # done after its hold was released, so free

    file_key = models.CharField(max_length=120, blank=True)
    poster_key = models.CharField(max_length=120, blank=True)
    captions = models.TextField(blank=True)  # WebVTT
    byte_count = models.BigIntegerField(default=0)
    files_removed_at = models.DateTimeField(null=True)  # by age or by its user; the row stays

    look_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    looks = models.PositiveIntegerField(default=0)
    unknown_looks = models.PositiveSmallIntegerField(default=0)  # in a row: its provider knew none
    fetching_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    submitted_at = models.DateTimeField(null=True)  # when the provider began, or the studio did
    canceled_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_ref"],
                condition=~Q(provider_ref=""),
                name="video_of_provider_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "in_progress"], finished_at__isnull=True)
                | Q(status__in=["completed", "failed", "canceled"], finished_at__isnull=False),
                name="video_finished_when_final",
            ),
            models.CheckConstraint(
                condition=~Q(status="completed")
                | ~Q(file_key="")
                | Q(deleted_at__isnull=False)
                | Q(files_removed_at__isnull=False),
                name="video_completed_has_file",
            ),
            models.CheckConstraint(
                condition=Q(status="failed")
                & Q(
                    error_code__in=[
                        "moderation_blocked",
                        "invalid_request",
                        "rate_limit_exceeded",
                        "insufficient_quota",
                        "server_error",
                        "timeout",
                    ]
                )
                | ~Q(status="failed") & Q(error_code=""),
                name="video_failed_has_code",
            ),
            models.CheckConstraint(
                condition=Q(progress__lte=100), name="video_progress_is_percent"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"]),
            models.Index(
                fields=["look_at"], name="video_look_at", condition=Q(look_at__isnull=False)
            ),
            models.Index(fields=["user", "-canceled_at"], name="video_canceled"),
            models.Index(fields=["file_key"], name="video_file"),
            models.Index(fields=["poster_key"], name="video_poster"),
        ]

    def __str__(self) -> str:
        return self.video_id

    @property
    def is_final(self) -> bool:
        """Over for its user; only a late success may still come."""
        return self.status not in self.OPEN

    @property
    def size(self) -> str:
        """``1280x720``."""
        return f"{self.width}x{self.height}"


class ProviderCallback(models.Model):
    """A callback that was taken: stored once, by the id that its sender gave it."""

    provider = models.CharField(max_length=20)
    webhook_id = models.CharField(max_length=200)
    type = models.CharField(max_length=80)
    provider_ref = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "webhook_id"], name="callback_once"),
        ]
        indexes = [models.Index(fields=["received_at"], name="callback_received")]

    def __str__(self) -> str:
        return f"{self.provider} {self.webhook_id}"


class LooseFile(models.Model):
    """A stored file on its way to a film, or from one: where no film owns it when due, it goes."""

    key = models.CharField(max_length=120, primary_key=True)
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
