"""Steps by API for tests: their addresses, an analysis, and what is left to pay with."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from credits import operations as ledger
from credits.models import Lot
from techpack import queries
from techpack.models import Product
from tests.techpack.conftest import Api

V2 = "/api/tech-pack-v2"
ANALYZE, CLOSE_UPS, SKETCHES = (
    f"{V2}/base-views/analyze",
    f"{V2}/close-ups/generate",
    f"{V2}/sketches/generate",
)


def free(api: Api) -> Decimal:
    """The credits that are free."""
    return Decimal(api.send("GET", "/api/credits").json()["available"])


def ids_of(product: Product) -> list[str]:
    """The ids of its photos, as the API takes them."""
    return [str(row.pk) for row in queries.revisions_of(product)]


def analyze(api: Api, product: Product, **headers: str) -> Any:
    """The answer to an analysis of all its photos."""
    body = {"productId": str(product.pk), "revisionIds": ids_of(product)}
    return api.send("POST", ANALYZE, body, **headers)


def spend_all(user: Any) -> None:
    """Leave the user without a credit."""
    lot = Lot.objects.get(account__user=user)
    ledger.revoke(source_key=lot.source_key, reason="test")
