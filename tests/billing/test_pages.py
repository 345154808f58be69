"""The pages of the plan and of prices: who sees what, and what may lead where."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from billing.models import Subscription
from config.payments import Payments
from credits.models import Account
from tests.billing.visiting import html, main_of, paid, subscribed
from tests.billing.words import new_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Any:
    return new_person()


@pytest.fixture
def visitor(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_on_free_the_plan_page_sells_pro_by_the_month_and_by_the_year(visitor: Client) -> None:
    words = main_of(visitor.get("/billing"))
    for said in ("You are on Free", "Upgrade to Pro 29 USD a month", "Upgrade to Pro 290 USD a"):
        assert said in words
    assert "Cancel" not in words


def test_on_pro_it_says_when_it_renews_and_leads_to_change_and_cancel(
    visitor: Client, person: Any
) -> None:
    row = subscribed(person)
    words = main_of(visitor.get("/billing"))
    assert row.period_ends_at is not None
    renews = f"Renews {row.period_ends_at:%-d %b %Y}"
    for said in ("You are on Pro", renews, "Pay by the year 290 USD a year", "Cancel Pro"):
        assert said in words
    assert "Upgrade" not in words


def test_a_canceled_plan_says_until_when_it_goes_on_and_can_be_kept(
    visitor: Client, person: Any
) -> None:
    ends = timezone.now() + timedelta(days=12)
    subscribed(person, ends_at=ends)
    words = main_of(visitor.get("/billing"))
    assert f"Pro goes on until {ends:%-d %B %Y} , then you are on Free" in words
    assert "Keep Pro" in words
    assert "Renews" not in words


def test_the_next_monthly_credits_are_frees_where_a_canceled_plan_ends_by_then(
    visitor: Client, person: Any
) -> None:
    row = subscribed(person)
    Account.objects.filter(user=person).update(plan="pro")
    account = Account.objects.get(user=person)
    for ends_at, amount in (
        (None, "200.00"),
        (account.next_grant_at + timedelta(days=30), "200.00"),
        (account.next_grant_at, "18.00"),
    ):
        Subscription.objects.filter(pk=row.pk).update(ends_at=ends_at)
        for path in ("/billing", "/credits"):
            words = main_of(visitor.get(path))
            assert f"{account.next_grant_at:%-d %b}, +{amount}" in words, (path, ends_at)


def test_a_failed_payment_is_said_with_the_last_day_and_the_way_to_mend_it(
    visitor: Client, person: Any, settings: Any
) -> None:
    settings.BILLING_GRACE_DAYS = 7
    since = timezone.now() - timedelta(days=2)
    subscribed(person, status="past_due", past_due_since=since)
    words = main_of(visitor.get("/billing"))
    assert "The last payment failed." in words
    assert f"You stay on Pro until {since + timedelta(days=7):%-d %B %Y}" in words
    assert "Change the card" in words


def test_who_owes_is_sold_no_second_plan(visitor: Client, person: Any) -> None:
    subscribed(person, status="unpaid", tier="free")
    words = main_of(visitor.get("/billing"))
    assert "You are on Free until it is paid" in words
    assert "Upgrade to Pro" not in words


def test_the_plan_page_takes_as_many_queries_for_twenty_payments_as_for_one(
    visitor: Client, person: Any, django_assert_max_num_queries: Any
) -> None:
    paid(person)
    with django_assert_max_num_queries(10):
        visitor.get("/billing")
    paid(person, 20)
    with django_assert_max_num_queries(10):
        visitor.get("/billing")


@pytest.mark.parametrize("path", ["/billing", "/prices", "/credits", "/billing/receipts"])
def test_where_nothing_is_sold_no_button_leads_to_paying(
    visitor: Client, person: Any, settings: Any, path: str
) -> None:
    subscribed(person)
    settings.PAYMENTS = Payments("off")
    page = html(visitor.get(path))
    for address in ("/billing/checkout", "/billing/portal"):
        assert f'action="{address}"' not in page
        assert f'href="{address}' not in page
    assert path == "/billing/receipts" or "Nothing is sold here at present." in page


def test_on_pro_prices_say_so_instead_of_selling_it(visitor: Client, person: Any) -> None:
    person.credit_account.plan = "pro"
    person.credit_account.save()
    words = main_of(visitor.get("/prices"))
    assert "You are on Pro" in words
    assert "Upgrade to Pro" not in words
    assert "You are on Pro" in main_of(visitor.get("/credits"))


def test_strangers_find_the_buttons_on_the_prices_and_on_the_first_page(db: None) -> None:
    for path in ("/", "/prices"):
        page = html(Client().get(path))
        assert 'href="/billing/checkout?plan=pro&amp;interval=month"' in page
        assert 'href="/billing/checkout?plan=pro&amp;interval=year"' in page
        assert page.count('href="/billing/checkout?topup=') == 3


@pytest.mark.parametrize(
    ("payments", "extra"),
    [
        (
            Payments("stripe"),
            ("https://checkout.stripe.com", "https://billing.stripe.com"),
        ),
        (
            Payments("standin", api_base="http://127.0.0.1:80/standin/stripe"),
            ("http://127.0.0.1:80", "http://localhost:80"),
        ),
        (Payments("off"), ()),
        (Payments("refused"), ()),
    ],
)
def test_forms_may_lead_to_where_it_is_paid_and_nowhere_else(
    payments: Payments, extra: tuple[str, ...]
) -> None:
    assert payments.pages("http://localhost:80") == extra
