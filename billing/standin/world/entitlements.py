"""Features: what a product brings, and who is entitled to it while they pay."""

from __future__ import annotations

import hashlib

from .calls import listing, register
from .catalogue import only
from .customers import living
from .shapes import flag, labels, text
from .showing import page
from .store import Book, Thing
from .subscriptions import items_of

PAYING = ("active", "trialing", "past_due")


@register.list("/v1/products/{id}/features")
def product_features(book: Book, given: Thing, named: str) -> Thing:
    """The features of a product."""
    book.get("product", named)
    return listing(book, "product_feature", given, f"/v1/products/{named}/features", _of=named)


@register.post(
    "/v1/products/{id}/features", {"entitlement_feature": text}, required=["entitlement_feature"]
)
def add_product_feature(book: Book, given: Thing, named: str) -> Thing:
    """Whoever buys the product is entitled to the feature."""
    feature = book.get("entitlements.feature", given["entitlement_feature"], "entitlement_feature")
    return book.add(
        "product_feature",
        {
            "entitlement_feature": feature,
            "livemode": False,
            "_of": book.get("product", named)["id"],
        },
    )


@register.post(
    "/v1/entitlements/features",
    {"lookup_key": text, "name": text, "metadata": labels},
    required=["lookup_key", "name"],
)
def create_feature(book: Book, given: Thing) -> Thing:
    """A feature that products may bring."""
    return book.add(
        "entitlements.feature",
        {
            "active": True,
            "livemode": False,
            "lookup_key": given["lookup_key"],
            "metadata": given.get("metadata", {}),
            "name": given["name"],
        },
    )


@register.get("/v1/entitlements/features/{id}")
def feature_of(book: Book, given: Thing, named: str) -> Thing:
    """One feature."""
    return book.get("entitlements.feature", named)


@register.list("/v1/entitlements/features", {"lookup_key": text, "archived": flag})
def features(book: Book, given: Thing) -> Thing:
    """Features, the newest first."""
    return listing(
        book,
        "entitlements.feature",
        given,
        "/v1/entitlements/features",
        **only(given, "lookup_key"),
    )


@register.list("/v1/entitlements/active_entitlements", {"customer": text})
def active_entitlements(book: Book, given: Thing) -> Thing:
    """What a customer is entitled to by the plans that run for them."""
    customer = living(book, given.get("customer", ""), "customer")
    features = {}
    for subscription in book.all("subscription", customer=customer["id"]):
        if subscription["status"] not in PAYING:
            continue
        for item in items_of(book, subscription):
            product = book.get("price", item["price"])["product"]
            for brought in book.all("product_feature", _of=product):
                feature = brought["entitlement_feature"]
                features[feature["id"]] = feature
    entitlements = [_entitlement(customer, feature) for feature in features.values()]
    return page("/v1/entitlements/active_entitlements", entitlements)


def _entitlement(customer: Thing, feature: Thing) -> Thing:
    """It follows from both, as does its id."""
    told = f"{customer['id']} {feature['id']}".encode()
    return {
        "id": f"ent_test_{hashlib.sha256(told).hexdigest()[:24]}",
        "object": "entitlements.active_entitlement",
        "feature": feature["id"],
        "livemode": False,
        "lookup_key": feature["lookup_key"],
    }
