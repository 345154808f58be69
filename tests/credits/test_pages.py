"""The credits page, its CSV, the 402 panel and the admin."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from core.money import CREDIT
from credits import operations as ledger
from credits import queries
from credits.errors import Alternative, Shortage, in_credits
from credits.models import Account
from credits.pages import bar_of
from credits.short import short_of

from .conftest import MakeHold


@pytest.fixture
def client(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def support(django_user_model: Any, db: None) -> Client:
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("support@example.com"))
    return client


def test_the_page_shows_balance_lots_and_statement(client: Client, put_aside: MakeHold) -> None:
    ledger.capture(hold_id=put_aside(3).pk)
    put_aside(3)
    html = client.get("/credits").content.decode()
    for words in ("12.00", "Held by 1 running job<", "−3.00", "pending", "15.00"):
        assert words in html
    assert "Of 18.00 credits: 12.00 free, 3.00 held, 3.00 used" in html
    assert "Monthly" in html


def test_no_button_on_the_page_is_dead(client: Client) -> None:
    html = client.get("/credits").content.decode()
    main = html[html.index("<main") : html.index("</main>")]
    forms = re.findall(r"<form.*?</form>", main, re.DOTALL)
    assert main.count("<button") == sum(form.count("<button") for form in forms) == 6
    leads = {form[form.index('action="') + 8 :].split('"')[0] for form in forms}
    assert leads == {"/billing/checkout", "/credits#warnings"}


def test_the_page_of_somebody_without_a_movement_says_so(client: Client, user: Any) -> None:
    empty = Account.objects.create(
        cycle_started_at=user.date_joined, next_grant_at=user.date_joined
    )
    Account.objects.filter(user=user).update(user=None)
    Account.objects.filter(pk=empty.pk).update(user=user)
    html = client.get("/credits").content.decode()
    assert "No movement yet" in html
    assert "Nothing is free" in html


def test_strangers_are_sent_to_sign_in(db: None) -> None:
    assert Client().get("/credits").status_code == 302


def test_the_page_takes_as_many_queries_for_many_lines_as_for_one(
    client: Client, put_aside: MakeHold, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(14):
        client.get("/credits")
    for _ in range(20):
        put_aside(0.25)
    with django_assert_max_num_queries(14):
        client.get("/credits")


def test_older_lines_are_a_page_away(client: Client, put_aside: MakeHold) -> None:
    for _ in range(3):
        put_aside(1)
    html = client.get("/credits?limit=2").content.decode()
    assert "Older" in html
    assert "Newer" not in html


def test_the_csv_has_the_whole_statement_and_no_formula(
    client: Client, put_aside: MakeHold
) -> None:
    ledger.release(hold_id=put_aside(3).pk, reason="=HYPERLINK(0)")
    answer = client.get("/credits/statement.csv")
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode())))
    assert rows[0][:3] == ["Date", "Operation", "For"]
    assert rows[1][2:7] == ["'=HYPERLINK(0)", "3", "Released, not charged", "0", "18"]
    assert rows[2][5] == "18"


def test_the_bar_of_nothing_is_empty() -> None:
    assert bar_of(free=0, held=0, used=0).free == "0.00%"
    bar = bar_of(free=6 * CREDIT, held=3 * CREDIT, used=3 * CREDIT)
    assert (bar.free, bar.held, bar.used, bar.used_from) == ("50.00%", "25.00%", "25.00%", "75.00%")


VIDEO = Shortage(
    operation="generate-video",
    model="generate-video",
    required=60 * CREDIT,
    available=18 * CREDIT,
    held=123 * CREDIT,
)


def test_the_402_panel_says_what_is_missing_and_what_to_do() -> None:
    short = short_of(in_credits(VIDEO), what="Deck light, 12 s")
    html = render_to_string("credits/_short.html", {"short": short})
    assert "You are 42 credits short. Nothing was charged." in html
    assert "“Deck light, 12 s” needs" in html
    assert "Top up 50" in html
    assert "Up to 123.00 held credits come back" in html


def test_the_402_panel_offers_ways_that_start_it() -> None:
    way = Alternative("Make it 3 s instead", 15 * CREDIT, kind="seconds", parameters={"seconds": 3})
    error = in_credits(VIDEO, alternatives=[way])
    short = short_of(
        error, start=lambda option: ("/go", option) if option["kind"] == "seconds" else None
    )
    html = render_to_string("credits/_short.html", {"short": short})
    assert 'action="/go#short"' in html
    assert "The cheaper ones start at once." in html


@pytest.mark.parametrize("model", ["account", "lot", "hold", "entry", "ledgercheck"])
def test_support_reads_the_ledger_and_cannot_write_it(
    support: Client, put_aside: MakeHold, model: str
) -> None:
    put_aside(3)
    assert support.get(reverse(f"admin:credits_{model}_changelist")).status_code == 200
    assert support.get(reverse(f"admin:credits_{model}_add")).status_code == 403


def test_support_opens_an_account_and_a_hold(support: Client, put_aside: MakeHold) -> None:
    hold = put_aside(3)
    for name, pk in (("account", hold.account_id), ("hold", hold.pk)):
        answer = support.get(reverse(f"admin:credits_{name}_change", args=[pk]))
        assert answer.status_code == 200


def test_support_adjusts_a_balance_with_a_reason(support: Client, user: Any) -> None:
    address = reverse("admin:credits_account_adjust", args=[user.credit_account.pk])
    assert "Adjust" in support.get(address).content.decode()
    sent = {"amount": "-2.25", "reason": "Granted twice", "key": str(uuid4())}
    for _ in range(2):
        assert support.post(address, sent).status_code == 302
    assert queries.balance(user).free == 15_750_000
    line = queries.statement(user)[0]
    assert (line.operation, line.reason) == ("adjustment", "Granted twice")
    assert LogEntry.objects.latest("pk").change_message == "−2.25 credits: Granted twice"


@pytest.mark.parametrize("amount", ["", "0", "abc", "-19"])
def test_an_impossible_adjustment_is_explained(support: Client, user: Any, amount: str) -> None:
    address = reverse("admin:credits_account_adjust", args=[user.credit_account.pk])
    answer = support.post(address, {"amount": amount, "reason": "x", "key": str(uuid4())})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert queries.balance(user).free == 18 * CREDIT
