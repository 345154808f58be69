"""Shapes of notifications on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from notifications.models import Notification
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
