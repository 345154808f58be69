"""Operators see alerts, breakers and heartbeats in the admin, and change none of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.db.models.functions import Now
from django.test import Client

from generation import heartbeats
from generation.alerts.evaluating import evaluate
from generation.alerts.rules import RULES
from generation.models import Alert, Breaker
from generation.webhooks import PAGES

from .conftest import End

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(
        get_user_model().objects.create_superuser("op@example.com", "long enough 42")
    )
    return client


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return unescape(answer.content.decode())


def test_an_operator_sees_what_fires_and_is_led_to_the_runbook(operator: Client, end: End) -> None:
    end(6, "transient")
    evaluate()
    page = text_of(operator, "/admin/generation/alert/?state=firing")
    assert "openai does not answer for eyes-1" in page
    assert "/docs/operations/provider-down" in page
    assert "not told" in page
    alert = Alert.objects.get(name="AIProviderDown")
    assert "eyes-1" in text_of(operator, f"/admin/generation/alert/{alert.pk}/change/")
    Alert.objects.update(ends_at=Now())
    assert "openai does not answer" not in text_of(
        operator, "/admin/generation/alert/?state=firing"
    )
    assert "openai does not answer" in text_of(operator, "/admin/generation/alert/?state=ended")


def test_an_operator_sees_what_alertmanager_was_not_told(operator: Client, end: End) -> None:
    end(6, "transient")
    evaluate()
    untold = "/admin/generation/alert/?state=untold"
    assert "openai does not answer" not in text_of(operator, untold)
    Alert.objects.filter(name="AIProviderDown").update(failures=3)
    assert "not delivered, tried 3 times" in text_of(operator, untold)


def test_an_operator_sees_breakers_and_heartbeats(operator: Client) -> None:
    soon = Now() + timedelta(seconds=30)
    Breaker.objects.create(provider="openai", model_name="eyes-1", open_until=soon, reason="quota")
    Breaker.objects.create(provider="gemini", model_name="eyes-2")
    heartbeats.beat(heartbeats.SWEEP)
    page = text_of(operator, "/admin/generation/breaker/")
    assert "eyes-1" in page
    assert "quota" in page
    assert "sweep" in text_of(operator, "/admin/generation/heartbeat/")


@pytest.mark.parametrize("model", ["alert", "breaker", "heartbeat"])
def test_nobody_adds_any(operator: Client, model: str) -> None:
    assert operator.get(f"/admin/generation/{model}/add/").status_code == 403


def addresses() -> Iterator[tuple[str, str]]:
    labels = {"provider": "openai", "model": "eyes-1", "operation": "edit", "consumer": "one"}
    for rule in RULES:
        for where in PAGES.values():
            yield rule.name, rule.page.format(**labels, list=where)


@pytest.mark.parametrize(("name", "address"), sorted(set(addresses())))
def test_every_alert_leads_to_a_page_of_the_admin_that_is_there(
    operator: Client, name: str, address: str
) -> None:
    answer = operator.get(address)
    # The admin leads away from a filter that it does not know.
    assert answer.status_code == 200, (name, answer.headers.get("Location"))
    assert urlsplit(address).path.startswith("/admin/")
