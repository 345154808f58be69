"""Addresses of live events."""

from __future__ import annotations

from django.urls import path

from notifications import api

api_urls = [path("events", api.events, name="api-events")]
