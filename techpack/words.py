"""Guessing a photo's view before anybody looked at it."""

from __future__ import annotations

from generation.providers.studio.view import view_in_words
from techpack.models import Product, Revision

USUAL = ("front", "back", "side")


def guess_view_type(product: Product, filename: str) -> str:
    """The view that the file's name tells, else the first usual one that is missing."""
    if told := view_in_words(filename):
        return told
    there = set(
        Revision.objects.filter(
            product=product, is_current=True, deleted_at__isnull=True
        ).values_list("view_type", flat=True)
    )
    return next((view for view in USUAL if view not in there), "detail")
