"""What makes things cheaper: coupons, the codes that lead to them, and their use by somebody."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from .calls import listing, register
from .catalogue import only, update
from .errors import invalid
from .figures import Off
from .names import letters
from .periods import moved
from .shapes import decimal, flag, labels, one_of, positive, shape, text, whole
from .showing import include
from .store import Book, Thing

MOST_PERCENT: Final = 100


@register.post(
    "/v1/coupons",
    {
        "id": text,
        "amount_off": positive,
        "currency": text,
        "duration": one_of("once", "repeating", "forever"),
        "duration_in_months": positive,
        "max_redemptions": positive,
        "metadata": labels,
        "name": text,
        "percent_off": decimal,
        "redeem_by": whole,
    },
)
def create_coupon(book: Book, given: Thing) -> Thing:
    """A coupon of so many percent or so many cents."""
    percent = given.get("percent_off")
    if ("amount_off" in given) == (percent is not None):
        raise invalid("percent_off", "Pass exactly one of `percent_off` and `amount_off`.")
    if percent is not None and not 0 < percent <= MOST_PERCENT:
        raise invalid("percent_off", "percent_off is above 0 and at most 100.")
    coupon = book.add(
        "coupon",
        {
            "amount_off": given.get("amount_off"),
            "created": book.wall,
            "currency": given.get("currency"),
            "duration": given.get("duration", "once"),
            "duration_in_months": given.get("duration_in_months"),
            "livemode": False,
            "max_redemptions": given.get("max_redemptions"),
            "metadata": given.get("metadata", {}),
            "name": given.get("name"),
            "percent_off": None if percent is None else float(percent),
            "redeem_by": given.get("redeem_by"),
            "times_redeemed": 0,
            "valid": True,
        },
        named=given.get("id") or letters(8),
    )
    book.emit("coupon.created", coupon)
    return coupon


@register.get("/v1/coupons/{id}")
def coupon_of(book: Book, given: Thing, named: str) -> Thing:
    """One coupon."""
    return book.get("coupon", named)


@register.list("/v1/coupons")
def coupons(book: Book, given: Thing) -> Thing:
    """Coupons, the newest first."""
    return listing(book, "coupon", given, "/v1/coupons")


@register.delete("/v1/coupons/{id}")
def delete_coupon(book: Book, given: Thing, named: str) -> Thing:
    """Nobody can use it any more; who did keeps it."""
    coupon = book.get("coupon", named)
    book.emit("coupon.deleted", coupon)
    book.remove(coupon)
    return {"id": named, "object": "coupon", "deleted": True}


@register.post(
    "/v1/promotion_codes",
    {
        "promotion": shape({"type": one_of("coupon"), "coupon": text}, required=["type", "coupon"]),
        "active": flag,
        "code": text,
        "customer": text,
        "expires_at": whole,
        "max_redemptions": positive,
        "metadata": labels,
    },
    required=["promotion"],
)
def create_promotion_code(book: Book, given: Thing) -> Thing:
    """A word that people type to get a coupon."""
    coupon = book.get("coupon", given["promotion"]["coupon"], "promotion[coupon]")
    code = given.get("code") or letters(8).upper()
    if book.all("promotion_code", code=code, active=True):
        raise invalid("code", f"An active promotion code with `code: {code}` already exists.")
    promotion_code = book.add(
        "promotion_code",
        {
            "active": given.get("active", True),
            "code": code,
            "created": book.wall,
            "customer": given.get("customer"),
            "customer_account": None,
            "expires_at": given.get("expires_at"),
            "livemode": False,
            "max_redemptions": given.get("max_redemptions"),
            "metadata": given.get("metadata", {}),
            "promotion": {"coupon": coupon["id"], "type": "coupon"},
            "restrictions": {
                "first_time_transaction": False,
                "minimum_amount": None,
                "minimum_amount_currency": None,
            },
            "times_redeemed": 0,
        },
    )
    book.emit("promotion_code.created", promotion_code)
    return promotion_code


@register.get("/v1/promotion_codes/{id}")
def promotion_code_of(book: Book, given: Thing, named: str) -> Thing:
    """One promotion code."""
    return book.get("promotion_code", named)


@register.post("/v1/promotion_codes/{id}", {"active": flag, "metadata": labels})
def change_promotion_code(book: Book, given: Thing, named: str) -> Thing:
    """Switch a promotion code on or off."""
    return update(book, book.get("promotion_code", named), "promotion_code.updated", given)


@register.list("/v1/promotion_codes", {"active": flag, "code": text, "customer": text})
def promotion_codes(book: Book, given: Thing) -> Thing:
    """Promotion codes, the newest first."""
    return listing(
        book,
        "promotion_code",
        given,
        "/v1/promotion_codes",
        **only(given, "active", "code", "customer"),
    )


def usable_code(book: Book, code: str, customer: Thing) -> Thing:
    """The promotion code that somebody typed. Raises Refused where it cannot be used."""
    for found in book.all("promotion_code", active=True):
        if found["code"].upper() != code.strip().upper():
            continue
        most, until = found["max_redemptions"], found["expires_at"]
        belongs = found["customer"] in (None, customer["id"])
        used_up = most is not None and found["times_redeemed"] >= most
        if belongs and not used_up and (until is None or until > book.now(customer)):
            return found
    raise invalid("promotion_code", "This code is invalid.", "promotion_code_invalid")


def redeem(
    book: Book, coupon: Thing, customer: Thing, promotion_code: Thing | None, **place: Any
) -> Thing:
    """Use a coupon; ``place`` names the session, subscription or invoice that it is used for."""
    for used in (coupon, promotion_code):
        if used:
            book.change(used, times_redeemed=used["times_redeemed"] + 1)
    now = book.now(customer)
    months = coupon["duration_in_months"]
    return book.add(
        "discount",
        {
            "checkout_session": None,
            "customer": customer["id"],
            "customer_account": None,
            "end": moved(now, "month", months) if coupon["duration"] == "repeating" else None,
            "invoice": None,
            "invoice_item": None,
            "promotion_code": promotion_code and promotion_code["id"],
            "source": {"coupon": coupon["id"], "type": "coupon"},
            "start": now,
            "subscription": None,
            "subscription_item": None,
            "_off": [coupon["percent_off"], coupon["amount_off"]],
            "_once": coupon["duration"] == "once",
            **place,
        },
    )


def off_of(discount: Thing) -> Off:
    """What a discount takes off."""
    percent, amount = discount["_off"]
    return Off(discount["id"], None if percent is None else Decimal(str(percent)), amount or 0)


include("coupon", "applies_to", lambda book, coupon: None)
include("coupon", "currency_options", lambda book, coupon: {})
