"""The AI operation log around a provider's call."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from core import storage
from generation import tallies
from generation.errors import Failure, ProviderError
from generation.models import AICall, Job
from generation.providers.protocols import Answer, Call, Usage


def ask_once(*, job: Job, call: Call, ask: Callable[[], Answer]) -> Answer:
    """Log, ask, log the answer. What this job already bought is not bought again.

    Raises ProviderError as the provider did; an exception of our own is logged as a
    bug and raised on.
    """
    bought = AICall.objects.filter(
        job=job, part=call.part, operation_name=call.operation, status=AICall.Status.COMPLETED
    ).first()
    if bought is not None:
        return _answer_of(bought)
    row = open_call(job, call)
    started = time.perf_counter()
    try:
        answer = ask()
    except Exception as error:
        fail_call(row, error, started)
        raise
    keys = _keep_images(answer)
    output = {"data": answer.data, "images": keys}
    complete_call(row, usage=answer.usage, ref=answer.ref, output=output, started=started)
    return replace(answer, keys=keys, model=f"{row.provider}:{row.model_name}")


def open_call(job: Job, call: Call) -> AICall:
    """Log that the provider is asked; committed before it is."""
    return AICall.objects.create(
        job=job,
        user_id=job.user_id,
        product_id=job.product_id,
        part=call.part,
        operation_name=call.operation,
        operation_type=call.type,
        provider=call.provider,
        model_name=call.model,
        is_resubmittable=call.is_resubmittable,
        input_data=call.input,
        context=call.context,
        request_id=job.request_id,
        submitted_at=Now(),
    )


def complete_call(
    row: AICall, *, usage: Usage, ref: str, output: dict[str, Any], started: float
) -> None:
    """Log what was bought; ``started`` is by ``time.perf_counter``."""
    ms = _ms_since(started)
    AICall.objects.filter(pk=row.pk).update(
        status=AICall.Status.COMPLETED,
        provider_ref=ref,
        output_data=output,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        total_tokens=usage.total_tokens,
        cost_usd_micros=usage.cost_usd_micros,
        processing_time_ms=ms,
        completed_at=Now(),
    )
    tallies.count_call(row, outcome=tallies.COMPLETED, usage=usage, ms=ms)


def fail_call(row: AICall, error: Exception, started: float, *, usage: Usage | None = None) -> None:
    """Log that the provider did not answer, and why; what was bought stays bought.

    ``usage`` is what it used, or may have used, all the same.
    """
    failure = error.failure if isinstance(error, ProviderError) else Failure.BUG
    used, status, ms = usage or Usage(), AICall.Status, _ms_since(started)
    has_ended_now = AICall.objects.filter(pk=row.pk, status=status.PENDING).update(
        status=status.AMBIGUOUS if failure is Failure.AMBIGUOUS else status.FAILED,
        prompt_tokens=used.prompt_tokens,
        completion_tokens=used.completion_tokens,
        total_tokens=used.total_tokens,
        cost_usd_micros=used.cost_usd_micros,
        error_class=failure.value,
        error_message=f"{type(error).__name__}: {error}"[:2000],
        processing_time_ms=ms,
        completed_at=Now(),
    )
    if has_ended_now:
        tallies.count_call(row, outcome=failure.value, usage=used, ms=ms)


def lose_call(row: AICall) -> bool:
    """Log that whoever made the call is gone; returns whether the call had not ended before.

    What buys nothing may be made again; of anything else nobody knows whether it was bought.
    """
    is_harmless, status = row.is_resubmittable, AICall.Status
    failure = Failure.TRANSIENT if is_harmless else Failure.AMBIGUOUS
    lost = AICall.objects.filter(pk=row.pk, status=status.PENDING).update(
        status=status.FAILED if is_harmless else status.AMBIGUOUS,
        error_class=failure.value,
        error_message="the worker was lost "
        + ("during the call" if is_harmless else "after the call was sent"),
        completed_at=Now(),
    )
    if lost:
        asked_at = row.submitted_at or row.created_at
        ms = round((timezone.now() - asked_at).total_seconds() * 1000)
        tallies.count_call(row, outcome=failure.value, usage=Usage(), ms=max(ms, 0))
    return bool(lost)


def _ms_since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)


def _keep_images(answer: Answer) -> dict[str, str]:
    """Store the pictures at once: what was bought survives whatever comes next."""
    return {
        name: storage.put("generated", data, PurePath(name).suffix.lstrip("."))
        for name, data in answer.images.items()
    }


def _answer_of(row: AICall) -> Answer:
    output: dict[str, Any] = row.output_data or {}
    return Answer(
        data=output.get("data", {}),
        keys=output.get("images", {}),
        usage=Usage(row.prompt_tokens, row.completion_tokens, row.cost_usd_micros),
        ref=row.provider_ref,
        model=f"{row.provider}:{row.model_name}",
    )
