"""Receipts: the list, each by itself, and the table for a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from billing import money
from billing.models import Payment
from billing.standin.world import World
from tests.billing.buying import buy, pay, session_of
from tests.billing.visiting import html, main_of, paid
from tests.billing.words import new_person

pytestmark = pytest.mark.django_db

GERMAN = "Pro, yearly, Gründerrabatt für Techpackherstellungsgesellschaftsbeteiligungen – 20 %"
CHINESE = "1000 credits 感谢新用户的优惠券"


@pytest.fixture
def person() -> Any:
    return new_person()


@pytest.fixture
def visitor(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_receipt_has_number_date_what_amount_tax_and_refunds(
    visitor: Client, person: Any
) -> None:
    (payment,) = paid(
        person,
        description=GERMAN,
        amount=29000,
        tax=4630,
        refunded=1000,
        invoice="in_1",
        receipt_url="https://invoice.stripe.com/i/1",
    )
    answer = visitor.get(f"/billing/receipts/{payment.pk}")
    words = main_of(answer)
    number = f"R-{payment.paid_at:%Y%m%d}-{payment.pk.hex[-8:].upper()}"
    for said in (
        f"Receipt {number}",
        f"{payment.paid_at:%-d %B %Y}",
        GERMAN,
        "243.70 USD",
        "Tax 46.30 USD",
        "Paid 290.00 USD",
        "Paid back to you −10.00 USD",
        "Left 280.00 USD",
        "Part refunded",
        person.email,
    ):
        assert said in words
    assert 'href="https://invoice.stripe.com/i/1"' in html(answer)


def test_a_discount_is_a_line_of_its_own(
    visitor: Client, person: Any, stripe_world: World, deliver: Callable[..., int], settings: Any
) -> None:
    settings.STRIPE_TAX = True
    checkout = buy(person, 50)
    stripe_world.actions.promote(session_of(checkout), "WELCOME20")
    pay(stripe_world, checkout, country="DE", postal_code="10115")
    deliver()
    payment = Payment.objects.get(user=person)
    words = main_of(visitor.get(f"/billing/receipts/{payment.pk}"))
    tax = payment.tax / 100
    assert f"9.00 USD Discount −1.80 USD Tax {tax:.2f} USD Paid {7.2 + tax:.2f} USD" in words
    assert tax > 0


def test_words_of_a_receipt_are_never_markup(visitor: Client, person: Any) -> None:
    (payment,) = paid(person, description="<script>alert(1)</script>")
    for path in ("/billing", "/billing/receipts", f"/billing/receipts/{payment.pk}"):
        assert "<script>alert" not in visitor.get(path).content.decode()


def test_somebody_elses_receipts_are_not_there(visitor: Client) -> None:
    (theirs,) = paid(new_person(), description=CHINESE)
    assert visitor.get(f"/billing/receipts/{theirs.pk}").status_code == 404
    assert CHINESE not in html(visitor.get("/billing/receipts"))
    assert CHINESE not in visitor.get("/billing/receipts.csv").getvalue().decode()


def test_two_hundred_receipts_are_pages_of_fifty_in_as_many_queries_as_one(
    visitor: Client, person: Any, django_assert_max_num_queries: Any
) -> None:
    paid(person)
    with django_assert_max_num_queries(6):
        visitor.get("/billing/receipts")
    rows = paid(person, 199)
    seen: list[str] = []
    address = "/billing/receipts"
    while address:
        with django_assert_max_num_queries(7):
            page = visitor.get(address).content.decode()
        seen += re.findall(r'href="/billing/receipts/([0-9a-f-]{36})"', page)
        older = re.search(r'href="([^"]+)">Older', page)
        address = older[1].replace("&amp;", "&").replace("http://testserver", "") if older else ""
    assert len(seen) == len(set(seen)) == 200
    assert [pk for pk in seen if pk in {str(row.pk) for row in rows}] == [
        str(row.pk) for row in sorted(rows, key=lambda row: row.paid_at, reverse=True)
    ]


def test_the_table_for_a_spreadsheet_has_every_payment_and_no_formula(
    visitor: Client, person: Any
) -> None:
    paid(person, 2, description=CHINESE, amount=1234, tax=34, credits=1000)
    paid(person, description="=HYPERLINK(0)", currency="jpy", refunded=2900)
    answer = visitor.get("/billing/receipts.csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert len(rows) == 3
    odd = next(row for row in rows if row["Currency"] == "JPY")
    assert (odd["What"], odd["Paid"], odd["State"]) == ("'=HYPERLINK(0)", "2900", "Refunded")
    usual = [row for row in rows if row["Currency"] == "USD"]
    assert {(row["What"], row["Paid"], row["Tax"]) for row in usual} == {(CHINESE, "12.34", "0.34")}


@pytest.mark.parametrize(
    ("dispute", "status", "refunded", "said"),
    [
        ("", "", 0, "Paid"),
        ("", "", 2900, "Refunded"),
        ("", "", 1, "Part refunded 0.01 USD"),
        ("dp_1", "needs_response", 0, "Disputed"),
        ("dp_1", "lost", 0, "Charged back"),
        ("dp_1", "won", 0, "Paid"),
        ("dp_1", "warning_closed", 0, "Paid"),
    ],
)
def test_a_receipt_says_how_the_money_stands(
    visitor: Client, person: Any, dispute: str, status: str, refunded: int, said: str
) -> None:
    paid(person, dispute=dispute, dispute_status=status, refunded=refunded)
    assert f"Pro, monthly {said} 29.00 USD" in main_of(visitor.get("/billing/receipts"))


@pytest.mark.parametrize(
    "path",
    ["/billing", "/billing/return?session_id=a", "/billing/receipts", "/billing/receipts.csv"],
)
def test_strangers_are_sent_to_sign_in_and_back(db: None, path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer["Location"]).query)["next"] == [path]


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (2900, "usd", "29.00 USD"),
        (5, "USD", "0.05 USD"),
        (-900, "usd", "−9.00 USD"),
        (2900, "jpy", "2900 JPY"),
        (2900, "kwd", "2.900 KWD"),
    ],
)
def test_money_is_written_in_its_own_minor_unit(amount: int, currency: str, said: str) -> None:
    assert money.worded(amount, currency) == said
