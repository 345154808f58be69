"""Customers: who pays, with which card, by which clock."""

from __future__ import annotations

from typing import Final

from .calls import SPAN, listing, register
from .catalogue import only, update
from .errors import invalid
from .names import letters
from .shapes import clearable, either, labels, listed, one_of, shape, text, whole
from .showing import include, page, seen
from .store import Book, Thing

ADDRESS: Final = shape(
    {
        name: clearable(text)
        for name in ("city", "country", "line1", "line2", "postal_code", "state")
    }
)
CUSTOMER: Final = {
    "address": clearable(ADDRESS),
    "balance": whole,
    "description": clearable(text),
    "email": clearable(text),
    "invoice_settings": shape(
        {"default_payment_method": clearable(text), "footer": clearable(text)}
    ),
    "metadata": labels,
    "name": clearable(text),
    "phone": clearable(text),
    "preferred_locales": listed(text),
    "tax_exempt": clearable(one_of("none", "exempt", "reverse")),
}
# Those of the countries where a customer's VAT number turns the tax round, and a few others.
TAX_IDS: Final = ("eu_vat", "gb_vat", "us_ein", "ch_vat", "no_vat", "au_abn", "ca_gst_hst")
TAX_ID_DATA: Final = shape({"type": one_of(*TAX_IDS), "value": text}, required=["type", "value"])


@register.post(
    "/v1/customers",
    {
        **CUSTOMER,
        "payment_method": text,
        "test_clock": text,
        "tax_id_data": listed(TAX_ID_DATA),
    },
)
def create_customer(book: Book, given: Thing) -> Thing:
    """Somebody who will pay."""
    clock = given.get("test_clock")
    if clock:
        book.get("test_helpers.test_clock", clock, "test_clock")
    customer = book.add(
        "customer",
        {
            "address": given.get("address"),
            "balance": given.get("balance", 0),
            "created": book.now({"test_clock": clock}),
            "currency": None,
            "customer_account": None,
            "default_source": None,
            "delinquent": False,
            "description": given.get("description"),
            "discount": None,
            "email": given.get("email"),
            "invoice_prefix": letters(8).upper(),
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": given.get("invoice_settings", {}).get("footer"),
                "rendering_options": None,
            },
            "livemode": False,
            "metadata": given.get("metadata", {}),
            "name": given.get("name"),
            "next_invoice_sequence": 1,
            "phone": given.get("phone"),
            "preferred_locales": given.get("preferred_locales", []),
            "shipping": None,
            "tax_exempt": given.get("tax_exempt") or "none",
            "test_clock": clock,
        },
    )
    book.emit("customer.created", customer)
    for tax_id in given.get("tax_id_data", []):
        add_tax_id(book, customer, tax_id)
    if "payment_method" in given:
        from .cards import attach

        attach(book, given["payment_method"], customer)
    return customer


@register.get("/v1/customers/{id}")
def customer_of(book: Book, given: Thing, named: str) -> Thing:
    """One customer; of a deleted one that it is deleted."""
    return book.get("customer", named)


@register.post("/v1/customers/{id}", CUSTOMER)
def change_customer(book: Book, given: Thing, named: str) -> Thing:
    """Change a customer."""
    customer = living(book, named)
    settings = dict(customer["invoice_settings"])
    if changes := given.get("invoice_settings"):
        method = changes.get("default_payment_method")
        if (
            method
            and book.get("payment_method", method, "default_payment_method")["customer"]
            != customer["id"]
        ):
            raise invalid(
                "invoice_settings[default_payment_method]",
                "The customer does not have a payment method with this id.",
                "resource_missing",
            )
        given["invoice_settings"] = {**settings, **changes}
    return update(book, customer, "customer.updated", given)


@register.delete("/v1/customers/{id}")
def delete_customer(book: Book, given: Thing, named: str) -> Thing:
    """Delete a customer, whose subscriptions end at once."""
    from .subscriptions import end

    customer = living(book, named)
    for subscription in book.all("subscription", customer=named):
        if subscription["status"] not in ("canceled", "incomplete_expired"):
            end(book, subscription, reason="cancellation_requested")
    book.emit("customer.deleted", customer)
    gone = {"id": named, "object": "customer", "deleted": True}
    book.put(gone)
    return gone


@register.list("/v1/customers", {"email": text, "test_clock": text, "created": either(SPAN, whole)})
def customers(book: Book, given: Thing) -> Thing:
    """Customers, the newest first."""
    return listing(
        book,
        "customer",
        given,
        "/v1/customers",
        deleted=None,
        **only(given, "email", "test_clock"),
    )


@register.list("/v1/customers/{id}/tax_ids")
def tax_ids(book: Book, given: Thing, named: str) -> Thing:
    """The tax ids of a customer."""
    return listing(book, "tax_id", given, f"/v1/customers/{named}/tax_ids", customer=named)


@register.post(
    "/v1/customers/{id}/tax_ids", {"type": one_of(*TAX_IDS), "value": text}, ["type", "value"]
)
def create_tax_id(book: Book, given: Thing, named: str) -> Thing:
    """A tax id of a customer."""
    return add_tax_id(book, living(book, named), given)


def living(book: Book, named: str, param: str | None = None) -> Thing:
    """A customer who is not deleted. Raises Refused."""
    customer = book.get("customer", named, param)
    return (
        book.get("customer", f"{named} (deleted)", param) if customer.get("deleted") else customer
    )


def add_tax_id(book: Book, customer: Thing, given: Thing) -> Thing:
    """Write a tax id down; its number counts as verified."""
    tax_id = book.add(
        "tax_id",
        {
            "country": given["value"][:2] if given["type"] == "eu_vat" else None,
            "created": book.now(customer),
            "customer": customer["id"],
            "customer_account": None,
            "livemode": False,
            "owner": {"customer": customer["id"], "type": "customer"},
            "type": given["type"],
            "value": given["value"],
            "verification": {
                "status": "verified",
                "verified_address": None,
                "verified_name": customer["name"],
            },
        },
    )
    book.emit("customer.tax_id.created", tax_id)
    return tax_id


def _sources(book: Book, customer: Thing) -> Thing:
    return page(f"/v1/customers/{customer['id']}/sources", [])


def _subscriptions(book: Book, customer: Thing) -> Thing:
    found = [
        seen(book, subscription)
        for subscription in book.all("subscription", customer=customer["id"])
        if subscription["status"] not in ("canceled", "incomplete_expired")
    ]
    return page(f"/v1/customers/{customer['id']}/subscriptions", found)


include("customer", "sources", _sources)
include("customer", "subscriptions", _subscriptions)
include(
    "customer",
    "tax",
    lambda book, customer: {
        "automatic_tax": "supported" if customer["address"] else "unrecognized_location",
        "ip_address": None,
        "location": customer["address"]
        and {
            "country": customer["address"].get("country"),
            "source": "billing_address",
            "state": customer["address"].get("state"),
        },
        "provider": "stripe",
    },
)
include(
    "customer",
    "tax_ids",
    lambda book, customer: page(
        f"/v1/customers/{customer['id']}/tax_ids", book.all("tax_id", customer=customer["id"])
    ),
)
