"""What is asked of a film: its words, its length and size, whose product it shows."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from core.shape import Input, checked

LENGTHS: Final = (4, 8, 12)  # seconds
SIZES: Final = ("1280x720", "720x1280")
PROMPT_MOST: Final = 4000
MODEL_MOST: Final = 200

_SPELLED_APART = {"poll_for_completion": "pollForCompletion"}


def spelled(name: str) -> str:
    """A field's name as the two addresses of films spell it."""
    return _SPELLED_APART.get(name, name)


def _whole_seconds(given: Any) -> int:
    """``"8"`` and ``8`` are eight seconds; what else a program may send is a mistake."""
    is_known = isinstance(given, str) or type(given) is int
    found = next((length for length in LENGTHS if is_known and str(given) == str(length)), None)
    if found is None:
        raise ValueError(f"Use one of {', '.join(map(str, LENGTHS))}.")
    return found


def _shape(allowed: tuple[str, ...], **rest: Any) -> dict[str, Any]:
    return {"type": "string", "enum": list(allowed), **rest}


def _size(given: Any) -> Any:
    if given not in SIZES:
        raise ValueError(f"Use one of {', '.join(SIZES)}.")
    return given


Seconds = Annotated[
    int,
    BeforeValidator(_whole_seconds),
    WithJsonSchema(
        {
            "anyOf": [
                _shape(tuple(map(str, LENGTHS))),
                {"type": "integer", "enum": list(LENGTHS)},
            ]
        }
    ),
]
Size = Annotated[
    Literal["1280x720", "720x1280"], BeforeValidator(_size), WithJsonSchema(_shape(SIZES))
]


class Priced(Input):
    """What the price of a film depends on; the rest of the input is not read."""

    model_config = ConfigDict(
        extra="ignore",
        alias_generator=spelled,
        protected_namespaces=(),
        json_schema_extra={"x-spelled-exactly": True},
    )

    model: Annotated[str, Field(strict=True, min_length=1, max_length=MODEL_MOST)] | None = Field(
        None, description="a model's id, a provider, or `provider:model`; by default the first"
    )
    seconds: Seconds = 4
    size: Size = "1280x720"


class VideoInput(Priced):
    """``/api/generate-video``."""

    model_config = ConfigDict(extra="forbid")

    prompt: Annotated[str, Field(strict=True, min_length=1, max_length=PROMPT_MOST)]
    product_id: UUID | None = Field(None, description="the product that the film shows")
    revision_id: UUID | None = Field(None, description="the photo to stay true to")
    poll_for_completion: Annotated[bool, Field(strict=True)] = Field(
        False, description="wait up to 60 s for the end"
    )

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.size.split("x")[0])

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.size.split("x")[1])


def video_input(data: Any) -> VideoInput:
    """The request for a film, checked; raises InvalidRequest with the path of each fault."""
    return checked(VideoInput, data, spelled=spelled)


def priced(data: Any) -> Priced:
    """What of a request the price depends on; raises InvalidRequest."""
    return checked(Priced, data, spelled=spelled)
