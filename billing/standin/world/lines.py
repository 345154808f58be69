"""Lines of invoices: what each is for, what it comes to, and items that wait for an invoice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .calls import listing, register
from .catalogue import only
from .customers import living
from .errors import WrongState
from .figures import Asked, Figure, Figures
from .shapes import clearable, flag, labels, positive, shape, text, whole
from .store import Book, Thing
from .taxes import rows_of

SYMBOLS: Final = {"usd": "$", "eur": "€", "gbp": "£"}


@dataclass(frozen=True)
class Line:
    """A line to be: ``amount`` in cents before discounts and tax, ``start`` and ``end`` of time."""

    description: str
    amount: int
    price: Thing
    quantity: int
    start: int
    end: int
    subscription_item: str = ""
    is_proration: bool = False
    invoice_item: str = ""

    @property
    def asked(self) -> Asked:
        """What has to be reckoned."""
        return Asked(
            self.amount,
            discountable=not self.is_proration,
            inclusive=self.price["tax_behavior"] == "inclusive",
        )


def spoken(amount: int, currency: str) -> str:
    """``$29.00``."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{SYMBOLS.get(currency, currency.upper() + ' ')}{abs(amount) / 100:,.2f}"


def name_of(book: Book, price: Thing) -> str:
    """What the product of a price is called."""
    return str(book.get("product", price["product"])["name"])


def description_of(book: Book, price: Thing, quantity: int) -> str:
    """``1 × Pro (at $29.00 / month)``, or the product's name for what is bought once."""
    name = name_of(book, price)
    if not price["recurring"]:
        return name
    each = spoken(price["unit_amount"], price["currency"])
    return f"{quantity} × {name} (at {each} / {price['recurring']['interval']})"


def write(
    book: Book, invoice: Thing, lines: Sequence[Line], figures: Figures, subscription: Thing | None
) -> list[Thing]:
    """Write an invoice's lines down."""
    return [
        _write(book, invoice, line, figure, figures, subscription)
        for line, figure in zip(lines, figures.lines, strict=True)
    ]


def _write(
    book: Book,
    invoice: Thing,
    line: Line,
    figure: Figure,
    figures: Figures,
    subscription: Thing | None,
) -> Thing:
    taxes = rows_of(figures.taxed, figure.tax, figure.net, inclusive=figure.inclusive)
    return book.add(
        "line_item",
        {
            "amount": line.amount,
            "currency": invoice["currency"],
            "description": line.description,
            "discount_amounts": amounts_of(figure.off),
            "discountable": not line.is_proration,
            "discounts": list(figure.off),
            "invoice": invoice["id"],
            "livemode": False,
            "metadata": (subscription or {}).get("metadata", {}),
            "parent": _parent(book, line, subscription),
            "period": {"end": line.end, "start": line.start},
            "pretax_credit_amounts": credits_of(figure.off),
            "pricing": {
                "price_details": {
                    "price": line.price["id"],
                    "product": line.price["product"],
                },
                "type": "price_details",
                "unit_amount_decimal": line.price["unit_amount_decimal"],
            },
            "quantity": line.quantity,
            "quantity_decimal": str(line.quantity),
            "subscription": subscription and subscription["id"],
            "subtotal": line.amount,
            "taxes": taxes,
        },
    )


def _parent(book: Book, line: Line, subscription: Thing | None) -> Thing:
    common = {
        "invoice_item": line.invoice_item or None,
        "proration": line.is_proration,
        "proration_details": {"credited_items": None},
        "subscription": subscription and subscription["id"],
    }
    if line.subscription_item:
        return {
            "invoice_item_details": None,
            "subscription_item_details": {
                **common,
                "subscription_item": line.subscription_item,
            },
            "type": "subscription_item_details",
        }
    return {
        "invoice_item_details": common,
        "subscription_item_details": None,
        "type": "invoice_item_details",
    }


def amounts_of(off: dict[str, int]) -> list[Thing]:
    """``discount_amounts``, of a line or in all."""
    return [{"amount": amount, "discount": discount} for discount, amount in off.items()]


def credits_of(off: dict[str, int]) -> list[Thing]:
    """``pretax_credit_amounts``, of a line or in all."""
    return [
        {"amount": amount, "discount": discount, "type": "discount"}
        for discount, amount in off.items()
    ]


def add_item(
    book: Book, customer: Thing, price: Thing, quantity: int, *, amount: int, description: str
) -> Thing:
    """An item that waits for an invoice."""
    now = book.now(customer)
    item = book.add(
        "invoiceitem",
        {
            "amount": amount,
            "currency": price["currency"],
            "customer": customer["id"],
            "customer_account": None,
            "date": now,
            "description": description,
            "discountable": True,
            "discounts": [],
            "invoice": None,
            "livemode": False,
            "metadata": {},
            "net_amount": amount,
            "parent": None,
            "period": {"end": now, "start": now},
            "pricing": {
                "price_details": {"price": price["id"], "product": price["product"]},
                "type": "price_details",
                "unit_amount_decimal": price["unit_amount_decimal"],
            },
            "proration": False,
            "quantity": quantity,
            "quantity_decimal": str(quantity),
            "tax_rates": [],
            "test_clock": customer["test_clock"],
        },
    )
    book.emit("invoiceitem.created", item)
    return item


def line_of(book: Book, item: Thing) -> Line:
    """The line that an item becomes."""
    return Line(
        item["description"],
        item["amount"],
        book.get("price", item["pricing"]["price_details"]["price"]),
        item["quantity"],
        item["period"]["start"],
        item["period"]["end"],
        subscription_item=item.get("_item", ""),
        is_proration=item["proration"],
        invoice_item=item["id"],
    )


@register.post(
    "/v1/invoiceitems",
    {
        "customer": text,
        "amount": whole,
        "currency": text,
        "description": clearable(text),
        "metadata": labels,
        "pricing": shape({"price": text}, required=["price"]),
        "quantity": positive,
        "discountable": flag,
    },
    required=["customer", "pricing"],
)
def create_invoice_item(book: Book, given: Thing) -> Thing:
    """An item for the customer's next invoice."""
    price = book.get("price", given["pricing"]["price"], "pricing[price]")
    quantity = given.get("quantity", 1)
    return add_item(
        book,
        living(book, given["customer"], "customer"),
        price,
        quantity,
        amount=given.get("amount", price["unit_amount"] * quantity),
        description=given.get("description") or description_of(book, price, quantity),
    )


@register.get("/v1/invoiceitems/{id}")
def invoice_item(book: Book, given: Thing, named: str) -> Thing:
    """One item."""
    return book.get("invoiceitem", named)


@register.list("/v1/invoiceitems", {"customer": text, "invoice": text, "pending": flag})
def invoice_items(book: Book, given: Thing) -> Thing:
    """Items, the newest first; ``pending`` are those without an invoice."""
    fields = only(given, "customer", "invoice") | (
        {"invoice": None} if given.get("pending") else {}
    )
    return listing(book, "invoiceitem", given, "/v1/invoiceitems", **fields)


@register.delete("/v1/invoiceitems/{id}")
def delete_invoice_item(book: Book, given: Thing, named: str) -> Thing:
    """Take an item back that is on no invoice yet."""
    item = book.get("invoiceitem", named)
    if item["invoice"]:
        raise WrongState("The invoice item is attached to an invoice.")
    book.remove(item)
    book.emit("invoiceitem.deleted", item)
    return {"id": named, "object": "invoiceitem", "deleted": True}
