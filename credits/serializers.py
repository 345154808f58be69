"""The shapes of the credits API; amounts are decimal strings of credits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.money import Microcredits, format_credits, from_number
from core.shape import KnownFields
from credits.budget import FLOOR, SHARES, Standing
from credits.models import Lot, StatementLine
from credits.queries import Balance, Line
from credits.quotes import Quote


class LotShape(serializers.Serializer[Any]):
    """Credits that came together and expire together."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Lot.Kind.choices)
    granted = serializers.CharField(help_text="credits")
    available = serializers.CharField(help_text="credits")
    expires_at = serializers.DateTimeField(allow_null=True)


class BalanceShape(serializers.Serializer[Any]):
    """What the user has now."""

    available = serializers.CharField(help_text="credits")
    held = serializers.CharField(help_text="credits put aside by running jobs")
    debt = serializers.CharField(help_text="credits owed; the next grant pays it first")
    plan = serializers.CharField()
    unlimited = serializers.BooleanField(help_text="the plan pays for tech-pack operations")
    period_ends_at = serializers.DateTimeField(help_text="when the next monthly credits come")
    lots = LotShape(many=True)


class LineShape(serializers.Serializer[Any]):
    """One operation, grant, expiry or revocation."""

    id = serializers.UUIDField(help_text="for an operation, its reservationId")
    created_at = serializers.DateTimeField()
    operation = serializers.CharField()
    product_id = serializers.UUIDField(required=False)
    job_id = serializers.UUIDField(required=False)
    held = serializers.CharField()
    captured = serializers.CharField()
    released = serializers.CharField()
    refunded = serializers.CharField()
    status = serializers.ChoiceField(StatementLine.Status.choices)
    reason = serializers.CharField()
    included = serializers.BooleanField(help_text="paid by the plan: nothing was drawn")
    change = serializers.CharField(help_text="signed effect on what is available")
    balance_after = serializers.CharField()


class StatementShape(serializers.Serializer[Any]):
    """One page, newest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = LineShape(many=True)


class QuoteRequest(serializers.Serializer[Any]):
    """An operation with the input it would get."""

    operation = serializers.CharField(
        max_length=64, help_text="the last two path parts, as in base-views/analyze"
    )


class QuoteShape(serializers.Serializer[Any]):
    """What it would cost now."""

    credits = serializers.CharField()
    hold = serializers.CharField(help_text="what must be free while it runs")
    seconds = serializers.FloatField()
    affordable = serializers.BooleanField()
    included = serializers.BooleanField(help_text="the plan pays")


class BudgetInput(KnownFields):
    """The floor under which to warn."""

    floor = serializers.DecimalField(
        max_digits=15,
        decimal_places=6,
        min_value=Decimal(0),
        allow_null=True,
        help_text="warn when fewer credits are free; null for no floor",
    )

    def validate_floor(self, credits: Decimal | None) -> Microcredits | None:
        """Credits → µcr."""
        return None if credits is None else from_number(credits)


class BudgetShape(serializers.Serializer[Any]):
    """When the user is warned, and what was warned of in the month that runs."""

    floor = serializers.CharField(allow_null=True, help_text="credits")
    thresholds = serializers.ListField(
        child=serializers.IntegerField(), help_text="per cent of the month's credits"
    )
    warned = serializers.ListField(
        child=serializers.ChoiceField([*map(str, SHARES), FLOOR]),
        help_text="given once a month each",
    )


def present_budget(standing: Standing) -> dict[str, Any]:
    """A standing as BudgetShape."""
    return {
        "floor": None if standing.floor is None else format_credits(standing.floor),
        "thresholds": list(SHARES),
        "warned": standing.warned,
    }


def present_lot(lot: Lot) -> dict[str, Any]:
    """A lot as LotShape."""
    return {
        "id": lot.pk,
        "kind": lot.kind,
        "granted": format_credits(lot.granted),
        "available": format_credits(lot.available),
        "expires_at": lot.expires_at,
    }


def present_balance(balance: Balance, lots: list[Lot]) -> dict[str, Any]:
    """A balance as BalanceShape."""
    return {
        "available": format_credits(balance.available),
        "held": format_credits(balance.held),
        "debt": format_credits(balance.debt),
        "plan": balance.plan,
        "unlimited": balance.is_unlimited,
        "period_ends_at": balance.period_ends_at,
        "lots": [present_lot(lot) for lot in lots],
    }


def present_line(row: Line) -> dict[str, Any]:
    """A statement line as LineShape."""
    line = row.line
    ids = {"product_id": line.product_id, "job_id": line.job_id}
    return {
        "id": line.id,
        "created_at": line.created_at,
        "operation": line.operation,
        **{name: value for name, value in ids.items() if value is not None},
        "held": format_credits(line.held),
        "captured": format_credits(line.captured),
        "released": format_credits(line.released),
        "refunded": format_credits(line.refunded),
        "status": line.status,
        "reason": line.reason,
        "included": line.included,
        "change": format_credits(row.change),
        "balance_after": format_credits(row.balance_after),
    }


def present_quote(quote: Quote) -> dict[str, Any]:
    """A quote as QuoteShape."""
    return {
        "credits": format_credits(quote.credits),
        "hold": format_credits(quote.hold),
        "seconds": quote.seconds,
        "affordable": quote.affordable,
        "included": quote.included,
    }
