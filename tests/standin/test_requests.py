"""How the API is asked: keys, errors, repeats under one key, pages, expansions."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stripe

from billing.standin.world import World, respond
from tests.standin.conftest import Opener

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def ask(
    world: World, path: str, body: str = "", *, method: str = "POST", **headers: str
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Ask without the library: status, the JSON, headers."""
    given = {"Authorization": f"Bearer {world.secret_key}", **FORM}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    answer = respond(world, method=method, path=path, headers=given, body=body.encode())
    return answer.status, json.loads(answer.body), answer.headers


def test_nobody_is_answered_without_the_key(world: World) -> None:
    for given in ("", "Bearer ", "Bearer sk_test_wrong", "Basic c2tfdGVzdDo=", "Basic !"):
        status, told, _ = ask(world, "/v1/customers", Authorization=given)
        assert (status, told["error"]["type"]) == (401, "invalid_request_error")
        assert world.secret_key not in json.dumps(told)
    assert world.actions.listed("customer") == []


def test_the_key_is_taken_as_basic_too(world: World, client: stripe.StripeClient) -> None:
    from base64 import b64encode

    given = "Basic " + b64encode(f"{world.secret_key}:".encode()).decode()
    assert ask(world, "/v1/account", method="GET", Authorization=given)[0] == 200


def test_a_wrong_key_is_an_authentication_error(world: World) -> None:
    client = stripe.StripeClient("sk_test_wrong", base_addresses={"api": world.base})
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key"):
        client.v1.customers.list()


def test_the_account_of_another_is_refused(world: World) -> None:
    status, told, _ = ask(world, "/v1/account", method="GET", Stripe_Account="acct_other")
    assert (status, told["error"]["code"]) == (403, "account_invalid")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "param"),
    [
        ("GET", "/v1/customers/cus_none", "", 404, "resource_missing", "id"),
        ("GET", "/v1/prices/cus_none", "", 404, "resource_missing", "id"),
        ("GET", "/v1/nothing", "", 404, None, None),
        ("DELETE", "/v1/prices/price_pro_month", "", 404, None, None),
        ("POST", "/v1/products", "", 400, "parameter_missing", "name"),
        ("POST", "/v1/products", "name=", 400, "parameter_invalid_empty", "name"),
        ("POST", "/v1/products", "name[x]=1", 400, None, "name"),
        ("POST", "/v1/products", "name=a&name=b", 400, None, "name"),
        ("POST", "/v1/products", "name=%ff", 400, None, None),
        ("POST", "/v1/products", "name=a%00b", 400, None, None),
        ("POST", "/v1/products", "name=a&size=1", 400, "parameter_unknown", "size"),
        ("POST", "/v1/products", "name=a&active=yes", 400, None, "active"),
        ("POST", "/v1/products", "name=a&metadata=1", 400, None, "metadata"),
        ("POST", "/v1/products", "name=a&images[x]=1", 400, None, "images"),
        ("POST", "/v1/prices", "currency=usd&product=none", 400, "resource_missing", "product"),
        (
            "POST",
            "/v1/prices",
            "currency=usd&product=prod_plan",
            400,
            "parameter_missing",
            "unit_amount",
        ),
        (
            "POST",
            "/v1/prices",
            "currency=usd&product=prod_plan&unit_amount=1.5",
            400,
            "parameter_invalid_integer",
            "unit_amount",
        ),
        ("GET", "/v1/customers?limit=0", "", 400, "parameter_invalid_integer", "limit"),
        ("GET", "/v1/customers?limit=101", "", 400, "parameter_invalid_integer", "limit"),
        ("GET", "/v1/customers?starting_after=x", "", 400, "resource_missing", "starting_after"),
        ("GET", "/v1/prices/price_pro_month?expand[]=colour", "", 400, None, "expand"),
        ("GET", "/v1/prices/price_pro_month?expand[]=nickname", "", 400, None, "expand"),
        ("GET", "/v1/prices/price_pro_month?expand[]=a.b.c.d.e", "", 400, None, None),
    ],
)
def test_refusals_have_stripes_shape(
    world: World, method: str, path: str, body: str, status: int, code: Any, param: Any
) -> None:
    got, told, headers = ask(world, path, body, method=method)
    error = told["error"]
    assert (got, error.get("code"), error.get("param")) == (status, code, param)
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    assert headers["Request-Id"].startswith("req_")


def test_the_library_raises_its_own_errors(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.subscriptions.retrieve("sub_none")
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    assert missing.value.request_id
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create(
            params={
                "amount": 500,
                "currency": "usd",
                "confirm": True,
                "payment_method": "pm_card_visa_chargeDeclined",
            }
        )
    assert (declined.value.code, declined.value.http_status) == ("card_declined", 402)
    assert declined.value.error
    assert declined.value.error.payment_intent


def test_the_same_request_under_one_key_is_answered_once(
    world: World, client: stripe.StripeClient
) -> None:
    options: Any = {"idempotency_key": "customer:7"}
    params: Any = {"email": "a@example.com"}
    first = client.v1.customers.create(params=params, options=options)
    again = client.v1.customers.create(params=params, options=options)
    assert first.id == again.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(world.actions.listed("customer")) == 1
    with pytest.raises(stripe.IdempotencyError) as other:
        client.v1.customers.create(params={"email": "b@example.com"}, options=options)
    assert other.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        client.v1.products.create(params={"name": "a@example.com"}, options=options)
    event = world.actions.listed("event", type="customer.created")[0]
    assert event["request"]["idempotency_key"] == "customer:7"


def test_a_refusal_is_repeated_too_but_not_what_could_not_be_read(world: World) -> None:
    for _ in range(2):
        body = "currency=usd&product=none&unit_amount=1"
        status, _, headers = ask(world, "/v1/prices", body, Idempotency_Key="k")
        assert status == 400
    assert headers["Idempotent-Replayed"] == "true"
    assert ask(world, "/v1/products", "colour=1", Idempotency_Key="k2")[0] == 400
    assert ask(world, "/v1/products", "name=a", Idempotency_Key="k2")[0] == 200


def test_a_declined_card_is_declined_again_under_its_key(world: World) -> None:
    body = "amount=500&currency=usd&confirm=true&payment_method=pm_card_visa_chargeDeclined"
    first = ask(world, "/v1/payment_intents", body, Idempotency_Key="k")
    again = ask(world, "/v1/payment_intents", body, Idempotency_Key="k")
    assert first[:2] == again[:2]
    assert first[0] == 402
    assert len(world.actions.listed("charge")) == 1


def test_a_refused_request_leaves_nothing(world: World) -> None:
    before = len(world.actions.listed("event"))
    body = "currency=usd&product_data[name]=New"
    assert ask(world, "/v1/prices", body)[0] == 400
    assert len(world.actions.listed("event")) == before
    assert world.actions.listed("product", name="New") == []


def test_pages_go_both_ways_and_end(client: stripe.StripeClient) -> None:
    made = [client.v1.customers.create(params={"email": f"{n}@x.example"}).id for n in range(7)]
    page = client.v1.customers.list(params={"limit": 3})
    assert ([one.id for one in page.data], page.has_more) == (made[:3:-1], True)
    assert [one.id for one in page.auto_paging_iter()] == made[::-1]
    back = client.v1.customers.list(params={"limit": 3, "ending_before": made[0]})
    assert ([one.id for one in back.data], back.has_more) == ([made[3], made[2], made[1]], True)
    first = client.v1.customers.list(params={"limit": 3, "ending_before": made[5]})
    assert ([one.id for one in first.data], first.has_more) == ([made[6]], False)
    one = client.v1.customers.list(params={"email": "3@x.example"})
    assert [found.id for found in one.data] == [made[3]]


def test_a_page_is_of_what_was_asked_for_however_much_else_there_is(
    client: stripe.StripeClient, customer: stripe.Customer
) -> None:
    key: Any = {"lookup_keys": ["topup_50"]}
    oldest = client.v1.prices.list(params=key).data
    assert len(oldest) == 1
    monthly: Any = {
        "unit_amount": 5,
        "currency": "usd",
        "recurring": {"interval": "month"},
        "product_data": {"name": "Newer"},
    }
    for _ in range(12):
        client.v1.prices.create(params=monthly)
    assert client.v1.prices.list(params=key).data == oldest
    yearly = client.v1.prices.list(params={"recurring": {"interval": "year"}})
    assert [price.id for price in yearly.data] == ["price_pro_year"]
    ids: Any = {"ids": ["prod_plan"], "limit": 1}
    assert [one.id for one in client.v1.products.list(params=ids).data] == ["prod_plan"]
    types: Any = {"types": ["customer.created"], "limit": 1}
    events = client.v1.events.list(params=types)
    assert ([one.type for one in events.data], events.has_more) == (["customer.created"], False)


def test_subscriptions_are_listed_by_price_and_by_how_they_stand(
    client: stripe.StripeClient, customer: stripe.Customer
) -> None:
    client.v1.payment_methods.attach("pm_card_visa", params={"customer": customer.id})
    method = client.v1.payment_methods.list(params={"customer": customer.id}).data[0].id
    made = [
        client.v1.subscriptions.create(
            params={
                "customer": customer.id,
                "items": [{"price": price}],
                "default_payment_method": method,
            }
        ).id
        for price in ("price_pro_year", "price_pro_month", "price_pro_month")
    ]
    client.v1.subscriptions.cancel(made[2])

    def listed(**params: Any) -> tuple[list[str], bool]:
        page = client.v1.subscriptions.list(params=params)  # type: ignore[arg-type]
        return [one.id for one in page.data], page.has_more

    assert listed() == ([made[1], made[0]], False)
    assert listed(limit=1) == ([made[1]], True)
    assert listed(limit=1, starting_after=made[1]) == ([made[0]], False)
    assert listed(price="price_pro_month") == ([made[1]], False)
    assert listed(price="price_pro_month", status="all") == ([made[2], made[1]], False)
    assert listed(status="ended") == ([made[2]], False)
    assert listed(status="past_due") == ([], False)


def test_what_an_id_names_is_shown_where_asked_for(
    world: World, client: stripe.StripeClient, subscribed: stripe.Subscription
) -> None:
    plain = client.v1.subscriptions.retrieve(subscribed.id)
    assert isinstance(plain.customer, str)
    expand = ["customer.subscriptions", "latest_invoice.payments", "items.data.price.product"]
    whole: Any = client.v1.subscriptions.retrieve(subscribed.id, params={"expand": expand})
    assert whole.customer.subscriptions.data[0].id == subscribed.id
    assert whole.latest_invoice.payments.data[0].status == "paid"
    assert whole["items"].data[0].price.product.name == "Techpack Studio Pro"
    listed: Any = client.v1.invoices.list(params={"expand": ["data.payments", "data.customer"]})
    assert listed.data[0].payments.data[0].payment.payment_intent
    assert listed.data[0].customer.id == plain.customer
    assert "payments" not in client.v1.invoices.list().data[0]
    assert isinstance(client.v1.subscriptions.retrieve(subscribed.id).customer, str)


def test_what_the_portal_may_switch_to_is_shown_only_where_asked_for(
    client: stripe.StripeClient,
) -> None:
    portals = client.v1.billing_portal.configurations
    (plain,) = portals.list().data
    assert "products" not in plain.features.subscription_update
    within = "features.subscription_update.products"
    one = portals.retrieve(plain.id, params={"expand": [within]})
    (listed,) = portals.list(params={"expand": [f"data.{within}"]}).data
    assert listed.to_dict() == one.to_dict()
    (switching,) = one.features.subscription_update.products or []
    assert switching.prices == ["price_pro_month", "price_pro_year"]
    assert "products" not in portals.retrieve(plain.id).features.subscription_update


def test_metadata_are_changed_key_by_key(client: stripe.StripeClient) -> None:
    made = client.v1.customers.create(params={"metadata": {"a": "1", "b": "2"}})
    changed = client.v1.customers.update(made.id, params={"metadata": {"b": "", "c": "3"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"a": "1", "c": "3"}


def test_a_deleted_customer_is_gone_and_pays_no_more(
    world: World, client: stripe.StripeClient, subscribed: stripe.Subscription, checkout: Opener
) -> None:
    customer = str(subscribed.customer)
    assert client.v1.customers.delete(customer).deleted is True
    assert client.v1.customers.retrieve(customer).deleted is True
    assert client.v1.subscriptions.retrieve(subscribed.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        checkout("price_topup_50")
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.update(customer, params={"name": "Nobody"})
    assert client.v1.customers.list().data == []
    world.tick()
