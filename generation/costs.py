"""What a call may have cost us, where nobody knows whether it was bought."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django.conf import settings

from generation.models import AICall
from generation.providers.costs import filmed

LIKE_IT: Final = 50
# A call of a step with one photo, where the log knows none like it.
USUAL_TOKENS_IN, USUAL_TOKENS_OUT = 4000, 2000
NOTHING: Final = Decimal(0)


def possible_cost(row: AICall) -> int:
    """The most that a call may have cost, in millionths of a US dollar; 0 where it buys nothing.

    An estimate: the dearest of the last calls like it, or else the price list's. What is priced by
    the second is known from its input.
    """
    if row.is_resubmittable:
        return 0
    if by_second := cost_of_seconds(row):
        return by_second
    like_it = AICall.objects.filter(
        provider=row.provider,
        model_name=row.model_name,
        operation_name=row.operation_name,
        status=AICall.Status.COMPLETED,
    ).order_by("-completed_at")
    costs = list(like_it.values_list("cost_usd_micros", flat=True)[:LIKE_IT])
    return max(costs) if any(costs) else _by_list(row)


def cost_of_seconds(row: AICall) -> int:
    """What a film costs by the price list, in millionths of a US dollar; 0 for anything else."""
    return filmed(row.model_name, int(row.input_data.get("seconds") or 0)).cost_usd_micros


def _by_list(row: AICall) -> int:
    price = settings.AI_PRICES.get(row.model_name, {})
    # Dollars per million tokens are millionths of a dollar per token.
    asked = price.get("input", NOTHING) * USUAL_TOKENS_IN
    answered = price.get("output", NOTHING) * USUAL_TOKENS_OUT
    return int(asked + answered + price.get("image", NOTHING) * 1_000_000)
