"""Addresses of the inbox, and of the API under /api/."""

from __future__ import annotations

from django.urls import path

from notifications import api, pages

app_name = "notifications"

urlpatterns = [
    path("notifications", pages.inbox, name="inbox"),
    path("notifications/preferences", pages.preferences, name="preferences"),
    path("notifications/bell", pages.bell, name="bell"),
    path("notifications/read-all", pages.read_all, name="read-all"),
    path("notifications/<str:notification_id>/read", pages.read, name="read"),
    path("notifications/<str:notification_id>/follow", pages.follow, name="follow"),
    path("unsubscribe/<str:token>", pages.unsubscribe, name="unsubscribe"),
]

api_urls = [
    path("events", api.events, name="api-events"),
    path("notifications", api.Notifications.as_view(), name="api-notifications"),
    path(
        "notifications/preferences",
        api.Preferences.as_view(),
        name="api-notification-preferences",
    ),
    path(
        "notifications/read-all",
        api.ReadAllNotifications.as_view(),
        name="api-notifications-read-all",
    ),
    path(
        "notifications/<str:notification_id>/read",
        api.ReadNotification.as_view(),
        name="api-notification-read",
    ),
]
