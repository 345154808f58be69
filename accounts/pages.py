"""Landing, prices and the account's own pages."""

from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import KeyForm, KeyTermsForm, PreferencesForm
from accounts.models import ApiKey
from accounts.operations import (
    KeyChanges,
    Preferences,
    change_key,
    change_preferences,
    create_key,
    revoke_key,
)
from accounts.price_list import price_list
from accounts.queries import key_of, keys_of, person_of
from accounts.usage import used_this_month
from core.api import uuid_or_404
from core.money import Microcredits, format_credits, shown


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What this is, to strangers; people with a session go to their products."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "pages/landing.html", price_list())


@require_safe
def prices(request: HttpRequest) -> HttpResponse:
    """Price per operation, plans and top-ups."""
    return render(request, "pages/prices.html", price_list())


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name and preferences."""
    person = person_of(request)
    form = PreferencesForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        change_preferences(user=person, changes=cast(Preferences, form.cleaned_data))
        messages.success(request, "Saved.")
        return redirect("accounts:profile")
    return render(request, "account/profile.html", {"form": form})


@dataclass(frozen=True)
class KeyRow:
    """A key in the list; amounts are in credits, ``cap`` is empty where there is none."""

    key: ApiKey
    used: str
    cap: str
    is_used_up: bool


def _row(key: ApiKey, used: Microcredits) -> KeyRow:
    cap = key.monthly_cap
    return KeyRow(
        key=key,
        used=shown(used),
        cap="" if cap is None else shown(cap),
        is_used_up=cap is not None and used >= cap and not key.is_revoked,
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """List keys; make one and show it this once."""
    person = person_of(request)
    form = KeyForm(request.POST or None)
    made = secret = None
    if request.method == "POST" and form.is_valid():
        made, secret = create_key(user=person, **form.cleaned_data)
        form = KeyForm()
    own = list(keys_of(person))
    used = used_this_month(person, own)
    rows = [_row(key, used[key.pk]) for key in own]
    context = {"form": form, "rows": rows, "made": made, "secret": secret}
    return render(request, "account/keys.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_change(request: HttpRequest, key_id: str) -> HttpResponse:
    """Change a key's name, cap and policy."""
    person = person_of(request)
    key = key_of(person, uuid_or_404(key_id))
    cap = key.monthly_cap
    form = KeyTermsForm(
        request.POST or None,
        initial={
            "name": key.name,
            "monthly_cap": None if cap is None else format_credits(cap),
            "credit_policy": key.credit_policy,
        },
    )
    if request.method == "POST" and form.is_valid():
        changes = KeyChanges(**form.cleaned_data)  # type: ignore[typeddict-item]
        changed = change_key(user=person, key_id=key.pk, changes=changes)
        messages.success(request, f"{changed.name} is changed. The next request is held to it.")
        return redirect("accounts:keys")
    row = _row(key, used_this_month(person, [key])[key.pk])
    return render(request, "account/key.html", {"form": form, "row": row})


@login_required
@require_POST
def key_revoke(request: HttpRequest, key_id: str) -> HttpResponse:
    """Revoke one key."""
    key = revoke_key(user=person_of(request), key_id=uuid_or_404(key_id))
    messages.success(request, f"{key.name} is revoked. Requests with it are refused from now on.")
    return redirect("accounts:keys")
