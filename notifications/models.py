"""The inbox."""

from __future__ import annotations

from django.conf import settings
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
