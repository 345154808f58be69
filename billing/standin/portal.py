"""The customer portal: card, billing details, cancel, keep, change the plan, invoices."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from billing.inputs import from_here
from billing.standin import here, sending
from billing.standin.forms import AddressForm, NewCardForm
from billing.standin.here import Thing
from billing.standin.told import card_of, plan_of
from billing.standin.world import Refused


@here.only_here
@require_http_methods(["GET", "HEAD", "POST"])
def portal(request: HttpRequest, session_id: str) -> HttpResponse:
    """The portal of one session, or the one thing that its flow is for."""
    session = here.read(session_id, "billing_portal.session")
    try:
        return _done(request, session) if request.method == "POST" else _shown(request, session)
    except Refused as refusal:
        return _home(request, session, refusal=str(refusal))
    finally:
        sending.wake()


def _shown(request: HttpRequest, session: Thing) -> HttpResponse:
    if price := request.GET.get("price"):
        return _confirm_change(request, session, request.GET.get("subscription", ""), price)
    flow = session["flow"] or {}
    match flow.get("type"):
        case "subscription_update_confirm" as name:
            wanted = flow[name]
            price = wanted["items"][0]["price"]
            return _confirm_change(request, session, wanted["subscription"], price)
        case "subscription_cancel" as name:
            subscription = _owned(session, flow[name]["subscription"])
            if subscription["cancel_at"] is None:
                return _confirm_cancel(request, session, subscription)
    return _home(request, session)


def _home(request: HttpRequest, session: Thing, refusal: str = "", **forms: Any) -> HttpResponse:
    listed = here.world().actions.listed
    customer = here.read(session["customer"], "customer")
    subscriptions = listed("subscription", customer=customer["id"])
    address = {"name": customer["name"], "country": (customer["address"] or {}).get("country")}
    context = {
        "session": session,
        "customer": customer,
        "subscriptions": [plan_of(one) for one in subscriptions],
        "invoices": listed("invoice", customer=customer["id"]),
        "tax_ids": listed("tax_id", customer=customer["id"]),
        "card": card_of(customer, subscriptions),
        "card_form": NewCardForm(),
        "address_form": AddressForm(initial=address),
        "refusal": refusal,
        **forms,
    }
    return render(request, "standin/portal.html", context)


def _confirm_change(
    request: HttpRequest, session: Thing, subscription_id: str, price_id: str
) -> HttpResponse:
    subscription = _owned(session, subscription_id)
    preview = here.world().actions.preview_price(subscription_id, price_id)
    context = {
        "subscription": subscription,
        "old": subscription["items"]["data"][0]["price"],
        "new": here.read(price_id, "price"),
        "preview": preview,
        "renews_at": max(line["period"]["end"] for line in preview["lines"]["data"]),
        "back": _back(request, session),
    }
    return render(request, "standin/change.html", context)


def _confirm_cancel(request: HttpRequest, session: Thing, subscription: Thing) -> HttpResponse:
    context = {
        "subscription": subscription,
        "ends_at": plan_of(subscription)["period_ends_at"],
        "back": _back(request, session),
    }
    return render(request, "standin/cancel.html", context)


def _back(request: HttpRequest, session: Thing) -> str:
    """From a confirmation: to the product where a flow led here, else to the portal."""
    return from_here(session["return_url"]) if session["flow"] else request.path


def _done(request: HttpRequest, session: Thing) -> HttpResponse:
    match request.POST.get("do"):
        case "card":
            form = NewCardForm(request.POST)
            if not form.is_valid():
                return _home(request, session, card_form=form)
            here.world().actions.replace_card(session["customer"], card=form.cleaned_data["card"])
        case "address":
            address = AddressForm(request.POST)
            if not address.is_valid():
                return _home(request, session, address_form=address)
            _move(session["customer"], address.cleaned_data)
        case "choose":
            wanted = _owned(session, request.POST.get("subscription", ""))["id"]
            price = request.POST.get("price", "")
            return redirect(f"{request.path}?subscription={wanted}&price={price}")
        case _:
            _alter(_owned(session, request.POST.get("subscription", "")), request)
    return redirect(_after(request, session))


def _alter(subscription: Thing, request: HttpRequest) -> None:
    actions = here.world().actions
    match request.POST.get("do"):
        case "cancel":
            actions.cancel_at_period_end(subscription["id"])
        case "resume":
            actions.resume(subscription["id"])
        case "change":
            actions.change_price(subscription["id"], request.POST.get("price", ""))
        case _:
            raise Http404


def _move(customer: str, given: dict[str, str]) -> None:
    """Have invoices made out for somebody else, or elsewhere."""
    fields = {"name": given["name"]}
    if given["country"]:
        fields["address[country]"] = given["country"]
    here.ask(f"customers/{customer}", **fields)
    if given["tax_id"]:
        here.ask(f"customers/{customer}/tax_ids", type="eu_vat", value=given["tax_id"])


def _after(request: HttpRequest, session: Thing) -> str:
    """Where a flow leads when it is done; else the portal again."""
    completion = (session["flow"] or {}).get("after_completion") or {}
    if completion.get("type") == "redirect":
        return from_here(completion["redirect"]["return_url"])
    return request.path


def _owned(session: Thing, subscription_id: str) -> Thing:
    """A subscription of the portal's customer. Raises Http404."""
    found = here.read(subscription_id, "subscription")
    if found["customer"] != session["customer"]:
        raise Http404
    return found
