"""What is sold: products and their prices, and the features that products bring."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from .calls import SPAN, listing, register
from .errors import invalid
from .shapes import (
    clearable,
    count,
    decimal,
    either,
    flag,
    labels,
    listed,
    one_of,
    positive,
    shape,
    text,
    whole,
)
from .showing import include
from .store import Book, Thing

INTERVALS: Final = ("day", "week", "month", "year")
RECURRING: Final = shape(
    {
        "interval": one_of(*INTERVALS),
        "interval_count": positive,
        "usage_type": one_of("licensed"),
    },
    required=["interval"],
)
TAX_BEHAVIOR: Final = one_of("exclusive", "inclusive", "unspecified")
PRODUCT: Final = {
    "name": text,
    "active": flag,
    "description": clearable(text),
    "images": clearable(listed(text)),
    "metadata": labels,
    "statement_descriptor": clearable(text),
    "tax_code": clearable(text),
    "unit_label": clearable(text),
    "url": clearable(text),
}
PRICE_CHANGES: Final = {
    "active": flag,
    "lookup_key": clearable(text),
    "metadata": labels,
    "nickname": clearable(text),
    "tax_behavior": TAX_BEHAVIOR,
    "transfer_lookup_key": flag,
}


@register.post("/v1/products", {**PRODUCT, "id": text}, required=["name"])
def create_product(book: Book, given: Thing) -> Thing:
    """A product that can be sold."""
    product = book.add(
        "product",
        {
            "active": given.get("active", True),
            "created": book.wall,
            "default_price": None,
            "description": given.get("description"),
            "images": given.get("images") or [],
            "livemode": False,
            "marketing_features": [],
            "metadata": given.get("metadata", {}),
            "name": given["name"],
            "package_dimensions": None,
            "shippable": None,
            "statement_descriptor": given.get("statement_descriptor"),
            "tax_code": given.get("tax_code"),
            "type": "service",
            "unit_label": given.get("unit_label"),
            "updated": book.wall,
            "url": given.get("url"),
        },
        named=given.get("id", ""),
    )
    book.emit("product.created", product)
    return product


@register.get("/v1/products/{id}")
def product_of(book: Book, given: Thing, named: str) -> Thing:
    """One product."""
    return book.get("product", named)


@register.post("/v1/products/{id}", {**PRODUCT, "default_price": text})
def change_product(book: Book, given: Thing, named: str) -> Thing:
    """Change a product."""
    product = book.get("product", named)
    if "default_price" in given:
        book.get("price", given["default_price"], "default_price")
    return update(book, product, "product.updated", {**given, "updated": book.wall})


@register.list(
    "/v1/products", {"active": flag, "ids": listed(text), "created": either(SPAN, whole)}
)
def products(book: Book, given: Thing) -> Thing:
    """Products, the newest first."""
    ids = given.get("ids")
    return listing(
        book,
        "product",
        given,
        "/v1/products",
        lambda one: ids is None or one["id"] in ids,
        **only(given, "active"),
    )


@register.post(
    "/v1/prices",
    {
        **PRICE_CHANGES,
        "billing_scheme": one_of("per_unit"),
        "currency": text,
        "product": text,
        "product_data": shape(
            {name: PRODUCT[name] for name in ("name", "metadata", "tax_code", "unit_label")}
            | {"id": text, "active": flag},
            required=["name"],
        ),
        "recurring": RECURRING,
        "unit_amount": count,
        "unit_amount_decimal": decimal,
    },
    required=["currency"],
)
def create_price(book: Book, given: Thing) -> Thing:
    """A price of a product."""
    if "product_data" in given:
        product = create_product(book, given["product_data"])
    elif "product" in given:
        product = book.get("product", given["product"], "product")
    else:
        raise invalid("product", "You must specify either `product` or `product_data`.")
    if key := given.get("lookup_key"):
        _free_key(book, key, transfer=given.get("transfer_lookup_key", False))
    amount = given.get("unit_amount")
    exact = given.get("unit_amount_decimal", Decimal(amount or 0))
    if amount is None and "unit_amount_decimal" not in given:
        raise invalid("unit_amount", "You must specify `unit_amount`.", "parameter_missing")
    price = add_price(
        book,
        product=product["id"],
        currency=given["currency"].lower(),
        amount=int(exact),
        recurring=given.get("recurring"),
        more=only(given, "lookup_key", "nickname", "tax_behavior", "metadata"),
    )
    book.emit("price.created", price)
    return price


def _free_key(book: Book, key: str, *, transfer: bool) -> None:
    """See that no price has this lookup key, which ``transfer`` takes away. Raises Refused."""
    for other in book.all("price", lookup_key=key):
        if not transfer:
            raise invalid("lookup_key", f"A price (`{other['id']}`) already uses that lookup key.")
        book.change(other, lookup_key=None)


def add_price(
    book: Book,
    *,
    product: str,
    currency: str,
    amount: int,
    recurring: Thing | None = None,
    named: str = "",
    more: Thing | None = None,
) -> Thing:
    """Write a price down; ``amount`` in cents for one. ``more`` are fields that may be left out."""
    said = more or {}
    every = recurring and {
        "interval": recurring["interval"],
        "interval_count": recurring.get("interval_count", 1),
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }
    return book.add(
        "price",
        {
            "active": True,
            "billing_scheme": "per_unit",
            "created": book.wall,
            "currency": currency,
            "custom_unit_amount": None,
            "livemode": False,
            "lookup_key": said.get("lookup_key"),
            "metadata": said.get("metadata", {}),
            "nickname": said.get("nickname"),
            "product": product,
            "recurring": every,
            "tax_behavior": said.get("tax_behavior", "unspecified"),
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "recurring" if every else "one_time",
            "unit_amount": amount,
            "unit_amount_decimal": str(amount),
        },
        named=named,
    )


@register.get("/v1/prices/{id}")
def price_of(book: Book, given: Thing, named: str) -> Thing:
    """One price."""
    return book.get("price", named)


@register.post("/v1/prices/{id}", PRICE_CHANGES)
def change_price(book: Book, given: Thing, named: str) -> Thing:
    """Change what may change of a price; its amount may not."""
    given.pop("transfer_lookup_key", None)
    return update(book, book.get("price", named), "price.updated", given)


@register.list(
    "/v1/prices",
    {
        "active": flag,
        "currency": text,
        "lookup_keys": listed(text),
        "product": text,
        "type": one_of("one_time", "recurring"),
        "recurring": shape({"interval": one_of(*INTERVALS)}),
        "created": either(SPAN, whole),
    },
)
def prices(book: Book, given: Thing) -> Thing:
    """Prices, the newest first."""
    keys, interval = given.get("lookup_keys"), given.get("recurring", {}).get("interval")
    fields = only(given, "active", "currency", "product", "type")
    if interval:
        fields["recurring__interval"] = interval
    return listing(
        book,
        "price",
        given,
        "/v1/prices",
        lambda one: keys is None or one["lookup_key"] in keys,
        **fields,
    )


def only(given: Thing, *names: str) -> Thing:
    """What was given under these names."""
    return {name: given[name] for name in names if name in given}


def update(book: Book, thing: Thing, kind: str, given: Thing) -> Thing:
    """Change fields by what was sent, metadata key by key, and tell it unless ``kind`` is ""."""
    before = {**thing, "metadata": dict(thing["metadata"])} if "metadata" in thing else {**thing}
    given = {name: value for name, value in given.items() if name != "expand"}
    if "metadata" in given:
        kept = {**thing["metadata"], **given.pop("metadata")}
        thing["metadata"] = {name: value for name, value in kept.items() if value != ""}
    book.change(thing, **given)
    if thing != before and kind:
        book.emit(kind, thing, before)
    return thing


include("price", "currency_options", lambda book, price: {})
include("price", "tiers", lambda book, price: None)
