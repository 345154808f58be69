"""What operations and products are called, where only their ids are stored here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

ProductNamer = Callable[[Any, Collection[UUID]], Mapping[UUID, str]]

_labels: dict[str, str] = {
    "adjustment": "Correction by hand",
    "monthly": "Monthly credits",
    "topup": "Top-up",
    "grant": "Credits added",
    "expire": "Expired credits",
    "revoke": "Credits taken back",
    "restore": "Credits given again",
}
_namers: list[ProductNamer] = []


def label(operation: str, words: str) -> None:
    """Show ``operation`` as ``words`` on statements."""
    _labels[operation] = words


def label_of(operation: str) -> str:
    """An operation as a person reads it: "Close-ups"."""
    return _labels.get(operation) or operation.replace("/", ", ").replace("-", " ").capitalize()


def name_products_by(namer: ProductNamer) -> None:
    """Register who knows the names of a user's products by id."""
    _namers[:] = [namer]


def product_names(user: Any, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """The names of those products that the user (still) has."""
    return _namers[0](user, ids) if _namers and ids else {}
