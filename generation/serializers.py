"""Shapes of jobs on the wire."""

from __future__ import annotations

from rest_framework import serializers

from generation.models import Job


class JobSerializer(serializers.Serializer):
    """A job."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    status = serializers.ChoiceField(choices=Job.Status.choices)
    progress = serializers.IntegerField(min_value=0, max_value=100)
    step = serializers.CharField()
    attempts = serializers.IntegerField()
    product_id = serializers.UUIDField(allow_null=True)
    credits_held = serializers.CharField(help_text="decimal credits still held")
    credits_captured = serializers.CharField()
    credits_released = serializers.CharField()
    reservation_id = serializers.UUIDField(allow_null=True)
    retry_of = serializers.UUIDField(allow_null=True, help_text="the job that this one retries")
    retry_credits = serializers.CharField(
        allow_null=True, help_text="what a retry would hold; null where there is nothing to retry"
    )
    error = serializers.DictField(allow_null=True, help_text="the error of the envelope")
    result = serializers.DictField(allow_null=True, help_text="what its own address answers")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class JobPageSerializer(serializers.Serializer):
    """A page of jobs."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = JobSerializer(many=True)
