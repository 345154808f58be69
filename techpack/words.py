"""What words tell: a photo's view, a category, and which of many sentences a line is about."""

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


def quoted(said: object, most: int = 60) -> str:
    """The start of a sentence on one line, in quotation marks; empty where nothing is said."""
    line = " ".join(said.split()) if isinstance(said, str) else ""
    return f"“{line[:most].rstrip()}{'…' if len(line) > most else ''}”" if line else ""
