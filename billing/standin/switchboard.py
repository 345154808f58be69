"""The switchboard: what there is in the world, and everything that can go wrong, by a button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from billing.standin import here, sending
from billing.standin.forms import DeliveryForm
from billing.standin.here import Thing
from billing.standin.told import card_of, charge_of, delivery_of, plan_of, session_of
from billing.standin.world import Refused

Do = Callable[[HttpRequest], str]  # what was done, in words

SHOWN: Final = 30  # customers, the newest
DELIVERIES_SHOWN: Final = 40


@here.only_here
@require_http_methods(["GET", "HEAD", "POST"])
def switchboard(request: HttpRequest) -> HttpResponse:
    """Everything at one look; a post does what its button says and leads back."""
    if request.method != "POST":
        return render(request, "standin/switchboard.html", _seen())
    do = DOES.get(request.POST.get("do", ""))
    if do is None:
        raise Http404
    try:
        messages.success(request, do(request))
    except Refused as refusal:
        messages.warning(request, str(refusal))
    finally:
        sending.wake()
    return redirect(f"{request.path}#{request.POST.get('customer') or 'webhooks'}")


def _seen() -> Thing:
    world = here.world()
    switches = world.deliveries.switches
    customers = [one for one in world.actions.listed("customer") if not one.get("deleted")]
    return {
        "customers": [_customer(one) for one in customers[:SHOWN]],
        "deliveries": [delivery_of(one) for one in world.deliveries.listed(limit=DELIVERIES_SHOWN)],
        "delivery_form": DeliveryForm(initial={"mode": switches.mode, "late_s": switches.late_s}),
    }


def _customer(customer: Thing) -> Thing:
    actions = here.world().actions
    subscriptions = actions.listed("subscription", customer=customer["id"])
    charges = actions.listed("charge", customer=customer["id"])
    sessions = actions.listed("checkout.session", customer=customer["id"])
    return {
        "id": customer["id"],
        "email": customer["email"],
        "now": actions.now(customer["id"]),
        "subscriptions": [plan_of(one) for one in subscriptions],
        "card": card_of(customer, subscriptions),
        "charges": [charge_of(one) for one in charges[:SHOWN]],
        "sessions": [session_of(one) for one in sessions[:SHOWN]],
    }


def _to_end(request: HttpRequest) -> str:
    here.world().actions.renew(request.POST.get("subscription", ""))
    return "Time went on to the period’s end."


def _fail(request: HttpRequest) -> str:
    customer = here.read(request.POST.get("customer", ""), "customer")
    here.world().actions.fail_payments(customer["id"])
    return "The next payments fail. Go on to the period’s end."


def _recover(request: HttpRequest) -> str:
    here.world().actions.recover(request.POST.get("subscription", ""))
    return "The card pays again, and what was due is paid."


def _give_up(request: HttpRequest) -> str:
    here.world().actions.give_up(request.POST.get("subscription", ""))
    return "Time went on until the payment was given up."


def _refund(request: HttpRequest) -> str:
    charge = here.read(request.POST.get("charge", ""), "charge")
    left = charge["amount"] - charge["amount_refunded"]
    part = left // 2 if request.POST["do"] == "refund_half" else left
    here.world().actions.refund(charge["id"], part)
    return "The money was paid back."


def _dispute(request: HttpRequest) -> str:
    here.world().actions.dispute(request.POST.get("charge", ""))
    return "The bank took the money back until the dispute is decided."


def _decide(request: HttpRequest) -> str:
    won = request.POST["do"] == "win"
    for one in here.world().actions.listed("dispute", charge=request.POST.get("charge", "")):
        here.world().actions.decide(one["id"], won=won)
    return f"The dispute was {'won' if won else 'lost'}."


def _bank_pays(request: HttpRequest) -> str:
    here.world().actions.settle_later(request.POST.get("session", ""), paid=True)
    return "The bank paid."


def _bank_refuses(request: HttpRequest) -> str:
    here.world().actions.settle_later(request.POST.get("session", ""), paid=False)
    return "The bank refused."


def _expire(request: HttpRequest) -> str:
    here.world().actions.expire(request.POST.get("session", ""))
    return "The checkout expired."


def _switch(request: HttpRequest) -> str:
    form = DeliveryForm(request.POST)
    if not form.is_valid():
        raise Refused(400, "Say how webhooks are to travel, and by how many seconds late.")
    given = form.cleaned_data
    here.world().deliveries.switch(mode=given["mode"], late_s=given["late_s"] or 0)
    return "Webhooks travel so from now on."


def _hurry(request: HttpRequest) -> str:
    return f"{here.world().deliveries.hurry()} that were late are sent now."


def _again(request: HttpRequest) -> str:
    number = request.POST.get("number", "")
    if not number.isascii() or not number.isdecimal():
        raise Http404
    here.world().deliveries.send_again(int(number))
    return "It is sent again."


DOES: Final[dict[str, Do]] = {
    "to_end": _to_end,
    "fail": _fail,
    "recover": _recover,
    "give_up": _give_up,
    "refund": _refund,
    "refund_half": _refund,
    "dispute": _dispute,
    "win": _decide,
    "lose": _decide,
    "bank_pays": _bank_pays,
    "bank_refuses": _bank_refuses,
    "expire": _expire,
    "switch": _switch,
    "hurry": _hurry,
    "again": _again,
}
