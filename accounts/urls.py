"""Addresses of the account pages, and of the API under /api/."""

from django.urls import path

from accounts import api, pages

app_name = "accounts"

urlpatterns = [
    path("", pages.landing, name="landing"),
    path("prices", pages.prices, name="prices"),
    path("account", pages.profile, name="profile"),
    path("account/keys", pages.keys, name="keys"),
    path("account/keys/<str:key_id>", pages.key_change, name="key-change"),
    path("account/keys/<str:key_id>/revoke", pages.key_revoke, name="key-revoke"),
]

api_urls = [
    path("account", api.OwnAccount.as_view(), name="api-account"),
    path("keys", api.Keys.as_view(), name="api-keys"),
    path("keys/<str:key_id>", api.KeyDetail.as_view(), name="api-key"),
]
