"""Every address of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from accounts.urls import api_urls as accounts_api
from credits.urls import api_urls as credits_api

urlpatterns = [
    path("", include("core.urls")),
    path("", include("accounts.urls")),
    path("account/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("", include("credits.urls")),
    path("api/", include(accounts_api)),
    path("api/", include(credits_api)),
    path("admin/", admin.site.urls),
]
