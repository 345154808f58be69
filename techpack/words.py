"""What words tell: the view of a photo by its file name, a category by its name."""

from __future__ import annotations

from generation.providers.studio.category import named
from generation.providers.studio.view import view_in_words
from techpack.models import Product, Revision

USUAL = ("front", "back", "side")
ALSO_SAID = {"heel": "back", "three-quarter": "other", "inside": "interior", "label": "detail"}


def guess_view_type(product: Product, filename: str) -> str:
    """The view that the file's name tells, else the first usual one that is missing."""
    if told := view_in_words(filename.rpartition(".")[0]):
        return ALSO_SAID.get(told, told)
    there = set(
        Revision.objects.filter(
            product=product, is_current=True, deleted_at__isnull=True
        ).values_list("view_type", flat=True)
    )
    return next((view for view in USUAL if view not in there), "detail")


def category_in_words(said: str) -> tuple[str, str]:
    """The template and subcategory that words such as "Zip hoodie" mean; else any other."""
    found = named(said)
    return found[0] if found else ("other", said.strip().lower())
