"""Turning rows into what a provider is shown."""

from __future__ import annotations

from functools import lru_cache

from core import storage
from generation.providers.protocols import Brief, View
from techpack import trade
from techpack.models import Product, Revision


def view_of(revision: Revision) -> View:
    """A photo with its outline, hand-placed landmarks and scale."""
    return View(
        id=str(revision.pk),
        view_type=revision.view_type,
        data=storage.read(revision.image_key),
        width=revision.width,
        height=revision.height,
        outline=revision.outline,
        landmarks={name: (x, y) for name, (x, y) in revision.landmarks.items()},
        um_per_px=revision.um_per_px,
    )


def brief_of(product: Product, *, category: str = "") -> Brief:
    """What the provider is told: the words of people and of the product's template, as data."""
    chosen = category or product.category
    subcategory = product.subcategory if chosen == product.category else ""
    return Brief(
        words=words_of(product),
        category=chosen,
        subcategory=subcategory,
        vocabulary=vocabulary_of(chosen, subcategory) if chosen else (),
    )


@lru_cache(maxsize=256)
def vocabulary_of(category: str, subcategory: str) -> tuple[str, ...]:
    """Parts, operations, materials and points of measure (``A01 Chest width ½``) of a template."""
    template = trade.template_for(category, subcategory)
    words = [
        *(row.part for row in template.construction),
        *(row.component for row in template.bom),
        *(word for listed in template.vocabulary.values() for word in listed),
        *(f"{row.code} {row.name}" for row in template.points_of_measure),
        *(row.operation for row in template.construction),
    ]
    return tuple(dict.fromkeys(words))


def words_of(product: Product) -> str:
    """Name, description and file names, one line each."""
    names = [r.original_name for r in product.revisions.filter(deleted_at__isnull=True)[:8]]
    untitled = product.name == Product._meta.get_field("name").default
    said = ["" if untitled else product.name, product.description, *names]
    return "\n".join(line for line in said if line)
