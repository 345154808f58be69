"""The API on the way to Stripe and back, each answer held against the description."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.test import Client

from accounts.models import User
from accounts.operations import create_key
from billing.models import Checkout, Customer, Payment, Subscription, TierChange
from billing.standin.world import World
from tests.api.contract import Contract
from tests.billing.buying import back, buy, living, pay, session_of, tier_of, topups
from tests.billing.words import new_person

pytestmark = pytest.mark.django_db
CHECKOUT, PORTAL, OWN = "/api/billing/checkout", "/api/billing/portal", "/api/billing/subscription"
PLAN = {"plan": "pro", "interval": "month"}


@pytest.fixture
def person() -> Any:
    return new_person()


@pytest.fixture
def api(person: Any) -> Contract:
    _, key = create_key(user=person, name="billing", scopes=["billing"])
    return Contract(key)


class TestTheApi:
    def test_leads_to_stripe_and_then_to_the_portal(
        self, stripe_world: World, api: Contract, person: Any
    ) -> None:
        begun = api.send("POST", CHECKOUT, {**PLAN, "backTo": "/products"})
        checkout = Checkout.objects.get()
        assert begun.json() == {"url": checkout.url}
        assert checkout.back_to == "/products"
        pay(stripe_world, checkout)
        again = api.send("POST", CHECKOUT, PLAN)
        assert again.status_code == 409
        assert again.json()["error"]["code"] == "ALREADY_SUBSCRIBED"
        assert api.send("GET", OWN).json()["tier"] == "pro"
        for path, body in ((PORTAL, {}), (CHECKOUT, {**PLAN, "interval": "year"})):
            assert "/portal/" in api.send("POST", path, body).json()["url"]

    def test_takes_either_spelling(self, stripe_world: World, api: Contract) -> None:
        assert api.send("POST", CHECKOUT, {"topup": 50, "back_to": "/x"}).status_code == 200
        assert Checkout.objects.get().back_to == "/x"

    def test_answers_the_same_key_alike(self, stripe_world: World, api: Contract) -> None:
        first = api.send("POST", CHECKOUT, {"topup": 50}, idempotency_key="one")
        pay(stripe_world, Checkout.objects.get())
        again = api.send("POST", CHECKOUT, {"topup": 50}, idempotency_key="one")
        assert again.json() == first.json()
        assert again.headers["Idempotency-Replayed"] == "true"
        other = api.send("POST", CHECKOUT, {"topup": 200}, idempotency_key="one")
        assert other.status_code == 422
        assert Checkout.objects.count() == 1

    def test_says_who_owes_a_payment(self, stripe_world: World, api: Contract, person: Any) -> None:
        checkout = buy(person, "month")
        pay(stripe_world, checkout, card="fails_later")
        stripe_world.actions.renew(living(stripe_world)[0])
        refused = api.send("POST", CHECKOUT, PLAN)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "PAYMENT_DUE")
        answer = api.send("GET", OWN).json()
        assert (answer["status"], answer["tier"]) == ("past_due", "pro")
        assert answer["graceEndsAt"] > answer["pastDueSince"]


class TestTheAdmin:
    @pytest.fixture
    def operator(self) -> Client:
        client = Client()
        client.force_login(User.objects.create_superuser(email="op@x.example", password="x"))
        return client

    def test_shows_who_pays_for_what_and_changes_nothing(
        self, stripe_world: World, operator: Client, person: Any
    ) -> None:
        for what in ("month", 50):
            checkout = buy(person, what)
            pay(stripe_world, checkout)
            back(person, checkout)
        for model in (Subscription, Checkout, Payment, TierChange, Customer):
            address = f"/admin/billing/{model._meta.model_name}/"
            listed = operator.get(f"{address}?q={person.email}")
            assert person.email in listed.content.decode(), model
            row = model._default_manager.filter(user=person).first()
            assert row is not None
            own = f"{address}{quote(row.pk)}/"
            page = operator.get(f"{own}change/")
            assert page.status_code == 200
            assert checkout.url not in page.content.decode()
            assert operator.get(f"{address}add/").status_code == 403
            assert operator.post(f"{own}delete/", {"post": "yes"}).status_code == 403

    def test_asks_stripe_again(self, stripe_world: World, operator: Client, person: Any) -> None:
        plan, credits = buy(person, "month"), buy(person, 50)
        pay(stripe_world, plan)
        pay(stripe_world, credits)
        chosen = {"action": "ask_again", "_selected_action": [plan.pk, credits.pk]}
        answer = operator.post("/admin/billing/checkout/", chosen, follow=True)
        assert "Stripe was asked about 2." in answer.content.decode()
        assert (tier_of(person), topups(person)) == ("pro", [50])
        stripe_world.actions.cancel_now(living(stripe_world)[0])
        row = Subscription.objects.get()
        chosen = {"action": "ask_again", "_selected_action": [row.pk]}
        operator.post("/admin/billing/subscription/", chosen)
        assert tier_of(person) == "free"
        assert LogEntry.objects.filter(change_message="Asked Stripe").count() == 3

    def test_links_to_stripes_own_page(
        self, stripe_world: World, operator: Client, person: Any, settings: Any
    ) -> None:
        checkout = buy(person, 50)
        settings.PAYMENTS = type(settings.PAYMENTS)("stripe", "sk_test_x")
        listed = operator.get("/admin/billing/checkout/").content.decode()
        link = f"https://dashboard.stripe.com/test/checkout/sessions/{session_of(checkout)}"
        assert link in listed
