"""``manage.py watch``: one round of the alerts, as beat does it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from generation.alerts.watching import watch
from generation.models import Alert


class Command(BaseCommand):
    """Say what fires now, and tell Alertmanager."""

    help = "One round of the alerts: evaluate the rules, tell Alertmanager, print what fires."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the round; print its counts, and a line for each alert that fires."""
        found = watch()
        self.stdout.write(" ".join(f"{name} {count}" for name, count in found.items()))
        for alert in Alert.objects.filter(ends_at=None).order_by("starts_at"):
            severity, summary = alert.labels["severity"], alert.annotations["summary"]
            self.stdout.write(f"{alert.starts_at:%F %T} {severity} {alert.name}: {summary}")
