"""The shapes of what the steps and rows take."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core.errors import InvalidRequest
from core.shape import Input, fault_paths
from techpack.models import VIEW_TYPES
from techpack.prices import SAMPLES_MOST, VIEWS_MADE_MOST, VIEWS_MOST

Coordinate = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False, strict=True)]
Point = Annotated[list[Coordinate], Field(min_length=2, max_length=2)]
LandmarkName = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$")]
ViewType = Literal[VIEW_TYPES]  # type: ignore[valid-type]
MadeView = Literal["front", "back", "side", "left", "right", "top", "bottom"]
Category = Annotated[str, Field(max_length=60)]


class AnalysisRef(Input):
    """An analysis named by its object; what else it holds is not read."""

    model_config = ConfigDict(extra="ignore")

    id: UUID


AnalysisId = UUID | AnalysisRef


def ids_of(refs: list[AnalysisId] | AnalysisId) -> list[UUID]:
    """The ids behind ids and objects, each once, in order."""
    listed = refs if isinstance(refs, list) else [refs]
    return list(dict.fromkeys(ref if isinstance(ref, UUID) else ref.id for ref in listed))


class DetectInput(Input):
    """``category/detect``."""

    product_id: UUID | None = None
    revision_id: UUID | None = None
    image: Any = None

    @model_validator(mode="after")
    def _one(self) -> DetectInput:
        given = [self.product_id, self.revision_id, self.image]
        if sum(value is not None for value in given) != 1:
            raise ValueError("Send one of productId, revisionId and image.")
        return self


class AnalyzeInput(Input):
    """``base-views/analyze``."""

    product_id: UUID
    revision_ids: Annotated[list[UUID], Field(min_length=1, max_length=VIEWS_MOST)]
    category: Category | None = None

    @model_validator(mode="after")
    def _once(self) -> AnalyzeInput:
        if len(set(self.revision_ids)) != len(self.revision_ids):
            raise ValueError("revisionIds: name each photo once.")
        return self


class CloseUpsInput(Input):
    """``close-ups/generate``."""

    product_id: UUID
    base_view_analyses: Annotated[list[AnalysisId], Field(min_length=1, max_length=VIEWS_MOST)]
    category: Category | None = None


class SketchesInput(Input):
    """``sketches/generate``."""

    product_id: UUID
    product_analysis: (
        Annotated[list[AnalysisId], Field(min_length=1, max_length=VIEWS_MOST)] | AnalysisId
    )
    category: Category | None = None


Sentence = Annotated[str, Field(min_length=1, max_length=500)]
Idea = Annotated[str, Field(max_length=1000)]


class EditInput(Input):
    """``edit``: a field of one view's analysis, or of a product's pack."""

    product_id: UUID | None = None
    revision_id: Annotated[UUID | None, Field(validate_default=True)] = None
    field_path: Annotated[str, Field(min_length=3, max_length=200)]
    edit_prompt: Sentence

    @field_validator("revision_id")
    @classmethod
    def _one(cls, revision_id: UUID | None, info: ValidationInfo) -> UUID | None:
        if (revision_id is None) == (info.data.get("product_id") is None):
            raise ValueError("Send one of revisionId and productId.")
        return revision_id


class RegenerateInput(Input):
    """``regenerate``: without a sentence a variation of how the product is presented."""

    revision_id: UUID
    regenerate_prompt: Annotated[str, Field(max_length=500)] | None = None
    mode: Literal["new", "replace"] = "new"


class GenerateInput(Input):
    """``base-views/generate``: drafts to choose from, or final views."""

    product_id: UUID
    prompt: Idea | None = None
    stage: Literal["sample", "final"]
    views: Annotated[list[MadeView], Field(min_length=1, max_length=VIEWS_MADE_MOST)] | None = None
    source_revision_id: UUID | None = None
    count: Annotated[int, Field(ge=1, le=SAMPLES_MOST, strict=True)] | None = None

    @model_validator(mode="after")
    def _few(self) -> GenerateInput:
        views = self.views or []
        if len(set(views)) != len(views):
            raise ValueError("views: name each view once.")
        if self.stage == "final" and (self.count or 1) != 1:
            raise ValueError("count: a final view is made once.")
        if self.stage == "sample" and max(len(views), 1) * (self.count or 1) > SAMPLES_MOST:
            raise ValueError(f"count: at most {SAMPLES_MOST} drafts at once.")
        return self


class IdeaInput(Input):
    """A product that starts from words."""

    words: Annotated[str, Field(min_length=3, max_length=1000)]
    name: Annotated[str, Field(max_length=200)] = ""
    count: Annotated[int, Field(ge=1, le=SAMPLES_MOST)] = SAMPLES_MOST


class ProductInput(Input):
    """A new product."""

    name: Annotated[str, Field(max_length=200)] = ""
    description: Annotated[str, Field(max_length=4000)] = ""


class ProductChanges(Input):
    """Changes of a product."""

    name: Annotated[str, Field(max_length=200)] | None = None
    description: Annotated[str, Field(max_length=4000)] | None = None
    style_no: Annotated[str, Field(max_length=60)] | None = None
    season: Annotated[str, Field(max_length=60)] | None = None
    brand: Annotated[str, Field(max_length=120)] | None = None
    sizes: (
        Annotated[list[Annotated[str, Field(min_length=1, max_length=20)]], Field(max_length=30)]
        | None
    ) = None
    sample_size: Annotated[str, Field(max_length=20)] | None = None
    unit: Literal["cm", "mm", "in"] | None = None
    category: Category | None = None
    subcategory: Category | None = None


class RevisionInput(Input):
    """A photo by address."""

    image_url: Annotated[str, Field(max_length=2000)]
    view_type: ViewType | None = None


class RevisionChanges(Input):
    """Changes of a photo."""

    is_current: Annotated[bool, Field(strict=True)] | None = None
    view_type: ViewType | None = None


class LengthInput(Input):
    """A length."""

    value: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False, strict=True)] | str
    unit: Literal["mm", "cm", "in"]


class ScaleInput(Input):
    """One known dimension."""

    from_: Annotated[Point, Field(alias="from")]
    to: Point
    length: LengthInput


class OutlineInput(Input):
    """Strokes that correct the outline."""

    keep: list[Annotated[list[Point], Field(min_length=1)]] = []
    remove: list[Annotated[list[Point], Field(min_length=1)]] = []
    worn_by_person: Annotated[bool, Field(strict=True)] | None = None


_POINTS = TypeAdapter(Annotated[dict[LandmarkName, Point], Field(min_length=1, max_length=60)])


def checked_points(data: Any) -> dict[str, list[float]]:
    """``{name: [x, y]}``; raises InvalidRequest with the path of each fault."""
    try:
        return _POINTS.validate_python(data)
    except ValidationError as error:
        raise InvalidRequest("The input is not valid.", fields=fault_paths(error)) from None
