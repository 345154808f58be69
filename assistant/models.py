"""What is remembered of earlier answers: how long they were, never what they said."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from core.ids import uuid7


class Turn(models.Model):
    """One whole answer. Similar requests have the same key, model and size of prompt."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="turns")
    api_key_id = models.UUIDField(null=True)  # none: from a page or a session
    model = models.CharField(max_length=80)
    prompt_bucket = models.PositiveSmallIntegerField()  # estimated tokens < 2 ** bucket
    prompt_tokens = models.PositiveIntegerField()
    completion_tokens = models.PositiveIntegerField()  # of one choice
    job = models.OneToOneField("generation.Job", models.CASCADE, related_name="turn")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(
                fields=["user", "api_key_id", "model", "prompt_bucket", "-id"], name="turn_similar"
            )
        ]

    def __str__(self) -> str:
        return f"{self.completion_tokens} tokens by {self.model}"
