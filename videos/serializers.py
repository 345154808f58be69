"""The shapes of films on the wire, spelled as those know them who ask for films elsewhere."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from pydantic import ConfigDict, Field
from rest_framework.serializers import ListField, Serializer, URLField

from core.shape import Input
from generation.providers.protocols import VideoCode, VideoStatus


class Exact(Input):
    """An answer whose names go out as they are written here."""

    model_config = ConfigDict(
        alias_generator=None,
        protected_namespaces=(),
        json_schema_extra={"x-spelled-exactly": True},
    )


class VideoCredits(Exact):
    """Decimal strings of credits: what is held for the film now, and what it was charged."""

    held: str
    captured: str


class VideoError(Exact):
    """Why a film failed."""

    code: VideoCode
    message: str


class VideoBegun(Exact):
    """A film that was begun; the fields behind `message` once it is completed."""

    success: Literal[True]
    video_id: str
    status: VideoStatus
    model: str
    progress: int = Field(ge=0, le=100, description="percent")
    message: str
    created_at: int | None = Field(None, description="Unix seconds")
    seconds: str | None = None
    size: str | None = None
    url: str | None = Field(None, description="opens the film for some minutes")
    credits: VideoCredits | None = None


class VideoErrorDetails(VideoError):
    """The same with what helps."""

    suggestions: list[str] = Field([], description="what to do now")
    fields: dict[str, list[str]] = Field({}, description="what was wrong, by path")


class VideoFailed(Exact):
    """A film that was refused or failed. Nothing was charged."""

    error: str = Field(description="what happened, in a sentence")
    errorCode: VideoCode
    errorDetails: VideoErrorDetails
    status: Literal["failed"]
    video_id: str | None = Field(description="null where no film was begun")


class VideoStanding(Exact):
    """What every address says of a film."""

    video_id: str
    status: VideoStatus
    model: str
    progress: int = Field(ge=0, le=100, description="percent")
    created_at: int = Field(description="Unix seconds")
    seconds: str
    size: str
    credits: VideoCredits


class VideoChecked(VideoStanding):
    """How a film stands."""

    success: Literal[True]
    url: str | None = Field(None, description="opens the completed film for some minutes")
    error: VideoError | None = Field(None, description="only of a failed one")


class CheckInput(Input):
    """Which film to look at."""

    model_config = ConfigDict(alias_generator=None, json_schema_extra={"x-spelled-exactly": True})

    video_id: str | None = Field(None, max_length=200, description="or in the query")


class VideoShape(VideoStanding):
    """A film as lists and its own address show it; its links live some minutes."""

    prompt: str
    provider: str
    product_id: UUID | None
    revision_id: UUID | None
    job_id: UUID
    is_late: bool = Field(description="done after its time was over, and free")
    error: VideoErrorDetails | None = Field(description="only of a failed one")
    url: str | None
    poster_url: str | None
    captions: str = Field(description="WebVTT; empty where there are none")
    bytes: int
    finished_at: int | None = Field(description="Unix seconds")


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/VideoShape"}})
class VideoShapes(ListField):
    """Films of a page."""


class VideoPage(Serializer[Any]):
    """A page of films."""

    next = URLField(allow_null=True)
    previous = URLField(allow_null=True)
    results = VideoShapes()
