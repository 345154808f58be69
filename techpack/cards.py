"""A product as a small sheet in lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core import storage
from techpack import queries, trade
from techpack.models import Product
from techpack.notes import note_of


@dataclass(frozen=True)
class Card:
    """What a card shows: enough to find a product again."""

    product: Product
    picture: str
    category: str
    words: str
    views: int


def card_of(product: Any) -> Card:
    """A card from a product that came with its ``covers``."""
    covers = queries.main_first(product, product.covers)
    names = dict(trade.names())
    count = len(covers)
    return Card(
        product=product,
        picture=storage.signed_url(covers[0].thumbnail_key) if covers else "",
        category=names.get(product.category, ""),
        words=_words(product, covers),
        views=count,
    )


def _words(product: Product, covers: list[Any]) -> str:
    if not covers:
        return "No photo yet."
    views = ", ".join(row.view_type for row in covers)
    scaled = any(row.scale for row in covers)
    drawn = f"{note_of(covers[0])}. " if note_of(covers[0]) else ""
    return f"{views.capitalize()}. {drawn}" + (
        "Known length given." if scaled else "No known length yet: lengths are estimates."
    )
