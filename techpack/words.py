"""What words tell: the view of a photo by its file name, a category by its name."""

from __future__ import annotations

from generation.providers.studio.view import view_in_words
from techpack import trade
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


def category_in_words(said: str) -> tuple[str, str]:
    """The template and subcategory that words such as "Zip hoodie" mean; else any other."""
    plain = said.strip().lower()
    for category in trade.CATEGORIES:
        if any(word in plain for word in trade.subcategories(category)):
            return category, plain
    return "other", plain
