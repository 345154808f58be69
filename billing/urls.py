"""Addresses of plans and payments, and the one that Stripe calls."""

from __future__ import annotations

from django.urls import path

from billing import webhooks

webhook_urls = [
    path("stripe/<uuid:uuid>", webhooks.stripe_event, name="webhook-stripe"),
]
