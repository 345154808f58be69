"""How long this user's answers to similar requests usually are."""

from __future__ import annotations

from statistics import median_low

from assistant.models import Turn
from assistant.questions import Question
from generation.models import Job
from generation.providers.protocols import Usage

SIMILAR_LEAST = 5
LOOKED_AT = 50  # the latest of them


def usual_output_tokens(question: Question, *, of_any_key: bool = False) -> int | None:
    """The median of a choice's tokens, after at least five similar requests; else None."""
    similar = Turn.objects.filter(
        user=question.user, model=question.model, prompt_bucket=question.prompt_bucket
    )
    if not of_any_key:
        similar = similar.filter(api_key_id=question.api_key_id)
    latest = similar.order_by("-pk").values_list("completion_tokens", flat=True)[:LOOKED_AT]
    found = list(latest)
    return median_low(found) if len(found) >= SIMILAR_LEAST else None


def remember(question: Question, job: Job, usage: Usage) -> None:
    """Count a whole answer."""
    Turn.objects.create(
        user=question.user,
        api_key_id=question.api_key_id,
        model=question.model,
        prompt_bucket=question.prompt_bucket,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=-(-usage.completion_tokens // question.choices),
        job=job,
    )


def in_words(tokens: int) -> str:
    """The hint as refusals and warnings say it."""
    return f"You usually use about {tokens} tokens for similar requests"
