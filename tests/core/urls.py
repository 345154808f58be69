"""The one address that serves signed files."""

from django.urls import path

from core import media

urlpatterns = [path("media/<str:token>", media.serve)]
