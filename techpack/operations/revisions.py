"""Photos of a product: adding, correcting, scaling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from core import storage
from core.errors import InvalidRequest
from core.images import take_image
from techpack import outlines, queries, versions
from techpack.measuring import remeasure
from techpack.models import VIEW_TYPES, Product, Revision
from techpack.words import guess_view_type

SHORTEST_PX = 8  # a known length drawn shorter than this says nothing
STROKES_MOST, STROKE_POINTS_MOST = 40, 2000


def add_revision(
    *,
    user: Any,
    product_id: UUID,
    file: Any,
    filename: str = "",
    declared_type: str = "",
    view_type: str = "",
    source: str = Revision.Source.UPLOAD,
) -> Revision:
    """Store a photo, upright, sRGB and without metadata, as the view's newest version.

    ``view_type`` is guessed from the file's name and what is missing where it is not
    given. Raises NotFound and what the image intake raises.
    """
    product = queries.product_of(user, product_id)
    _check_view_type(view_type)
    taken = take_image(file, filename=filename, declared_type=declared_type)
    image_key = storage.put("photos", taken.data, taken.extension)
    thumbnail_key = storage.put("photos", taken.thumbnail, taken.thumbnail_extension)
    with transaction.atomic():
        Product.objects.select_for_update().get(pk=product.pk)  # versions count without gaps
        view = view_type or guess_view_type(product, taken.name)
        revision = versions.insert(
            product,
            view_type=view,
            is_view_guessed=not view_type,
            image_key=image_key,
            thumbnail_key=thumbnail_key,
            width=taken.width,
            height=taken.height,
            image_hash=taken.sha256,
            original_name=taken.name,
            notes=list(taken.notes),
            source=source,
        )
        product.save(update_fields=["updated_at"])
        outlines.prepare_later(revision)
    return revision


def _check_view_type(view_type: str) -> None:
    if view_type and view_type not in VIEW_TYPES:
        raise InvalidRequest(
            "There is no such view.", fields={"viewType": [f"Use one of {', '.join(VIEW_TYPES)}."]}
        )


@transaction.atomic
def change_revision(*, user: Any, revision_id: UUID, changes: Mapping[str, Any]) -> Revision:
    """Make a version current again, or say which side the photo shows.

    Raises NotFound, InvalidRequest.
    """
    revision = queries.revision_of(user, revision_id)
    Product.objects.select_for_update().get(pk=revision.product_id)
    if view_type := changes.get("view_type"):
        _check_view_type(view_type)
        if view_type != revision.view_type:
            _move(revision, view_type)
        Revision.objects.filter(pk=revision.pk).update(is_view_guessed=False)
    if changes.get("is_current") is False:
        raise InvalidRequest(
            "A version becomes past when another becomes current.",
            fields={"isCurrent": ["Make another version current instead."]},
        )
    if changes.get("is_current"):
        of_view = Revision.objects.filter(
            product_id=revision.product_id, view_type=revision.view_type, is_current=True
        )
        of_view.exclude(pk=revision.pk).update(is_current=False)
        Revision.objects.filter(pk=revision.pk).update(is_current=True)
    revision.refresh_from_db()
    return revision


def _move(revision: Revision, view_type: str) -> None:
    """The photo becomes the newest version of another view; the old view's last one returns."""
    old = versions.that_may_stand(revision.product_id, revision.view_type)
    old = old.exclude(pk=revision.pk)
    Revision.objects.filter(pk=revision.pk).update(is_current=False)
    target = Revision.objects.filter(product_id=revision.product_id, view_type=view_type)
    newest = target.aggregate(newest=Max("version"))["newest"] or 0
    target.filter(is_current=True).update(is_current=False)
    if revision.is_current and (before := old.first()) is not None:
        Revision.objects.filter(pk=before.pk).update(is_current=True)
    Revision.objects.filter(pk=revision.pk).update(
        view_type=view_type, version=newest + 1, is_current=True
    )
    revision.analyses.update(view_type=view_type)
    revision.refresh_from_db()


@transaction.atomic
def delete_revision(*, user: Any, revision_id: UUID) -> None:
    """Take a photo away; the view's version before it becomes current. Raises NotFound."""
    revision = queries.revision_of(user, revision_id)
    Product.objects.select_for_update().get(pk=revision.product_id)
    versions.take_away(revision)


def set_scale(
    *,
    user: Any,
    revision_id: UUID,
    start: Sequence[float],
    end: Sequence[float],
    length_um: int,
    code: str = "",
) -> Revision:
    """One known dimension, in pixels of the stored picture; lengths become measured. Free.

    ``code`` names the point of measure that was known, where it is one. Raises
    NotFound, InvalidRequest.
    """
    revision = queries.revision_of(user, revision_id)
    _check_points(revision, {"from": start, "to": end})
    if ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5 < SHORTEST_PX:
        raise InvalidRequest(
            "The line is too short.", fields={"to": [f"Draw at least {SHORTEST_PX} pixels."]}
        )
    if not 1_000 <= length_um <= 20_000_000:
        raise InvalidRequest(
            "The length is out of range.", fields={"length.value": ["Use 1 mm to 20 m."]}
        )
    scale = {"from": list(start), "to": list(end), "length_um": length_um, "code": code}
    with transaction.atomic():
        Revision.objects.filter(pk=revision.pk).update(scale=scale)
        revision.refresh_from_db()
        remeasure(revision)
        revision.product.save(update_fields=["updated_at"])
    return revision


def _check_points(revision: Revision, points: Mapping[str, Sequence[float]]) -> None:
    for name, (x, y) in points.items():
        if not (0 <= x <= revision.width and 0 <= y <= revision.height):
            raise InvalidRequest(
                "The point lies outside the picture.",
                fields={name: [f"Use 0 to {revision.width} and 0 to {revision.height}."]},
            )


def outline_of(*, user: Any, revision_id: UUID) -> dict[str, Any]:
    """``{score, verdict, rings, wornByPerson}``, found now if it is not there yet. Free."""
    revision = queries.revision_of(user, revision_id)
    return outlines.ensure_outline(revision)


def correct_outline(
    *,
    user: Any,
    revision_id: UUID,
    keep: Sequence[Any],
    remove: Sequence[Any],
    worn_by_person: bool | None = None,
) -> dict[str, Any]:
    """Find the outline again with a person's strokes as hints. Free.

    Strokes are lists of points in pixels of the stored picture. Raises NotFound,
    InvalidRequest.
    """
    revision = queries.revision_of(user, revision_id)
    strokes = {"keep": list(keep), "remove": list(remove)}
    for name, drawn in strokes.items():
        _check_strokes(revision, name, drawn)
    Revision.objects.filter(pk=revision.pk).update(strokes={**strokes, "worn": worn_by_person})
    revision.refresh_from_db()
    found = outlines.find_again(revision)
    remeasure(revision)
    return found


def _check_strokes(revision: Revision, name: str, drawn: Sequence[Any]) -> None:
    if len(drawn) > STROKES_MOST or any(len(stroke) > STROKE_POINTS_MOST for stroke in drawn):
        raise InvalidRequest(
            "Too many strokes.",
            fields={name: [f"At most {STROKES_MOST} strokes of {STROKE_POINTS_MOST} points."]},
        )
    for index, stroke in enumerate(drawn):
        _check_points(revision, {f"{name}.{index}.{at}": point for at, point in enumerate(stroke)})


def place_landmarks(
    *, user: Any, revision_id: UUID, points: Mapping[str, Sequence[float]]
) -> Revision:
    """Landmarks that a person dragged, in pixels of the stored picture. Free."""
    revision = queries.revision_of(user, revision_id)
    _check_points(revision, points)
    with transaction.atomic():
        placed = {**revision.landmarks, **{name: list(point) for name, point in points.items()}}
        Revision.objects.filter(pk=revision.pk).update(landmarks=placed)
        revision.refresh_from_db()
        remeasure(revision)
    return revision
