"""What time brings: renewals, failed payments with their retries, ends that were planned."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import stripe

from billing.standin.world import Refused, World
from billing.standin.world.periods import moved
from tests.standin.conftest import Opener, told

DAY_S = 86_400
HOUR_S = 3_600


def period_of(world: World, subscription_id: str) -> tuple[int, int]:
    item = world.actions.read(subscription_id)["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def since(world: World, count: int) -> list[str]:
    """The types of events after so many."""
    return told(world)[count:]


def test_a_period_follows_the_other_and_each_is_paid(
    world: World, subscribed: stripe.Subscription
) -> None:
    first = period_of(world, subscribed.id)
    before = len(told(world))
    assert world.actions.renew(subscribed.id)["status"] == "active"
    second = period_of(world, subscribed.id)
    assert first[1] == second[0] < second[1]
    assert since(world, before) == [
        "invoice.upcoming",
        "invoice.created",
        "customer.subscription.updated",
        "invoice.finalized",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]
    invoices = world.actions.listed("invoice")
    assert [one["billing_reason"] for one in invoices] == [
        "subscription_cycle",
        "subscription_create",
    ]
    line = invoices[0]["lines"]["data"][0]
    assert (line["period"]["start"], line["period"]["end"]) == second
    assert world.actions.read(subscribed.id)["latest_invoice"] == invoices[0]["id"]


def test_a_year_by_the_month_is_twelve_payments(
    world: World, subscribed: stripe.Subscription
) -> None:
    start = period_of(world, subscribed.id)[0]
    # The last renewal is paid an hour after the year, which may have 366 days.
    world.actions.advance(str(subscribed.customer), moved(start, "year", 1) + 2 * HOUR_S)
    charges = world.actions.listed("charge")
    assert len(charges) == 13
    assert {charge["amount"] for charge in charges} == {2_900}
    starts = sorted(
        one["lines"]["data"][0]["period"]["start"] for one in world.actions.listed("invoice")
    )
    days = {time.gmtime(at).tm_mday for at in starts}
    assert max(days) - min(days) <= 3


def test_a_failed_renewal_is_past_due_and_tried_again(
    world: World, subscribed: stripe.Subscription
) -> None:
    world.actions.fail_payments(str(subscribed.customer))
    before = len(told(world))
    assert world.actions.renew(subscribed.id)["status"] == "past_due"
    assert since(world, before)[-5:] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "invoice.payment_failed",
        "customer.updated",
        "customer.subscription.updated",
    ]
    invoice = world.actions.listed("invoice")[0]
    assert (invoice["status"], invoice["attempt_count"]) == ("open", 1)
    assert invoice["next_payment_attempt"] - world.actions.now(str(subscribed.customer)) > 2 * DAY_S
    assert world.actions.read(str(subscribed.customer))["delinquent"] is True


def test_it_recovers_when_the_card_works_at_the_next_try(
    world: World, subscribed: stripe.Subscription
) -> None:
    customer = str(subscribed.customer)
    world.actions.fail_payments(customer)
    world.actions.renew(subscribed.id)
    world.actions.fail_payments(customer, fails=False)
    again = world.actions.listed("invoice")[0]["next_payment_attempt"]
    world.actions.advance(customer, again)
    assert world.actions.read(subscribed.id)["status"] == "active"
    assert world.actions.read(customer)["delinquent"] is False
    invoice = world.actions.listed("invoice")[0]
    assert (invoice["status"], invoice["attempt_count"]) == ("paid", 2)


@pytest.mark.parametrize("way", ["recover", "replace_card", "pay_invoice", "api"])
def test_it_recovers_at_once_when_somebody_pays(
    world: World, client: stripe.StripeClient, subscribed: stripe.Subscription, way: str
) -> None:
    customer = str(subscribed.customer)
    world.actions.fail_payments(customer)
    world.actions.renew(subscribed.id)
    invoice = world.actions.listed("invoice")[0]["id"]
    match way:
        case "recover":
            world.actions.recover(subscribed.id)
        case "replace_card":
            world.actions.replace_card(customer)
        case "pay_invoice":
            world.actions.pay_invoice(invoice)
        case _:
            client.v1.invoices.pay(invoice, params={"payment_method": "pm_card_visa"})
    assert world.actions.read(subscribed.id)["status"] == "active"
    assert world.actions.read(invoice)["status"] == "paid"
    assert "invoice.paid" in told(world)[-6:]


def test_nobody_tries_for_ever(world: World, subscribed: stripe.Subscription) -> None:
    world.actions.fail_payments(str(subscribed.customer))
    world.actions.renew(subscribed.id)
    ended = world.actions.give_up(subscribed.id)
    assert ended["status"] == "canceled"
    assert ended["cancellation_details"]["reason"] == "payment_failed"
    assert ended["ended_at"] is not None
    assert told(world).count("invoice.payment_failed") == 4
    assert told(world)[-1] == "customer.subscription.deleted"
    world.actions.advance(str(subscribed.customer), ended["ended_at"] + 100 * DAY_S)
    assert told(world)[-1] == "customer.subscription.deleted"


def test_a_card_that_fails_later_pays_once(world: World, checkout: Opener) -> None:
    done = world.actions.complete(checkout("price_pro_month").id, card="fails_later")
    assert done["payment_status"] == "paid"
    assert world.actions.renew(done["subscription"])["status"] == "past_due"


def test_what_is_canceled_runs_until_its_period_ends(
    world: World, subscribed: stripe.Subscription
) -> None:
    end = period_of(world, subscribed.id)[1]
    canceled = world.actions.cancel_at_period_end(subscribed.id, feedback="unused", comment="Bye")
    assert (canceled["status"], canceled["cancel_at"], canceled["cancel_at_period_end"]) == (
        "active",
        end,
        False,
    )
    assert canceled["cancellation_details"]["feedback"] == "unused"
    assert told(world)[-1] == "customer.subscription.updated"
    world.actions.advance(str(subscribed.customer), end - HOUR_S)
    assert world.actions.read(subscribed.id)["status"] == "active"
    world.actions.advance(str(subscribed.customer), end)
    assert world.actions.read(subscribed.id)["status"] == "canceled"
    assert told(world)[-1] == "customer.subscription.deleted"
    assert len(world.actions.listed("charge")) == 1


def test_what_is_resumed_goes_on(world: World, subscribed: stripe.Subscription) -> None:
    with pytest.raises(Refused):
        world.actions.resume(subscribed.id)
    world.actions.cancel_at_period_end(subscribed.id)
    resumed = world.actions.resume(subscribed.id)
    assert (resumed["cancel_at"], resumed["canceled_at"]) == (None, None)
    assert resumed["cancellation_details"]["reason"] is None
    assert world.actions.renew(subscribed.id)["status"] == "active"


def test_the_api_cancels_for_later_or_now(
    world: World, client: stripe.StripeClient, subscribed: stripe.Subscription
) -> None:
    later = client.v1.subscriptions.update(subscribed.id, params={"cancel_at_period_end": True})
    assert later.cancel_at_period_end is True
    assert later.cancel_at == period_of(world, subscribed.id)[1]
    back = client.v1.subscriptions.update(subscribed.id, params={"cancel_at_period_end": False})
    assert (back.cancel_at_period_end, back.cancel_at) == (False, None)
    ended = client.v1.subscriptions.cancel(subscribed.id, params={"prorate": False})
    assert ended.status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.subscriptions.cancel(subscribed.id)
    assert refusal.value.code == "resource_missing"


def test_a_test_clock_moves_all_its_customers(world: World, client: stripe.StripeClient) -> None:
    start = 1_800_000_000
    clock = client.v1.test_helpers.test_clocks.create(params={"frozen_time": start})
    subscriptions = []
    for _ in range(2):
        customer = client.v1.customers.create(params={"test_clock": clock.id})
        client.v1.payment_methods.attach("pm_card_visa", params={"customer": customer.id})
        method = world.actions.listed("payment_method", customer=customer.id)[0]["id"]
        made = client.v1.subscriptions.create(
            params={
                "customer": customer.id,
                "items": [{"price": "price_pro_year"}],
                "default_payment_method": method,
            }
        )
        assert (made.status, made.created, made.test_clock) == ("active", start, clock.id)
        subscriptions.append(made.id)
    to = start + 366 * DAY_S
    client.v1.test_helpers.test_clocks.advance(clock.id, params={"frozen_time": to})
    moved = client.v1.test_helpers.test_clocks.retrieve(clock.id)
    assert (moved.status, moved.frozen_time) == ("ready", to)
    assert [period_of(world, one)[0] for one in subscriptions] == [start + 365 * DAY_S] * 2
    assert len(world.actions.listed("charge", amount=29_000)) == 4
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.test_helpers.test_clocks.advance(clock.id, params={"frozen_time": start})
    client.v1.test_helpers.test_clocks.delete(clock.id)
    assert world.actions.listed("customer", test_clock=clock.id) == []


def test_time_goes_on_by_itself(
    world: World, subscribed: stripe.Subscription, tmp_path: Path
) -> None:
    """Nobody moves it, but the period is over."""
    end = period_of(world, subscribed.id)[1]
    world.actions.advance(str(subscribed.customer), end - HOUR_S)
    world.tick()
    assert len(world.actions.listed("invoice")) == 1
    later = World(tmp_path / "world.sqlite3", wall=lambda: int(time.time()) + HOUR_S)
    later.tick()
    later.close()
    assert [one["status"] for one in world.actions.listed("invoice")] == ["draft", "paid"]


def test_time_does_not_go_back(world: World, subscribed: stripe.Subscription) -> None:
    now = world.actions.now(str(subscribed.customer))
    with pytest.raises(Refused, match="forward"):
        world.actions.advance(str(subscribed.customer), now - 100)


def test_a_subscription_that_nobody_pays_lapses(
    world: World, client: stripe.StripeClient, customer: stripe.Customer
) -> None:
    made = client.v1.subscriptions.create(
        params={
            "customer": customer.id,
            "items": [{"price": "price_pro_month"}],
            "payment_behavior": "default_incomplete",
        }
    )
    assert made.status == "incomplete"
    world.actions.advance(customer.id, made.created + 23 * 3_600)
    assert world.actions.read(made.id)["status"] == "incomplete_expired"
    assert world.actions.listed("invoice")[0]["status"] == "void"
