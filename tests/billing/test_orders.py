"""Whatever the order and number in which Stripe's events come, they end in the same.

Of one upgrade come ``checkout.session.completed``, ``customer.subscription.created``,
``customer.subscription.updated`` and ``invoice.paid``: in each of their 24 orders, once and
twice, by one worker and by two at once.
"""

from __future__ import annotations

import time
from itertools import permutations
from typing import Final

import pytest
from django.core.management import call_command

from billing import deliveries
from billing.models import StripeEvent
from billing.standin.world import World
from tests.billing.letters import post
from tests.billing.orders import EXPECTED, TYPES, Upgrade, known_of, receive, upgrade
from tests.videos.at_once import at_once

WITHIN_S: Final = 60.0
ORDERS: Final = list(permutations(TYPES))


def name_of(order: tuple[str, ...]) -> str:
    return "-".join(kind.removeprefix("customer.").replace("checkout.", "") for kind in order)


def in_order(bought: Upgrade, order: tuple[str, ...]) -> list[bytes]:
    return [bought.letters[kind] for kind in order]


def ledger_is_right() -> None:
    call_command("check_ledger", verbosity=0)


# --- One worker --------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_last_event_first_and_each_twice_ends_in_the_same(stripe_world: World) -> None:
    bought = upgrade(stripe_world)
    order = tuple(reversed(TYPES))
    receive(in_order(bought, order + order))
    assert known_of(bought.user) == EXPECTED
    ledger_is_right()


@pytest.mark.thorough
@pytest.mark.django_db
@pytest.mark.parametrize("order", ORDERS, ids=name_of)
def test_every_order_ends_in_the_same(stripe_world: World, order: tuple[str, ...]) -> None:
    bought = upgrade(stripe_world)
    receive(in_order(bought, order))
    assert known_of(bought.user) == EXPECTED
    ledger_is_right()


@pytest.mark.thorough
@pytest.mark.django_db
@pytest.mark.parametrize("order", ORDERS, ids=name_of)
def test_every_order_of_events_that_come_twice_ends_in_the_same(
    stripe_world: World, order: tuple[str, ...]
) -> None:
    bought = upgrade(stripe_world)
    receive(body for body in in_order(bought, order) for _ in range(2))
    receive(in_order(bought, order))
    deliveries.replay(StripeEvent.objects.all())
    assert deliveries.take_due() == len(order)
    assert known_of(bought.user) == EXPECTED
    ledger_is_right()


@pytest.mark.thorough
@pytest.mark.django_db
@pytest.mark.parametrize("kind", TYPES)
def test_any_one_event_alone_brings_the_plan(stripe_world: World, kind: str) -> None:
    bought = upgrade(stripe_world)
    receive([bought.letters[kind]])
    known = known_of(bought.user)
    for what in ("tier", "changes", "lots", "balance", "tier changed", "payments"):
        assert known[what] == EXPECTED[what], what


# --- Two at once -------------------------------------------------------------------------
def work() -> None:
    """A worker that processes what is due until nothing is left."""
    deadline = time.monotonic() + WITHIN_S
    while StripeEvent.objects.filter(due_at__isnull=False).exists():
        assert time.monotonic() < deadline
        deliveries.take_due()


def by_two(bought: Upgrade, order: tuple[str, ...]) -> None:
    """Everything is delivered twice at the same instant, and processed by two workers."""
    bodies = in_order(bought, order)
    answers = at_once(*[lambda body=body: post(body).status_code for body in bodies * 2])
    assert answers == [200] * 2 * len(bodies)
    assert at_once(work, work) == [None, None]
    assert known_of(bought.user) == EXPECTED
    ledger_is_right()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_end_in_the_same(stripe_world: World) -> None:
    by_two(upgrade(stripe_world), TYPES)


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("order", ORDERS[1:], ids=name_of)
def test_two_workers_at_once_end_in_the_same_whatever_the_order(
    stripe_world: World, order: tuple[str, ...]
) -> None:
    by_two(upgrade(stripe_world), order)
