"""Landing, prices and the account's own pages."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import KeyForm, PreferencesForm
from accounts.operations import change_preferences, create_key, revoke_key
from accounts.price_list import price_list
from accounts.queries import keys_of, person_of
from core.api import uuid_or_404


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
        change_preferences(user=person, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("accounts:profile")
    return render(request, "account/profile.html", {"form": form})


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
    context = {"form": form, "keys": keys_of(person), "made": made, "secret": secret}
    return render(request, "account/keys.html", context)


@login_required
@require_POST
def key_revoke(request: HttpRequest, key_id: str) -> HttpResponse:
    """Revoke one key."""
    key = revoke_key(user=person_of(request), key_id=uuid_or_404(key_id))
    messages.success(request, f"{key.name} is revoked. Requests with it are refused from now on.")
    return redirect("accounts:keys")
