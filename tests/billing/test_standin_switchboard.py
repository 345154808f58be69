"""Everything that can go wrong with payments goes wrong by a button of the switchboard."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from billing.standin import here, switchboard
from billing.standin.world import World, deliver_due
from config.payments import Payments
from tests.billing.acted import Thing, customer_named, session_for, subscribed

HOME = "/standin/stripe/"


@pytest.fixture
def world(tmp_path: Path, settings: Any) -> World:
    settings.DATA_DIR = tmp_path
    settings.PAYMENTS = Payments("standin", "sk_test_standinswitch", "http://127.0.0.1:8000")
    return here.world()


@pytest.fixture
def customer(world: World) -> str:
    return customer_named()


def press(do: str, **fields: str) -> str:
    """Press a button; the page after it."""
    answer = Client().post(HOME, {"do": do, **fields}, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def read(named: str) -> Thing:
    found: Thing = here.world().actions.read(named)
    return found


def charge_of(customer: str) -> str:
    return str(here.world().actions.listed("charge", customer=customer)[0]["id"])


def test_the_page_has_a_button_for_everything_that_can_be_done(customer: str) -> None:
    subscription = subscribed(customer, card="fails_later")
    pages = [press("hurry"), press("refund_half", customer=customer, charge=charge_of(customer))]
    pages += [press("to_end", customer=customer, subscription=subscription)]
    late = customer_named("later@studio.example")
    here.world().actions.complete(session_for(late, "price_topup_50"), card="bank_account")
    other = customer_named("other@studio.example")
    subscribed(other)
    session_for(other, "price_topup_200")
    pages += [press("dispute", customer=other, charge=charge_of(other))]
    here.world().enlist(url="http://127.0.0.1:9/", secret="whsec_1")
    customer_named("told@studio.example")
    pages += [Client().get(HOME).content.decode()]
    shown = {name for page in pages for name in re.findall(r'name="do" value="(\w+)"', page)}
    assert shown == set(switchboard.DOES)


def test_a_renewal_fails_and_recovers(customer: str) -> None:
    subscription = subscribed(customer)
    both = {"customer": customer, "subscription": subscription}
    press("fail", **both)
    assert "Past due" in press("to_end", **both)
    assert read(subscription)["status"] == "past_due"
    press("recover", **both)
    assert read(subscription)["status"] == "active"


def test_a_renewal_fails_until_it_is_given_up(customer: str) -> None:
    subscription = subscribed(customer)
    both = {"customer": customer, "subscription": subscription}
    press("fail", **both)
    press("to_end", **both)
    press("give_up", **both)
    assert read(subscription)["status"] == "canceled"


def test_time_goes_on_for_one_customer_alone(customer: str) -> None:
    subscription = subscribed(customer)
    other = subscribed(customer_named("other@studio.example"))
    before = read(other)
    ends = read(subscription)["items"]["data"][0]["current_period_end"]
    press("to_end", customer=customer, subscription=subscription)
    item = read(subscription)["items"]["data"][0]
    assert item["current_period_start"] == ends
    assert len(here.world().actions.listed("invoice", customer=customer)) == 2
    assert read(other) == before


def test_money_goes_back_half_and_whole(customer: str) -> None:
    subscribed(customer)
    charge = charge_of(customer)
    press("refund_half", charge=charge)
    assert read(charge)["amount_refunded"] == 1_450
    page = press("refund", charge=charge)
    assert (read(charge)["amount_refunded"], read(charge)["refunded"]) == (2_900, True)
    assert "paid back" in page
    assert "already been refunded" in press("refund", charge=charge)


@pytest.mark.parametrize(("do", "status"), [("win", "won"), ("lose", "lost")])
def test_a_payment_is_disputed_and_decided(customer: str, do: str, status: str) -> None:
    subscribed(customer)
    charge = charge_of(customer)
    assert "disputed" in press("dispute", charge=charge)
    assert f"dispute {status}" in press(do, charge=charge)
    (dispute,) = here.world().actions.listed("dispute", charge=charge)
    assert dispute["status"] == status


@pytest.mark.parametrize(("do", "status"), [("bank_pays", "paid"), ("bank_refuses", "unpaid")])
def test_a_bank_decides_days_later(customer: str, do: str, status: str) -> None:
    session = session_for(customer, "price_topup_50")
    here.world().actions.complete(session, card="bank_account")
    assert read(session)["payment_status"] == "unpaid"
    press(do, customer=customer, session=session)
    assert read(session)["payment_status"] == status
    told = {one["type"] for one in here.world().actions.listed("event")}
    succeeded = "checkout.session.async_payment_succeeded"
    assert (succeeded in told) == (status == "paid")


def test_a_checkout_expires(customer: str) -> None:
    session = session_for(customer)
    press("expire", customer=customer, session=session)
    assert read(session)["status"] == "expired"


def taking(posted: list[bytes]) -> Callable[[str, Mapping[str, str], bytes], int]:
    """Somebody who takes every webhook."""

    def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
        posted.append(body)
        return 200

    return post


@pytest.mark.parametrize(("mode", "arrive"), [("once", 1), ("twice", 2), ("lost", 0)])
def test_webhooks_travel_as_they_are_switched(world: World, mode: str, arrive: int) -> None:
    world.enlist(url="http://127.0.0.1:9/", secret="whsec_1")
    press("switch", mode=mode, late_s="")
    posted: list[bytes] = []
    customer_named()
    deliver_due(world, taking(posted))
    assert sum(b"customer.created" in one for one in posted) == arrive


def test_late_webhooks_wait_and_can_be_sent_now_and_again(world: World) -> None:
    world.enlist(url="http://127.0.0.1:9/", secret="whsec_1")
    press("switch", mode="once", late_s="3600")
    posted: list[bytes] = []
    customer_named()
    assert deliver_due(world, taking(posted)) == 0
    press("hurry")
    assert deliver_due(world, taking(posted)) > 0
    assert "Taken, 200" in Client().get(HOME).content.decode()
    (delivery,) = [one for one in world.deliveries.listed() if one.type == "customer.created"]
    press("again", number=str(delivery.number))
    assert deliver_due(world, taking(posted)) == 1
    assert sum(b"customer.created" in one for one in posted) == 2


@pytest.mark.parametrize(
    "fields",
    [{"do": ""}, {"do": "nothing"}, {"do": "again", "number": "x"}, {"do": "again", "number": "²"}],
)
def test_what_is_no_button_does_nothing(world: World, fields: dict[str, str]) -> None:
    assert Client().post(HOME, fields).status_code == 404


@pytest.mark.parametrize(
    "fields", [{"mode": "never"}, {"mode": "once", "late_s": "-1"}, {"mode": "once", "late_s": "x"}]
)
def test_what_no_webhook_can_do_is_not_switched(world: World, fields: dict[str, str]) -> None:
    before = world.deliveries.switches
    assert "Say how webhooks are to travel" in press("switch", **fields)
    assert world.deliveries.switches == before


def test_a_button_for_what_is_gone_says_so(customer: str) -> None:
    assert "No such" in press("to_end", subscription="sub_1")
    assert Client().post(HOME, {"do": "fail", "customer": "cus_1"}).status_code == 404
    assert Client().post(HOME, {"do": "refund", "charge": "ch_1"}).status_code == 404
