"""Addresses of plans and payments, and the one that Stripe calls."""

from __future__ import annotations

from django.urls import path

from billing import api, webhooks

api_urls = [
    path("billing/checkout", api.StartCheckout.as_view(), name="api-billing-checkout"),
    path("billing/portal", api.OpenPortal.as_view(), name="api-billing-portal"),
    path("billing/subscription", api.OwnSubscription.as_view(), name="api-billing-subscription"),
]

webhook_urls = [
    path("stripe/<uuid:uuid>", webhooks.stripe_event, name="webhook-stripe"),
]
