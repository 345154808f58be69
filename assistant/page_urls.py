"""Addresses of the assistant's pages."""

from __future__ import annotations

from django.urls import path

from assistant import pages

app_name = "assistant"

urlpatterns = [
    path("products/<str:product_id>/assistant", pages.assistant, name="assistant"),
    path("products/<str:product_id>/assistant/clear", pages.clear, name="clear"),
]
