"""Plan, checkout, the way back from it, and receipts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from rest_framework.request import Request

from billing import operations, queries, receipts
from billing.inputs import from_here
from billing.models import Checkout
from billing.offers import Asked, asked_of, inside, offers
from billing.standing import standing_of
from core.api import page_of, uuid_or_404
from core.errors import Conflict, ProviderUnavailable
from core.http import status_of
from core.spreadsheets import csv_of, download

RECENT = 5
FROM_PORTAL = "/billing?from=portal"


@login_required
@never_cache
@require_safe
def plan(request: HttpRequest) -> HttpResponse:
    """What the user is on, what can be bought, and what was paid lately.

    Who comes from the portal may have changed something, of which no webhook came yet.
    """
    user: Any = request.user
    if request.GET.get("from") == "portal":
        operations.look_again(user=user)
        return redirect("billing:plan")
    context = {
        "nav_active": "credits",
        "standing": standing_of(user),
        "offers": offers(),
        "receipts": receipts.newest(user, RECENT),
    }
    return render(request, "billing/plan.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """What is about to be bought; a POST goes on to where it is paid.

    Strangers make an account first, and come back to the same choice.
    """
    is_sent = request.method == "POST"
    asked = asked_of(request.POST if is_sent else request.GET)
    if not request.user.is_authenticated:
        return _sign_in_first(asked, is_known=is_sent)
    if not is_sent:
        own = queries.subscription_of(request.user)
        if (own.tier, own.interval) == (asked.sold.plan, asked.sold.interval):
            return redirect("billing:plan")
        return _checkout_page(request, asked)
    try:
        begun = operations.start_checkout(user=request.user, **asked.choice, back_to=asked.back_to)
    except Conflict as error:
        messages.info(request, error.message)
        return redirect("billing:plan")
    except ProviderUnavailable as error:
        return _checkout_page(request, asked, error=error)
    return HttpResponseRedirect(from_here(begun.url))


def _sign_in_first(asked: Asked, *, is_known: bool) -> HttpResponse:
    """Who had a session when the form was made has an account."""
    entrance = reverse("account_login" if is_known else "account_signup")
    back = f"{reverse('billing:checkout')}?{asked.query}"
    return redirect(f"{entrance}?{urlencode({'next': back})}")


def _checkout_page(
    request: HttpRequest, asked: Asked, *, error: ProviderUnavailable | None = None
) -> HttpResponse:
    context = {"nav_active": "credits", "asked": asked, "error": error}
    status = status_of(error) if error else 200
    return render(request, "billing/checkout.html", context, status=status)


@login_required
@require_POST
def portal(request: HttpRequest) -> HttpResponse:
    """On to the customer portal: card, invoices, canceling and resuming."""
    flow = request.POST.get("flow", "")
    try:
        url = operations.open_portal(user=request.user, back_to=FROM_PORTAL, flow=flow)
    except (Conflict, ProviderUnavailable) as error:
        messages.error(request, " ".join([error.message, *error.suggestions[:1]]))
        return redirect("billing:plan")
    return HttpResponseRedirect(from_here(url))


@login_required
@never_cache
@require_safe
def returned(request: HttpRequest) -> HttpResponse:
    """Back from paying: what came of it, or that it is still awaited.

    The page may be closed: what was paid arrives without it.
    """
    session_id = request.GET.get("session_id", "")
    return _outcome(request, operations.settle_return(user=request.user, session_id=session_id))


@login_required
@never_cache
@require_safe
def canceled(request: HttpRequest, checkout_id: str) -> HttpResponse:
    """Back without having paid."""
    pk = uuid_or_404(checkout_id)
    found = operations.cancel_checkout(user=request.user, checkout_id=pk)
    return _outcome(request, found, is_canceled=True)


def _outcome(request: HttpRequest, found: Checkout, *, is_canceled: bool = False) -> HttpResponse:
    standing = standing_of(request.user)
    is_done = found.state == Checkout.State.COMPLETED
    is_bought = is_done and (found.kind == Checkout.Kind.TOPUP or standing.is_paid)
    if is_done and not is_bought and standing.subscription.status not in ("", "incomplete"):
        return redirect("billing:plan")  # it was paid once; what became of it stands there
    is_over = is_canceled and not is_done
    context = {
        "nav_active": "credits",
        "checkout": found,
        "asked": Asked.of(found),
        "standing": standing,
        "is_bought": is_bought,
        "is_waiting": not is_bought and not is_over and found.state != Checkout.State.EXPIRED,
        "back_to": inside(found.back_to),
    }
    return render(request, "billing/outcome.html", context)


@login_required
@never_cache
@require_safe
def receipt_list(request: HttpRequest) -> HttpResponse:
    """Everything that was paid, newest first."""
    rows = queries.payments_of(request.user)
    page = page_of(Request(request), rows, receipts.receipt_of, order="-paid_at")
    context = {
        "nav_active": "credits",
        "receipts": page["results"],
        "newer": page["previous"],
        "older": page["next"],
    }
    return render(request, "billing/receipts.html", context)


@login_required
@never_cache
@require_safe
def receipt(request: HttpRequest, payment_id: str) -> HttpResponse:
    """One receipt, to be printed or kept."""
    found = receipts.find(request.user, uuid_or_404(payment_id))
    context = {"nav_active": "credits", "receipt": found, "site": settings.PUBLIC_URL}
    return render(request, "billing/receipt.html", context)


@login_required
@require_safe
def receipts_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All receipts, newest first."""
    return download(request, csv_of(receipts.csv_rows(request.user)), name="receipts.csv")
