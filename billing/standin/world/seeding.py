"""What has to be there before anything is sold: products, prices, the portal, one endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from .catalogue import add_price, create_product
from .coupons import create_coupon, create_promotion_code
from .endpoints import add_endpoint
from .portal import create_configuration
from .store import Store, Thing

ON: Thing = {"enabled": True}


@dataclass(frozen=True)
class ForSale:
    """One price to be there under this id: ``amount`` in cents, ``interval`` "" for once."""

    price_id: str
    title: str
    amount: int
    interval: str = ""


def seed(store: Store, for_sale: Sequence[ForSale], *, currency: str = "usd") -> None:
    """Make what is missing; may be done any number of times."""
    with store.open() as book:
        missing = [one for one in for_sale if book.find(one.price_id, "price") is None]
        plans = book.find("prod_plan", "product")
        if missing and plans is None:
            plans = create_product(book, {"id": "prod_plan", "name": "Techpack Studio Pro"})
        for one in missing:
            product = "prod_plan"
            if not one.interval:
                product = create_product(book, {"name": one.title})["id"]
            price = add_price(
                book,
                product=product,
                currency=currency,
                amount=one.amount,
                recurring={"interval": one.interval} if one.interval else None,
                named=one.price_id,
                more={
                    "nickname": one.title,
                    "tax_behavior": "exclusive",
                    "lookup_key": one.price_id.removeprefix("price_"),
                    "metadata": {"sold": one.price_id.removeprefix("price_")},
                },
            )
            book.emit("price.created", price)
        if not book.all("billing_portal.configuration"):
            prices = [one.price_id for one in for_sale if one.interval]
            create_configuration(book, {"features": features(prices)})
        if book.find("WELCOME20", "coupon") is None:
            create_coupon(
                book,
                {
                    "id": "WELCOME20",
                    "name": "Welcome",
                    "percent_off": Decimal(20),
                    "duration": "once",
                },
            )
            promotion = {"type": "coupon", "coupon": "WELCOME20"}
            create_promotion_code(book, {"promotion": promotion, "code": "WELCOME20"})


def features(prices: list[str]) -> Thing:
    """What the portal may do: another card, cancel, switch between these prices, invoices."""
    return {
        "invoice_history": ON,
        "payment_method_update": ON,
        "subscription_cancel": {**ON, "mode": "at_period_end"},
        "subscription_update": {
            **ON,
            "default_allowed_updates": ["price"],
            "products": [{"product": "prod_plan", "prices": prices}] if prices else [],
            "proration_behavior": "always_invoice",
        },
    }


def enlist(store: Store, *, url: str, secret: str, named: str = "we_standin") -> None:
    """Let events go to this address, signed with this secret."""
    with store.open() as book:
        found = book.find(named, "webhook_endpoint")
        if found is None:
            add_endpoint(book, {"url": url, "enabled_events": ["*"]}, secret, named)
        else:
            book.change(found, url=url, _secret=secret, status="enabled")
