"""The page of a checkout: what is bought, and what should become of the payment."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from billing.inputs import from_here
from billing.standin import here, sending
from billing.standin.forms import PayForm
from billing.standin.world import Refused

UNPROVED = "The bank did not confirm that it is you. Nothing was paid."


@here.only_here
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest, session_id: str) -> HttpResponse:
    """Pay, be declined, prove oneself to the bank or give up, use a promotion code."""
    here.read(session_id, "checkout.session")
    if request.method != "POST":
        return _page(request, session_id, PayForm())
    form = PayForm(request.POST)
    try:
        return _done(request, session_id, form)
    except Refused as refusal:
        return _page(request, session_id, form, refusal=str(refusal))
    finally:
        sending.wake()


def _done(request: HttpRequest, session_id: str, form: PayForm) -> HttpResponse:
    actions = here.world().actions
    match request.POST.get("do"):
        case "promote":
            actions.promote(session_id, request.POST.get("promotion", "").strip())
            return redirect(request.path)
        case "prove":
            return redirect(from_here(actions.finish_3ds(session_id)["success_url"]))
        case "give_up":
            actions.fail_3ds(session_id)
            return _page(request, session_id, PayForm(), refusal=UNPROVED)
    if not form.is_valid():
        return _page(request, session_id, form)
    given = form.cleaned_data
    holder = {name: given[name] for name in ("name", "country", "tax_id") if given[name]}
    session = actions.complete(session_id, card=given["card"], **holder)
    if session["status"] == "open":  # the bank asks something, on this page
        return redirect(request.path)
    return redirect(from_here(session["success_url"]))


def _page(
    request: HttpRequest, session_id: str, form: PayForm, *, refusal: str = ""
) -> HttpResponse:
    actions = here.world().actions
    session = here.read(session_id, "checkout.session")
    promised = [one["promotion_code"] for one in session["discounts"] if one["promotion_code"]]
    context = {
        "session": session,
        "lines": actions.cart(session_id),
        "is_asked": _is_asked(session),
        "code": here.read(promised[0], "promotion_code")["code"] if promised else "",
        "codes": actions.listed("promotion_code", active=True),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "standin/checkout.html", context)


def _is_asked(session: here.Thing) -> bool:
    """Whether a payment of an open session waits for the proof of its holder."""
    intent = here.world().actions.intent_of(session["id"]) if session["status"] == "open" else ""
    return bool(intent) and here.read(intent, "payment_intent")["status"] == "requires_action"
