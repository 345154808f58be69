"""Addresses of the pages of plans and payments, of their API, and the one that Stripe calls."""

from __future__ import annotations

from django.urls import path

from billing import api, pages, webhooks

app_name = "billing"

urlpatterns = [
    path("billing", pages.plan, name="plan"),
    path("billing/checkout", pages.checkout, name="checkout"),
    path("billing/portal", pages.portal, name="portal"),
    path("billing/return", pages.returned, name="return"),
    path("billing/canceled/<str:checkout_id>", pages.canceled, name="canceled"),
    path("billing/receipts", pages.receipt_list, name="receipts"),
    path("billing/receipts.csv", pages.receipts_csv, name="receipts-csv"),
    path("billing/receipts/<str:payment_id>", pages.receipt, name="receipt"),
]

api_urls = [
    path("billing/checkout", api.StartCheckout.as_view(), name="api-billing-checkout"),
    path("billing/portal", api.OpenPortal.as_view(), name="api-billing-portal"),
    path("billing/subscription", api.OwnSubscription.as_view(), name="api-billing-subscription"),
]

webhook_urls = [
    path("stripe/<uuid:uuid>", webhooks.stripe_event, name="webhook-stripe"),
]
