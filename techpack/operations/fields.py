"""Typing over a value: free, kept apart, laid over whatever AI finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from core.errors import InvalidRequest
from techpack import queries
from techpack.models import Product, Revision, TypedValue
from techpack.pack.paths import FieldPath, entries_in_pack, entries_in_view, resolve
from techpack.typed import where_of

MOST_AT_ONCE = 200


def type_values(
    *, user: Any, product_id: UUID, values: Mapping[str, Any], revision_id: UUID | None = None
) -> Product:
    """Set fields of the pack by path; each becomes ``user`` and survives later AI runs.

    A path is dotted, by id or index: ``materials.m_surface.value``,
    ``pointsOfMeasure.A01.value``, ``bom.shell.material``, ``cover.styleNo``. ``None``
    takes a typed value back. With ``revision_id`` the path addresses that view's
    analysis. Raises NotFound, InvalidRequest; then nothing is changed.
    """
    product = queries.product_of(user, product_id)
    revision = None
    if revision_id is not None:
        revision = queries.revisions_in(product, [revision_id])[0]
    if not 1 <= len(values) <= MOST_AT_ONCE:
        raise InvalidRequest(
            "Nothing to change, or too much at once.",
            fields={"body": [f"Send 1 to {MOST_AT_ONCE} paths."]},
        )
    known = entries_in_pack(product) if revision is None else entries_in_view(revision)
    with transaction.atomic():
        product = Product.objects.select_for_update().get(pk=product.pk)
        for path, value in values.items():
            found = resolve(product, path, value, known, in_view=revision is not None)
            _type(user, product, revision, found, value)
        product.save()
    return product


def _type(
    user: Any, product: Product, revision: Revision | None, path: FieldPath, value: Any
) -> None:
    where = where_of(product, revision, path)
    if path.section == "cover":
        setattr(product, path.field, path.value)
    if value is None or path.section == "cover":
        TypedValue.objects.filter(**where).delete()
        return
    typed = {"value": path.value, "user": user, "provenance": "user", "confidence": 1.0}
    TypedValue.objects.update_or_create(**where, defaults={**typed, "job": None})
