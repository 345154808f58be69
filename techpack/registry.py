"""The steps as the rooms below know them: job kinds and quotes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings

from credits import names, quotes
from generation import kinds, notices
from techpack import leads
from techpack.models import Product
from techpack.operations import edits, retrying, steps, views
from techpack.prices import price_of
from techpack.work import (
    analysing,
    closing_up,
    detecting,
    editing,
    generating,
    regenerating,
    sketching,
)


def register_all() -> None:
    """Register each step's kind and its pricer."""
    for kind in (
        kinds.Kind(
            steps.DETECT,
            "Category",
            detecting.work,
            detecting.present,
            (steps.DETECT,),
            retry=retrying.detection,
        ),
        kinds.Kind(
            steps.ANALYZE,
            "Analysis",
            analysing.work,
            analysing.present,
            (steps.DETECT, steps.ANALYZE),
            retry=retrying.analysis,
        ),
        kinds.Kind(
            steps.CLOSE_UPS,
            "Close-ups",
            closing_up.work,
            closing_up.present,
            closing_up.ASKS,
            retry=retrying.close_ups,
        ),
        kinds.Kind(
            steps.SKETCHES,
            "Sketches",
            sketching.work,
            sketching.present,
            (steps.SKETCHES,),
            retry=retrying.sketches,
        ),
        kinds.Kind(
            edits.EDIT,
            "Edit by a sentence",
            editing.work,
            editing.present,
            (edits.EDIT,),
            retry=edits.edit_again,
        ),
        kinds.Kind(
            views.REGENERATE,
            "Changed photo",
            regenerating.work,
            regenerating.present,
            (views.REGENERATE, steps.DETECT, steps.ANALYZE),
            retry=views.regeneration_again,
        ),
        kinds.Kind(
            views.GENERATE,
            "Made views",
            generating.work,
            generating.present,
            generating.ASKS,
            retry=views.generation_again,
        ),
    ):
        kinds.register(kind)
        quotes.register(kind.name, _pricer(kind.name), label=kind.label)
    names.name_products_by(_names)
    notices.lead_by(leads.lead_of)


def _names(user: Any, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The products' names for statements, deleted ones included."""
    rows = Product.objects.filter(user=user, pk__in=list(ids))
    return dict(rows.values_list("pk", "name"))


def _pricer(operation: str) -> quotes.Pricer:
    def price(user: Any, given: Mapping[str, Any]) -> quotes.Price:
        seconds = settings.USUAL_SECONDS.get(operation, 10)
        return quotes.Price(credits=price_of(operation, given), seconds=seconds)

    return price
