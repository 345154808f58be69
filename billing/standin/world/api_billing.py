"""Calls about subscriptions and invoices."""

from __future__ import annotations

from typing import Final

from . import invoices, subscriptions
from .calls import SPAN, listing, register
from .cards import attach, decline, method_for
from .catalogue import only, update
from .coupons import redeem
from .customers import living
from .errors import Refused, WrongState, invalid
from .shapes import clearable, either, flag, labels, listed, one_of, positive, shape, text, whole
from .store import Book, Thing

BEHAVIOR: Final = one_of("always_invoice", "create_prorations", "none")
PAYMENT: Final = one_of("allow_incomplete", "default_incomplete", "error_if_incomplete")
DETAILS: Final = shape({"comment": clearable(text), "feedback": clearable(text)})
STATUSES: Final = (
    "active",
    "all",
    "canceled",
    "ended",
    "incomplete",
    "incomplete_expired",
    "past_due",
    "paused",
    "trialing",
    "unpaid",
)


@register.post(
    "/v1/subscriptions",
    {
        "automatic_tax": shape({"enabled": flag}, required=["enabled"]),
        "customer": text,
        "default_payment_method": text,
        "description": text,
        "discounts": listed(shape({"coupon": text, "promotion_code": text})),
        "items": listed(shape({"price": text, "quantity": positive}, required=["price"])),
        "metadata": labels,
        "off_session": flag,
        "payment_behavior": PAYMENT,
    },
    required=["customer", "items"],
)
def create_subscription(book: Book, given: Thing) -> Thing:
    """A subscription without Checkout, paid at once by the customer's card."""
    customer = living(book, given["customer"], "customer")
    if "default_payment_method" in given:
        given["default_payment_method"] = attach(book, given["default_payment_method"], customer)[
            "id"
        ]
    behavior = given.get("payment_behavior", "allow_incomplete")
    if behavior != "default_incomplete" and not method_for(book, customer, given):
        raise Refused(
            400,
            "This customer has no attached payment source or default payment method.",
            code="resource_missing",
        )
    subscription = subscriptions.begin(
        book,
        customer,
        [
            (book.get("price", item["price"], f"items[{place}][price]"), item.get("quantity", 1))
            for place, item in enumerate(given["items"])
        ],
        metadata=given.get("metadata", {}),
        discounts=[_discount(book, customer, one) for one in given.get("discounts", [])],
        is_taxed=given.get("automatic_tax", {}).get("enabled", False),
        **only(given, "default_payment_method", "description"),
    )
    if behavior != "default_incomplete":
        _pay_first(book, subscription, customer, behavior)
    return subscription


@register.get("/v1/subscriptions/{id}")
def subscription(book: Book, given: Thing, named: str) -> Thing:
    """One subscription."""
    return book.get("subscription", named)


@register.list(
    "/v1/subscriptions",
    {
        "customer": text,
        "price": text,
        "status": one_of(*STATUSES),
        "test_clock": text,
        "created": either(SPAN, whole),
    },
)
def subscriptions_of(book: Book, given: Thing) -> Thing:
    """Subscriptions, the newest first; those that are over only where ``status`` says so."""
    price, status = given.get("price"), given.get("status", "living")

    def is_asked_for(one: Thing) -> bool:
        is_over = one["status"] in subscriptions.OVER
        ways = {"all": True, "ended": is_over, "living": not is_over}
        if not ways.get(status, one["status"] == status):
            return False
        return price is None or price in subscriptions.prices_of(book, one)

    fields = only(given, "customer", "test_clock")
    return listing(book, "subscription", given, "/v1/subscriptions", is_asked_for, **fields)


@register.post(
    "/v1/subscriptions/{id}",
    {
        "cancel_at": clearable(whole),
        "cancel_at_period_end": flag,
        "cancellation_details": DETAILS,
        "default_payment_method": clearable(text),
        "description": clearable(text),
        "items": listed(shape({"id": text, "price": text, "quantity": positive, "deleted": flag})),
        "metadata": labels,
        "payment_behavior": PAYMENT,
        "proration_behavior": BEHAVIOR,
        "proration_date": whole,
    },
)
def change_subscription(book: Book, given: Thing, named: str) -> Thing:
    """Change a subscription that is not over."""
    from .changing import change_items, schedule_end

    found = book.get("subscription", named)
    if found["status"] in subscriptions.OVER:
        raise WrongState(
            "A canceled subscription can only update its cancellation_details and metadata."
        )
    if "items" in given:
        change_items(
            book,
            found,
            given.pop("items"),
            behavior=given.get("proration_behavior", "create_prorations"),
            at=given.get("proration_date"),
        )
    for name in ("proration_behavior", "payment_behavior", "proration_date"):
        given.pop(name, None)
    schedule_end(book, found, given)
    if given.get("default_payment_method"):
        book.get("payment_method", given["default_payment_method"], "default_payment_method")
    before = book.shown(found)
    update(book, found, "", given)
    if book.shown(found) != before:
        book.emit("customer.subscription.updated", found, before)
    return found


@register.delete(
    "/v1/subscriptions/{id}",
    {"cancellation_details": DETAILS, "invoice_now": flag, "prorate": flag},
)
def cancel_subscription(book: Book, given: Thing, named: str) -> Thing:
    """End a subscription now."""
    found = book.get("subscription", named)
    if found["status"] in subscriptions.OVER:
        raise Refused(404, f"No such subscription: '{named}'", code="resource_missing", param="id")
    details = {**found["cancellation_details"], **given.get("cancellation_details", {})}
    book.change(found, cancellation_details=details)
    return subscriptions.end(book, found, reason="cancellation_requested")


@register.list("/v1/subscription_items", {"subscription": text})
def subscription_items(book: Book, given: Thing) -> Thing:
    """The items of a subscription."""
    fields = only(given, "subscription")
    return listing(book, "subscription_item", given, "/v1/subscription_items", **fields)


@register.get("/v1/subscription_items/{id}")
def subscription_item(book: Book, given: Thing, named: str) -> Thing:
    """One item."""
    return book.get("subscription_item", named)


@register.get("/v1/invoices/{id}")
def invoice(book: Book, given: Thing, named: str) -> Thing:
    """One invoice."""
    return book.get("invoice", named)


@register.list(
    "/v1/invoices",
    {
        "customer": text,
        "subscription": text,
        "status": one_of("draft", "open", "paid", "uncollectible", "void"),
        "collection_method": one_of("charge_automatically", "send_invoice"),
        "created": either(SPAN, whole),
    },
)
def invoices_of(book: Book, given: Thing) -> Thing:
    """Invoices, the newest first."""
    fields = only(given, "customer", "status", "collection_method")
    if "subscription" in given:
        fields["parent__subscription_details__subscription"] = given["subscription"]
    return listing(book, "invoice", given, "/v1/invoices", **fields)


@register.list("/v1/invoices/{id}/lines")
def invoice_lines(book: Book, given: Thing, named: str) -> Thing:
    """The lines of an invoice."""
    book.get("invoice", named)
    return listing(book, "line_item", given, f"/v1/invoices/{named}/lines", invoice=named)


@register.post("/v1/invoices/{id}/pay", {"payment_method": text, "off_session": flag})
def pay_invoice(book: Book, given: Thing, named: str) -> Thing:
    """Pay an open invoice now."""
    found = book.get("invoice", named)
    if found["status"] == "paid":
        raise WrongState("Invoice is already paid", "invoice_already_paid")
    if found["status"] not in ("draft", "open"):
        raise WrongState(f"You can only pay open invoices, this one is {found['status']}.")
    customer = book.get("customer", found["customer"])
    subscription = invoices.subscription_of(book, found)
    if found["status"] == "draft":
        invoices.finalize(book, found)
    chosen = given.get("payment_method")
    method = attach(book, chosen, customer) if chosen else method_for(book, customer, subscription)
    status = invoices.pay(book, found, method, present=not given.get("off_session", False))
    if status == "requires_payment_method" and method:
        raise decline(method["_card"])
    if status == "succeeded" and subscription:
        subscriptions.paid(book, subscription)
    return found


@register.post("/v1/invoices/{id}/void")
def void_invoice(book: Book, given: Thing, named: str) -> Thing:
    """Nobody has to pay it any more."""
    found = book.get("invoice", named)
    if found["status"] != "open":
        raise WrongState(f"You can only void open invoices, this one is {found['status']}.")
    invoices.close(book, found, "void")
    return found


@register.list(
    "/v1/invoice_payments",
    {
        "invoice": text,
        "status": one_of("open", "paid", "canceled"),
        "payment": shape(
            {"type": one_of("payment_intent"), "payment_intent": text}, required=["type"]
        ),
    },
)
def invoice_payments(book: Book, given: Thing) -> Thing:
    """Which payments paid which invoices."""
    fields = only(given, "invoice", "status")
    if "payment" in given:
        fields["payment__payment_intent"] = given["payment"].get("payment_intent")
    return listing(book, "invoice_payment", given, "/v1/invoice_payments", **fields)


@register.get("/v1/invoice_payments/{id}")
def invoice_payment(book: Book, given: Thing, named: str) -> Thing:
    """One of them."""
    return book.get("invoice_payment", named)


def _discount(book: Book, customer: Thing, given: Thing) -> Thing:
    code = given.get("promotion_code")
    promotion_code = book.get("promotion_code", code, "discounts") if code else None
    named = promotion_code["promotion"]["coupon"] if promotion_code else given.get("coupon")
    if not named:
        raise invalid("discounts", "A discount is a coupon or a promotion code.")
    return redeem(book, book.get("coupon", named, "discounts"), customer, promotion_code)


def _pay_first(book: Book, subscription: Thing, customer: Thing, behavior: str) -> None:
    found = book.get("invoice", subscription["latest_invoice"])
    method = method_for(book, customer, subscription)
    status = invoices.pay(book, found, method, present=True)
    if status in ("succeeded", "processing"):
        subscriptions.paid(book, subscription)
    elif status == "requires_payment_method" and behavior == "error_if_incomplete" and method:
        raise decline(method["_card"])
