"""Which outputs were made from something that has changed since."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from core.money import number
from techpack.models import Product, Revision
from techpack.pack.rows import Merged
from techpack.prices import views_price


def fingerprint(product: Product, views: Iterable[Revision]) -> dict[str, Any]:
    """What an output of these photos depends on, small enough to keep beside it."""
    return {
        "category": product.category,
        "views": {
            view.view_type: [
                str(view.pk),
                (view.outline or {}).get("corrected", False),
                view.image_hash,
            ]
            for view in sorted(views, key=lambda row: row.view_type)
        },
    }


def stale_outputs(pack: Merged) -> list[dict[str, Any]]:
    """``[{output, because, credits}]`` for every output that should be made again."""
    found = []
    if because := _analysis(pack):
        missing = sum(1 for view in pack.views if _is_fresh(pack, view))
        price = views_price(max(1, len(pack.views) - missing))
        found.append(_stale("base-views/analyze", because, price))
    now = fingerprint(pack.product, pack.views)
    for output, made in (
        ("close-ups/generate", [row.made_from for row in pack.close_ups]),
        ("sketches/generate", [row.made_from for row in pack.sketches]),
    ):
        if made and (because := _because(made[0], now)):
            found.append(_stale(output, because, settings.PRICES[output]))
    return found


def _stale(output: str, because: str, price: int) -> dict[str, Any]:
    return {"output": output, "because": because, "credits": number(price)}


def _is_fresh(pack: Merged, view: Revision) -> bool:
    return any(
        row.revision_id == view.pk and row.category == pack.product.category
        for row in pack.analyses
    )


def _analysis(pack: Merged) -> str:
    if not pack.analyses:
        return ""
    if any(row.category != pack.product.category for row in pack.analyses):
        return "The category changed since."
    analysed = {row.revision_id for row in pack.analyses}
    if any(view.pk not in analysed for view in pack.views):
        return "A photo was added or replaced since."
    return ""


def _because(then: dict[str, Any], now: dict[str, Any]) -> str:
    if then == now:
        return ""
    if then.get("category") != now["category"]:
        return "The category changed since."
    before, after = then.get("views", {}), now["views"]
    if set(before) != set(after):
        return "A view was added or taken away since."
    # What was made before pictures were kept track of says less, and is compared by that.
    if all(known == after[view][: len(known)] for view, known in before.items()):
        return ""
    return "A photo was replaced or its outline corrected since."
