"""Webhooks on their way: signed, tried again, and lost, doubled, late or reordered on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
import stripe

from billing.standin.world import World, deliver_due
from tests.standin.conftest import HOOK, HOOK_SECRET, Opener


class Mailbox:
    """An endpoint that notes what comes and answers as it is told."""

    def __init__(self) -> None:
        self.status = 200
        self.letters: list[tuple[str, Mapping[str, str], bytes]] = []

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.letters.append((url, headers, body))
        return self.status

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, _, body in self.letters]

    @property
    def ids(self) -> list[str]:
        return [json.loads(body)["id"] for _, _, body in self.letters]


@pytest.fixture
def mailbox(world: World) -> Mailbox:
    world.enlist(url=HOOK, secret=HOOK_SECRET)
    return Mailbox()


def test_a_letter_is_signed_as_the_library_checks_it(
    world: World, client: stripe.StripeClient, mailbox: Mailbox, checkout: Opener
) -> None:
    world.actions.complete(checkout("price_topup_50").id)
    assert deliver_due(world, mailbox) == len(mailbox.letters) > 5
    for url, headers, body in mailbox.letters:
        event = client.construct_event(body, headers["Stripe-Signature"], HOOK_SECRET)
        assert url == HOOK
        assert event.to_dict() == client.v1.events.retrieve(event.id).to_dict()
        assert event.api_version == stripe.api_version
        with pytest.raises(stripe.SignatureVerificationError):
            client.construct_event(body, headers["Stripe-Signature"], "whsec_of_another")
    assert mailbox.types[-1] == "checkout.session.completed"
    assert deliver_due(world, mailbox) == 0
    assert {one.state for one in world.deliveries.listed()} == {"delivered"}


def test_what_is_not_taken_comes_again_later_and_longer(
    world: World, mailbox: Mailbox, customer: stripe.Customer
) -> None:
    mailbox.status = 500
    waits = []
    for attempt in range(1, 10):
        assert deliver_due(world, mailbox) == 1
        (delivery,) = world.deliveries.listed()
        assert (delivery.attempts, delivery.status) == (attempt, 500)
        waits.append(delivery.due_at - time.time())
        assert deliver_due(world, mailbox) == 0 or delivery.state == "given_up"
        world.deliveries.hurry()
    assert delivery.state == "given_up"
    assert waits[:-1] == sorted(waits[:-1])
    assert waits[0] > 1
    assert set(mailbox.ids) == {delivery.event}
    mailbox.status = 200
    world.deliveries.send_again(delivery.number)
    assert deliver_due(world, mailbox) == 1
    assert world.deliveries.listed()[0].state == "delivered"


def test_no_answer_is_tried_again(
    world: World, mailbox: Mailbox, customer: stripe.Customer
) -> None:
    def unreachable(url: str, headers: Mapping[str, str], body: bytes) -> int:
        raise ConnectionError("Nobody is there.")

    assert deliver_due(world, unreachable) == 1
    (delivery,) = world.deliveries.listed()
    assert (delivery.state, delivery.status) == ("waiting", 0)
    assert "Nobody is there." in delivery.told
    world.deliveries.hurry()
    assert deliver_due(world, mailbox) == 1


def test_lost_letters_never_come(world: World, mailbox: Mailbox, checkout: Opener) -> None:
    session = checkout("price_topup_50")
    before = deliver_due(world, mailbox)
    world.deliveries.switch(mode="lost")
    world.actions.complete(session.id)
    assert deliver_due(world, mailbox) == 0
    lost = world.deliveries.listed()[:-before]
    assert {one.state for one in lost} == {"lost"}
    world.deliveries.switch()
    world.deliveries.send_again(lost[0].number)
    assert deliver_due(world, mailbox) == 1


def test_each_comes_twice_where_that_was_switched_on(
    world: World, mailbox: Mailbox, checkout: Opener
) -> None:
    world.deliveries.switch(mode="twice")
    session = checkout("price_topup_50")
    deliver_due(world, mailbox)
    mailbox.letters.clear()
    world.actions.complete(session.id)
    deliver_due(world, mailbox)
    assert {mailbox.ids.count(one) for one in mailbox.ids} == {2}


def test_late_letters_wait_and_can_be_hurried(
    world: World, mailbox: Mailbox, checkout: Opener
) -> None:
    session = checkout("price_topup_50")
    before = deliver_due(world, mailbox)
    world.deliveries.switch(late_s=3_600)
    world.actions.complete(session.id)
    assert deliver_due(world, mailbox) == 0
    assert all(one.due_at > time.time() + 3_000 for one in world.deliveries.listed()[:-before])
    assert world.deliveries.hurry() == deliver_due(world, mailbox) > 5


def test_reordered_letters_all_come_in_many_orders(
    world: World, mailbox: Mailbox, checkout: Opener
) -> None:
    world.deliveries.switch(mode="reordered")
    world.actions.complete(checkout("price_pro_month").id)
    written = [one.event for one in world.deliveries.listed()][::-1]
    orders = set()
    for _ in range(5):
        mailbox.letters.clear()
        deliver_due(world, mailbox)
        assert sorted(mailbox.ids) == sorted(written)
        orders.add(tuple(mailbox.ids))
        for one in world.deliveries.listed():
            world.deliveries.send_again(one.number)
    assert len(orders) > 1


@pytest.mark.parametrize("switch", [{"mode": "sometimes"}, {"late_s": -1}])
def test_there_are_no_other_switches(world: World, switch: Any) -> None:
    with pytest.raises(ValueError, match="mode is one of"):
        world.deliveries.switch(**switch)
    assert world.deliveries.switches.mode == "once"


def test_an_endpoint_gets_what_it_asked_for(
    world: World, client: stripe.StripeClient, mailbox: Mailbox, checkout: Opener
) -> None:
    other = client.v1.webhook_endpoints.create(
        params={"url": "https://example.com/other", "enabled_events": ["invoice.paid"]}
    )
    assert other.secret
    world.actions.complete(checkout("price_topup_50").id)
    deliver_due(world, mailbox)
    theirs = [letter for letter in mailbox.letters if letter[0].endswith("/other")]
    assert len(theirs) == 1
    assert "invoice.paid" in mailbox.types
    client.construct_event(theirs[0][2], theirs[0][1]["Stripe-Signature"], other.secret)
    assert "secret" not in client.v1.webhook_endpoints.retrieve(other.id)
    client.v1.webhook_endpoints.update(other.id, params={"disabled": True})
    client.v1.customers.create()
    client.v1.webhook_endpoints.delete(other.id)
    assert [one.id for one in client.v1.webhook_endpoints.list().data] == ["we_standin"]


def test_two_who_deliver_do_not_double(
    world: World, mailbox: Mailbox, client: stripe.StripeClient
) -> None:
    for _ in range(20):
        client.v1.customers.create()
    barrier = threading.Barrier(4)

    def carry() -> None:
        barrier.wait()
        deliver_due(world, mailbox)

    carriers = [threading.Thread(target=carry) for _ in range(4)]
    for carrier in carriers:
        carrier.start()
    for carrier in carriers:
        carrier.join()
    assert len(mailbox.ids) == len(set(mailbox.ids)) == 20
