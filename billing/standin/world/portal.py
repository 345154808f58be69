"""The customer portal: what its pages may do, and the sessions that lead to it."""

from __future__ import annotations

from typing import Any, Final

from .calls import listing, register
from .catalogue import only, update
from .customers import living
from .errors import Refused, WrongState, invalid, missing_parameter
from .shapes import Check, clearable, flag, labels, listed, one_of, positive, shape, text
from .showing import complete, include
from .store import Book, Thing

KIND: Final = "billing_portal.configuration"
FLOWS: Final = (
    "payment_method_update",
    "subscription_cancel",
    "subscription_update",
    "subscription_update_confirm",
)
BEHAVIOR: Final = one_of("always_invoice", "create_prorations", "none")
ITEM: Final = shape({"id": text, "price": text, "quantity": positive}, required=["id"])
DISCOUNT: Final = shape({"coupon": text, "promotion_code": text})
FLOW: Final = shape(
    {
        "after_completion": shape(
            {
                "hosted_confirmation": shape({"custom_message": text}),
                "redirect": shape({"return_url": text}, required=["return_url"]),
                "type": one_of("hosted_confirmation", "portal_homepage", "redirect"),
            },
            required=["type"],
        ),
        "subscription_cancel": shape({"subscription": text}, required=["subscription"]),
        "subscription_update": shape({"subscription": text}, required=["subscription"]),
        "subscription_update_confirm": shape(
            {"discounts": listed(DISCOUNT), "items": listed(ITEM), "subscription": text},
            required=["items", "subscription"],
        ),
        "type": one_of(*FLOWS),
    },
    required=["type"],
)
FEATURES: Final = shape(
    {
        "customer_update": shape(
            {
                "allowed_updates": clearable(
                    listed(one_of("address", "email", "name", "phone", "shipping", "tax_id"))
                ),
                "enabled": flag,
            }
        ),
        "invoice_history": shape({"enabled": flag}),
        "payment_method_update": shape({"enabled": flag}),
        "subscription_cancel": shape(
            {
                "cancellation_reason": shape({"enabled": flag, "options": listed(text)}),
                "enabled": flag,
                "mode": one_of("at_period_end", "immediately"),
                "proration_behavior": BEHAVIOR,
            }
        ),
        "subscription_update": shape(
            {
                "billing_cycle_anchor": one_of("now", "unchanged"),
                "default_allowed_updates": clearable(
                    listed(one_of("price", "promotion_code", "quantity"))
                ),
                "enabled": flag,
                "products": clearable(
                    listed(
                        shape(
                            {"prices": listed(text), "product": text},
                            required=["prices", "product"],
                        )
                    )
                ),
                "proration_behavior": BEHAVIOR,
                "trial_update_behavior": one_of("continue_trial", "end_trial"),
            }
        ),
    }
)
CONFIGURATION: Final[dict[str, Check]] = {
    "active": flag,
    "business_profile": shape(
        {
            "headline": clearable(text),
            "privacy_policy_url": text,
            "terms_of_service_url": text,
        }
    ),
    "default_return_url": clearable(text),
    "features": FEATURES,
    "login_page": shape({"enabled": flag}, required=["enabled"]),
    "metadata": labels,
    "name": clearable(text),
}


@register.post("/v1/billing_portal/configurations", CONFIGURATION, required=["features"])
def create_configuration(book: Book, given: Thing) -> Thing:
    """What the portal's pages may do; the first is the usual one."""
    features = given["features"]
    configuration = book.add(
        KIND,
        {
            "active": True,
            "application": None,
            "business_profile": {
                "headline": None,
                "privacy_policy_url": None,
                "terms_of_service_url": None,
                **given.get("business_profile", {}),
            },
            "created": book.wall,
            "default_return_url": given.get("default_return_url"),
            "features": _features(book, features),
            "is_default": not book.all(KIND),
            "livemode": False,
            "login_page": {"enabled": False, "url": None},
            "metadata": given.get("metadata", {}),
            "name": given.get("name"),
            "updated": book.wall,
        },
    )
    book.emit("billing_portal.configuration.created", configuration)
    return configuration


@register.get("/v1/billing_portal/configurations/{id}")
def configuration_of(book: Book, given: Thing, named: str) -> Thing:
    """One configuration."""
    return book.get(KIND, named)


@register.post("/v1/billing_portal/configurations/{id}", CONFIGURATION)
def change_configuration(book: Book, given: Thing, named: str) -> Thing:
    """Change what the portal's pages may do."""
    found = book.get(KIND, named)
    if "features" in given:
        given["features"] = _features(book, given["features"], found["features"])
    if "business_profile" in given:
        given["business_profile"] = {**found["business_profile"], **given["business_profile"]}
    if "login_page" in given:
        given["login_page"] = {**found["login_page"], **given["login_page"]}
    given["updated"] = book.wall
    return update(book, found, "billing_portal.configuration.updated", given)


@register.list("/v1/billing_portal/configurations", {"active": flag, "is_default": flag})
def configurations(book: Book, given: Thing) -> Thing:
    """Configurations, the newest first."""
    fields = only(given, "active", "is_default")
    return listing(book, KIND, given, "/v1/billing_portal/configurations", **fields)


@register.post(
    "/v1/billing_portal/sessions",
    {
        "configuration": text,
        "customer": text,
        "flow_data": FLOW,
        "locale": text,
        "return_url": text,
    },
    required=["customer"],
)
def create_portal_session(book: Book, given: Thing) -> Thing:
    """A link to the portal for one customer."""
    customer = living(book, given["customer"], "customer")
    configuration = _configuration(book, given.get("configuration"))
    flow = given.get("flow_data")
    if flow:
        _check_flow(book, flow, customer, configuration)
    session = book.add(
        "billing_portal.session",
        {
            "configuration": configuration["id"],
            "created": book.now(customer),
            "customer": customer["id"],
            "customer_account": None,
            "flow": flow and _flow(flow),
            "livemode": False,
            "locale": given.get("locale"),
            "on_behalf_of": None,
            "return_url": given.get("return_url", configuration["default_return_url"]),
        },
    )
    url = f"{book.base}/portal/{session['id']}"
    book.emit("billing_portal.session.created", book.change(session, url=url))
    return session


def _configuration(book: Book, named: str | None) -> Thing:
    if named:
        return book.get(KIND, named, "configuration")
    usual = book.all(KIND, is_default=True)
    if not usual:
        raise Refused(
            400,
            "No configuration provided and your test mode default configuration has not been"
            " created. Provide a configuration or create your default by saving your customer"
            " portal settings in test mode.",
        )
    return usual[0]


def _check_flow(book: Book, flow: Thing, customer: Thing, configuration: Thing) -> None:
    """What the flow needs is there and allowed. Raises Refused."""
    kind = flow["type"]
    feature = {"subscription_update_confirm": "subscription_update"}.get(kind, kind)
    if not configuration["features"][feature]["enabled"]:
        raise WrongState(
            f"This subscription cannot be updated because the `{feature}` feature in the portal"
            " configuration is disabled."
        )
    if kind == "payment_method_update":
        return
    if kind not in flow:
        raise missing_parameter(f"flow_data[{kind}]")
    named = flow[kind]["subscription"]
    subscription = book.get("subscription", named, f"flow_data[{kind}][subscription]")
    if subscription["customer"] != customer["id"]:
        raise invalid("flow_data", "The subscription belongs to another customer.")
    if subscription["status"] in ("canceled", "incomplete_expired", "incomplete"):
        raise WrongState("This subscription cannot be updated: it is not active.")
    if kind == "subscription_cancel" and subscription["cancel_at"]:
        raise WrongState("This subscription is already set to be canceled.")
    for item in flow[kind].get("items", []):
        book.get("subscription_item", item["id"], "flow_data")
        _check_price(book, configuration, item.get("price"))


def _check_price(book: Book, configuration: Thing, price: str | None) -> None:
    if price is None:
        return
    product = book.get("price", price, "flow_data")["product"]
    products = configuration["features"]["subscription_update"]["products"] or []
    if not any(one["product"] == product and price in one["prices"] for one in products):
        raise WrongState(
            "The price is not one of those that the portal configuration allows to switch to."
        )


def _flow(given: Thing) -> Thing:
    after = given.get("after_completion", {"type": "portal_homepage"})
    flow: dict[str, Any] = {
        "after_completion": {"hosted_confirmation": None, "redirect": None, **after},
        "customer_update": None,
        **dict.fromkeys(FLOWS[1:]),
        "type": given["type"],
    }
    for kind in FLOWS[1:]:
        if kind in given:
            flow[kind] = dict(given[kind])
    if flow["subscription_cancel"]:
        flow["subscription_cancel"].setdefault("retention", None)
    if flow["subscription_update_confirm"]:
        flow["subscription_update_confirm"].setdefault("discounts", None)
    return flow


def _features(book: Book, given: Thing, before: Thing | None = None) -> Thing:
    usual: Thing = before or {
        "customer_update": {"allowed_updates": [], "enabled": False},
        "invoice_history": {"enabled": False},
        "payment_method_update": {"enabled": False, "payment_method_configuration": None},
        "subscription_cancel": {
            "cancellation_reason": {"enabled": False, "feedback_options": None, "options": []},
            "enabled": False,
            "mode": "at_period_end",
            "proration_behavior": "none",
        },
        "subscription_update": {
            "billing_cycle_anchor": None,
            "default_allowed_updates": [],
            "enabled": False,
            "products": None,
            "proration_behavior": "none",
            "schedule_at_period_end": {"conditions": []},
            "trial_update_behavior": "end_trial",
        },
    }
    features = {name: {**usual[name], **given.get(name, {})} for name in usual}
    for product in features["subscription_update"]["products"] or []:
        book.get("product", product["product"], "features[subscription_update][products]")
        product.setdefault("adjustable_quantity", {"enabled": False, "maximum": None, "minimum": 1})
        for price in product["prices"]:
            book.get("price", price, "features[subscription_update][products]")
    reasons = features["subscription_cancel"]["cancellation_reason"]
    features["subscription_cancel"]["cancellation_reason"] = {
        **usual["subscription_cancel"]["cancellation_reason"],
        **reasons,
    }
    return features


def _without_products(book: Book, configuration: Thing) -> Thing:
    """Stripe shows the products that may be switched to only where it is asked for them."""
    features = configuration["features"]
    switching = dict(features["subscription_update"])
    switching.pop("products")
    return {"features": {**features, "subscription_update": switching}}


def _products(book: Book, configuration: Thing) -> list[Thing] | None:
    found = book.get(KIND, configuration["id"])
    products: list[Thing] | None = found["features"]["subscription_update"]["products"]
    return products


complete(KIND, _without_products)
include(KIND, "features.subscription_update.products", _products)
