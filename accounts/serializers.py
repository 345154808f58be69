"""Shapes of the accounts' API."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from accounts.models import ApiKey
from accounts.scopes import SCOPES
from core.money import Microcredits, format_credits, from_number


class NewKeyInput(serializers.Serializer[Any]):
    """What a key is made from; the cap is in credits a calendar month."""

    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=30), required=False, max_length=len(SCOPES) * 2
    )
    monthly_cap = serializers.DecimalField(
        max_digits=15, decimal_places=6, min_value=Decimal(0), required=False, allow_null=True
    )

    def validate_monthly_cap(self, credits: Decimal | None) -> Microcredits | None:
        """Credits → µcr."""
        return None if credits is None else from_number(credits)


class KeyOutput(serializers.ModelSerializer[ApiKey]):
    """A key without its secret."""

    monthly_cap = serializers.SerializerMethodField()

    class Meta:
        model = ApiKey
        fields: tuple[str, ...] = (
            "id",
            "name",
            "prefix",
            "scopes",
            "monthly_cap",
            "created_at",
            "last_used_at",
            "revoked_at",
        )

    def get_monthly_cap(self, key: ApiKey) -> str | None:
        """A decimal string of credits, or null."""
        return None if key.monthly_cap is None else format_credits(key.monthly_cap)


class NewKeyOutput(KeyOutput):
    """A key just made, with its secret for this once."""

    key = serializers.CharField()

    class Meta(KeyOutput.Meta):
        fields = (*KeyOutput.Meta.fields, "key")


class KeyPage(serializers.Serializer[Any]):
    """One page of keys."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = KeyOutput(many=True)
