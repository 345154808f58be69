"""The typed value of a field as a row: where it lies, which one it is, bringing one back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.ids import uuid7
from techpack.models import FieldEdit, Product, Revision, TypedValue
from techpack.pack.paths import Place


def where_of(product: Product, revision: Revision | None, place: Place) -> dict[str, Any]:
    """What names the one typed value of a field."""
    return {
        "product": product,
        "revision": revision,
        "section": place.section,
        "entry_id": place.entry_id,
        "field": place.field,
    }


def seen_mark(typed: TypedValue | None) -> str:
    """Which typed value is there: another one has another mark."""
    return f"{typed.pk} {typed.at.isoformat()}" if typed else ""


def seen_now(product: Product, revision: Revision | None, place: Place) -> str:
    """The mark of the typed value that a field has now."""
    return seen_mark(TypedValue.objects.filter(**where_of(product, revision, place)).first())


def place_in(given: Mapping[str, Any]) -> Place:
    """The field that a job's input names."""
    return Place(given["path"], given["section"], given["entry_id"], given["field"])


def kept_of(typed: TypedValue | None) -> dict[str, Any] | None:
    """A typed value, so that it can come back."""
    if typed is None:
        return None
    return {
        "value": typed.value,
        "provenance": typed.provenance,
        "confidence": typed.confidence,
        "job": str(typed.job_id) if typed.job_id else None,
    }


def bring_back(where: Mapping[str, Any], kept: Mapping[str, Any] | None, *, user_id: Any) -> None:
    """Put a kept typed value where it was; nothing was there where it is None."""
    if kept is None:
        TypedValue.objects.filter(**where).delete()
        return
    TypedValue.objects.update_or_create(
        **where,
        defaults={
            "value": kept["value"],
            "provenance": kept["provenance"],
            "confidence": kept["confidence"],
            "job_id": kept["job"],
            "user_id": user_id,
        },
    )


def carry_over(earlier: Revision, later: Revision) -> None:
    """What was typed for a version of a view holds for the one that was made from it, too."""
    rows = list(TypedValue.objects.filter(revision=earlier))
    for row in rows:
        row.pk, row.revision = uuid7(), later
    TypedValue.objects.bulk_create(rows)


def is_in_force(edit: FieldEdit, typed: TypedValue | None, product: Product) -> bool:
    """What the edit set is still what is laid over the pack."""
    if edit.undone_at is not None or edit.job_id is None or typed is None:
        return False
    if typed.job_id != edit.job_id:
        return False
    return edit.section != "cover" or bool(getattr(product, edit.field) == edit.after)
