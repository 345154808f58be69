"""Signed files, and addresses for those who operate the server."""

from __future__ import annotations

from django.urls import path

from core import health, media

urlpatterns = [
    path("media/<str:token>", media.serve, name="media"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
