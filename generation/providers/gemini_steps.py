"""The steps by Gemini: one kind of request for words and for pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from google.genai import types

from generation.providers import gemini_answers
from generation.providers.answers import schema_of
from generation.providers.asked import Commission, Made, Question, Shown, Told, complaint_text
from generation.providers.drawing import Drawing
from generation.providers.gemini_wire import VENDOR, GeminiWire
from generation.providers.protocols import Ask
from generation.providers.seeing import Seeing

LONGEST_ANSWER: Final = 16_384  # tokens, thoughts among them
_SHAPES: Final = ("1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9")

Request: TypeAlias = tuple[list[types.Part], types.GenerateContentConfig]


class GeminiSteps(Seeing, Drawing):
    """Gemini by one account."""

    name = VENDOR
    is_resubmittable = False
    at_once = 8

    def __init__(self, url: str, key: str) -> None:
        self._wire = GeminiWire(url, key)

    def _told(self, question: Question, ask: Ask) -> Told:
        return gemini_answers.told(self._response(question_of(question), ask), model=ask.model)

    def _made(self, commission: Commission, ask: Ask) -> Made:
        return gemini_answers.made(self._response(commission_of(commission), ask), model=ask.model)

    def _response(self, request: Request, ask: Ask) -> types.GenerateContentResponse:
        parts, config = request
        return self._wire.ask(model=ask.model, parts=parts, config=config, timeout_s=ask.timeout_s)


def question_of(question: Question) -> Request:
    """Data and pictures as the user's parts; instructions and the answer's schema apart."""
    _, schema = schema_of(question.operation)
    parts = [types.Part(text=question.prompt.data_text), *_shown(question.pictures)]
    config = types.GenerateContentConfig(
        system_instruction=question.prompt.instructions,
        response_mime_type="application/json",
        response_json_schema=schema,
        max_output_tokens=LONGEST_ANSWER,
        candidate_count=1,
    )
    return [*parts, *_complaint(question.complaint)], config


def commission_of(commission: Commission) -> Request:
    """Everything as the user's parts: not every model of pictures takes instructions apart."""
    prompt = commission.prompt
    parts = [
        types.Part(text=prompt.instructions),
        types.Part(text=prompt.data_text),
        *_shown(commission.pictures),
        *_complaint(commission.complaint),
    ]
    config = types.GenerateContentConfig(
        response_modalities=["IMAGE"],
        image_config=types.ImageConfig(
            aspect_ratio=_shape_of(commission.width, commission.height),
            image_size="2K" if commission.is_final else None,
        ),
        candidate_count=1,
    )
    return parts, config


def _shown(pictures: Sequence[Shown]) -> Iterator[types.Part]:
    for number, shown in enumerate(pictures, start=1):
        yield types.Part(text=f"Picture {number}")
        yield types.Part(inline_data=types.Blob(data=shown.jpeg, mime_type="image/jpeg"))


def _complaint(complaint: str) -> list[types.Part]:
    return [types.Part(text=complaint_text(complaint))] if complaint else []


def _shape_of(width: int, height: int) -> str:
    """The offered shape that is nearest."""
    wanted = width / max(height, 1)

    def off(shape: str) -> float:
        wide, high = (int(side) for side in shape.split(":"))
        offered = wide / high
        return max(offered, wanted) / max(min(offered, wanted), 1e-6)

    return min(_SHAPES, key=off)
