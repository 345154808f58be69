"""The end of an answer: charged for what was used, or given back whole."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

from assistant import budgets, failures, history
from assistant.answers import estimated_usage, written_bytes
from assistant.reserving import Reserved
from core.errors import DomainError
from core.money import CREDITS_PER_USD, Microcredits
from generation import work
from generation.errors import Failure, LeaseLost, ProviderError
from generation.kinds import Outcome
from generation.models import Job
from generation.providers.protocols import Completion, Usage

log = logging.getLogger("techpack.assistant")


@dataclass(frozen=True)
class Settled:
    """What an answer used and what was charged for it, in µcr; budgets may have warned."""

    usage: Usage
    charged: Microcredits
    warnings: tuple[str, ...] = ()


def settle_whole(reserved: Reserved, found: Completion) -> Settled:
    """Log and charge a whole answer. Raises LeaseLost where somebody else ended the job."""
    usage = found.usage or _estimated(reserved, written_bytes(found.choices))
    ends = [choice.get("finish_reason") for choice in found.choices]
    return settle(reserved, usage, ref=found.ref, ends=ends, is_whole=True)


def settle(
    reserved: Reserved, usage: Usage, *, ref: str, ends: list[Any], is_whole: bool
) -> Settled:
    """Log what was bought, then charge it, capped at the hold; the rest goes back.

    ``ends`` are the choices' finish reasons; an answer that is not whole is no measure of what
    is usual. Raises LeaseLost, HoldClosed.
    """
    question, run = reserved.question, reserved.run
    cost = question.cost(usage.prompt_tokens, usage.completion_tokens)
    charged = min(cost, run.job.price)
    result = {
        "model": question.model,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "finish_reasons": ends,
        "is_whole": is_whole,
    }
    run.log_answer(usage=_bought(reserved, usage), ref=ref, output=result)

    def store(job: Job) -> dict[str, Any]:
        if is_whole:
            history.remember(question, job, usage)
        return result

    if not work.settle(run=run, outcome=Outcome(store=store, captured=charged)):
        raise LeaseLost
    return Settled(usage, charged, budgets.crossed(question.user))


def give_back(reserved: Reserved, error: Exception) -> DomainError:
    """End the job without a charge; returns what the user is told."""
    told = failures.told(error)
    if isinstance(error, ProviderError):
        log.warning("%s did not answer: %s %s", reserved.question.model, error.failure, error)
    elif not isinstance(error, DomainError | LeaseLost):
        log.exception("an answer met a bug", exc_info=error)
    reserved.run.log_failure(error, usage=_bought_in_vain(reserved, error))
    work.fail(run=reserved.run, error=told)
    return told


def _estimated(reserved: Reserved, written: int) -> Usage:
    return estimated_usage(input_tokens=reserved.question.input_tokens, written=written)


def _bought_in_vain(reserved: Reserved, error: Exception) -> Usage | None:
    """What a failure cost us: as the provider says, or all that it may have been."""
    if not isinstance(error, ProviderError):
        return None
    if error.usage is None and error.failure is Failure.AMBIGUOUS:
        return Usage(cost_usd_micros=_micro_usd(reserved.run.job.price))
    return error.usage and _bought(reserved, error.usage)


def _bought(reserved: Reserved, usage: Usage) -> Usage:
    """With its cost to us: by the list, where the provider told none and is paid at all."""
    question = reserved.question
    if usage.cost_usd_micros or question.chat.is_resubmittable:
        return usage
    cost = question.cost(usage.prompt_tokens, usage.completion_tokens)
    return replace(usage, cost_usd_micros=_micro_usd(cost))


def _micro_usd(amount: Microcredits) -> int:
    """µcr in millionths of a US dollar, rounded up."""
    return -(-amount // CREDITS_PER_USD)
