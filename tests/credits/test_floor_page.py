"""The floor under which to warn, set on the credits page without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from core.money import CREDIT
from credits import budget
from credits.models import Budget


@pytest.fixture
def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(browser: Client) -> str:
    answer = browser.get("/credits")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_explains_the_warnings_and_takes_a_floor(browser: Client, user: Any) -> None:
    assert "50, 80 and 95 % of the month's credits" in page(browser)
    assert "Given this month" not in page(browser)
    answer = browser.post("/credits", {"floor": "20.5"})
    assert answer.headers["Location"] == "/credits#warnings"
    assert Budget.objects.get().floor == 20_500_000
    budget.due(user=user)
    shown = page(browser)
    assert 'name="floor" value="20.5"' in shown
    assert "Given this month: floor" in shown
    assert "You are warned below 20.50 credits." in shown


def test_an_empty_floor_takes_it_away(browser: Client, user: Any) -> None:
    budget.set_floor(user=user, floor=CREDIT)
    browser.post("/credits", {"floor": ""})
    assert Budget.objects.get().floor is None
    assert "You have no floor now." in page(browser)


@pytest.mark.parametrize("floor", ["-1", "lots", "NaN", "1e99", "1.0000001", "Infinity"])
def test_what_is_no_amount_is_refused_at_its_field(browser: Client, user: Any, floor: str) -> None:
    budget.set_floor(user=user, floor=CREDIT)
    answer = browser.post("/credits", {"floor": floor})
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.content.decode()
    assert Budget.objects.get().floor == CREDIT


def test_strangers_set_nothing(db: None) -> None:
    answer = Client().post("/credits", {"floor": "3"})
    assert answer.headers["Location"].startswith("/account/login/")
    assert not Budget.objects.exists()
