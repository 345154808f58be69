"""Somebody is deleted here while their bank is paying: what comes then goes back, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now

from billing import late, leaving, purchases
from billing.models import Checkout, FormerCustomer
from billing.standin.world import World
from core.errors import ProviderUnavailable
from tests.billing.buying import back, buy, living, pay, session_of
from tests.billing.words import new_person

pytestmark = pytest.mark.django_db

Deliver = Callable[..., int]
CENTS = {50: 900, "month": 2900}


@pytest.fixture
def person() -> Any:
    return new_person()


def left_while_paying(world: World, person: Any, what: int | str) -> Checkout:
    """Somebody buys by a bank that takes days, and is deleted."""
    checkout = buy(person, what)
    pay(world, checkout, card="bank_account")
    back(person, checkout)
    person.delete()
    return checkout


def look_again() -> int:
    FormerCustomer.objects.update(due_at=Now())
    return leaving.end_due()


def paid_back(world: World) -> list[int]:
    return [one["amount"] for one in world.actions.listed("refund")]


def is_deleted(world: World, customer: str) -> bool:
    return bool(world.actions.read(customer).get("deleted"))


@pytest.mark.parametrize("what", CENTS)
def test_what_a_bank_pays_for_somebody_who_is_gone_goes_back_once(
    stripe_world: World, person: Any, what: int | str, caplog: pytest.LogCaptureFixture
) -> None:
    checkout = left_while_paying(stripe_world, person, what)
    (customer,) = FormerCustomer.objects.values_list("stripe_id", flat=True)
    assert [look_again() for _ in range(2)] == [0, 0]
    assert (living(stripe_world), paid_back(stripe_world)) == ([], [])
    assert not is_deleted(stripe_world, customer), "what is on its way is theirs"
    stripe_world.actions.settle_later(session_of(checkout), paid=True)
    assert look_again() == 1
    assert paid_back(stripe_world) == [CENTS[what]]
    assert is_deleted(stripe_world, customer)
    FormerCustomer.objects.create(stripe_id=customer)
    look_again()
    assert paid_back(stripe_world) == [CENTS[what]]
    said = [one for one in caplog.messages if "was paid back" in one]
    assert len(said) == 1


@pytest.mark.parametrize("what", CENTS)
def test_a_bank_that_refuses_leaves_nothing_to_pay_back(
    stripe_world: World, person: Any, what: int | str
) -> None:
    checkout = left_while_paying(stripe_world, person, what)
    assert look_again() == 0
    stripe_world.actions.settle_later(session_of(checkout), paid=False)
    assert look_again() == 1
    assert paid_back(stripe_world) == []


def test_the_webhook_that_tells_of_it_has_it_paid_back_at_once(
    stripe_world: World, person: Any, deliver: Deliver
) -> None:
    checkout = left_while_paying(stripe_world, person, 50)
    assert leaving.end_due() == 0
    assert FormerCustomer.objects.filter(due_at__gt=Now()).exists()
    stripe_world.actions.settle_later(session_of(checkout), paid=True)
    deliver()
    assert leaving.end_due() == 1
    assert paid_back(stripe_world) == [900]


def test_what_was_paid_before_somebody_was_told_of_it_goes_back_too(
    stripe_world: World, person: Any
) -> None:
    """The credits never came, so nothing was got for it."""
    checkout = buy(person, 50)
    pay(stripe_world, checkout)
    person.delete()
    assert purchases.settle(session_id=session_of(checkout)) is None
    assert look_again() == 1
    assert paid_back(stripe_world) == [900]


def test_what_was_had_before_is_not_paid_back(stripe_world: World, person: Any) -> None:
    for what in (50, "month"):
        checkout = buy(person, what)
        pay(stripe_world, checkout)
        back(person, checkout)
    person.delete()
    # Stripe tells whole seconds: what was paid in the one of leaving counts as paid after it.
    FormerCustomer.objects.update(left_at=F("left_at") + timedelta(seconds=1))
    assert look_again() == 1
    assert paid_back(stripe_world) == []


def test_while_stripe_is_away_it_is_paid_back_later(
    stripe_world: World, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = left_while_paying(stripe_world, person, "month")
    stripe_world.actions.settle_later(session_of(checkout), paid=True)

    def away(*_: Any, **__: Any) -> Any:
        raise ProviderUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(late, "pay_back", away)
        assert look_again() == 0
    assert FormerCustomer.objects.exists()
    assert look_again() == 1
    assert paid_back(stripe_world) == [2900]
