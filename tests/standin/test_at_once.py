"""Threads and processes in one world: each thing happens once, and nobody waits in vain."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

from billing.standin.world import Refused, World
from tests.standin.conftest import FOR_SALE, Opener

AT_ONCE = 6


def together(do: Callable[[int], object], count: int = AT_ONCE) -> list[object]:
    """What each got or was refused, all having begun at one moment."""
    barrier = threading.Barrier(count)
    results: list[object] = [None] * count

    def run(place: int) -> None:
        barrier.wait()
        try:
            results[place] = do(place)
        except (Refused, stripe.StripeError) as refusal:
            results[place] = refusal

    threads = [threading.Thread(target=run, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("price", ["price_topup_50", "price_pro_month"])
def test_a_session_that_two_complete_is_charged_once(
    world: World, checkout: Opener, price: str
) -> None:
    session = checkout(price)
    results = together(lambda place: world.actions.complete(session.id))
    assert sum(isinstance(one, dict) for one in results) == 1
    assert len(world.actions.listed("charge")) == 1
    assert len(world.actions.listed("event", type="checkout.session.completed")) == 1


def test_one_key_makes_one_customer(world: World, client: stripe.StripeClient) -> None:
    def make(place: int) -> str:
        return client.v1.customers.create(
            params={"email": "a@example.com"}, options={"idempotency_key": "customer:7"}
        ).id

    assert len(set(together(make))) == 1
    assert len(world.actions.listed("customer")) == 1


def test_refunds_that_meet_do_not_pay_back_more_than_was_paid(
    world: World, client: stripe.StripeClient, checkout: Opener
) -> None:
    intent = world.actions.complete(checkout("price_topup_50").id)["payment_intent"]

    def refund(place: int) -> Any:
        return client.v1.refunds.create(params={"payment_intent": intent, "amount": 400})

    results = together(refund)
    assert sum(isinstance(one, stripe.Refund) for one in results) == 2
    assert world.actions.listed("charge")[0]["amount_refunded"] == 800


def test_an_expiry_and_a_payment_have_one_winner(world: World, checkout: Opener) -> None:
    session = checkout("price_topup_50")
    together(
        lambda place: (world.actions.expire if place % 2 else world.actions.complete)(session.id)
    )
    status = world.actions.read(session.id)["status"]
    assert len(world.actions.listed("charge")) == (status == "complete")


def test_a_renewal_that_many_bring_about_is_paid_once(
    world: World, subscribed: stripe.Subscription
) -> None:
    customer = str(subscribed.customer)
    to = subscribed["items"]["data"][0]["current_period_end"] + 4_000
    together(lambda place: world.actions.advance(customer, to))
    assert len(world.actions.listed("charge")) == 2


def _open_and_pay(path: str, place: int) -> None:
    world = World(Path(path))
    world.seed(FOR_SALE)
    (session,) = world.actions.listed("checkout.session", client_reference_id="7")
    try:
        world.actions.complete(session["id"])
    except Refused:
        return
    Path(f"{path}.paid.{place}").touch()


@pytest.mark.thorough
def test_processes_that_open_one_world_pay_once(
    world: World, checkout: Opener, tmp_path: Path
) -> None:
    """Each is a new process, which makes what it finds missing."""
    session = checkout("price_topup_50")
    path = str(tmp_path / "world.sqlite3")
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_open_and_pay, args=(path, place)) for place in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(300)
        assert worker.exitcode == 0
    assert len(list(tmp_path.glob("*.paid.*"))) == 1
    assert world.actions.read(session.id)["status"] == "complete"
    assert len(world.actions.listed("charge")) == 1
    assert len(world.actions.listed("price")) == len(FOR_SALE)


def test_a_file_that_many_make_at_once_is_one_world(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "world.sqlite3"

    def make(place: int) -> int:
        world = World(path)
        world.seed(FOR_SALE)
        found = len(world.actions.listed("price"))
        world.close()
        return found

    assert together(make, 8) == [len(FOR_SALE)] * 8
