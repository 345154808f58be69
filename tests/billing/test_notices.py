"""What is said of plans and payments: each kind in its words, in the inbox and by mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import mail as outbox
from django.core.mail import EmailMultiAlternatives
from django.db.models.functions import Now
from django.test import Client

from billing import notices
from billing.models import Checkout, Payment, Subscription
from billing.notices import Moved
from core.money import CREDIT
from credits import operations as ledger
from notifications import consuming
from notifications.models import Notification
from notifications.operations import choose
from notifications.subjects import SUBJECTS, Way, subject_of
from notifications.tasks import send_due
from tests.billing.words import new_person

pytestmark = pytest.mark.django_db

MAILS = Path(__file__).parent / "mails"
PAID_AT = datetime(2031, 3, 9, 10, tzinfo=UTC)
ENDS = datetime(2031, 4, 9, 10, tzinfo=UTC)


@pytest.fixture
def person() -> Any:
    return new_person()


def change(person: Any, to: str, reason: str) -> None:
    before = {"pro": "free", "free": "pro"}[to]
    data = {"fromTier": before, "toTier": to, "interval": "month", "reason": reason}
    notices.tier_changed({"userId": str(person.pk), "data": data})


def unpaid(person: Any, status: str) -> None:
    row(person, tier="free", status=status).save()
    change(person, "free", "unpaid")


def paid(person: Any, **other: Any) -> Payment:
    usual: dict[str, Any] = {
        "id": UUID("01920000-0000-7000-8000-000000000001"),
        "user": person,
        "kind": "topup",
        "source_key": f"topup:{uuid4()}",
        "description": "50 credits",
        "credits": 50,
        "amount": 900,
        "currency": "usd",
        "paid_at": PAID_AT,
    }
    return Payment(**{**usual, **other})


def of_plan(person: Any, **other: Any) -> Payment:
    usual: dict[str, Any] = {"kind": "plan", "credits": 0, "amount": 2900}
    return paid(person, **{**usual, "description": "Pro, monthly", **other})


def row(person: Any, **other: Any) -> Subscription:
    usual: dict[str, Any] = {"tier": "pro", "stripe_id": "sub_1", "period_ends_at": ENDS}
    return Subscription(user=person, **{**usual, **other})


def moved(person: Any, payment: Payment, credits: Moved, **after: Any) -> None:
    was = Payment.objects.model(**{name: getattr(payment, name) for name in FIELDS})
    for name, value in after.items():
        setattr(payment, name, value)
    notices.money_moved(was, payment, credits)


FIELDS = ("user_id", "kind", "refunded", "dispute", "dispute_status", "amount", "currency")


def arrived(person: Any) -> None:
    payment = paid(person)
    key = payment.source_key
    ledger.grant(user_id=person.pk, kind="topup", amount=50 * CREDIT, source_key=key)
    notices.topped_up(payment)


def debt_is_paid(person: Any) -> None:
    ledger.grant(user_id=person.pk, kind="topup", amount=50 * CREDIT, source_key="p")
    hold = ledger.hold(
        user_id=person.pk,
        amount=38 * CREDIT,
        key="k",
        operation="edit",
        reason="",
        ttl=timedelta(minutes=1),
    )
    ledger.capture(hold_id=hold.pk)
    ledger.revoke(source_key="p", reason="")
    ledger.grant(user_id=person.pk, kind="grant", amount=30 * CREDIT, source_key="q")


HALF = Moved(gone=20 * CREDIT, owed=5 * CREDIT)
AGAIN = Moved(gone=-20 * CREDIT, owed=-5 * CREDIT)
WAITS: dict[str, Any] = {"amount": "29.00 USD", "context": {"invoice": "in_1", "attempt": 1}}
TOLD: dict[str, Callable[[Any], object]] = {
    "upgraded": lambda who: change(who, "pro", "upgraded"),
    "recovered": lambda who: change(who, "pro", "recovered"),
    "ended": lambda who: change(who, "free", "ended"),
    "unpaid": lambda who: unpaid(who, "past_due"),
    "unpaid_over": lambda who: unpaid(who, "canceled"),
    "cancel_scheduled": lambda who: notices.subscription_changed(row(who), row(who, ends_at=ENDS)),
    "cancel_undone": lambda who: notices.subscription_changed(row(who, ends_at=ENDS), row(who)),
    "payment_failed": lambda who: notices.payment_failed(row(who, past_due_since=ENDS), **WAITS),
    "payment_failed_just_now": lambda who: notices.payment_failed(row(who), **WAITS),
    "payment_failed_free": lambda who: notices.payment_failed(row(who, tier="free"), **WAITS),
    "card_needed": lambda who: notices.card_needed(row(who), **WAITS),
    "bank_refused": lambda who: notices.bank_refused(Checkout(user=who), what="50 credits"),
    "refunded": lambda who: moved(who, paid(who), HALF, refunded=450),
    "refunded_plan": lambda who: moved(who, of_plan(who), Moved(), refunded=2900),
    "refund_failed": lambda who: moved(who, paid(who, refunded=450), AGAIN, refunded=0),
    "charged_back": lambda who: moved(who, paid(who), HALF, dispute_status="needs_response"),
    "charged_back_plan": lambda who: moved(
        who, of_plan(who), Moved(), dispute_status="needs_response"
    ),
    "lost_at_once": lambda who: moved(who, paid(who), HALF, dispute_status="lost"),
    "dispute_won": lambda who: moved(
        who, paid(who, dispute_status="under_review"), AGAIN, dispute_status="won"
    ),
    "dispute_lost": lambda who: moved(
        who, of_plan(who, dispute_status="under_review"), Moved(), dispute_status="lost"
    ),
    "topped_up": arrived,
    "debt_paid": debt_is_paid,
}
UNMAILED = {"topped_up"}


def steady(text: str) -> str:
    """Without what differs from run to run."""
    return re.sub(r"/unsubscribe/[\w:=-]+", "/unsubscribe/TOKEN", text)


@pytest.mark.parametrize("name", TOLD)
def test_a_mail_says_what_it_always_said(person: Any, settings: Any, name: str) -> None:
    settings.PUBLIC_URL = "https://studio.example"
    choose(user=person, ways={each: Way(inbox=True, email=True) for each in SUBJECTS})
    TOLD[name](person)
    Notification.objects.update(email_due_at=Now())
    send_due()
    (mail,) = outbox.outbox
    said = f"Subject: {mail.subject}\n\n{mail.body}"
    assert steady(said) == (MAILS / f"{name}.txt").read_text()
    assert isinstance(mail, EmailMultiAlternatives)
    assert "<script" not in str(mail.alternatives[0][0])


@pytest.mark.thorough
@pytest.mark.parametrize("name", TOLD)
def test_every_kind_belongs_to_a_subject_and_leads_somewhere(person: Any, name: str) -> None:
    TOLD[name](person)
    told = Notification.objects.get()
    subject = subject_of(told.kind)
    assert subject is not None
    assert (told.email_due_at is not None) == subject.email == (name not in UNMAILED)
    path = told.link
    page = Client()
    page.force_login(person)
    assert page.get(path).status_code == (404 if "receipts" in path else 200), path


@pytest.mark.parametrize("name", ["billing.due", "billing.money_back"])
def test_what_takes_credits_or_a_plan_is_always_in_the_inbox(person: Any, name: str) -> None:
    assert SUBJECTS[name].always
    way = {name: Way(inbox=False, email=False)}
    with pytest.raises(Exception, match="always told"):
        choose(user=person, ways=way)


def test_money_that_did_not_move_is_not_told(person: Any) -> None:
    moved(person, paid(person, refunded=450), Moved(), refunded=450)
    disputed = paid(person, dispute="du_1", dispute_status="needs_response")
    moved(person, disputed, Moved(), dispute_status="under_review")
    moved(person, paid(person), Moved(), dispute="du_1", dispute_status="warning_needs_response")
    assert not Notification.objects.exists()


def test_a_refund_and_a_dispute_that_are_heard_of_together_say_the_credits_once(
    person: Any,
) -> None:
    moved(person, paid(person), HALF, refunded=450, dispute="du_1", dispute_status="lost")
    bodies = list(Notification.objects.order_by("id").values_list("body", flat=True))
    assert len(bodies) == 2
    assert sum("20 credits went back" in body for body in bodies) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        ({"ends_at": ENDS}, {"ends_at": ENDS + timedelta(days=1)}),
        ({}, {"ends_at": ENDS, "tier": "free"}),
        ({"ends_at": ENDS, "tier": "free"}, {}),
        ({"ends_at": ENDS}, {"stripe_id": "sub_2"}),
    ],
)
def test_only_a_plan_that_goes_on_is_canceled_or_kept(
    person: Any, before: dict[str, Any], after: dict[str, Any]
) -> None:
    notices.subscription_changed(row(person, **before), row(person, **after))
    assert not Notification.objects.exists()


def test_a_new_tier_is_told_by_the_consumer_named_notification(person: Any) -> None:
    consumer = consuming.consumer("notification")
    assert consumer.types == {"SubscriptionTierChanged"}
    assert consumer.handle == notices.tier_changed


def test_who_was_deleted_meanwhile_is_told_nothing(person: Any) -> None:
    gone = new_person()
    pk = gone.pk
    gone.delete()
    gone.pk = pk
    change(gone, "pro", "upgraded")
    assert not Notification.objects.exists()
