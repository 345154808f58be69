"""Jobs and the AI operation log, to be searched, never changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from core.money import shown
from generation.models import AICall, Job


class ReadOnly(ModelAdmin):
    """Rows that tell what happened: nobody adds, changes or deletes them here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


@admin.register(Job)
class JobAdmin(ReadOnly):
    """Jobs."""

    list_display = ("id", "kind", "status", "user", "price_credits", "attempts", "created_at")
    list_filter = ("status", "kind")
    search_fields = ("id", "user__email", "product_id", "request_id")
    list_select_related = ("user",)
    date_hierarchy = "created_at"

    @admin.display(description="price")
    def price_credits(self, job: Job) -> str:
        """The price in credits."""
        return shown(job.price)


@admin.register(AICall)
class AICallAdmin(ReadOnly):
    """The AI operation log."""

    list_display = (
        "created_at",
        "operation_name",
        "part",
        "provider",
        "model_name",
        "status",
        "total_tokens",
        "processing_time_ms",
        "user",
    )
    list_filter = ("status", "provider", "operation_name", "error_class")
    search_fields = ("id", "job__id", "user__email", "product_id", "request_id", "error_message")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
