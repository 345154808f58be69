"""What may be asked for of a Checkout session, and what does not go together."""

from __future__ import annotations

from typing import Final

from . import invoices
from .catalogue import only
from .customers import living
from .errors import Refused, invalid
from .shapes import flag, labels, listed, one_of, positive, shape, text, whole
from .store import Book, Thing

DAY_S: Final = 86_400
SOONEST_S: Final = 1_800
ENABLED: Final = shape({"enabled": flag}, required=["enabled"])
AUTO: Final = one_of("auto", "never")
SESSION: Final = {
    "allow_promotion_codes": flag,
    "automatic_tax": ENABLED,
    "billing_address_collection": one_of("auto", "required"),
    "cancel_url": text,
    "client_reference_id": text,
    "customer": text,
    "customer_creation": one_of("always", "if_required"),
    "customer_email": text,
    "customer_update": shape({"address": AUTO, "name": AUTO, "shipping": AUTO}),
    "discounts": listed(shape({"coupon": text, "promotion_code": text})),
    "expires_at": whole,
    "invoice_creation": shape(
        {
            "enabled": flag,
            "invoice_data": shape({"description": text, "footer": text, "metadata": labels}),
        },
        required=["enabled"],
    ),
    "line_items": listed(shape({"price": text, "quantity": positive}, required=["price"])),
    "locale": text,
    "metadata": labels,
    "mode": one_of("payment", "subscription"),
    "payment_intent_data": shape(
        {
            "description": text,
            "metadata": labels,
            "receipt_email": text,
            "setup_future_usage": one_of("on_session", "off_session"),
            "statement_descriptor_suffix": text,
        }
    ),
    "payment_method_collection": one_of("always", "if_required"),
    "payment_method_types": listed(one_of("card", "us_bank_account", "link")),
    "saved_payment_method_options": shape({"payment_method_save": one_of("enabled", "disabled")}),
    "submit_type": one_of("auto", "book", "donate", "pay", "subscribe"),
    "subscription_data": shape({"description": text, "metadata": labels}),
    "success_url": text,
    "tax_id_collection": shape(
        {"enabled": flag, "required": one_of("if_supported", "never")}, required=["enabled"]
    ),
    "ui_mode": one_of("hosted_page"),
}


def check(book: Book, given: Thing) -> None:
    """What does not go together. Raises Refused."""
    mode = given["mode"]
    recurring = [
        bool(book.get("price", one["price"], f"line_items[{place}][price]")["recurring"])
        for place, one in enumerate(given["line_items"])
    ]
    if mode == "subscription" and not any(recurring):
        raise invalid("line_items", "You must provide at least one recurring price.")
    if mode == "payment" and any(recurring):
        raise invalid(
            "line_items[0][price]",
            "You specified `payment` mode but passed a recurring price.",
        )
    for inactive in given["line_items"]:
        if not book.get("price", inactive["price"])["active"]:
            raise invalid("line_items[0][price]", "The price specified is inactive.")
    _check_pairs(mode, given)
    _check_customer(book, given)


def _check_pairs(mode: str, given: Thing) -> None:
    for name, only_in in (
        ("subscription_data", "subscription"),
        ("payment_intent_data", "payment"),
        ("invoice_creation", "payment"),
        ("customer_creation", "payment"),
        ("submit_type", "payment"),
        ("payment_method_collection", "subscription"),
    ):
        if name in given and mode != only_in:
            raise invalid(name, f"You can not pass `{name}` in `{mode}` mode.")
    for one, other in (
        ("allow_promotion_codes", "discounts"),
        ("customer", "customer_email"),
        ("customer", "customer_creation"),
    ):
        if given.get(one) and given.get(other):
            raise invalid(one, f"You may only specify one of these parameters: {one}, {other}.")


def _check_customer(book: Book, given: Thing) -> None:
    changes = given.get("customer_update", {})
    if changes and "customer" not in given:
        raise invalid("customer_update", "`customer_update` can only be used with `customer`.")
    if "customer" not in given:
        return
    if given.get("tax_id_collection", {}).get("enabled") and changes.get("name") != "auto":
        raise invalid(
            "customer_update[name]",
            "Tax ID collection requires updating business name on the customer. To enable tax ID"
            " collection for an existing customer, please set `customer_update[name]` to `auto`.",
        )
    customer = living(book, given["customer"], "customer")
    is_taxed = given.get("automatic_tax", {}).get("enabled")
    is_placed = changes.get("address") == "auto" or (customer["address"] or {}).get("country")
    if is_taxed and not is_placed:
        raise Refused(
            400,
            "Automatic tax calculation in Checkout requires a valid address on the Customer."
            " Add a valid address to the Customer or set `customer_update[address]` to `auto`.",
            code="customer_tax_location_invalid",
        )


def details_of(customer: Thing | None, given: Thing) -> Thing | None:
    email = customer["email"] if customer else given.get("customer_email")
    return email and {
        "address": None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": None,
    }


def said(given: Thing, now: int) -> Thing:
    """The fields that repeat what was asked for. Raises Refused."""
    expires_at = given.get("expires_at", now + DAY_S)
    if not now + SOONEST_S - 5 <= expires_at <= now + DAY_S:
        raise invalid("expires_at", "The `expires_at` is 30 minutes to 24 hours from creation.")
    taxed = given.get("automatic_tax", {}).get("enabled", False)
    repeated = only(
        given,
        "allow_promotion_codes",
        "billing_address_collection",
        "cancel_url",
        "client_reference_id",
        "customer_email",
        "locale",
        "metadata",
        "mode",
        "submit_type",
    )
    is_payment = given["mode"] == "payment"
    return repeated | {
        "automatic_tax": {
            "enabled": taxed,
            "liability": invoices.PERSON if taxed else None,
            "provider": "stripe" if taxed else None,
            "status": "requires_location_inputs" if taxed else None,
        },
        "customer_creation": given.get("customer_creation", "if_required")
        if (is_payment and "customer" not in given)
        else None,
        "expires_at": expires_at,
        "invoice_creation": _invoice_creation(given) if is_payment else None,
        "payment_method_collection": "if_required" if is_payment else "always",
        "payment_method_types": given.get("payment_method_types", ["card", "us_bank_account"]),
        "tax_id_collection": {
            "enabled": given.get("tax_id_collection", {}).get("enabled", False),
            "required": given.get("tax_id_collection", {}).get("required", "never"),
        },
    }


def _invoice_creation(given: Thing) -> Thing:
    wanted: Thing = given.get("invoice_creation", {})
    content = wanted.get("invoice_data", {})
    return {
        "enabled": wanted.get("enabled", False),
        "invoice_data": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": content.get("description"),
            "footer": content.get("footer"),
            "issuer": None,
            "metadata": content.get("metadata", {}),
            "rendering_options": None,
        },
    }
