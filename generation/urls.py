"""Addresses of jobs."""

from __future__ import annotations

from django.urls import path

from generation import api

api_urls = [
    path("jobs", api.Jobs.as_view(), name="jobs"),
    path("jobs/<str:job_id>", api.OneJob.as_view(), name="job"),
    path("jobs/<str:job_id>/cancel", api.CancelJob.as_view(), name="job-cancel"),
    path("jobs/<str:job_id>/retry", api.RetryJob.as_view(), name="job-retry"),
]
