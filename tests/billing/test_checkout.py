"""What Stripe's checkout is asked for, and the portal."""

from __future__ import annotations

from typing import Any

import pytest

from billing import operations, subscriptions
from billing.models import Checkout, Customer
from billing.standin.world import World
from core.errors import Conflict, InvalidRequest, ProviderUnavailable
from tests.billing.buying import buy, pay, session_of
from tests.billing.words import new_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Any:
    return new_person()


@pytest.mark.parametrize(("interval", "price"), [("month", 2900), ("year", 29000)])
def test_a_plan_is_a_subscription_that_names_its_buyer(
    stripe_world: World, person: Any, interval: str, price: int
) -> None:
    checkout = buy(person, interval)
    session = stripe_world.actions.read(session_of(checkout))
    names = {"user": str(person.pk), "checkout": str(checkout.pk), "sold": f"pro_{interval}"}
    assert (session["mode"], session["amount_total"]) == ("subscription", price)
    assert session["client_reference_id"] == str(person.pk)
    assert session["metadata"] == names
    assert session["customer"] == Customer.objects.get(user=person).stripe_id
    assert session["allow_promotion_codes"] is True
    assert session["cancel_url"].endswith(f"/billing/canceled/{checkout.pk}")
    assert session["success_url"].endswith(f"/billing/return?session_id={session['id']}")
    pay(stripe_world, checkout)
    (subscription,) = stripe_world.actions.listed("subscription")
    assert subscription["metadata"] == names


@pytest.mark.parametrize(("credits", "price"), [(50, 900), (200, 3200), (1000, 14000)])
def test_credits_are_a_payment_with_an_invoice(
    stripe_world: World, person: Any, credits: int, price: int
) -> None:
    checkout = buy(person, credits, back_to="/products")
    session = stripe_world.actions.read(session_of(checkout))
    assert (session["mode"], session["amount_total"]) == ("payment", price)
    assert session["invoice_creation"]["enabled"] is True
    assert (checkout.kind, checkout.back_to, checkout.url) == ("topup", "/products", session["url"])


def test_tax_is_computed_where_that_is_set(stripe_world: World, person: Any, settings: Any) -> None:
    assert not stripe_world.actions.read(session_of(buy(person, 50)))["automatic_tax"]["enabled"]
    settings.STRIPE_TAX = True
    assert stripe_world.actions.read(session_of(buy(person, 200)))["automatic_tax"]["enabled"]


def test_the_customer_has_the_persons_name_and_address(stripe_world: World, person: Any) -> None:
    person.name = "Ada Weaver"
    person.save()
    buy(person, 50)
    (customer,) = stripe_world.actions.listed("customer")
    assert (customer["email"], customer["name"]) == (person.email, "Ada Weaver")
    assert customer["metadata"] == {"djstripe_subscriber": str(person.pk)}


def test_what_is_not_sold_cannot_be_bought(stripe_world: World, person: Any) -> None:
    for wrong in ({"topup": 51}, {"plan": "pro"}, {"plan": "free", "interval": "month"}, {}):
        with pytest.raises(InvalidRequest):
            operations.start_checkout(user=person, **wrong)
    with pytest.raises(InvalidRequest):
        buy(person, 50, back_to="https://elsewhere.example/")
    assert not Checkout.objects.exists()


def test_a_price_that_stripe_does_not_know_is_no_fault_of_the_buyer(
    stripe_world: World, person: Any, settings: Any
) -> None:
    settings.STRIPE_PRICES = {**settings.STRIPE_PRICES, "topup_50": "price_gone"}
    with pytest.raises(ProviderUnavailable):
        buy(person, 50)
    assert Checkout.objects.get().state == "expired"


def test_a_customer_who_was_deleted_at_stripe_is_made_again(
    stripe_world: World, person: Any
) -> None:
    buy(person, 50)
    customer = Customer.objects.get(user=person)
    Customer.objects.filter(pk=customer.pk).update(stripe_id="cus_gone")
    pay(stripe_world, buy(person, 200))
    assert Customer.objects.get(user=person).stripe_id != "cus_gone"


def test_a_portal_that_is_set_up_wrongly_is_no_fault_of_the_buyer(
    stripe_world: World, person: Any, settings: Any
) -> None:
    buy(person, 50)
    settings.STRIPE_PORTAL = "bpc_gone"
    with pytest.raises(ProviderUnavailable):
        operations.open_portal(user=person)
    settings.STRIPE_PORTAL = ""
    Customer.objects.filter(user=person).update(stripe_id="cus_gone")
    with pytest.raises(Conflict):
        operations.open_portal(user=person)


def test_the_portal_opens_for_who_bought_something(stripe_world: World, person: Any) -> None:
    with pytest.raises(Conflict) as refusal:
        operations.open_portal(user=person)
    assert refusal.value.code == "NO_CUSTOMER"
    pay(stripe_world, buy(person, "month"))
    subscriptions.refresh_of(user_id=person.pk)
    assert "/portal/" in operations.open_portal(user=person)
    for flow in ("subscription_cancel", "payment_method_update"):
        assert "/portal/" in operations.open_portal(user=person, back_to="/credits", flow=flow)
        portal = stripe_world.actions.listed("billing_portal.session")[0]
        assert portal["flow"]["type"] == flow
        assert portal["return_url"].endswith("/credits")
    with pytest.raises(InvalidRequest):
        operations.open_portal(user=person, flow="anything")
