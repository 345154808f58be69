"""Users' own addresses and what they were sent, for support: to read. Secrets are never shown."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from core.read_only import ReadOnly
from notifications.models import WebhookDelivery, WebhookTarget


class Standing(admin.SimpleListFilter):
    """Addresses that work, fail, or are off."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The three states."""
        return [("working", "Working"), ("failing", "Failing"), ("off", "Off")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[WebhookTarget]
    ) -> QuerySet[WebhookTarget]:
        """The addresses in the chosen state."""
        is_on = Q(disabled_at__isnull=True)
        chosen = {
            "working": is_on & Q(failing_since__isnull=True),
            "failing": is_on & Q(failing_since__isnull=False),
            "off": ~is_on,
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


class Read(ReadOnly, ModelAdmin):
    """Nobody adds, changes or deletes them here."""

    ordering = ("-pk",)
    show_full_result_count = False
    list_filter_sheet = False


@admin.register(WebhookTarget)
class WebhookTargetAdmin(Read):
    """Addresses."""

    list_display = ("url", "user", "told_of", "taken_at", "failing_since", "disabled_at")
    list_filter = (Standing,)
    search_fields = ("=id", "=user__email", "url")
    list_select_related = ("user",)
    fields = (
        *("id", "user", "url", "description", "told_of", "created_at"),
        *("taken_at", "failing_since", "busy_until", "disabled_at", "old_secret_until"),
    )

    @admin.display(description="told of")
    def told_of(self, target: WebhookTarget) -> str:
        """Its types."""
        return ", ".join(target.types) or "everything"


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(Read):
    """What was sent, or is to be."""

    list_display = (
        "created_at",
        "type",
        "target",
        "state",
        "attempts",
        "last_status",
        "last_error",
    )
    list_filter = ("state", "type")
    search_fields = ("=id", "=event_id", "=target__id", "=target__user__email")
    list_select_related = ("target",)
    fields = (
        *("id", "target", "event_id", "type", "state", "attempts", "created_at", "due_at"),
        *("last_status", "last_error", "last_ms", "ended_at", "body"),
    )
