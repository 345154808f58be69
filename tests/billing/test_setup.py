"""``manage.py stripe_setup``: what has to be at Stripe is found or made, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing import receivers, webhooks
from billing.gateway import client
from billing.plans import everything_sold
from billing.standin.world import World, respond
from config.payments import Payments
from tests.standin.serving import served

KINDS = ("product", "price", "billing_portal.configuration", "webhook_endpoint")


@pytest.fixture
def bare(tmp_path: Path, settings: Any) -> Iterator[World]:
    """Stripe as it is before anything was set up there."""
    with served(tmp_path / "stripe.sqlite3") as world:
        settings.PAYMENTS = Payments("stripe", world.secret_key, world.base)
        yield world


def run(*options: str) -> tuple[dict[str, str], list[str], str]:
    """The environment that is printed, the lines about the parts, and the warnings."""
    told, warned = StringIO(), StringIO()
    call_command("stripe_setup", *options, stdout=told, stderr=warned)
    lines = told.getvalue().splitlines()
    pairs = (line.split("=", 1) for line in lines if not line.startswith("#"))
    return dict(pairs), [line for line in lines if line.startswith("#")], warned.getvalue()


def there(world: World) -> dict[str, list[Any]]:
    return {kind: world.actions.listed(kind) for kind in KINDS}


def use(settings: Any, told: dict[str, str]) -> None:
    """Put what was printed into the settings, as an operator does."""
    settings.STRIPE_PRICES = {
        name: told[f"STRIPE_PRICE_{name.upper()}"] for name in settings.STRIPE_PRICES
    }
    settings.STRIPE_PORTAL = told["STRIPE_PORTAL"]
    secret = told.get("STRIPE_WEBHOOK_SECRET", settings.PAYMENTS.webhook_secret)
    settings.PAYMENTS = Payments(
        "stripe", settings.PAYMENTS.secret_key, settings.PAYMENTS.api_base, secret
    )


def switched_to(portal: str) -> list[str]:
    """The prices that people may switch to in the portal, which Stripe shows only when asked."""
    wanted: Any = {"expand": ["features.subscription_update.products"]}
    found = client().v1.billing_portal.configurations.retrieve(portal, params=wanted)
    products = found.features.subscription_update.products or []
    return [price for product in products for price in product.prices]


def test_everything_is_made_as_it_is_sold(bare: World) -> None:
    told, lines, warned = run()
    assert warned == ""
    assert all("made" in line for line in lines[1:])
    prices = {one["id"]: one for one in bare.actions.listed("price")}
    for name, one in everything_sold().items():
        price = prices[told[f"STRIPE_PRICE_{name.upper()}"]]
        interval = (price["recurring"] or {}).get("interval", "")
        assert (price["unit_amount"], price["currency"]) == (one.usd * 100, "usd")
        assert interval == one.interval
        assert price["metadata"]["sold"] == name
    (portal,) = bare.actions.listed("billing_portal.configuration")
    assert portal["id"] == told["STRIPE_PORTAL"]
    features = portal["features"]
    assert features["subscription_cancel"]["mode"] == "at_period_end"
    assert features["subscription_update"]["proration_behavior"] == "always_invoice"
    both = {told["STRIPE_PRICE_PRO_MONTH"], told["STRIPE_PRICE_PRO_YEAR"]}
    assert set(switched_to(told["STRIPE_PORTAL"])) == both
    (endpoint,) = bare.actions.listed("webhook_endpoint")
    assert endpoint["url"] == webhooks.endpoint_url()
    assert set(endpoint["enabled_events"]) == set(receivers.EVERY_TYPE)
    assert told["STRIPE_WEBHOOK_SECRET"].startswith("whsec_")


def test_a_second_run_changes_nothing_and_says_the_same(bare: World, settings: Any) -> None:
    first, _, _ = run()
    before = there(bare)
    again, lines, warned = run()
    assert there(bare) == before
    assert all("found" in line for line in lines[1:])
    assert again == {name: first[name] for name in first if name != "STRIPE_WEBHOOK_SECRET"}
    assert "STRIPE_WEBHOOK_SECRET is not set" in warned

    use(settings, first)
    assert run()[2] == ""
    assert there(bare) == before


def test_a_dry_run_only_looks(bare: World) -> None:
    told, lines, _ = run("--dry-run")
    assert told == {}
    assert all("would make" in line for line in lines[1:])
    assert there(bare) == {kind: [] for kind in KINDS}


def test_what_was_set_up_by_hand_is_left_and_a_wrong_price_is_told(
    stripe_world: World, settings: Any
) -> None:
    before = stripe_world.actions.listed("price")
    told, _, warned = run()
    assert stripe_world.actions.listed("price") == before
    assert told["STRIPE_PRICE_PRO_MONTH"] == "price_pro_month"
    assert warned == ""

    pro = {**settings.PLANS["pro"], "usd_month": 31}
    settings.PLANS = {**settings.PLANS, "pro": pro}
    _, _, warned = run()
    assert "price_pro_month (Pro, monthly) does not cost what the product says, 31 USD" in warned
    assert stripe_world.actions.listed("price") == before


def test_what_the_product_needs_more_of_is_added(bare: World, settings: Any) -> None:
    told, _, _ = run()
    use(settings, told)
    (endpoint,) = bare.actions.listed("webhook_endpoint")
    by_hand = "enabled_events[0]=invoice.paid&enabled_events[1]=payout.paid"
    post(bare, f"webhook_endpoints/{endpoint['id']}", by_hand)
    (portal,) = bare.actions.listed("billing_portal.configuration")
    feature = "features[payment_method_update][enabled]=false"
    post(bare, f"billing_portal/configurations/{portal['id']}", feature)

    _, lines, _ = run("--dry-run")
    assert sum("would change" in line for line in lines) == 2
    _, lines, _ = run()
    assert sum("changed" in line for line in lines) == 2
    (endpoint,) = bare.actions.listed("webhook_endpoint")
    assert set(endpoint["enabled_events"]) == {*receivers.EVERY_TYPE, "payout.paid"}
    (portal,) = bare.actions.listed("billing_portal.configuration")
    assert portal["features"]["payment_method_update"]["enabled"] is True


def test_an_archived_price_is_replaced_and_gives_up_its_key(bare: World, settings: Any) -> None:
    told, _, _ = run()
    old = told["STRIPE_PRICE_TOPUP_50"]
    use(settings, told)
    post(bare, f"prices/{old}", "active=false")
    new = run()[0]["STRIPE_PRICE_TOPUP_50"]
    assert new != old
    assert run()[0]["STRIPE_PRICE_TOPUP_50"] == new
    keyed = [one["id"] for one in bare.actions.listed("price") if one["lookup_key"]]
    assert new in keyed
    assert old not in keyed


def test_the_portal_switches_to_the_price_that_took_anothers_place(
    bare: World, settings: Any
) -> None:
    told, _, _ = run()
    use(settings, told)
    post(bare, f"prices/{told['STRIPE_PRICE_PRO_YEAR']}", "active=false")
    again, lines, _ = run()
    assert [line for line in lines if "changed" in line] == [
        f"# changed      portal configuration {told['STRIPE_PORTAL']}"
    ]
    both = {told["STRIPE_PRICE_PRO_MONTH"], again["STRIPE_PRICE_PRO_YEAR"]}
    assert set(switched_to(told["STRIPE_PORTAL"])) == both


def test_an_archived_product_is_told(bare: World, settings: Any) -> None:
    use(settings, run()[0])
    post(bare, "products/techpack_pro", "active=false")
    assert "techpack_pro is archived" in run()[2]


def test_a_price_made_by_hand_that_would_be_forgotten_later_is_told(
    stripe_world: World,
) -> None:
    post(stripe_world, "prices/price_pro_year", "metadata[sold]=")
    _, _, warned = run()
    assert "price_pro_year (Pro, yearly) does not say what it is for" in warned
    assert "sold = pro_year" in warned
    assert warned.count("does not say") == 1


def test_a_disabled_endpoint_is_told(bare: World, settings: Any) -> None:
    use(settings, run()[0])
    (endpoint,) = bare.actions.listed("webhook_endpoint")
    post(bare, f"webhook_endpoints/{endpoint['id']}", "disabled=true")
    assert f"{endpoint['id']} is disabled" in run()[2]


def test_tax_is_added_to_the_prices_also_where_stripe_computes_it_only_later(
    bare: World, settings: Any
) -> None:
    use(settings, run()[0])
    assert {one["tax_behavior"] for one in bare.actions.listed("price")} == {"exclusive"}
    settings.STRIPE_TAX = True
    assert run()[2] == ""


def test_products_have_a_tax_code_where_stripe_computes_the_tax(bare: World, settings: Any) -> None:
    settings.STRIPE_TAX = True
    run()
    assert {one["tax_code"] for one in bare.actions.listed("product")} == {"txcd_10103001"}


def test_a_price_that_does_not_say_how_it_is_taxed_is_told(bare: World, settings: Any) -> None:
    told, _, _ = run()
    use(settings, told)
    price = told["STRIPE_PRICE_TOPUP_50"]
    post(bare, f"prices/{price}", "tax_behavior=unspecified")
    assert run()[2] == ""
    settings.STRIPE_TAX = True
    assert f"{price} (50 credits) does not say that tax is added to it" in run()[2]


def test_the_portal_opens_with_that_configuration_and_takes_it(bare: World, settings: Any) -> None:
    use(settings, run()[0])
    customer = client().v1.customers.create(params={"email": "a@studio.example"})
    session = client().v1.billing_portal.sessions.create(
        params={"customer": customer.id, "configuration": settings.STRIPE_PORTAL}
    )
    assert session.configuration == settings.STRIPE_PORTAL


@pytest.mark.parametrize(
    ("payments", "said"),
    [
        (Payments("off"), "Nothing is sold here"),
        (Payments("refused", why="Set STRIPE_SECRET_KEY, or"), "Set STRIPE_SECRET_KEY, or"),
        (Payments("stripe", "sk_test_wrong"), "Stripe: Invalid API Key provided"),
    ],
)
def test_who_cannot_ask_stripe_is_told_in_one_line(
    bare: World, settings: Any, payments: Payments, said: str
) -> None:
    settings.PAYMENTS = replace(payments, api_base=bare.base)
    with pytest.raises(CommandError, match=said):
        run()
    assert there(bare) == {kind: [] for kind in KINDS}


def post(world: World, path: str, body: str) -> None:
    key = {"Authorization": f"Bearer {world.secret_key}"}
    answer = respond(world, method="POST", path=f"/v1/{path}", headers=key, body=body.encode())
    assert answer.status == 200, answer.body
