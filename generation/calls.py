"""The AI operation log around a provider's call."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import PurePath
from typing import Any, Final, Generic, NamedTuple, TypeVar

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from core import storage
from generation import tallies
from generation.costs import possible_cost
from generation.errors import Canceled, Failure, LeaseLost, ProviderError
from generation.kept import kept
from generation.models import AICall, Job
from generation.providers.protocols import Answer, Call, Usage

REF_LONGEST: Final = 200
CODE_LONGEST: Final = 80
CANCELED: Final = "canceled"  # the class of a call whose answer nobody wanted any more
# For how long an answer that was bought is kept in hand while it cannot be stored.
AWAY_LONGEST_S: Final = 60.0
AWAY_LOOK_AGAIN_S: Final = 0.5
# The database went away, or broke a deadlock: neither the work's fault nor its end.
DATABASE_AWAY: Final = (InterfaceError, OperationalError)
Kept = TypeVar("Kept")
log = logging.getLogger("techpack.ai")


@dataclass(frozen=True)
class Past:
    """What the log knows of a part that was asked for before, in this attempt or an earlier one.

    ``complaints`` are what was wrong with answers that could not be used.
    """

    answer: Answer | None = None
    is_ambiguous: bool = False
    complaints: list[str] = field(default_factory=list)


def past_of(job: Job, call: Call) -> Past:
    """What became of the asks for a part so far."""
    status = AICall.Status
    asked = AICall.objects.filter(job=job, part=call.part, operation_name=call.operation)
    rows = list(asked.exclude(status=status.PENDING).order_by("pk"))
    bought = next((row for row in rows if row.status == status.COMPLETED), None)
    return Past(
        answer=_answer_of(bought) if bought else None,
        is_ambiguous=any(row.status == status.AMBIGUOUS for row in rows),
        complaints=[
            row.error_message.partition(": ")[2]
            for row in rows
            if row.error_class == Failure.MALFORMED_OUTPUT
        ],
    )


def ask_once(*, job: Job, call: Call, ask: Callable[[], Answer]) -> Answer:
    """Log, ask, log the answer. What this job already bought is not bought again.

    Raises ProviderError as the provider did, and LeaseLost where the job is no longer this
    attempt's; an exception of our own is logged as a bug and raised on.
    """
    past = past_of(job, call)
    if past.answer is not None:
        return past.answer
    asked = ask_logged(job=job, call=call, ask=ask)
    return keep(asked.row, asked.answer, asked.started)


class Asked(NamedTuple, Generic[Kept]):
    """A call that was answered and is still open in the log; ``started`` by ``perf_counter``."""

    row: AICall
    answer: Kept
    started: float


def ask_logged(*, job: Job, call: Call, ask: Callable[[], Kept]) -> Asked[Kept]:
    """Log, ask, log a failure; what was answered is for the caller to log. Raises as ``ask_once``.

    What makes its answer during the call may raise Canceled and LeaseLost out of it.
    """
    with transaction.atomic():
        _hold_on(job)
        row = open_call(job, call)
    started = time.perf_counter()
    try:
        answer = ask()
    except Canceled:
        surely(partial(stop_call, row, started), *DATABASE_AWAY)
        raise
    except LeaseLost:
        surely(lambda: lose_call(AICall.objects.get(pk=row.pk)), *DATABASE_AWAY)
        raise
    except Exception as error:
        surely(partial(fail_call, row, error, started), *DATABASE_AWAY)
        raise
    return Asked(row, answer, started)


def keep(row: AICall, answer: Answer, started: float) -> Answer:
    """Store the pictures and log the answer. Raises LeaseLost where another's answer counts."""
    told: dict[str, Any] = {
        "ref": answer.ref,
        "usage": answer.usage,
        "prompt_version": answer.prompt_version,
    }
    try:
        keys = surely(lambda: _keep_images(answer), OSError)
    except Exception as error:
        fail_call(row, error, started, **told)
        raise
    output = {"data": answer.data, "images": keys}
    log_it = partial(complete_call, row, output=output, started=started, **told)
    try:
        surely(log_it, *DATABASE_AWAY)
    except IntegrityError as error:
        # Taken for lost meanwhile, and asked again by another attempt, whose answer counts.
        raise LeaseLost from error
    return replace(answer, keys=keys, model=f"{row.provider}:{row.model_name}")


def surely(do: Callable[[], Kept], *passing: type[Exception]) -> Kept:
    """Do it, again and again while storage or database are away: what was bought is not lost."""
    until, pause = time.monotonic() + AWAY_LONGEST_S, threading.Event()
    while True:
        try:
            return do()
        except passing as error:
            if time.monotonic() > until:
                raise
            log.warning("what was bought is not kept yet: %s", type(error).__name__)
        if not connection.in_atomic_block:
            connection.close()
        pause.wait(AWAY_LOOK_AGAIN_S)


def _hold_on(job: Job) -> None:
    """Renew the lease of the attempt that is about to buy. Raises LeaseLost.

    A worker that stood still so long that another has the job must not buy a second time.
    """
    mine = Job.objects.filter(pk=job.pk, fence=job.fence, status=Job.Status.RUNNING)
    if not mine.update(lease_expires_at=Now() + timedelta(seconds=settings.JOB_LEASE_S)):
        raise LeaseLost


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
        input_data=kept(call.input),
        context=call.context,
        request_id=job.request_id,
        submitted_at=Now(),
    )


def complete_call(
    row: AICall,
    *,
    usage: Usage,
    ref: str,
    output: dict[str, Any],
    started: float | None = None,
    prompt_version: str = "",
) -> None:
    """Log what was bought; ``started`` is by ``time.perf_counter``.

    Without it the call took from when it was submitted until now: another process may have made
    it. Raises IntegrityError where another call for the same part was bought meanwhile.
    """
    ms = _ms_of(row, started)
    AICall.objects.filter(pk=row.pk).update(
        status=AICall.Status.COMPLETED,
        provider_ref=ref[:REF_LONGEST],
        prompt_version=prompt_version,
        output_data=output,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        total_tokens=usage.total_tokens,
        cost_usd_micros=usage.cost_usd_micros,
        error_class="",
        error_message="",
        processing_time_ms=ms,
        completed_at=Now(),
    )
    tallies.count_call(row, outcome=tallies.COMPLETED, usage=usage, ms=ms)


def fail_call(
    row: AICall,
    error: Exception,
    started: float | None = None,
    *,
    usage: Usage | None = None,
    ref: str = "",
    prompt_version: str = "",
) -> None:
    """Log that there is no answer to use, and why; what was bought stays bought.

    ``usage``, ``ref`` and ``prompt_version`` are the failed answer's, where the error itself does
    not say them: a failed answer may have cost something all the same. ``started`` is as for
    ``complete_call``.
    """
    told = error if isinstance(error, ProviderError) else None
    failure = told.failure if told else Failure.BUG
    used = usage or (told and told.usage) or Usage()
    is_ambiguous, ms = failure is Failure.AMBIGUOUS, _ms_of(row, started)
    context = row.context
    if is_ambiguous:
        is_estimate = bool(used.details.get("isEstimate"))
        context = _with_possible_cost(row, used.cost_usd_micros if is_estimate else 0)
        used = Usage() if is_estimate else used
    has_ended_now = AICall.objects.filter(pk=row.pk, status=AICall.Status.PENDING).update(
        status=AICall.Status.AMBIGUOUS if is_ambiguous else AICall.Status.FAILED,
        provider_ref=((told.ref if told else ref) or row.provider_ref)[:REF_LONGEST],
        prompt_version=told.prompt_version if told else prompt_version,
        context=context,
        prompt_tokens=used.prompt_tokens,
        completion_tokens=used.completion_tokens,
        total_tokens=used.total_tokens,
        cost_usd_micros=used.cost_usd_micros,
        error_class=failure.value,
        error_code=(told.code if told else "")[:CODE_LONGEST],
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
        context=row.context if is_harmless else _with_possible_cost(row),
        error_class=failure.value,
        error_message="the worker was lost "
        + ("during the call" if is_harmless else "after the call was sent"),
        completed_at=Now(),
    )
    if lost:
        tallies.count_call(row, outcome=failure.value, usage=Usage(), ms=_ms_of(row, None))
    return bool(lost)


def accept_call(row: AICall, *, ref: str) -> None:
    """Log that the provider works on by itself, and how it calls that: the call stays open.

    A call that was taken for lost meanwhile is known by its reference all the same.
    """
    AICall.objects.filter(pk=row.pk).update(provider_ref=ref[:REF_LONGEST])
    row.provider_ref = ref[:REF_LONGEST]


def stop_call(row: AICall, started: float | None = None) -> None:
    """Log that its user did not want the answer any more; it may have cost something.

    That says nothing about the provider, so that it is not counted. ``started`` is as for
    ``complete_call``.
    """
    AICall.objects.filter(pk=row.pk, status=AICall.Status.PENDING).update(
        status=AICall.Status.FAILED,
        context=row.context if row.is_resubmittable else _with_possible_cost(row),
        error_class=CANCELED,
        error_message="canceled by its user",
        processing_time_ms=_ms_of(row, started),
        completed_at=Now(),
    )


def _with_possible_cost(row: AICall, estimate: int = 0) -> dict[str, Any]:
    """What was known of the call, and what it may have cost: the provider's estimate, or ours.

    It is kept apart from ``cost_usd_micros``, which is what surely was paid.
    """
    return {**row.context, "possibleCostUsdMicros": estimate or possible_cost(row)}


def _ms_of(row: AICall, started: float | None) -> int:
    """How long a call took that ends now."""
    if started is not None:
        return round((time.perf_counter() - started) * 1000)
    asked_at = row.submitted_at or row.created_at
    return max(0, round((timezone.now() - asked_at).total_seconds() * 1000))


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
        prompt_version=row.prompt_version,
    )
