"""Documentation, signed files, and addresses for those who operate the server."""

from __future__ import annotations

from django.urls import path

from core import health, media, metrics
from core.docs import docs

urlpatterns = [
    path("docs/", docs, name="docs-index"),
    path("docs/<path:address>", docs, name="docs-page"),
    path("media/<str:token>", media.serve, name="media"),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("readyz", health.readyz, name="readyz"),
]
