"""What was paid for arrives, once, whoever hears of it first."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from billing import operations, purchases
from billing.models import Checkout, Payment
from billing.standin.world import World
from core.errors import Conflict, NotFound
from credits.models import Lot
from notifications.models import Notification
from tests.billing.buying import back, buy, living, pay, session_of, tier_of, topups
from tests.billing.words import new_person, pro_lots
from tests.videos.at_once import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Any:
    return new_person()


def test_who_comes_back_has_what_they_paid_for(stripe_world: World, person: Any) -> None:
    checkout = buy(person, "year")
    assert back(person, checkout).state == "open"
    pay(stripe_world, checkout)
    assert back(person, checkout).state == "completed"
    assert (tier_of(person), pro_lots(person)) == ("pro", 1)
    payment = Payment.objects.get(user=person)
    assert (payment.kind, payment.amount, payment.currency) == ("plan", 29000, "usd")
    assert payment.description == "Pro, yearly"


def test_nobody_comes_back_from_a_checkout_of_somebody_else(
    stripe_world: World, person: Any
) -> None:
    checkout = buy(person, 50)
    pay(stripe_world, checkout)
    for session_id in (session_of(checkout), "cs_test_unknown", ""):
        with pytest.raises(NotFound):
            operations.settle_return(user=new_person(), session_id=session_id)
    with pytest.raises(NotFound):
        operations.cancel_checkout(user=new_person(), checkout_id=checkout.pk)
    assert topups(person) == []


def test_who_turned_back_cannot_pay_by_mistake(stripe_world: World, person: Any) -> None:
    checkout = buy(person, "month")
    found = operations.cancel_checkout(user=person, checkout_id=checkout.pk)
    assert found.state == "expired"
    assert stripe_world.actions.read(session_of(checkout))["status"] == "expired"
    assert operations.cancel_checkout(user=person, checkout_id=checkout.pk).state == "expired"


def test_who_paid_and_then_went_to_the_wrong_page_has_paid(
    stripe_world: World, person: Any
) -> None:
    checkout = buy(person, 50)
    pay(stripe_world, checkout)
    assert operations.cancel_checkout(user=person, checkout_id=checkout.pk).state == "completed"
    assert topups(person) == [50]


def test_who_comes_back_while_stripe_is_away_waits(
    stripe_world: World, person: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = buy(person, 50)
    pay(stripe_world, checkout)
    monkeypatch.setattr("billing.gateway.RETRIES", 0)
    at_stripe = settings.PAYMENTS
    settings.PAYMENTS = type(at_stripe)("standin", uuid4().hex, "http://127.0.0.1:9", "x")
    assert back(person, checkout).state == "open"
    assert operations.cancel_checkout(user=person, checkout_id=checkout.pk).state == "open"
    settings.PAYMENTS = at_stripe
    assert back(person, checkout).state == "completed"


def test_a_top_up_arrives_once_however_often_it_is_heard_of(
    stripe_world: World, person: Any
) -> None:
    checkout = buy(person, 200)
    pay(stripe_world, checkout)
    for _ in range(3):
        purchases.settle(session_id=session_of(checkout))
    assert topups(person) == [200]
    payment = Payment.objects.get(user=person)
    lot = Lot.objects.get(account__user=person, kind="topup")
    assert lot.source_key == payment.source_key == f"topup:{payment.payment_intent}"
    assert (payment.amount, payment.credits, payment.tax) == (3200, 200, 0)
    assert payment.invoice.startswith("in_")
    assert payment.receipt_url.startswith("http")


@pytest.mark.django_db(transaction=True)
def test_a_top_up_arrives_once_for_readers_that_meet(stripe_world: World) -> None:
    person = new_person()
    checkout = buy(person, 50)
    pay(stripe_world, checkout)
    session_id = session_of(checkout)
    found = at_once(*[lambda: purchases.settle(session_id=session_id)] * 4)
    assert {one.state for one in found} == {"completed"}, found
    assert topups(person) == [50]
    assert Payment.objects.count() == 1


def test_a_bank_that_takes_days_brings_the_credits_when_it_paid(
    stripe_world: World, person: Any
) -> None:
    checkout = buy(person, 50)
    pay(stripe_world, checkout, card="bank_account")
    assert back(person, checkout).state == "open"
    assert topups(person) == []
    assert buy(person, 50).pk != checkout.pk  # who wants more need not wait
    stripe_world.actions.settle_later(session_of(checkout), paid=True)
    assert back(person, checkout).state == "completed"
    assert topups(person) == [50]


def test_a_bank_that_says_no_brings_nothing(stripe_world: World, person: Any) -> None:
    checkout = buy(person, 50)
    pay(stripe_world, checkout, card="bank_account")
    stripe_world.actions.settle_later(session_of(checkout), paid=False)
    assert [back(person, checkout).state for _ in range(2)] == ["expired"] * 2
    assert (topups(person), Payment.objects.count()) == ([], 0)
    (told,) = refusals(person)
    assert told.body == (
        "“50 credits” was not paid for, so nothing was bought. You can pay in another way."
    )
    assert (told.link, told.context) == ("/billing", {"checkoutId": str(checkout.pk)})
    assert told.email_due_at is not None


def refusals(person: Any) -> list[Notification]:
    return list(Notification.objects.filter(user=person, kind="billing.bank_refused"))


def test_a_bank_that_takes_days_brings_the_plan_when_it_paid(
    stripe_world: World, person: Any
) -> None:
    """Stripe calls the subscription active from the first day on."""
    checkout = buy(person, "month")
    pay(stripe_world, checkout, card="bank_account")
    assert len(living(stripe_world)) == 1
    with pytest.raises(Conflict) as refusal:
        buy(person, "month")
    assert (refusal.value.code, "on its way" in refusal.value.message) == ("PAYMENT_DUE", True)
    assert back(person, checkout).state == "open"
    assert (tier_of(person), pro_lots(person), Payment.objects.count()) == ("free", 0, 0)
    stripe_world.actions.settle_later(session_of(checkout), paid=True)
    assert back(person, checkout).state == "completed"
    assert (tier_of(person), pro_lots(person), Payment.objects.count()) == ("pro", 1, 1)


def test_a_bank_that_says_no_brings_no_plan_and_nothing_is_charged_later(
    stripe_world: World, person: Any
) -> None:
    checkout = buy(person, "month")
    pay(stripe_world, checkout, card="bank_account")
    back(person, checkout)
    stripe_world.actions.settle_later(session_of(checkout), paid=False)
    assert back(person, checkout).state == "expired"
    assert (tier_of(person), pro_lots(person), living(stripe_world)) == ("free", 0, [])
    assert [told.body.partition(" was ")[0] for told in refusals(person)] == ["“Pro, monthly”"]
    again = buy(person, "month")
    pay(stripe_world, again)
    assert back(person, again).state == "completed"
    assert (tier_of(person), pro_lots(person)) == ("pro", 1)


def test_a_plan_that_ends_while_a_bank_takes_days_is_not_waited_for(
    stripe_world: World, person: Any
) -> None:
    checkout = buy(person, "month")
    pay(stripe_world, checkout, card="bank_account")
    stripe_world.actions.cancel_now(living(stripe_world)[0])
    assert back(person, checkout).state == "expired"
    assert refusals(person) == [], "no bank refused it"
    assert buy(person, "month").url


def test_a_code_takes_something_off_and_the_credits_stay(stripe_world: World, person: Any) -> None:
    checkout = buy(person, 50)
    stripe_world.actions.promote(session_of(checkout), "WELCOME20")
    pay(stripe_world, checkout)
    back(person, checkout)
    assert topups(person) == [50]
    assert Payment.objects.get().amount == 720


@pytest.mark.parametrize("what", [50, "month"])
def test_tax_is_written_down_with_what_it_is_part_of(
    stripe_world: World, person: Any, settings: Any, what: int | str
) -> None:
    settings.STRIPE_TAX = True
    checkout = buy(person, what)
    pay(stripe_world, checkout, country="DE", postal_code="10115")
    back(person, checkout)
    payment, session = Payment.objects.get(), stripe_world.actions.read(session_of(checkout))
    assert payment.tax == session["total_details"]["amount_tax"] > 0
    assert payment.amount == session["amount_total"]


def test_a_checkout_that_was_lost_here_is_still_paid_for(stripe_world: World, person: Any) -> None:
    checkout = buy(person, 50)
    pay(stripe_world, checkout)
    Checkout.objects.all().delete()
    found = purchases.settle(session_id=session_of(checkout))
    assert found is not None
    assert (found.pk, found.state, topups(person)) == (checkout.pk, "completed", [50])


def test_a_top_up_that_is_not_sold_any_more_arrives(
    stripe_world: World, person: Any, settings: Any
) -> None:
    checkout = buy(person, 50)
    pay(stripe_world, checkout)
    settings.TOPUPS = {200: 32}
    assert back(person, checkout).state == "completed"
    assert topups(person) == [50]


def test_a_checkout_of_somebody_who_is_gone_is_nobodys(stripe_world: World, person: Any) -> None:
    checkout = buy(person, 50)
    pay(stripe_world, checkout)
    session_id = session_of(checkout)
    person.delete()
    assert purchases.settle(session_id=session_id) is None
    assert purchases.settle(session_id="cs_test_unknown") is None
