"""Addresses under ``/v1/``."""

from __future__ import annotations

from django.urls import path

from assistant import api

v1_urls = [
    path("chat/completions", api.ChatCompletions.as_view(), name="v1-chat-completions"),
    path("models", api.Models.as_view(), name="v1-models"),
    path("models/<path:model_id>", api.OneModel.as_view(), name="v1-model"),
]
