"""Which tax a customer pays, by where they live and whether they name a tax id."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from .calls import register
from .figures import Taxed
from .money import as_percent
from .store import Book, Thing

# Made up for the stand-in as round figures of a few places; Stripe Tax knows the real ones.
RATES: Final = {
    "AT": ("VAT", Decimal(20)),
    "DE": ("VAT", Decimal(19)),
    "ES": ("VAT", Decimal(21)),
    "FR": ("VAT", Decimal(20)),
    "GB": ("VAT", Decimal(20)),
    "IT": ("VAT", Decimal(22)),
    "NL": ("VAT", Decimal(21)),
    "PT": ("VAT", Decimal(23)),
    "CA": ("GST", Decimal(5)),
    "US": ("Sales tax", Decimal("8.875")),
}


def tax_of(book: Book, customer: Thing) -> Taxed | None:
    """The customer's tax; None where no tax is collected or nobody knows where they live."""
    country = ((customer.get("address") or {}).get("country") or "").upper()
    if country not in RATES or customer["tax_exempt"] == "exempt":
        return None
    name, percent = RATES[country]
    is_business = any(
        tax_id["type"].endswith("_vat") for tax_id in book.all("tax_id", customer=customer["id"])
    )
    if customer["tax_exempt"] == "reverse" or (is_business and name == "VAT"):
        return Taxed(Decimal(0), _rate(book, country, name, Decimal(0)), "reverse_charge")
    return Taxed(percent, _rate(book, country, name, percent))


def rows_of(taxed: Taxed | None, amount: int, taxable: int, *, inclusive: bool) -> list[Thing]:
    """``taxes`` of a line, or ``total_taxes`` of an invoice."""
    if taxed is None:
        return []
    return [
        {
            "amount": amount,
            "tax_behavior": "inclusive" if inclusive else "exclusive",
            "tax_rate_details": {"tax_rate": taxed.rate},
            "taxability_reason": taxed.reason,
            "taxable_amount": taxable,
            "type": "tax_rate_details",
        }
    ]


def _rate(book: Book, country: str, name: str, percent: Decimal) -> str:
    named = f"txr_{country.lower()}_{str(percent).replace('.', '_')}"
    if book.find(named) is None:
        book.add(
            "tax_rate",
            {
                "active": False,
                "country": country,
                "created": book.wall,
                "description": None,
                "display_name": name,
                "effective_percentage": as_percent(percent),
                "flat_amount": None,
                "inclusive": False,
                "jurisdiction": country,
                "jurisdiction_level": "country",
                "livemode": False,
                "metadata": {},
                "percentage": as_percent(percent),
                "rate_type": "percentage",
                "state": None,
                "tax_type": "sales_tax" if country == "US" else name.lower(),
            },
            named=named,
        )
    return named


@register.get("/v1/tax_rates/{id}")
def tax_rate(book: Book, given: Thing, named: str) -> Thing:
    """One tax rate."""
    return book.get("tax_rate", named)
