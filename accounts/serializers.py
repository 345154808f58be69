"""Shapes of the accounts' API."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from accounts.entitlements import entitlements_of
from accounts.models import ApiKey, User
from accounts.scopes import SCOPES
from accounts.usage import used_this_month
from core.money import Microcredits, format_credits, from_number
from core.shape import KnownFields


class KeyChange(KnownFields):
    """What can be changed of a key; what is left out stays. A cap of null takes the cap away."""

    name = serializers.CharField(max_length=100, required=False)
    monthly_cap = serializers.DecimalField(
        max_digits=15,
        decimal_places=6,
        min_value=Decimal(0),
        required=False,
        allow_null=True,
        help_text="credits a month of the account",
    )
    credit_policy = serializers.ChoiceField(
        ApiKey.CreditPolicy.choices,
        required=False,
        help_text="for chats that do not say it: `strict` refuses what the credits do not cover, "
        "`adjust` shortens max_tokens",
    )

    def validate_monthly_cap(self, credits: Decimal | None) -> Microcredits | None:
        """Credits → µcr."""
        return None if credits is None else from_number(credits)


class NewKeyInput(KeyChange):
    """What a key is made from."""

    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=30), required=False, max_length=len(SCOPES) * 2
    )


class KeyOutput(serializers.ModelSerializer[ApiKey]):
    """A key without its secret."""

    monthly_cap = serializers.SerializerMethodField()
    used_this_month = serializers.SerializerMethodField()

    class Meta:
        model = ApiKey
        fields: tuple[str, ...] = (
            "id",
            "name",
            "prefix",
            "scopes",
            "monthly_cap",
            "used_this_month",
            "credit_policy",
            "created_at",
            "last_used_at",
            "revoked_at",
        )

    def get_monthly_cap(self, key: ApiKey) -> str | None:
        """A decimal string of credits, or null."""
        return None if key.monthly_cap is None else format_credits(key.monthly_cap)

    def get_used_this_month(self, key: ApiKey) -> str:
        """What it drew and holds of this month's credits, as a decimal string."""
        return format_credits(self.context["used"][key.pk])


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


class AccountChange(KnownFields):
    """What can be changed of an account; what is left out stays."""

    name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    units = serializers.ChoiceField(
        User.Units.choices, required=False, help_text="for new products"
    )
    locale = serializers.ChoiceField(User.Locale.choices, required=False)
    theme = serializers.ChoiceField(User.Theme.choices, required=False)
    may_fall_back = serializers.BooleanField(
        required=False, help_text="ask another AI service while the usual one is down"
    )


class AccountOutput(serializers.ModelSerializer[User]):
    """An account, and how the product behaves to it."""

    entitlements = serializers.SerializerMethodField(
        help_text="what its plan lets it do: `unlimited_operations`, or nothing beyond the usual"
    )

    class Meta:
        model = User
        fields = (
            "id",
            "email",
            "name",
            "units",
            "locale",
            "theme",
            "may_fall_back",
            "date_joined",
            "entitlements",
        )

    def get_entitlements(self, user: User) -> list[str]:
        """By the groups that the account is in; a moment behind a change of its plan."""
        return entitlements_of(user)


def present_keys(user: User, keys: Sequence[ApiKey]) -> list[dict[str, Any]]:
    """Keys of the user as KeyOutput."""
    used = used_this_month(user, keys)
    return [dict(KeyOutput(key, context={"used": used}).data) for key in keys]
