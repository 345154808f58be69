"""Addresses of films in the API, and of their providers' callbacks."""

from __future__ import annotations

from django.urls import path

from videos import api, webhooks

api_urls = [
    path("generate-video", api.GenerateVideo.as_view(), name="generate-video"),
    path("check-video", api.CheckVideo.as_view(), name="check-video"),
    path("videos", api.Videos.as_view(), name="api-videos"),
    path("videos/<str:video_id>", api.OneVideo.as_view(), name="api-video"),
    path("videos/<str:video_id>/content", api.VideoContent.as_view(), name="api-video-content"),
    path("videos/<str:video_id>/cancel", api.CancelVideo.as_view(), name="api-video-cancel"),
    path("videos/<str:video_id>/retry", api.RetryVideo.as_view(), name="api-video-retry"),
]

webhook_urls = [
    path("openai", webhooks.openai, name="webhook-openai"),
    path("gemini", webhooks.gemini, name="webhook-gemini"),
]
