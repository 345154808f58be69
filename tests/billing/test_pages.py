"""The pages of plans and payments: who sees what, without scripts, and what is refused."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from billing import money
from billing.models import Checkout, Payment, Subscription
from billing.standin.world import World
from config.payments import Payments
from core.errors import ProviderUnavailable
from tests.billing.words import new_person

pytestmark = pytest.mark.django_db

BUY_PRO = {"plan": "pro", "interval": "month"}
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


def subscribed(person: Any, **other: Any) -> Subscription:
    now = timezone.now()
    usual: dict[str, Any] = {
        "stripe_id": "sub_1",
        "tier": "pro",
        "interval": "month",
        "status": "active",
        "started_at": now,
        "period_ends_at": now + timedelta(days=30),
    }
    return Subscription.objects.create(user=person, **{**usual, **other})


def paid(person: Any, count: int = 1, **other: Any) -> list[Payment]:
    usual: dict[str, Any] = {
        "kind": "plan",
        "description": "Pro, monthly",
        "amount": 2900,
        "currency": "usd",
    }
    return [
        Payment.objects.create(
            user=person,
            source_key=f"invoice:{uuid4().hex}",
            paid_at=timezone.now() - timedelta(days=day),
            **{**usual, **other},
        )
        for day in range(count)
    ]


def html(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def main_of(answer: Any) -> str:
    """What the page itself says, without tags."""
    whole = html(answer)
    inner = whole[whole.index("<main") : whole.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", inner).split())


# --- The plan ------------------------------------------------------------------------------


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
    with django_assert_max_num_queries(9):
        visitor.get("/billing")
    paid(person, 20)
    with django_assert_max_num_queries(9):
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


# --- Buying --------------------------------------------------------------------------------


def test_strangers_make_an_account_first_and_come_back_to_the_same_choice(db: None) -> None:
    stranger = Client()
    asked = "/billing/checkout?topup=50&back_to=%2Fproducts%3Fq%3Da"
    answer = stranger.get(asked)
    entrance = urlsplit(answer["Location"])
    assert entrance.path == "/account/signup/"
    back = parse_qs(entrance.query)["next"][0]
    assert parse_qs(urlsplit(back).query) == {"topup": ["50"], "back_to": ["/products?q=a"]}
    page = stranger.get(answer["Location"]).content.decode()
    assert 'name="next" value="/billing/checkout?topup=50&amp;back_to=' in page


def test_who_was_signed_out_meanwhile_signs_in_and_loses_nothing(db: None) -> None:
    answer = Client().post("/billing/checkout", BUY_PRO)
    assert answer["Location"].startswith("/account/login/?next=%2Fbilling%2Fcheckout")


def test_looking_at_what_is_sold_begins_nothing(visitor: Client) -> None:
    words = main_of(visitor.get("/billing/checkout?plan=pro&interval=year"))
    assert "290 USD a year" in words
    assert "Go on to pay" in words
    assert not Checkout.objects.exists()


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"plan": "gold", "interval": "month"},
        {"plan": "pro", "interval": "week"},
        {"plan": "pro"},
        {"topup": "51"},
        {"topup": "5e1"},
        {"topup": "-50"},
        {"topup": "५०"},
        {"topup": "9" * 5000},
        {"topup": "50", "plan": "pro", "interval": "month"},
        {"topup": "\0"},
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_not_sold_is_refused(visitor: Client, asked: dict[str, str], method: str) -> None:
    assert getattr(visitor, method)("/billing/checkout", asked).status_code == 400
    assert not Checkout.objects.exists()


@pytest.mark.parametrize(
    "back_to",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/" + "a" * 600,
    ],
)
def test_nobody_is_led_to_another_site(visitor: Client, back_to: str) -> None:
    page = visitor.get("/billing/checkout", {**BUY_PRO, "back_to": back_to}).content.decode()
    assert "evil" not in page
    assert "aaaaaa" not in page


def test_a_payment_service_that_is_away_keeps_the_choice_and_charges_nothing(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> Any:
        raise ProviderUnavailable("Away. Nothing was charged.", suggestions=["Try again"])

    monkeypatch.setattr("billing.operations.start_checkout", away)
    answer = visitor.post("/billing/checkout", BUY_PRO)
    assert answer.status_code == 503
    words = main_of(answer)
    assert "Away. Nothing was charged." in words
    assert "Go on to pay 29 USD a month" in words


@pytest.mark.parametrize("path", ["/billing/portal", "/billing/checkout"])
def test_buying_needs_a_form_of_ours(person: Any, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    assert client.post(path, BUY_PRO).status_code == 403


def test_the_portal_opens_by_a_button_alone(visitor: Client) -> None:
    assert visitor.get("/billing/portal").status_code == 405


def test_before_anything_was_bought_there_is_no_portal(visitor: Client) -> None:
    answer = visitor.post("/billing/portal", follow=True)
    assert "You have not bought anything yet" in html(answer)


@pytest.mark.parametrize("asked", [BUY_PRO, {"topup": "50"}])
def test_buying_leads_to_where_it_is_paid_and_clicked_twice_to_the_same_place(
    visitor: Client, stripe_world: World, asked: dict[str, str]
) -> None:
    first = visitor.post("/billing/checkout", {**asked, "back_to": "/credits"})
    again = visitor.post("/billing/checkout", {**asked, "back_to": "/products"})
    checkout = Checkout.objects.get()
    assert first["Location"] == again["Location"] == checkout.url
    assert first.status_code == 302
    assert checkout.back_to == "/products"


def test_a_button_that_is_stale_says_that_it_is_bought(
    visitor: Client, stripe_world: World
) -> None:
    visitor.post("/billing/checkout", BUY_PRO)
    session_id = str(Checkout.objects.get().session_id)
    stripe_world.actions.complete(session_id)
    words = main_of(visitor.get(f"/billing/return?session_id={session_id}"))
    assert "You are on Pro" in words
    answer = visitor.post("/billing/checkout", BUY_PRO, follow=True)
    assert answer.redirect_chain == [("/billing", 302)]
    assert "You have this plan already." in html(answer)
    other = visitor.post("/billing/checkout", {"plan": "pro", "interval": "year"})
    assert f"{stripe_world.base}/portal/" in other["Location"]
    assert Checkout.objects.count() == 1


@pytest.mark.parametrize("flow", ["", "subscription_cancel", "payment_method_update"])
def test_the_portal_opens_for_each_way_through_it(
    visitor: Client, stripe_world: World, flow: str
) -> None:
    visitor.post("/billing/checkout", BUY_PRO)
    session_id = str(Checkout.objects.get().session_id)
    stripe_world.actions.complete(session_id)
    visitor.get(f"/billing/return?session_id={session_id}")
    answer = visitor.post("/billing/portal", {"flow": flow})
    assert f"{stripe_world.base}/portal/" in answer["Location"]


def test_a_way_through_the_portal_that_is_not_there_is_refused(
    visitor: Client, stripe_world: World
) -> None:
    assert visitor.post("/billing/portal", {"flow": "give_me_all"}).status_code == 400


def test_who_comes_from_the_portal_sees_what_they_changed_without_any_webhook(
    visitor: Client, stripe_world: World
) -> None:
    visitor.post("/billing/checkout", BUY_PRO)
    session_id = str(Checkout.objects.get().session_id)
    stripe_world.actions.complete(session_id)
    visitor.get(f"/billing/return?session_id={session_id}")
    (there,) = stripe_world.actions.listed("subscription")
    stripe_world.actions.cancel_at_period_end(there["id"])
    answer = visitor.get("/billing?from=portal", follow=True)
    assert answer.redirect_chain == [("/billing", 302)]
    assert "Canceled." in main_of(answer)


def test_who_has_the_plan_is_not_asked_to_buy_it(visitor: Client, person: Any) -> None:
    subscribed(person)
    answer = visitor.get("/billing/checkout", BUY_PRO)
    assert answer["Location"] == "/billing"
    assert visitor.get("/billing/checkout", {"topup": "50"}).status_code == 200


# --- Coming back ---------------------------------------------------------------------------


def begun(person: Any, state: str, sold: str = "topup_50", **other: Any) -> Checkout:
    kind = "topup" if sold.startswith("topup") else "plan"
    return Checkout.objects.create(
        user=person, kind=kind, sold=sold, session_id=f"cs_{uuid4().hex}", state=state, **other
    )


def settled_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service is away, so what is known is shown."""

    def away(*_: Any, **__: Any) -> Any:
        raise ProviderUnavailable("Away.")

    monkeypatch.setattr("billing.purchases.settle", away)


@pytest.mark.parametrize(
    ("state", "sold", "tier", "said"),
    [
        ("completed", "topup_50", "free", "50 credits are yours"),
        ("completed", "pro_month", "pro", "You are on Pro"),
        ("completed", "pro_month", "free", "The payment is on its way"),
        ("open", "topup_200", "free", "The payment is on its way"),
        ("expired", "pro_year", "free", "Nothing was charged"),
    ],
)
def test_the_way_back_says_what_came(
    visitor: Client,
    person: Any,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
    sold: str,
    tier: str,
    said: str,
) -> None:
    settled_as_it_is(monkeypatch)
    subscribed(person, tier=tier, status="active" if tier == "pro" else "incomplete")
    checkout = begun(person, state, sold, back_to="/videos?words=a+turn#new")
    answer = visitor.get(f"/billing/return?session_id={checkout.session_id}")
    assert said in main_of(answer)
    assert 'href="/videos?words=a+turn#new"' in html(answer)
    is_waiting = "on its way" in said
    assert ('http-equiv="refresh"' in html(answer)) is is_waiting
    assert ('data-follows="' in html(answer)) is is_waiting


def test_the_way_back_from_long_ago_leads_to_what_became_of_it(
    visitor: Client, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled_as_it_is(monkeypatch)
    subscribed(person, tier="free", status="canceled")
    checkout = begun(person, "completed", "pro_month")
    answer = visitor.get(f"/billing/return?session_id={checkout.session_id}")
    assert answer["Location"] == "/billing"


def test_what_is_not_sold_any_more_is_still_told(
    visitor: Client, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled_as_it_is(monkeypatch)
    for state, said in (("completed", "70 credits are yours"), ("expired", "Nothing was charged")):
        checkout = begun(person, state, "topup_70")
        answer = visitor.get(f"/billing/return?session_id={checkout.session_id}")
        assert said in main_of(answer)
        assert "Try again" not in main_of(answer)


def test_somebody_elses_purchase_is_not_there(visitor: Client) -> None:
    theirs = begun(new_person(), "completed")
    assert visitor.get(f"/billing/return?session_id={theirs.session_id}").status_code == 404
    assert visitor.get(f"/billing/canceled/{theirs.pk}").status_code == 404


@pytest.mark.parametrize("path", ["/billing/return", "/billing/return?session_id=cs_%00"])
def test_a_way_back_of_nothing_is_refused(visitor: Client, path: str) -> None:
    assert visitor.get(path).status_code in (400, 404)


def test_turning_back_says_that_nothing_was_charged_and_offers_it_again(
    visitor: Client, person: Any
) -> None:
    checkout = begun(person, "expired", "pro_year", back_to="/credits")
    words = main_of(visitor.get(f"/billing/canceled/{checkout.pk}"))
    assert "Nothing was charged" in words
    assert "Try again 290 USD a year" in words


def test_who_turns_back_after_paying_is_told_what_they_bought(visitor: Client, person: Any) -> None:
    checkout = begun(person, "completed")
    assert "50 credits are yours" in main_of(visitor.get(f"/billing/canceled/{checkout.pk}"))


@pytest.mark.parametrize("path", ["/billing/canceled/x", "/billing/receipts/x"])
def test_a_malformed_id_is_not_there(visitor: Client, path: str) -> None:
    assert visitor.get(path).status_code == 404


# --- Receipts ------------------------------------------------------------------------------


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


# --- The edge ------------------------------------------------------------------------------


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
