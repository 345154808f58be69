"""Payments for support: to read, and Stripe's events to be processed again."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin

from billing import event_admin, purchase_admin  # noqa: F401 - they register their own
from billing.mirror import APP

# dj-stripe's pages show keys and secrets, and change things at Stripe that nobody here hears of.
for _model in apps.get_app_config(APP).get_models():
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)
