"""Addresses of the stand-in for Stripe, below ``config.payments.STANDIN_PATH``."""

from __future__ import annotations

from django.urls import path, re_path

from billing.standin import checkout, door, invoices, portal, switchboard

app_name = "standin"

urlpatterns = [
    re_path(r"^v1(?:/.*)?$", door.door, name="door"),
    path("pay/<str:session_id>", checkout.checkout, name="checkout"),
    path("portal/<str:session_id>", portal.portal, name="portal"),
    path("invoices/<str:invoice_id>", invoices.invoice, name="invoice"),
    path("invoices/<str:invoice_id>/pdf", invoices.invoice, name="invoice-to-print"),
    path("receipts/<str:charge_id>", invoices.receipt, name="receipt"),
    path("", switchboard.switchboard, name="switchboard"),
]
