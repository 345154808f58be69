"""The inbox as a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from rest_framework.request import Request

from core.api import page_of, uuid_or_404
from core.errors import NotFound
from core.http import is_part
from notifications import operations, queries
from notifications.mail import address_of, read_token
from notifications.subjects import SUBJECTS, Subject, Way, ways_of


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
    name = "notifications/_update.html" if is_part(request) else "notifications/inbox.html"
    return render(request, name, context)


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
    """Read everything; the list stays which it was."""
    operations.mark_all_read(user=request.user)
    return redirect(f"{reverse('notifications:inbox')}?{request.GET.urlencode()}")


@dataclass(frozen=True)
class Line:
    """A subject and how the person is told of it."""

    subject: Subject
    way: Way


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """What the person is told of, and how."""
    user: Any = request.user
    if request.method == "POST":
        inbox, email = request.POST.getlist("inbox"), request.POST.getlist("email")
        ways = {
            name: Way(inbox=name in inbox or bool(subject.always), email=name in email)
            for name, subject in SUBJECTS.items()
        }
        operations.choose(user=user, ways=ways)
        messages.success(request, "Saved.")
        return redirect("notifications:preferences")
    lines = [Line(SUBJECTS[name], way) for name, way in ways_of(user).items()]
    context = {"nav_active": "account", "lines": lines, "address": address_of(user)}
    return render(request, "notifications/preferences.html", context)


@csrf_exempt  # a mail program sends it by itself; what is signed is the proof
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Turn one kind of mail off, by the link of a mail, without signing in.

    Opening the link only asks: programs that look at links for their readers change nothing.
    """
    user_id, subject = read_token(token)
    user = get_user_model().objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound("This account is gone, and its mail with it.")
    is_done = request.method == "POST"
    if is_done:
        operations.unsubscribe(user=user, subject=subject.name)
    context = {"subject": subject, "is_done": is_done}
    return render(request, "notifications/unsubscribe.html", context)
