"""Addresses of the pages of films."""

from __future__ import annotations

from django.urls import path

from videos import pages

app_name = "videos"

urlpatterns = [
    path("videos", pages.videos, name="videos"),
    path("videos/form", pages.form, name="form"),
    path("videos/<str:video_id>", pages.video, name="video"),
    path("videos/<str:video_id>/cancel", pages.cancel, name="cancel"),
    path("videos/<str:video_id>/again", pages.again, name="again"),
    path("videos/<str:video_id>/delete", pages.delete, name="delete"),
    path("videos/<str:video_id>/film", pages.film, name="film"),
    path("videos/<str:video_id>/captions.vtt", pages.captions, name="captions"),
    path("videos/<str:video_id>/download", pages.download, name="download"),
]
