"""Addresses of the credits page, and of the API under /api/."""

from __future__ import annotations

from django.urls import path

from credits import api, pages

app_name = "credits"

urlpatterns = [
    path("credits", pages.statement, name="statement"),
    path("credits/balance", pages.free, name="free"),
    path("credits/statement.csv", pages.statement_csv, name="statement-csv"),
]

api_urls = [
    path("credits", api.Credits.as_view(), name="api-credits"),
    path("credits/statement", api.Statement.as_view(), name="api-statement"),
    path("credits/budget", api.Budget.as_view(), name="api-budget"),
    path("credits/quote", api.QuoteOperation.as_view(), name="api-quote"),
]
