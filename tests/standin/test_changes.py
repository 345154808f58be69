"""Another price in the middle of a period: what was paid counts, to the cent and the second."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from billing.standin.world import Refused, World
from tests.standin.conftest import Opener, told
from tests.standin.test_time import period_of


def halfway(world: World, subscription: stripe.Subscription) -> int:
    start, end = period_of(world, subscription.id)
    middle = start + (end - start) // 2
    world.actions.advance(str(subscription.customer), middle)
    return middle


def test_a_year_begins_at_once_and_the_rest_of_the_month_counts(
    world: World, subscribed: stripe.Subscription
) -> None:
    at = halfway(world, subscribed)
    preview = world.actions.preview_price(subscribed.id, "price_pro_year")
    changed = world.actions.change_price(subscribed.id, "price_pro_year")
    start, end = period_of(world, subscribed.id)
    assert 0 <= start - at <= 300
    assert end - start in (365 * 86_400, 366 * 86_400)
    invoice = world.actions.read(changed["latest_invoice"])
    credit, full = invoice["lines"]["data"]
    assert abs(credit["amount"] + 1_450) <= 1
    assert credit["parent"]["subscription_item_details"]["proration"] is True
    assert credit["description"].startswith("Unused time on 1 × Techpack Studio Pro")
    assert full["amount"] == 29_000
    assert invoice["total"] == invoice["amount_paid"] == credit["amount"] + 29_000
    assert abs(preview["total"] - invoice["total"]) <= 1
    assert invoice["billing_reason"] == "subscription_update"
    assert changed["items"]["data"][0]["price"]["id"] == "price_pro_year"
    assert "customer.subscription.updated" in told(world)


def test_what_is_left_of_a_year_pays_months(world: World, checkout: Opener) -> None:
    done = world.actions.complete(checkout("price_pro_year").id)
    named = done["subscription"]
    world.actions.change_price(named, "price_pro_month")
    customer = world.actions.read(done["customer"])
    assert customer["balance"] == 2_900 - 29_000
    invoice = world.actions.listed("invoice")[0]
    assert (invoice["total"], invoice["amount_due"], invoice["status"]) == (-26_100, 0, "paid")
    assert (invoice["starting_balance"], invoice["ending_balance"]) == (0, -26_100)
    for month in range(1, 10):
        assert world.actions.renew(named)["status"] == "active"
        left = min(-26_100 + month * 2_900, 0)
        assert world.actions.read(done["customer"])["balance"] == left
    assert len(world.actions.listed("charge")) == 1
    world.actions.renew(named)
    assert [charge["amount"] for charge in world.actions.listed("charge")] == [2_900, 29_000]


def test_a_discount_is_not_paid_back(world: World, checkout: Opener) -> None:
    session = checkout("price_pro_year")
    world.actions.promote(session.id, "WELCOME20")
    done = world.actions.complete(session.id)
    world.actions.change_price(done["subscription"], "price_pro_month")
    assert world.actions.listed("invoice")[0]["lines"]["data"][0]["amount"] == -23_200


def test_who_did_not_pay_has_nothing_back(world: World, subscribed: stripe.Subscription) -> None:
    world.actions.fail_payments(str(subscribed.customer))
    world.actions.renew(subscribed.id)
    world.actions.change_price(subscribed.id, "price_pro_year")
    lines = world.actions.listed("invoice")[0]["lines"]["data"]
    assert [line["amount"] for line in lines] == [29_000]


def test_a_preview_changes_nothing(
    world: World, client: stripe.StripeClient, subscribed: stripe.Subscription
) -> None:
    before = len(told(world))
    item = subscribed["items"]["data"][0]["id"]
    preview: Any = client.v1.invoices.create_preview(
        params={
            "customer": str(subscribed.customer),
            "subscription": subscribed.id,
            "subscription_details": {
                "items": [{"id": item, "price": "price_pro_year"}],
                "proration_behavior": "always_invoice",
            },
        }
    )
    assert preview.amount_due == sum(line.amount for line in preview.lines.data)
    assert len(told(world)) == before
    assert (
        period_of(world, subscribed.id)[0] == subscribed["items"]["data"][0]["current_period_start"]
    )


@pytest.mark.parametrize("behavior", ["create_prorations", "always_invoice", "none"])
def test_more_of_the_same_is_paid_for_the_time_to_come(
    world: World, client: stripe.StripeClient, subscribed: stripe.Subscription, behavior: Any
) -> None:
    halfway(world, subscribed)
    item = subscribed["items"]["data"][0]["id"]
    client.v1.subscriptions.update(
        subscribed.id,
        params={"items": [{"id": item, "quantity": 3}], "proration_behavior": behavior},
    )
    waiting = world.actions.listed("invoiceitem", invoice=None)
    totals = [one["total"] for one in world.actions.listed("invoice")]
    match behavior:
        case "create_prorations":
            assert abs(sum(one["amount"] for one in waiting) - 2_900) <= 1
            assert totals == [2_900]
        case "always_invoice":
            assert not waiting
            assert abs(totals[0] - 2_900) <= 1
        case _:
            assert (waiting, totals) == ([], [2_900])
    put_off = sum(one["amount"] for one in waiting)
    world.actions.renew(subscribed.id)
    assert world.actions.listed("invoice")[0]["total"] == 3 * 2_900 + put_off
    assert world.actions.listed("invoiceitem", invoice=None) == []


def test_a_change_that_is_not_paid_is_past_due(
    world: World, subscribed: stripe.Subscription
) -> None:
    world.actions.fail_payments(str(subscribed.customer))
    changed = world.actions.change_price(subscribed.id, "price_pro_year")
    assert changed["status"] == "past_due"
    invoice = world.actions.listed("invoice")[0]
    assert (invoice["status"], invoice["attempt_count"]) == ("open", 1)
    assert world.actions.recover(subscribed.id)["status"] == "active"


def test_another_price_has_to_be_one_that_recurs(
    world: World, subscribed: stripe.Subscription
) -> None:
    with pytest.raises(Refused, match="recurring"):
        world.actions.change_price(subscribed.id, "price_topup_50")


FLOW = {
    "type": "subscription_update_confirm",
    "after_completion": {"type": "redirect", "redirect": {"return_url": "https://example.com/b"}},
}


def flow(subscription: stripe.Subscription, price: str) -> Any:
    item = subscription["items"]["data"][0]["id"]
    confirm = {"subscription": subscription.id, "items": [{"id": item, "price": price}]}
    return {**FLOW, "subscription_update_confirm": confirm}


def test_the_portal_confirms_one_change(
    world: World, client: stripe.StripeClient, subscribed: stripe.Subscription
) -> None:
    session: Any = client.v1.billing_portal.sessions.create(
        params={
            "customer": str(subscribed.customer),
            "return_url": "https://example.com/billing",
            "flow_data": flow(subscribed, "price_pro_year"),
        }
    )
    assert session.url == f"{world.base}/portal/{session.id}"
    confirm = session.flow.subscription_update_confirm
    assert [item.price for item in confirm["items"]] == ["price_pro_year"]
    assert session.flow.after_completion.redirect.return_url == "https://example.com/b"
    assert world.actions.portal_session(session.id)["return_url"] == "https://example.com/billing"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda given: {**given, "type": "subscription_update_confirm", "colour": "red"},
            "unknown",
        ),
        (lambda given: {**given, "subscription_update_confirm": None}, "Missing required param"),
        (lambda given: {**given, "type": "party"}, "must be one of"),
    ],
)
def test_a_flow_that_lacks_something_is_refused(
    client: stripe.StripeClient, subscribed: stripe.Subscription, change: Any, says: str
) -> None:
    given = change(flow(subscribed, "price_pro_year"))
    with pytest.raises(stripe.InvalidRequestError, match=says):
        client.v1.billing_portal.sessions.create(
            params={"customer": str(subscribed.customer), "flow_data": given}
        )


def test_the_portal_is_for_ones_own_running_plan_and_its_prices(
    world: World, client: stripe.StripeClient, subscribed: stripe.Subscription
) -> None:
    other = client.v1.customers.create(params={"email": "other@example.com"})
    portal = client.v1.billing_portal.sessions
    with pytest.raises(stripe.InvalidRequestError, match="another customer"):
        portal.create(
            params={"customer": other.id, "flow_data": flow(subscribed, "price_pro_year")}
        )
    mine = str(subscribed.customer)
    with pytest.raises(stripe.InvalidRequestError, match="portal configuration"):
        portal.create(params={"customer": mine, "flow_data": flow(subscribed, "price_topup_50")})
    world.actions.cancel_now(subscribed.id)
    with pytest.raises(stripe.InvalidRequestError, match="not active"):
        portal.create(params={"customer": mine, "flow_data": flow(subscribed, "price_pro_year")})
