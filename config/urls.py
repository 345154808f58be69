"""Every address of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path

from accounts.urls import api_urls as accounts_api
from assistant.urls import v1_urls as assistant_api
from billing.urls import api_urls as billing_api
from billing.urls import webhook_urls as stripe_webhooks
from config.payments import STANDIN_PATH
from core.http import nothing_here
from core.schema import docs, schema
from credits.urls import api_urls as credits_api
from generation.urls import api_urls as jobs_api
from notifications.urls import api_urls as events_api
from techpack.urls import api_urls as techpack_api
from videos.urls import api_urls as videos_api
from videos.urls import webhook_urls

urlpatterns = [
    path("", include("core.urls")),
    path("", include("accounts.urls")),
    path("account/", include("allauth.urls")),
    re_path(r"^_allauth/(?:app|browser)/v1/(?:account|auth)/phone", nothing_here),
    path("_allauth/", include("allauth.headless.urls")),
    path("", include("credits.urls")),
    path("", include("notifications.urls")),
    path("", include("billing.urls")),
    path("api/", include(accounts_api)),
    path("", include("techpack.urls")),
    path("", include("assistant.page_urls")),
    path("", include("videos.page_urls")),
    path("api/", include(credits_api)),
    path("api/", include(billing_api)),
    path("api/", include(jobs_api)),
    path("api/", include(events_api)),
    path("api/", include(techpack_api)),
    path("api/", include(videos_api)),
    path("v1/", include(assistant_api)),
    path("webhooks/", include(webhook_urls)),
    path("webhooks/", include(stripe_webhooks)),
    path(f"{STANDIN_PATH.removeprefix('/')}/", include("billing.standin.urls")),
    path("api/schema", schema, name="schema"),
    path("api/docs", docs, name="docs"),
    path("admin/", admin.site.urls),
]

handler400 = "core.http.bad_request"
handler403 = "core.http.permission_denied"
handler404 = "core.http.page_not_found"
handler500 = "core.http.server_error"
