"""The inbox and how people are told, who had which event, and addresses of users' own."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from core.ids import uuid7

TITLE_LONGEST = 200


class Notification(models.Model):
    """Something that a user is told: what happened, and the one thing to do next.

    ``link`` is an address of this site, with ``link_label`` for its button; ``context`` says
    the same as ``body`` to programs. Who does not want it in the inbox has it there unlisted,
    for as long as it is a mail to be sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notifications",
        db_index=False,  # the first of the indexes below serves for it
    )
    kind = models.CharField(max_length=64)
    title = models.CharField(max_length=TITLE_LONGEST)
    body = models.TextField(blank=True)
    link = models.CharField(max_length=500, blank=True)
    link_label = models.CharField(max_length=60, blank=True)
    context = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True, blank=True)
    is_listed = models.BooleanField("in the inbox", default=True)
    # When it is to be sent by e-mail next; null where it is not, or was sent.
    email_due_at = models.DateTimeField(null=True, blank=True)
    emailed_at = models.DateTimeField(null=True, blank=True)
    email_failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(link="", link_label="")
                | (Q(link__regex=r"^/([^/\\]|$)") & ~Q(link_label="")),
                name="notification_links_inside_with_words",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_newest"),
            models.Index(
                fields=["user"], condition=Q(read_at__isnull=True), name="notification_unread"
            ),
            models.Index(
                fields=["email_due_at"],
                condition=Q(email_due_at__isnull=False),
                name="notification_email_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.title}"


class Preference(models.Model):
    """How a user wants to be told of one subject, where that differs from the usual way.

    ``subject`` is one of ``notifications.subjects``.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_preferences"
    )
    subject = models.CharField(max_length=40)
    inbox = models.BooleanField()
    email = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "subject"], name="preference_once"),
        ]

    def __str__(self) -> str:
        return self.subject


class Watch(models.Model):
    """Somebody is looking: an open page of a product, or a request that waits for a job.

    ``subject`` is the product's or the job's id.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    subject = models.UUIDField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "subject"], name="watch_once"),
        ]

    def __str__(self) -> str:
        return str(self.subject)


class EventDelivery(models.Model):
    """A consumer had an event: written in the transaction of what the consumer did with it."""

    consumer = models.CharField(max_length=40)
    event_id = models.UUIDField()
    done_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consumer", "event_id"], name="event_delivered_once"),
        ]
        indexes = [models.Index(fields=["done_at"], name="event_delivery_oldest")]

    def __str__(self) -> str:
        return f"{self.consumer} {self.event_id}"


class DeadLetter(models.Model):
    """A message that a consumer could not do anything with, for somebody to look at and replay.

    ``body`` is what came, as text, which need not be an event at all.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    consumer = models.CharField(max_length=40)
    event_id = models.UUIDField(null=True, blank=True)
    body = models.TextField()
    error = models.CharField(max_length=500)
    attempts = models.PositiveSmallIntegerField(default=1)
    died_at = models.DateTimeField(db_default=Now())
    replayed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-died_at"], name="dead_letter_newest")]

    def __str__(self) -> str:
        return f"{self.consumer} {self.event_id or ''}".strip()


class WebhookTarget(models.Model):
    """An address of a user's own that is told of events; ``types`` empty means of all."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="webhook_targets"
    )
    url = models.URLField(max_length=2000)
    description = models.CharField(max_length=100, blank=True)
    types = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    secret = models.CharField(max_length=80, editable=False)  # whsec_…, to sign with
    # The one before, which signs beside it until then.
    old_secret = models.CharField(max_length=80, blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    failing_since = models.DateTimeField(null=True, blank=True)
    # By its owner, or because it took nothing for too long.
    disabled_at = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)  # when it last took something
    # Nothing is sent to it before: a sender has it, or it rests after failing.
    busy_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One event for one address: what is sent, and how that went."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    target = models.ForeignKey(
        WebhookTarget, models.CASCADE, related_name="deliveries", db_index=False
    )
    event_id = models.UUIDField()
    type = models.CharField(max_length=64)
    body = models.TextField()  # the bytes that are signed, as text
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    last_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["target", "event_id"], name="webhook_delivery_once"),
        ]
        indexes = [
            models.Index(fields=["target", "-id"], name="webhook_delivery_newest"),
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="webhook_delivery_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.state}"
