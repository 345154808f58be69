"""What a request says beside its pictures: the data line of a prompt, checked."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import DomainError, InvalidRequest
from core.images import SMALLEST_SIDE, take_image
from generation.model_server.refusals import Refused, not_an_image
from generation.prompts import data_in
from generation.providers.protocols import Brief, FieldAsked, View

LONGEST_PX: Final = 8_192  # of a small picture that is made larger: a thread is no detail

Share = Annotated[float, Field(ge=0, le=1)]
Place = tuple[Share, Share]
Ring = Annotated[list[Place], Field(max_length=400)]
Words = Annotated[str, Field(max_length=8_000)]
Name = Annotated[str, Field(max_length=400)]


class Told(BaseModel):
    """A part of the data; what is not known is passed over."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class ProductTold(Told):
    words: Words = ""
    category: Name = ""
    subcategory: Name = ""
    vocabulary: list[Name] = Field(default=[], max_length=400)


class ViewTold(Told):
    viewType: Name = ""
    width: Annotated[int, Field(ge=0, le=100_000)] = 0
    outline: Annotated[list[Ring], Field(max_length=12)] = []
    landmarks: dict[str, Place] = {}
    umPerPx: Annotated[float, Field(gt=0)] | None = None


class BoxTold(Told):
    left: Share = 0.0
    top: Share = 0.0
    width: Share = 1.0
    height: Share = 1.0


class ShotTold(Told):
    name: Name = "Detail"
    kind: Literal["landmark", "detail", "texture"] = "detail"
    reason: Words = ""
    box: BoxTold = BoxTold()


class FieldTold(Told):
    path: Name = ""
    label: Name = ""
    kind: Literal["length", "number", "colour", "text"] = "text"
    value: float | Words | None = None
    unit: Name = ""
    entry: dict[str, Any] = {}
    words: Words = ""


class Facts(Told):
    """All that a prompt's data may say."""

    task: Name = ""
    title: Name = ""
    viewType: Name = ""
    product: ProductTold = ProductTold()
    views: Annotated[list[ViewTold], Field(max_length=32)] = []
    shot: ShotTold = ShotTold()
    field: FieldTold = FieldTold()
    wish: Words = ""
    seed: int = 0

    @property
    def brief(self) -> Brief:
        """The product as the engine is told of it."""
        told = self.product
        return Brief(told.words, told.category, told.subcategory, tuple(told.vocabulary))

    @property
    def wanted(self) -> FieldAsked:
        """The field that a sentence is to change."""
        return FieldAsked(**self.field.model_dump())


def facts_in(texts: Sequence[str]) -> Facts | None:
    """The facts of the one text that holds a data line; None where none does.

    Raises Refused for a line that says what cannot be.
    """
    found = next((data for text in texts if (data := data_in(text)) is not None), None)
    if found is None:
        return None
    try:
        return Facts.model_validate(found)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Refused(f"The data says what cannot be at {where}.", param="messages") from None


def views_of(facts: Facts, pictures: Sequence[bytes], *, param: str) -> list[View]:
    """The pictures, each with what is told of it. Raises Refused."""
    told = [*facts.views, *(ViewTold() for _ in pictures)]
    return [
        _view(number, facts.viewType, view, picture, param)
        for number, (view, picture) in enumerate(zip(told, pictures, strict=False), start=1)
    ]


def _view(number: int, view_type: str, told: ViewTold, picture: bytes, param: str) -> View:
    data, width, height = readable(picture, param)
    rings = [[[x * width, y * height] for x, y in ring] for ring in told.outline if len(ring) > 2]
    return View(
        id=str(number),
        view_type=told.viewType or view_type,
        data=data,
        width=width,
        height=height,
        outline=_corrected(rings) if rings else None,
        landmarks={name: (x * width, y * height) for name, (x, y) in told.landmarks.items()},
        # Pictures are made smaller on their way, so a pixel here is more of the product.
        um_per_px=told.umPerPx * told.width / width if told.umPerPx and told.width else None,
    )


def _corrected(rings: list[list[list[float]]]) -> Mapping[str, Any]:
    """Outlines are told only where a person corrected them."""
    return {"rings": rings, "score": 1.0, "wornByPerson": False, "corrected": True}


def readable(picture: bytes, param: str) -> tuple[bytes, int, int]:
    """A picture decoded fully and made upright sRGB, with width and height. Raises Refused.

    A detail that was cut out of a photo may be small: it is made larger, which changes no place
    on it.
    """
    try:
        try:
            taken = take_image(picture)
        except InvalidRequest as error:
            if error.code != "TOO_SMALL":
                raise
            taken = take_image(_enlarged(picture))
    except DomainError as error:
        raise not_an_image(error.message, param) from None
    return taken.data, taken.width, taken.height


def _enlarged(picture: bytes) -> bytes:
    """A small picture with a short side of at least ``SMALLEST_SIDE``."""
    held = io.BytesIO()
    try:
        with Image.open(io.BytesIO(picture), formats=("JPEG", "PNG", "WEBP")) as opened:
            times = -(-SMALLEST_SIDE // max(min(opened.size), 1))
            size = (opened.width * times, opened.height * times)
            if max(size) > LONGEST_PX:
                return picture
            opened.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(held, "PNG")
    except (OSError, ValueError, SyntaxError):
        return picture
    return held.getvalue()
