"""Changing a field by a sentence, and taking that back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import ApiKey
from core.errors import Conflict
from core.shape import checked
from generation.kinds import Prepared
from generation.models import Job
from generation.operations import submit
from techpack import queries
from techpack.inputs import EditInput
from techpack.models import FieldEdit, Product, TypedValue
from techpack.pack.paths import Place
from techpack.pack.shown import shown_in
from techpack.prices import price_of
from techpack.typed import bring_back, is_in_force, place_in, seen_now, where_of
from techpack.words import quoted

EDIT = "edit"


def edit_field(
    *,
    user: Any,
    data: Mapping[str, Any],
    key: str | None = None,
    request_id: str = "",
    api_key: ApiKey | None = None,
) -> Job:
    """Hold 1 credit and queue the change of one field by a sentence.

    With ``revision_id`` the path addresses that view's analysis, with ``product_id`` the merged
    pack. Raises InsufficientCredits, InvalidRequest, NotFound.
    """

    def prepare() -> Prepared:
        given = checked(EditInput, data)
        revision = None
        if given.revision_id is not None:
            revision = queries.revision_of(user, given.revision_id)
            product = revision.product
        else:
            product = queries.product_of(user, given.product_id)  # type: ignore[arg-type]
        shown = shown_in(product, given.field_path, revision)
        return Prepared(
            {
                "revision_id": str(revision.pk) if revision else None,
                "in_view": shown.revision is not None,
                "path": shown.place.text,
                "section": shown.place.section,
                "entry_id": shown.place.entry_id,
                "field": shown.place.field,
                "words": given.edit_prompt,
                "seen": seen_now(product, shown.revision, shown.place),
            },
            product_id=product.pk,
        )

    return submit(
        user=user,
        kind=EDIT,
        price=price_of(EDIT, data),
        prepare=prepare,
        reason=quoted(data.get("edit_prompt")),
        key=key,
        request_id=request_id,
        api_key=api_key,
    )


def edit_again(job: Job) -> Prepared:
    """The same sentence once more, for the field as it is now. Raises NotFound."""
    product = queries.product_of(job.user, job.product_id)  # type: ignore[arg-type]
    revision = None
    if job.input["in_view"]:
        revision = queries.revision_of(job.user, UUID(job.input["revision_id"]))
    seen = seen_now(product, revision, place_in(job.input))
    return Prepared({**job.input, "seen": seen}, product_id=product.pk)


@transaction.atomic
def undo_edit(*, user: Any, edit_id: UUID) -> FieldEdit:
    """Bring back what a sentence changed: free, and the same however often it is asked.

    Raises NotFound, and Conflict where the field was changed again since.
    """
    edit = queries.edit_of(user, edit_id)
    product = Product.objects.select_for_update().get(pk=edit.product_id)
    edit.refresh_from_db()
    if edit.undone_at is not None:
        return edit
    place = Place("", edit.section, edit.entry_id, edit.field)
    where = where_of(product, edit.revision, place)
    typed = TypedValue.objects.filter(**where).first()
    if not is_in_force(edit, typed, product):
        raise Conflict(
            "This field was changed again since.",
            code="FIELD_CHANGED",
            suggestions=["Undo the newer change first, or type the value you want"],
        )
    _bring_back(edit, where, product)
    FieldEdit.objects.filter(pk=edit.pk, undone_at__isnull=True).update(undone_at=Now())
    edit.refresh_from_db()
    return edit


def _bring_back(edit: FieldEdit, where: Mapping[str, Any], product: Product) -> None:
    kept = edit.typed_before
    if edit.section == "cover" and kept is not None:
        setattr(product, edit.field, kept["column"])
        kept = kept["typed"]
    product.save()
    bring_back(where, kept, user_id=edit.user_id)
