"""The inbox as a page."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from rest_framework.request import Request

from core.api import page_of, uuid_or_404
from notifications import operations, queries


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What the person was told, newest first; ``?unread=1`` what is not read yet.

    htmx asks for the list and the count alone.
    """
    user: Any = request.user
    is_unread_only = request.GET.get("unread") == "1"
    rows = queries.inbox_of(user, unread=is_unread_only)
    page = page_of(Request(request), rows, lambda row: row)
    context = {
        "nav_active": "inbox",
        "rows": page["results"],
        "newer": page["previous"],
        "older": page["next"],
        "is_unread_only": is_unread_only,
    }
    is_part = getattr(request, "htmx", False)
    return render(
        request, "notifications/_update.html" if is_part else "notifications/inbox.html", context
    )


@login_required
@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The way to the inbox with its count, for an open page to refresh."""
    return render(request, "notifications/_bell.html")


@login_required
@require_POST
def follow(request: HttpRequest, notification_id: str) -> HttpResponse:
    """Read one notification and go where it leads; without a link, back to the inbox."""
    found = operations.mark_read(user=request.user, notification_id=uuid_or_404(notification_id))
    return redirect(found.link or "notifications:inbox")


@login_required
@require_POST
def read(request: HttpRequest, notification_id: str) -> HttpResponse:
    """Read one notification; the list stays where it was."""
    operations.mark_read(user=request.user, notification_id=uuid_or_404(notification_id))
    return redirect(f"{reverse('notifications:inbox')}?{request.GET.urlencode()}")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Read everything."""
    operations.mark_all_read(user=request.user)
    return redirect("notifications:inbox")
