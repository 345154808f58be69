"""Rows that every app may use: the event outbox and the idempotency keys."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from core.ids import uuid7


class EventCounter(models.Model):  # noqa: DJ008
    """The last sequence number given to a user's events."""

    user_id = models.UUIDField(primary_key=True)
    last = models.BigIntegerField(default=0)


class Event(models.Model):
    """Something that happened, written in the transaction that made it so."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_id = models.UUIDField()
    sequence = models.BigIntegerField()
    type = models.CharField(max_length=64)
    version = models.PositiveSmallIntegerField(default=1)
    data = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(db_default=Now())
    # Once every consumer had it, or the exchange took it.
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "sequence"], name="event_sequence_once"),
        ]
        indexes = [
            models.Index(fields=["occurred_at"]),
            models.Index(
                fields=["user_id", "sequence"],
                condition=Q(published_at__isnull=True),
                name="event_to_publish",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.sequence}"


class IdempotencyRecord(models.Model):
    """What a POST with an ``Idempotency-Key`` answered."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=400)  # account, method and path
    key = models.CharField(max_length=255)
    body_hash = models.CharField(max_length=64)
    open_until = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="idempotency_key_once"),
            models.CheckConstraint(
                condition=Q(open_until__isnull=False) | Q(status__isnull=False),
                name="idempotency_open_or_answered",
            ),
        ]
        indexes = [models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
