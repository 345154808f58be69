"""Buying, the portal and the subscription over HTTP: who may, what is taken, in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.operations import create_key
from accounts.scopes import DEFAULT_SCOPES
from billing import tiers
from config.payments import Payments
from tests.api.contract import Contract
from tests.billing.words import new_person, next_read, said

pytestmark = pytest.mark.django_db

CHECKOUT, PORTAL, OWN = "/api/billing/checkout", "/api/billing/portal", "/api/billing/subscription"
PLAN = {"plan": "pro", "interval": "month"}


@pytest.fixture
def person() -> Any:
    return new_person()


@pytest.fixture
def api(person: Any) -> Contract:
    """A key that may buy; each of its answers is held against the description."""
    _, key = create_key(user=person, name="billing", scopes=["billing"])
    return Contract(key)


@pytest.fixture
def _nobody_answers(settings: Any) -> None:
    """Something is sold, but its server is gone."""
    settings.PAYMENTS = Payments("standin", "sk_test_x", "http://127.0.0.1:9", "whsec_x")


def error_of(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["error"]
    return found


class TestWhoMay:
    @pytest.mark.parametrize(
        ("method", "path"), [("POST", CHECKOUT), ("POST", PORTAL), ("GET", OWN)]
    )
    def test_strangers_are_refused(self, method: str, path: str) -> None:
        answer = Client().generic(method, path, b"{}", content_type="application/json")
        assert answer.status_code == 401

    @pytest.mark.parametrize(
        ("method", "path"), [("POST", CHECKOUT), ("POST", PORTAL), ("GET", OWN)]
    )
    def test_a_usual_key_may_not(self, person: Any, method: str, path: str) -> None:
        _, key = create_key(user=person, name="usual", scopes=DEFAULT_SCOPES)
        answer = Contract(key).send(method, path, {} if method == "POST" else None)
        assert answer.status_code == 403
        assert error_of(answer)["context"] == {"scope": "billing"}

    def test_a_page_needs_its_token(self, person: Any) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.post(CHECKOUT, PLAN, content_type="application/json")
        assert answer.status_code == 401


class TestWhereNothingIsSold:
    @pytest.fixture(autouse=True)
    def _off(self, settings: Any) -> None:
        settings.PAYMENTS = Payments("off")

    @pytest.mark.parametrize("path", [CHECKOUT, PORTAL])
    @pytest.mark.parametrize("body", [PLAN, {}, {"plan": 1}])
    def test_that_is_said_before_the_input_is_read(
        self, api: Contract, path: str, body: dict[str, Any]
    ) -> None:
        answer = api.send("POST", path, body)
        assert (answer.status_code, error_of(answer)["code"]) == (503, "PAYMENTS_OFF")

    def test_the_subscription_can_be_read(self, api: Contract) -> None:
        assert api.send("GET", OWN).status_code == 200


@pytest.mark.usefixtures("_nobody_answers")
class TestTheInput:
    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"plan": "pro"},
            {"interval": "month"},
            {"plan": "free", "interval": "month"},
            {"plan": "pro", "interval": "week"},
            {"plan": "pro", "interval": "month", "topup": 50},
            {"plan": "pro", "topup": 50},
            {"topup": 51},
            {"topup": 0},
            {"topup": -50},
            {"topup": "50"},
            {"topup": 50.0},
            {"topup": True},
            {"topup": [50]},
            {"topup": 10**30},
            {**PLAN, "price": "price_other"},
            {**PLAN, "backTo": "https://elsewhere.example/"},
            {**PLAN, "backTo": "//elsewhere.example/"},
            {**PLAN, "backTo": "/\\elsewhere.example"},
            {**PLAN, "backTo": "/\t/elsewhere.example"},
            {**PLAN, "backTo": "/\n/elsewhere.example"},
            {**PLAN, "backTo": "javascript:alert(1)"},
            {**PLAN, "backTo": "credits"},
            {**PLAN, "backTo": ""},
            {**PLAN, "backTo": 7},
            {**PLAN, "backTo": "/" + "x" * 500},
        ],
    )
    def test_is_one_thing_that_is_sold_and_a_way_back_inside(
        self, api: Contract, body: dict[str, Any]
    ) -> None:
        answer = api.send("POST", CHECKOUT, body)
        assert answer.status_code == 400, answer.content
        assert error_of(answer)["fields"]

    def test_of_the_portal_is_a_way_back_inside(self, api: Contract) -> None:
        for body in ({"backTo": "//x"}, {"flow": "subscription_cancel"}, {"backTo": None, "x": 1}):
            assert api.send("POST", PORTAL, body).status_code == 400

    def test_that_is_no_object_is_refused(self, api: Contract) -> None:
        for body in (b"", b"[]", b"{", b'"pro"', b"\xff"):
            assert api.send("POST", CHECKOUT, body).status_code == 400

    def test_that_is_good_gets_as_far_as_the_service_that_is_away(
        self, api: Contract, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.gateway.RETRIES", 0)
        settings.PAYMENTS = replace(settings.PAYMENTS, secret_key="sk_test_impatient")
        for body in (PLAN, {"topup": 200}, {**PLAN, "backTo": "/products?x=1#y"}):
            answer = api.send("POST", CHECKOUT, body)
            assert (answer.status_code, error_of(answer)["code"]) == (503, "PAYMENTS_UNAVAILABLE")

    def test_of_a_portal_without_a_purchase_is_a_conflict(self, api: Contract) -> None:
        answer = api.send("POST", PORTAL, {})
        assert (answer.status_code, error_of(answer)["code"]) == (409, "NO_CUSTOMER")


class TestTheSubscription:
    def test_of_somebody_who_has_none(self, api: Contract) -> None:
        assert api.send("GET", OWN).json() == {
            "plan": "free",
            "tier": "free",
            "status": None,
            "interval": None,
            "startedAt": None,
            "periodEndsAt": None,
            "endsAt": None,
            "cancelAtPeriodEnd": False,
            "pastDueSince": None,
            "graceEndsAt": None,
        }

    def test_that_is_paid_for(self, api: Contract, person: Any) -> None:
        told = said("active", interval="year")
        tiers.apply(user_id=person.pk, read=next_read(person), told=told)
        answer = api.send("GET", OWN).json()
        assert (answer["plan"], answer["tier"], answer["interval"]) == ("pro", "pro", "year")
        assert answer["startedAt"] == told.started_at.isoformat().replace("+00:00", "Z")
        assert (answer["endsAt"], answer["cancelAtPeriodEnd"]) == (None, False)

    def test_that_was_canceled_for_later(self, api: Contract, person: Any) -> None:
        told = said("active", ends_at=said("active").period_ends_at)
        tiers.apply(user_id=person.pk, read=next_read(person), told=told)
        answer = api.send("GET", OWN).json()
        assert (answer["tier"], answer["cancelAtPeriodEnd"]) == ("pro", True)
        assert answer["endsAt"] == answer["periodEndsAt"]

    def test_whose_payment_is_due(self, api: Contract, person: Any) -> None:
        since = said("active").created_at
        told = said("past_due")
        tiers.apply(user_id=person.pk, read=next_read(person), told=told, due_since=since)
        answer = api.send("GET", OWN).json()
        ends = (since + timedelta(days=7)).isoformat().replace("+00:00", "Z")
        assert (answer["plan"], answer["tier"], answer["graceEndsAt"]) == ("pro", "pro", ends)

    def test_that_is_over(self, api: Contract, person: Any) -> None:
        tiers.apply(user_id=person.pk, read=next_read(person), told=said("canceled"))
        answer = api.send("GET", OWN).json()
        assert (answer["plan"], answer["tier"], answer["status"]) == ("free", "free", "canceled")
