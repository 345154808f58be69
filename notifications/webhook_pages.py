"""The pages of addresses that are told of events: all of them, and each with its log."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework.request import Request

from core.api import page_of, uuid_or_404
from core.errors import Conflict, InvalidRequest
from notifications import queries, targets
from notifications.forms import WebhookForm
from notifications.models import WebhookTarget
from notifications.targets import TargetChanges


def host_of(target: WebhookTarget) -> str:
    """The name of the server: what people know an address by."""
    return urlsplit(target.url).hostname or target.url


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest) -> HttpResponse:
    """List the addresses; add one and show its secret this once."""
    user: Any = request.user
    form = WebhookForm(request.POST or None)
    made = secret = None
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = targets.add_target(user=user, **form.cleaned_data)
        except (InvalidRequest, Conflict) as error:
            form.refuse(error)
        else:
            form = WebhookForm()
    context = {
        "nav_active": "account",
        "form": form,
        "rows": list(queries.targets_of(user)),
        "made": made,
        "secret": secret,
    }
    return render(request, "notifications/webhooks.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """One address: change it, and see what it was sent."""
    user: Any = request.user
    target = queries.target_of(user, uuid_or_404(webhook_id))
    initial = {"url": target.url, "description": target.description, "types": target.types}
    form = WebhookForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        changes = TargetChanges(**form.cleaned_data)  # type: ignore[typeddict-item]
        try:
            targets.change_target(user=user, target_id=target.pk, changes=changes)
        except (InvalidRequest, Conflict) as error:
            form.refuse(error)
        else:
            messages.success(request, "Saved.")
            return redirect("notifications:webhook", target.pk)
    return _shown(request, target, form)


def _shown(
    request: HttpRequest, target: WebhookTarget, form: WebhookForm, secret: str = ""
) -> HttpResponse:
    page = page_of(Request(request), queries.deliveries_of(target), lambda row: row)
    context = {
        "nav_active": "account",
        "target": target,
        "host": host_of(target),
        "form": form,
        "secret": secret,
        "rows": page["results"],
        "newer": page["previous"],
        "older": page["next"],
    }
    return render(request, "notifications/webhook.html", context)


def _back(target_id: UUID) -> HttpResponse:
    return redirect("notifications:webhook", target_id)


@login_required
@never_cache
@require_POST
def rotate(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Another secret, shown this once."""
    user: Any = request.user
    target, secret = targets.rotate_secret(user=user, target_id=uuid_or_404(webhook_id))
    initial = {"url": target.url, "description": target.description, "types": target.types}
    return _shown(request, target, WebhookForm(initial=initial), secret)


@login_required
@require_POST
def test(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Send a test event."""
    user: Any = request.user
    target_id = uuid_or_404(webhook_id)
    try:
        targets.send_test(user=user, target_id=target_id)
    except Conflict as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, "A test is on its way. Load the page again to see its answer.")
    return _back(target_id)


@login_required
@require_POST
def switch(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Turn an address off, or on again where it says ``on``."""
    user: Any = request.user
    is_on = request.POST.get("to") == "on"
    target = targets.change_target(
        user=user, target_id=uuid_or_404(webhook_id), changes={"enabled": is_on}
    )
    words = "is told of events again" if is_on else "is not told of events any more"
    messages.success(request, f"{host_of(target)} {words}.")
    return _back(target.pk)


@login_required
@require_POST
def remove(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Forget an address and its log."""
    user: Any = request.user
    target_id = uuid_or_404(webhook_id)
    host = host_of(queries.target_of(user, target_id))
    targets.remove_target(user=user, target_id=target_id)
    messages.success(request, f"{host} is removed.")
    return redirect("notifications:webhooks")


@login_required
@require_POST
def retry(request: HttpRequest, webhook_id: str, delivery_id: str) -> HttpResponse:
    """Send one event again."""
    user: Any = request.user
    target_id = uuid_or_404(webhook_id)
    try:
        targets.retry_delivery(user=user, target_id=target_id, delivery_id=uuid_or_404(delivery_id))
    except Conflict as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, "It is sent again. Load the page again to see its answer.")
    return _back(target_id)
