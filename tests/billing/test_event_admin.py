"""Operators find Stripe's events, read them, and have them processed again or set aside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.db.models.functions import Now
from django.test import Client
from djstripe.models import WebhookEventTrigger

from accounts.models import User
from billing import deliveries
from billing.models import Customer, StripeEvent
from config.payments import Payments
from tests.billing.letters import SECRET, deliver, event

pytestmark = pytest.mark.django_db
LIST = "/admin/billing/stripeevent/"


@pytest.fixture(autouse=True)
def _secret(settings: Any) -> None:
    settings.PAYMENTS = Payments("stripe", f"sk_test_{'0' * 24}", webhook_secret=SECRET)


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser(email="op@x.example", password="x"))
    return client


def stored(kind: str = "invoice.paid", begins: str = "evt_", **state: Any) -> StripeEvent:
    """An event of customer cus_1 that was delivered, in some state."""
    told = event(kind, object="invoice", id="in_1", customer="cus_1")
    told["id"] = told["id"].replace("evt_", begins)
    assert deliver(told).status_code == 200
    StripeEvent.objects.filter(pk=told["id"]).update(**state)
    return StripeEvent.objects.get(pk=told["id"])


def in_states() -> dict[str, StripeEvent]:
    later = Now() + timedelta(hours=1)
    return {
        "waiting": stored(),
        "failing": stored(attempts=3, due_at=later, error="APIConnectionError: gone"),
        "given_up": stored(attempts=32, due_at=None, error="KeyError: 'x'"),
        "processed": stored(attempts=1, due_at=None, processed_at=Now()),
    }


@pytest.mark.parametrize("state", ["waiting", "failing", "given_up", "processed"])
def test_events_are_found_by_how_their_processing_goes(operator: Client, state: str) -> None:
    events = in_states()
    shown = operator.get(LIST, {"state": state}).context["cl"].result_list
    assert [row.pk for row in shown] == [events[state].pk]


# The admin writes "_22" where an address has a quotation mark; an id may begin so as well.
@pytest.mark.parametrize("begins", ["evt_", "evt_22"])
def test_an_event_leads_to_its_user(operator: Client, begins: str) -> None:
    user = User.objects.create_user(email="maker@x.example", password="x")
    Customer.objects.create(user=user, stripe_id="cus_1")
    one = stored(begins=begins, error="KeyError: 'x'", attempts=2)
    WebhookEventTrigger.objects.filter(pk=one.trigger_id).update(traceback="Traceback: <here>")
    page = operator.get(f"{LIST}{quote(one.pk)}/change/").content.decode()
    link = f'<a href="/admin/accounts/user/{user.pk}/change/">maker@x.example</a>'
    assert link in page
    assert "cus_1" in page
    assert "Traceback: &lt;here&gt;" in page
    listed = operator.get(LIST).content.decode()
    assert link in listed
    assert f'href="{LIST}{quote(one.pk)}/change/"' in listed


@pytest.mark.parametrize("word", ["cus_1", "MAKER@x.example", "id"])
def test_events_are_found_by_what_is_exact(operator: Client, word: str) -> None:
    user = User.objects.create_user(email="maker@x.example", password="x")
    Customer.objects.create(user=user, stripe_id="cus_1")
    one = stored()
    deliver(event("product.tested"))
    query = one.pk if word == "id" else word
    shown = operator.get(LIST, {"q": query}).context["cl"].result_list
    assert [row.pk for row in shown] == [one.pk]
    assert not operator.get(LIST, {"q": "cus_"}).context["cl"].result_list


def act(client: Client, action: str, *chosen: StripeEvent) -> str:
    told = {"action": action, "_selected_action": [one.pk for one in chosen]}
    answer = client.post(f"{LIST}?state=", told, follow=True)
    return " ".join(str(one) for one in answer.context["messages"])


def test_what_was_given_up_is_processed_anew(
    operator: Client, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("billing.tasks.take_event.delay", rung.append)
    events = in_states()
    with django_capture_on_commit_callbacks(execute=True):
        words = act(operator, "replay", events["given_up"], events["processed"])
    assert "2 events are processed now." in words
    assert sorted(rung) == sorted(events[name].pk for name in ("given_up", "processed"))
    due = {row.pk: row.attempts for row in deliveries.due()}
    assert due[events["given_up"].pk] == due[events["processed"].pk] == 0
    assert LogEntry.objects.filter(change_message="Replayed").count() == 2


def test_what_is_set_aside_is_tried_no_more_and_what_was_processed_stays_so(
    operator: Client,
) -> None:
    events = in_states()
    before = events["processed"].processed_at
    assert "3 events are tried no more." in act(operator, "set_aside", *events.values())
    assert not StripeEvent.objects.filter(due_at__isnull=False).exists()
    assert deliveries.standing() == (0, 0, 0)
    assert StripeEvent.objects.get(pk=events["given_up"].pk).error == deliveries.SET_ASIDE
    assert StripeEvent.objects.get(pk=events["processed"].pk).processed_at == before
    assert LogEntry.objects.filter(change_message="Set aside").count() == 3


def test_events_are_not_edited_and_only_operators_act(operator: Client) -> None:
    one = stored()
    assert operator.get(f"{LIST}add/").status_code == 403
    assert operator.post(f"{LIST}{one.pk}/delete/", {"post": "yes"}).status_code == 403
    helper = User.objects.create_user(email="h@x.example", password="x", is_staff=True)
    client = Client()
    client.force_login(helper)
    assert client.post(LIST, {"action": "replay", "_selected_action": [one.pk]}).status_code == 403


def test_djstripes_own_pages_which_show_secrets_are_not_there(operator: Client) -> None:
    assert not [model for model in admin.site._registry if model._meta.app_label == "djstripe"]
    assert operator.get("/admin/djstripe/apikey/").status_code == 404
    assert "djstripe" not in operator.get("/admin/").content.decode()
