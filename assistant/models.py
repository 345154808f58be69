"""What was said in the workspace; of other answers only how long they were."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from core.ids import uuid7


class Turn(models.Model):
    """One whole answer, without its words.

    Similar requests have the same key, model and size of prompt.
    """

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


class Message(models.Model):
    """What was said about a product in the workspace: questions, and the answer of each."""

    class Role(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="messages")
    product_id = models.UUIDField()
    role = models.CharField(max_length=9, choices=Role.choices)
    content = models.TextField()
    once = models.CharField(max_length=64, blank=True)  # of a question: what makes it the same
    question = models.OneToOneField("self", models.CASCADE, null=True, related_name="answer")
    job = models.ForeignKey("generation.Job", models.SET_NULL, null=True, related_name="messages")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "product_id", "once"],
                condition=models.Q(role="user"),
                name="message_asked_once",
            ),
            models.CheckConstraint(
                condition=models.Q(role="user", question__isnull=True)
                | models.Q(role="assistant", question__isnull=False),
                name="message_answers_a_question",
            ),
        ]
        indexes = [models.Index(fields=["user", "product_id", "-id"], name="message_of_product")]

    def __str__(self) -> str:
        return f"{self.role} {self.id}"
