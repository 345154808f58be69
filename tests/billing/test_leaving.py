"""Somebody is deleted here: nothing goes on at Stripe, and Stripe forgets who they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from djstripe.models import Customer as Mirrored

from billing import leaving, refunds, subscriptions
from billing.models import Customer, FormerCustomer, Payment, Subscription
from billing.standin.world import World
from config.payments import Payments
from core.errors import NotFound, ProviderUnavailable
from credits.models import Account, Entry
from tests.billing.buying import back, buy, living, pay
from tests.billing.words import new_person

pytestmark = pytest.mark.django_db

Deliver = Callable[..., int]


@pytest.fixture
def person() -> Any:
    return new_person()


def on_pro(world: World, person: Any) -> str:
    """Somebody on Pro; the customer's id."""
    checkout = buy(person, "month")
    pay(world, checkout)
    back(person, checkout)
    return Customer.objects.get(user=person).stripe_id


def test_who_is_deleted_is_ended_and_deleted_at_stripe_and_the_ledger_stays(
    stripe_world: World, person: Any
) -> None:
    customer = on_pro(stripe_world, person)
    open_one = buy(person, 50)
    account = Account.objects.get(user=person)
    entries = Entry.objects.filter(account=account).count()
    person.delete()
    assert FormerCustomer.objects.get().stripe_id == customer
    assert len(living(stripe_world)) == 1, "nothing is asked in the transaction that deletes"
    assert leaving.end_due() == 1
    assert living(stripe_world) == []
    assert stripe_world.actions.read(str(open_one.session_id))["status"] == "expired"
    assert is_deleted(stripe_world, customer)
    assert not FormerCustomer.objects.exists()
    assert leaving.end_due() == 0
    account.refresh_from_db()
    assert (account.user_id, account.entries.count()) == (None, entries)
    assert not Payment.objects.exists()


def is_deleted(world: World, customer: str) -> bool:
    return bool(world.actions.read(customer).get("deleted"))


def test_while_stripe_is_away_it_is_tried_again_later_and_later(
    stripe_world: World, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = on_pro(stripe_world, person)
    person.delete()

    def away() -> Any:
        raise ProviderUnavailable("away")

    pauses = []
    with monkeypatch.context() as patch:
        patch.setattr(leaving, "client", away)
        for _ in range(3):
            before = timezone.now()
            assert leaving.end_due() == 0
            row = FormerCustomer.objects.get()
            pauses.append(round((row.due_at - before).total_seconds() / 60))
            assert leaving.end_due() == 0, "not due yet"
            FormerCustomer.objects.update(due_at=Now())
    assert pauses == [1, 2, 4]
    assert leaving.end_due() == 1
    assert is_deleted(stripe_world, customer)


def test_it_is_done_whole_where_it_was_cut_off_before(
    stripe_world: World, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = on_pro(stripe_world, person)
    person.delete()
    monkeypatch.setattr(leaving, "_close_checkouts", cut_off)
    with pytest.raises(KeyboardInterrupt):
        leaving.end_due()
    assert (living(stripe_world), is_deleted(stripe_world, customer)) == ([], False)
    monkeypatch.setattr(leaving, "_close_checkouts", lambda stripe_id: None)
    FormerCustomer.objects.update(due_at=Now())
    assert leaving.end_due() == 1
    assert is_deleted(stripe_world, customer)


def cut_off(stripe_id: str) -> None:
    raise KeyboardInterrupt


def test_a_customer_that_stripe_has_deleted_already_is_done(
    stripe_world: World, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_pro(stripe_world, person)
    person.delete()

    def unknown(stripe_id: str) -> None:
        raise NotFound("gone")

    monkeypatch.setattr(leaving, "_end_subscriptions", unknown)
    assert leaving.end_due() == 1
    assert not FormerCustomer.objects.exists()


def test_a_subscription_that_ends_meanwhile_does_not_keep_the_customer(
    stripe_world: World, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = on_pro(stripe_world, person)
    person.delete()
    stripe_world.actions.cancel_now(living(stripe_world)[0])
    monkeypatch.setattr(leaving, "OVER", ())  # it was listed before
    assert leaving.end_due() == 1
    assert is_deleted(stripe_world, customer)


def test_who_bought_nothing_leaves_nothing(person: Any) -> None:
    person.delete()
    assert not FormerCustomer.objects.exists()


def test_where_nothing_is_sold_any_more_it_waits(
    stripe_world: World, person: Any, settings: Any
) -> None:
    on_pro(stripe_world, person)
    person.delete()
    settings.PAYMENTS = Payments("off")
    assert leaving.end_due() == 0
    assert FormerCustomer.objects.exists()


@pytest.mark.thorough
def test_what_stripe_still_tells_of_them_is_nobodys(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    customer = on_pro(stripe_world, person)
    deliver()
    assert Mirrored.objects.filter(id=customer).exists()
    stripe_id = Subscription.objects.get(user=person).stripe_id
    charge = stripe_world.actions.listed("charge")[0]["id"]
    person.delete()
    leaving.end_due()
    assert not Mirrored.objects.filter(id=customer).exists(), "our copy says nothing of them"
    deliver()
    assert subscriptions.refresh(stripe_id=stripe_id) is None
    assert refunds.charge_refunded(charge_id=charge) is None
    assert not Subscription.objects.exists()
