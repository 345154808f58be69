"""The answers as models write them. A docstring or description here is read by the model too.

Boxes are fractions of a picture: models are bad at pixels. A picture's number counts from 1 in
the order in which the pictures were shown.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Category = Literal[
    "tops", "outerwear", "trousers", "dresses-and-skirts", "footwear", "bags", "other"
]
Share = Annotated[float, Field(ge=0, le=1)]
Sure = Annotated[float, Field(ge=0, le=1, description="From 0 to 1.")]
HasProduct = Annotated[
    bool, Field(description="False where no product can be found; the rest is then left empty.")
]


class Told(BaseModel):
    """A part of an answer. Fields that were not asked for are passed over."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)


class Alternative(Told):
    category: Category
    subcategory: str
    confidence: Sure


class CategoryTold(Told):
    hasProduct: HasProduct
    category: Category
    subcategory: str
    confidence: Sure
    alternatives: list[Alternative]
    because: str


class Entry(Told):
    name: str
    value: str
    confidence: Sure


class Colour(Told):
    name: Annotated[str, Field(description='What it is on the product, or "".')]
    value: Annotated[str, Field(description="The colour's plain name.")]
    hex: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", description="#rrggbb")]
    share: Annotated[Share, Field(description="Of the visible product, from 0 to 1.")]
    confidence: Sure


class Length(Told):
    code: Annotated[str, Field(description='The point of measure\'s code in the data, else "".')]
    name: str
    value: Annotated[float, Field(gt=0)]
    unit: Literal["mm", "cm", "in"]
    confidence: Sure
    reason: Annotated[str, Field(description="What of known size it was compared with.")]


class Fact(Told):
    name: str
    value: str | float | bool


class Described(Told):
    """What all descriptions have in common."""

    materials: list[Entry]
    dimensions: list[Length]
    colors: list[Colour]
    construction: list[Entry]
    designElements: list[Entry]
    other: list[Fact]
    confidence: Sure


class Judged(Told):
    hasProduct: HasProduct


class AnalysisTold(Described, Judged):
    """Whether there is a product comes first: fields are written in their order."""


class CloseUpTold(Described):
    summary: str


class Box(Told):
    """Fractions of the picture, from 0 to 1."""

    left: float
    top: float
    width: float
    height: float


class Shot(Told):
    name: str
    kind: Literal["landmark", "detail", "texture"]
    reason: str
    picture: Annotated[int, Field(description="The number of the picture, from 1.")]
    box: Box


class PlanTold(Told):
    hasProduct: HasProduct
    shots: list[Shot]


class FieldTold(Told):
    isAnswered: Annotated[
        bool, Field(description="False where the sentence gives no way to a value for this field.")
    ]
    value: Annotated[
        str | float, Field(description="A number for a length or a number, else a text.")
    ]
    confidence: Sure
    isLiteral: bool
    because: str
