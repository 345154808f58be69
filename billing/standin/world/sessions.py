"""Checkout sessions: what somebody is about to buy, for a day."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from .calls import SPAN, listing, register
from .carts import SESSION, check, details_of, said
from .catalogue import only, update
from .coupons import off_of
from .customers import living
from .errors import WrongState, missing_parameter
from .figures import Asked, Figures, Off, Taxed, reckon
from .lines import name_of
from .names import new_id
from .shapes import either, labels, one_of, text, whole
from .showing import include, page
from .store import Book, Thing
from .taxes import tax_of

PLACE: Final = "{CHECKOUT_SESSION_ID}"


@register.post("/v1/checkout/sessions", SESSION)
def create_session(book: Book, given: Thing) -> Thing:
    """A page where somebody pays."""
    for name in ("mode", "line_items", "success_url"):
        if not given.get(name):
            raise missing_parameter(name)
    check(book, given)
    customer = living(book, given["customer"], "customer") if "customer" in given else None
    now = book.now(customer)
    wanted = [
        [named["price"], named.get("quantity", 1), new_id("item")] for named in given["line_items"]
    ]
    named = new_id("checkout.session")
    session = book.add(
        "checkout.session",
        {**_NOTHING, **said(given, now), "_lines": wanted, "_given": given, "_offs": []}
        | {
            "created": now,
            "currency": book.get("price", wanted[0][0])["currency"],
            "customer": customer and customer["id"],
            "customer_details": details_of(customer, given),
            "success_url": given["success_url"].replace(PLACE, named),
            "url": f"{book.base}/pay/{named}",
        },
        named=named,
    )
    for discount in given.get("discounts", []):
        offer(book, session, discount)
    return refigure(book, session)


def offer(book: Book, session: Thing, discount: Thing) -> None:
    """Promise a coupon, by itself or by its promotion code; it is used when the session is paid."""
    promotion_code = None
    if "promotion_code" in discount:
        promotion_code = book.get("promotion_code", discount["promotion_code"], "discounts")
    coupon = book.get(
        "coupon",
        promotion_code["promotion"]["coupon"] if promotion_code else discount.get("coupon", ""),
        "discounts",
    )
    session["_offs"] = [
        {"coupon": coupon["id"], "promotion_code": promotion_code and promotion_code["id"]}
    ]
    book.change(session, discounts=session["_offs"])


def offers_of(book: Book, session: Thing) -> list[Off]:
    """The promised discounts as what they take off; each is called by its coupon."""
    coupons = [book.get("coupon", promised["coupon"]) for promised in session["_offs"]]
    return [
        off_of({"id": coupon["id"], "_off": [coupon["percent_off"], coupon["amount_off"]]})
        for coupon in coupons
    ]


def bought(book: Book, session: Thing) -> list[tuple[Thing, int]]:
    """The prices of a session and how often each."""
    return [(book.get("price", price), quantity) for price, quantity, _ in session["_lines"]]


def figures_of(book: Book, session: Thing) -> Figures:
    """What a session comes to for its customer."""
    asked = [
        Asked(price["unit_amount"] * quantity, inclusive=price["tax_behavior"] == "inclusive")
        for price, quantity in bought(book, session)
    ]
    return reckon(asked, offers_of(book, session), _tax(book, session))


def _tax(book: Book, session: Thing) -> Taxed | None:
    """The tax of the session's customer, which stays as it was once the session is complete."""
    if not session["automatic_tax"]["enabled"] or not session["customer"]:
        return None
    if session["status"] == "open":
        return tax_of(book, book.get("customer", session["customer"]))
    percent, rate, reason = session.get("_taxed") or ("0", "", "")
    return Taxed(Decimal(percent), rate, reason) if rate else None


def refigure(book: Book, session: Thing) -> Thing:
    """Reckon again after a code or an address was given."""
    figures = figures_of(book, session)
    taxed = figures.taxed
    return book.change(
        session,
        _taxed=taxed and [str(taxed.percent), taxed.rate, taxed.reason],
        amount_subtotal=figures.subtotal,
        amount_total=figures.total,
        total_details={
            "amount_discount": figures.discount,
            "amount_shipping": 0,
            "amount_tax": figures.tax,
        },
        automatic_tax={
            **session["automatic_tax"],
            "status": _tax_status(session, figures),
        },
        payment_status="unpaid" if figures.total else "no_payment_required",
    )


def expire(book: Book, session: Thing) -> Thing:
    """Nobody is going to pay it. Raises WrongState."""
    if session["status"] != "open":
        raise WrongState(
            f"Only Checkout Sessions with a status in ['open'] can be expired. This Checkout"
            f" Session has a status of {session['status']}."
        )
    book.change(session, status="expired", url=None)
    book.emit("checkout.session.expired", session)
    return session


@register.get("/v1/checkout/sessions/{id}")
def session_of(book: Book, given: Thing, named: str) -> Thing:
    """One session."""
    return book.get("checkout.session", named)


@register.post("/v1/checkout/sessions/{id}", {"metadata": labels})
def change_session(book: Book, given: Thing, named: str) -> Thing:
    """Change the metadata of a session."""
    session = book.get("checkout.session", named)
    return update(book, session, "checkout.session.updated", given)


@register.list(
    "/v1/checkout/sessions",
    {
        "customer": text,
        "payment_intent": text,
        "subscription": text,
        "status": one_of("open", "complete", "expired"),
        "created": either(SPAN, whole),
    },
)
def sessions(book: Book, given: Thing) -> Thing:
    """Sessions, the newest first."""
    fields = only(given, "customer", "payment_intent", "subscription", "status")
    return listing(book, "checkout.session", given, "/v1/checkout/sessions", **fields)


@register.list("/v1/checkout/sessions/{id}/line_items")
def line_items(book: Book, given: Thing, named: str) -> Thing:
    """What a session is for."""
    return items_shown(book, book.get("checkout.session", named))


def items_shown(book: Book, session: Thing) -> Thing:
    """The line items as a list of the API."""
    session = book.get("checkout.session", session["id"])
    items = []
    figures = figures_of(book, session)
    for (price_id, quantity, named), figure in zip(session["_lines"], figures.lines, strict=True):
        price = book.get("price", price_id)
        items.append(
            {
                "id": named,
                "object": "item",
                "adjustable_quantity": None,
                "amount_discount": sum(figure.off.values()),
                "amount_subtotal": figure.amount,
                "amount_tax": figure.tax,
                "amount_total": figure.total,
                "currency": price["currency"],
                "description": name_of(book, price),
                "metadata": {},
                "price": price,
                "quantity": quantity,
            }
        )
    return page(f"/v1/checkout/sessions/{session['id']}/line_items", items)


def _tax_status(session: Thing, figures: Figures) -> str | None:
    if not session["automatic_tax"]["enabled"]:
        return None
    return "complete" if figures.taxed else "requires_location_inputs"


def breakdown_of(book: Book, session: Thing) -> Any:
    """``total_details.breakdown``: which discount and which tax took part."""
    figures = figures_of(book, book.get("checkout.session", session["id"]))
    return {
        "discounts": [{"amount": amount, "discount": name} for name, amount in figures.off.items()],
        "taxes": [
            {
                "amount": figures.tax,
                "rate": book.get("tax_rate", figures.taxed.rate),
                "taxability_reason": figures.taxed.reason,
                "taxable_amount": figures.subtotal - figures.discount,
            }
        ]
        if figures.taxed
        else [],
    }


def due_sessions(book: Book) -> Sequence[Thing]:
    """Open sessions whose time is over."""
    return [
        session
        for session in book.all("checkout.session", status="open")
        if session["expires_at"] <= book.now(session["customer"])
    ]


_NOTHING: Final[Thing] = {
    "adaptive_pricing": {"enabled": False},
    "after_expiration": None,
    "allow_promotion_codes": None,
    "amount_subtotal": None,
    "amount_total": None,
    "billing_address_collection": None,
    "branding_settings": None,
    "cancel_url": None,
    "client_reference_id": None,
    "client_secret": None,
    "collected_information": None,
    "consent": None,
    "consent_collection": None,
    "currency_conversion": None,
    "custom_fields": [],
    "custom_text": {
        "after_submit": None,
        "shipping_address": None,
        "submit": None,
        "terms_of_service_acceptance": None,
    },
    "customer_account": None,
    "customer_email": None,
    "discounts": [],
    "integration_identifier": None,
    "invoice": None,
    "livemode": False,
    "locale": None,
    "metadata": {},
    "origin_context": None,
    "payment_intent": None,
    "payment_link": None,
    "payment_method_configuration_details": None,
    "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
    "payment_status": "unpaid",
    "permissions": None,
    "phone_number_collection": {"enabled": False},
    "recovered_from": None,
    "saved_payment_method_options": None,
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_options": [],
    "status": "open",
    "submit_type": None,
    "subscription": None,
    "ui_mode": "hosted_page",
    "wallet_options": None,
}

include("checkout.session", "line_items", items_shown)
include("item", "discounts", lambda book, item: [])
include("item", "taxes", lambda book, item: [])
include("checkout.session", "total_details.breakdown", breakdown_of)
