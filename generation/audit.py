"""The AI operation log as its owner reads it: in plain words, without a vendor's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from core.money import Microcredits
from credits import names
from credits import queries as credit
from generation.calls import CANCELED
from generation.errors import Failure
from generation.models import AICall, Job
from generation.providers.steps import PARENTS

Status = AICall.Status
OUTCOMES: Final = {
    Status.PENDING: "Asked, not answered yet",
    Status.COMPLETED: "Answered",
    Status.FAILED: "Failed",
    Status.AMBIGUOUS: "Sent, and no answer came: not sent again",
}
REASONS: Final[dict[str, str]] = {
    Failure.TRANSIENT: "The service did not answer",
    Failure.QUOTA: "The service was unavailable",
    Failure.CONFIGURATION: "The service was unavailable",
    Failure.MALFORMED_OUTPUT: "The answer was unusable",
    Failure.USER_INPUT: "The content was refused",
    Failure.BUG: "Something went wrong on our side",
    CANCELED: "Canceled",
}
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,80}")


@dataclass(frozen=True)
class Totals:
    """All calls behind a product. ``charged`` is in µcr, for the jobs that made them."""

    calls: int
    failed: int
    tokens: int
    cost_usd_micros: int
    charged: Microcredits


def step_of(operation: str) -> str:
    """The step that an operation belongs to, and which part of it: "Close-ups, plan"."""
    if operation not in PARENTS:
        return names.label_of(operation)
    detail = re.split("[/:]", operation)[-1]
    return f"{names.label_of(PARENTS[operation])}, {detail}"


def outcome_of(call: AICall) -> str:
    """How a call ended. Only a code makes a refusal one of content: else it was the wish."""
    if call.error_class == Failure.USER_INPUT and not call.error_code:
        return "It cannot be done as asked"
    if call.status == Status.FAILED and call.error_class in REASONS:
        return REASONS[call.error_class]
    return OUTCOMES[Status(call.status)]


def code_of(call: AICall) -> str:
    """The provider's own code for a failure, where it is one and no sentence."""
    return call.error_code if _CODE.fullmatch(call.error_code) else ""


def charged_of(job: Job) -> Microcredits:
    """What was drawn for a job, in µcr; what the plan paid is nothing."""
    hold = job.hold
    return 0 if hold is None or hold.unlimited else hold.captured - hold.refunded


def calls_behind(user: Any, product_id: UUID) -> QuerySet[AICall]:
    """Every AI call behind a product with its job and hold, newest first."""
    rows = AICall.objects.filter(user=user, product_id=product_id)
    return rows.select_related("job__hold").order_by("-pk")


def totals_of(user: Any, product_id: UUID) -> Totals:
    """The sums of all calls behind a product; each job's charge counts once."""
    calls = AICall.objects.filter(user=user, product_id=product_id)
    found = calls.aggregate(
        calls=Count("pk"),
        failed=Count("pk", filter=Q(status__in=[Status.FAILED, Status.AMBIGUOUS])),
        tokens=Sum("total_tokens", default=0),
        cost_usd_micros=Sum("cost_usd_micros", default=0),
    )
    return Totals(**found, charged=credit.charged(calls.values("job__hold_id")))
