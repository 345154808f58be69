"""Signed files, and addresses for those who operate the server."""

from __future__ import annotations

from django.urls import path

from core import health, media, metrics

urlpatterns = [
    path("media/<str:token>", media.serve, name="media"),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("readyz", health.readyz, name="readyz"),
]
