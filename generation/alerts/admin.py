"""Alerts, and what they come from, for operators: to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.html import format_html

from generation.admin import ReadOnly
from generation.models import Alert, Breaker, Heartbeat


class Firing(admin.SimpleListFilter):
    """Those that fire, or those that ended."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two states, and what was not delivered."""
        return [("firing", "Firing"), ("ended", "Ended"), ("untold", "Not delivered")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        """The alerts in the chosen state."""
        chosen = {
            "firing": Q(ends_at=None),
            "ended": Q(ends_at__isnull=False),
            "untold": Q(failures__gt=0, due_at__isnull=False),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(Alert)
class AlertAdmin(ReadOnly):
    """What fires and what ended, with the page that says what to do."""

    list_display = ("name", "severity", "summary", "what_to_do", "starts_at", "ends_at", "told")
    list_filter = (Firing, "name")
    search_fields = ("name", "annotations__summary", "labels__provider", "labels__model")
    ordering = ("-starts_at",)

    @admin.display(description="severity")
    def severity(self, alert: Alert) -> str:
        """Page or ticket."""
        return str(alert.labels.get("severity", ""))

    @admin.display(description="what happens")
    def summary(self, alert: Alert) -> str:
        """In one line."""
        return str(alert.annotations.get("summary", ""))

    @admin.display(description="what to do")
    def what_to_do(self, alert: Alert) -> str:
        """A link to the runbook."""
        address = alert.annotations.get("runbook_url", "")
        return format_html('<a href="{}">Runbook</a>', address) if address else ""

    @admin.display(description="Alertmanager")
    def told(self, alert: Alert) -> str:
        """Whether Alertmanager knows."""
        if alert.failures and alert.due_at:
            return f"not delivered, tried {alert.failures} times"
        return f"told at {alert.sent_at:%T}" if alert.sent_at else "not told"


@admin.register(Breaker)
class BreakerAdmin(ReadOnly):
    """Which provider's models are asked at present."""

    list_display = ("provider", "model_name", "is_asked", "open_until", "probing_at", "reason")
    list_filter = ("provider",)
    ordering = ("provider",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Breaker]:
        """With the database's time, which decides."""
        return super().get_queryset(request).annotate(now=Now())

    @admin.display(description="asked", boolean=True)
    def is_asked(self, breaker: Any) -> bool:
        """Whether calls go to it now."""
        return breaker.open_until is None or breaker.open_until <= breaker.now


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly):
    """When what runs by the clock ran last."""

    list_display = ("name", "at")
