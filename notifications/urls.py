"""Addresses of the inbox, and of the API under /api/."""

from __future__ import annotations

from django.urls import path

from notifications import api, pages, webhook_api, webhook_pages

app_name = "notifications"

urlpatterns = [
    path("notifications", pages.inbox, name="inbox"),
    path("notifications/preferences", pages.preferences, name="preferences"),
    path("notifications/bell", pages.bell, name="bell"),
    path("notifications/read-all", pages.read_all, name="read-all"),
    path("notifications/<str:notification_id>/read", pages.read, name="read"),
    path("notifications/<str:notification_id>/follow", pages.follow, name="follow"),
    path("unsubscribe/<str:token>", pages.unsubscribe, name="unsubscribe"),
    path("account/webhooks", webhook_pages.webhooks, name="webhooks"),
    path("account/webhooks/<str:webhook_id>", webhook_pages.webhook, name="webhook"),
    path("account/webhooks/<str:webhook_id>/rotate", webhook_pages.rotate, name="webhook-rotate"),
    path("account/webhooks/<str:webhook_id>/test", webhook_pages.test, name="webhook-test"),
    path("account/webhooks/<str:webhook_id>/switch", webhook_pages.switch, name="webhook-switch"),
    path("account/webhooks/<str:webhook_id>/remove", webhook_pages.remove, name="webhook-remove"),
    path(
        "account/webhooks/<str:webhook_id>/deliveries/<str:delivery_id>/retry",
        webhook_pages.retry,
        name="webhook-retry",
    ),
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
    path("webhooks", webhook_api.Webhooks.as_view(), name="api-webhooks"),
    path("webhooks/<str:webhook_id>", webhook_api.Webhook.as_view(), name="api-webhook"),
    path(
        "webhooks/<str:webhook_id>/rotate",
        webhook_api.RotateWebhook.as_view(),
        name="api-webhook-rotate",
    ),
    path(
        "webhooks/<str:webhook_id>/test",
        webhook_api.TestWebhook.as_view(),
        name="api-webhook-test",
    ),
    path(
        "webhooks/<str:webhook_id>/deliveries",
        webhook_api.WebhookDeliveries.as_view(),
        name="api-webhook-deliveries",
    ),
    path(
        "webhooks/<str:webhook_id>/deliveries/<str:delivery_id>/retry",
        webhook_api.RetryDelivery.as_view(),
        name="api-webhook-retry",
    ),
]
