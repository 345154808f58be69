"""Versions of a view: adding one, which comes back when one goes, pictures that were replaced."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, QuerySet
from django.db.models.functions import Now
from PIL import Image

from core import storage
from core.errors import DomainError
from core.images import take_image
from techpack.models import Product, Revision

# What belongs to the picture of a photo, and goes and comes with it.
OF_THE_PICTURE = (
    "image_key",
    "thumbnail_key",
    "width",
    "height",
    "image_hash",
    "source",
    "prompt",
    "notes",
    "outline",
    "strokes",
    "landmarks",
    "scale",
    "geometry",
)


def insert(product: Product, *, view_type: str, is_current: bool = True, **row: Any) -> Revision:
    """A photo as the newest version of its view; the product's row has to be locked."""
    of_view = Revision.objects.filter(product=product, view_type=view_type)
    newest = of_view.aggregate(newest=Max("version"))["newest"] or 0
    if is_current:
        of_view.filter(is_current=True).update(is_current=False)
    return Revision.objects.create(
        product=product, view_type=view_type, version=newest + 1, is_current=is_current, **row
    )


def that_may_stand(product_id: Any, view_type: str) -> QuerySet[Revision]:
    """The versions of a view that can become current by themselves: drafts are not among them."""
    rows = Revision.objects.filter(
        product_id=product_id, view_type=view_type, deleted_at__isnull=True
    )
    return rows.exclude(stage=Revision.Stage.SAMPLE).order_by("-version")


def take_away(revision: Revision, *, instead: Revision | None = None) -> None:
    """Delete a photo; ``instead`` or the view's last version becomes current in its place."""
    Revision.objects.filter(pk=revision.pk).update(deleted_at=Now(), is_current=False)
    if not revision.is_current:
        return
    usual = that_may_stand(revision.product_id, revision.view_type).first()
    can_stand = instead is not None and instead.view_type == revision.view_type
    after = instead if can_stand and instead and instead.deleted_at is None else usual
    if after is not None:
        Revision.objects.filter(pk=after.pk).update(is_current=True)


def kept_picture(revision: Revision) -> dict[str, Any]:
    """The picture with all that belongs to it, so that it can come back."""
    kept = {name: getattr(revision, name) for name in OF_THE_PICTURE}
    return {**kept, "job": str(revision.job_id) if revision.job_id else None}


def put_picture(revision: Revision, kept: Mapping[str, Any], replaced: list[Any]) -> None:
    """Show another picture in the same photo; ``replaced`` are those that it had before."""
    changes = {name: kept[name] for name in OF_THE_PICTURE}
    Revision.objects.filter(pk=revision.pk).update(**changes, job_id=kept["job"], replaced=replaced)
    revision.refresh_from_db()


@dataclass(frozen=True)
class Picture:
    """A picture that a provider made, as it is stored."""

    key: str
    thumbnail_key: str
    width: int
    height: int
    sha256: str

    def fields(self) -> dict[str, Any]:
        """The same as columns of a photo."""
        return {
            "image_key": self.key,
            "thumbnail_key": self.thumbnail_key,
            "width": self.width,
            "height": self.height,
            "image_hash": self.sha256,
        }


def fault_of(data: bytes | None) -> str:
    """Why a made picture cannot be taken; empty where it can."""
    if not data:
        return "image: there is no picture"
    try:
        take_image(data, filename="made.jpg")
    except DomainError as error:
        return f"image: {error.message}"
    return ""


def picture_of(key: str) -> Picture:
    """A stored picture of a provider with its thumbnail, size and hash."""
    data = storage.read(key)
    taken = take_image(data, filename="made.jpg")
    thumbnail_key = storage.put("generated", taken.thumbnail, taken.thumbnail_extension)
    with Image.open(io.BytesIO(data)) as opened:
        width, height = opened.size
    return Picture(key, thumbnail_key, width, height, taken.sha256)
