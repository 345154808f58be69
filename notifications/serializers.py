"""Shapes of notifications on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from notifications.models import Notification, WebhookDelivery, WebhookTarget
from notifications.subjects import SUBJECTS


class NotificationShape(serializers.ModelSerializer[Notification]):
    """Something that the user was told."""

    link = serializers.CharField(help_text="an address of this site, or empty")
    link_label = serializers.CharField(help_text="what following the link does, or empty")
    context = serializers.DictField(  # type: ignore[assignment]
        help_text="the same for programs, by kind"
    )

    class Meta:
        model = Notification
        fields = (
            "id",
            "kind",
            "title",
            "body",
            "link",
            "link_label",
            "context",
            "created_at",
            "read_at",
        )


class NotificationPage(serializers.Serializer[Any]):
    """One page of the inbox."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = NotificationShape(many=True)


class AllRead(serializers.Serializer[Any]):
    """How many notifications were not read until now."""

    read = serializers.IntegerField()


class SubjectShape(serializers.Serializer[Any]):
    """Something that the account can be told of, and how it is."""

    subject = serializers.ChoiceField(choices=list(SUBJECTS))
    title = serializers.CharField()
    description = serializers.CharField()
    inbox = serializers.BooleanField()
    email = serializers.BooleanField()
    always_in_inbox = serializers.CharField(
        allow_null=True, help_text="why the inbox cannot be turned off; null where it can"
    )


class PreferencesShape(serializers.Serializer[Any]):
    """How the account is told of what."""

    address = serializers.EmailField(
        allow_null=True, help_text="where mail goes; null until it is confirmed"
    )
    subjects = SubjectShape(many=True)


class WebhookShape(serializers.ModelSerializer[WebhookTarget]):
    """An address that is told of events."""

    types = serializers.ListField(
        child=serializers.CharField(), help_text="what it is told of; empty means of everything"
    )
    enabled = serializers.SerializerMethodField(help_text="whether it is sent anything")

    class Meta:
        model = WebhookTarget
        fields: tuple[str, ...] = (
            "id",
            "url",
            "description",
            "types",
            "enabled",
            "created_at",
            "failing_since",
            "disabled_at",
        )
        extra_kwargs = {
            "failing_since": {"help_text": "since when it has taken nothing; null while it does"},
            "disabled_at": {"help_text": "since when it is off"},
        }

    def get_enabled(self, target: WebhookTarget) -> bool:
        """Whether it is on."""
        return target.disabled_at is None


class NewWebhookShape(WebhookShape):
    """An address with the secret that its messages are signed with, for this once."""

    secret = serializers.CharField(help_text="`whsec_…`")

    class Meta(WebhookShape.Meta):
        fields = (*WebhookShape.Meta.fields, "secret")


class WebhookPage(serializers.Serializer[Any]):
    """One page of addresses."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = WebhookShape(many=True)


class WebhookDeliveryShape(serializers.ModelSerializer[WebhookDelivery]):
    """One event for one address, and how sending it went."""

    attempts = serializers.IntegerField(help_text="tries so far")
    next_try_at = serializers.DateTimeField(source="due_at", allow_null=True)
    status = serializers.IntegerField(
        source="last_status", allow_null=True, help_text="HTTP's, of the last try's answer"
    )
    problem = serializers.CharField(source="last_error", help_text="of the last try, or empty")
    took_ms = serializers.IntegerField(source="last_ms", allow_null=True)
    body = serializers.CharField(help_text="what is sent, byte for byte")

    class Meta:
        model = WebhookDelivery
        fields = (
            "id",
            "event_id",
            "type",
            "state",
            "attempts",
            "next_try_at",
            "status",
            "problem",
            "took_ms",
            "body",
            "created_at",
            "ended_at",
        )


class WebhookDeliveryPage(serializers.Serializer[Any]):
    """One page of deliveries."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = WebhookDeliveryShape(many=True)
