"""The steps by OpenAI: seeing by its Responses API, drawing by its Images API."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from generation.errors import Failure, ProviderError
from generation.providers.answers import schema_of
from generation.providers.asked import Commission, Made, Question, Told, complaint_text
from generation.providers.costs import count_of, usage_of
from generation.providers.drawing import Drawing
from generation.providers.failures import is_content_code, name_of, objects_in
from generation.providers.protocols import Ask, Usage
from generation.providers.seeing import Seeing
from generation.providers.step_failures import content_refused, refusal_of
from generation.providers.wire import Wire

LONGEST_ANSWER: Final = 16_384  # tokens, thoughts among them
# Width over height from which on a picture is as wide as that, widest first.
_SIZES: Final = ((1.2, "1536x1024"), (0.84, "1024x1024"), (0.0, "1024x1536"))


class OpenAISteps(Seeing, Drawing):
    """OpenAI, or a server that speaks the same interfaces, by one account."""

    name = "openai"
    is_resubmittable = False
    at_once = 8

    def __init__(self, url: str, key: str) -> None:
        self._wire = Wire(vendor=self.name, base_url=url, api_key=key, is_openai=True)

    def _told(self, question: Question, ask: Ask) -> Told:
        body = response_body(question, ask.model)
        answer = self._wire.send("/responses", body, timeout_s=ask.timeout_s)
        ref, usage = ref_of(answer), _response_usage(ask.model, answer)
        return Told(_text_of(answer, self.name, usage, ref), usage, ref)

    def _made(self, commission: Commission, ask: Ask) -> Made:
        answer = drawn_by(self._wire, commission, ask, _picture_options(commission))
        return made_of(answer, model=ask.model)


def response_body(question: Question, model: str) -> dict[str, Any]:
    """A request of the Responses API: instructions apart, then data and pictures, then the rest."""
    name, schema = schema_of(question.operation)
    content: list[dict[str, Any]] = [_text(question.prompt.data_text)]
    for number, picture in enumerate(question.pictures, start=1):
        url = data_url(picture.jpeg)
        content += [
            _text(f"Picture {number}"),
            {"type": "input_image", "image_url": url, "detail": "high"},
        ]
    if question.complaint:
        content.append(_text(complaint_text(question.complaint)))
    return {
        "model": model,
        "store": False,
        "instructions": question.prompt.instructions,
        "input": [{"role": "user", "content": content}],
        "max_output_tokens": LONGEST_ANSWER,
        "text": {"format": {"type": "json_schema", "name": name, "schema": schema, "strict": True}},
    }


def _text(text: str) -> dict[str, Any]:
    return {"type": "input_text", "text": text}


def data_url(jpeg: bytes) -> str:
    """A picture as an address that holds it."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def drawn_by(wire: Wire, commission: Commission, ask: Ask, more: Mapping[str, Any]) -> Any:
    """The answer of an Images API; ``more`` is what not every such server knows."""
    body = {
        "model": ask.model,
        "prompt": commission.text,
        "n": 1,
        "size": _size_of(commission),
        **more,
    }
    # A single picture goes by the name that every server knows, several as a list.
    field = "image" if len(commission.pictures) == 1 else "image[]"
    files = [
        (field, (f"picture-{number}.jpg", picture.jpeg, "image/jpeg"))
        for number, picture in enumerate(commission.pictures, start=1)
    ]
    path = "/images/edits" if files else "/images/generations"
    return wire.send(path, body, files=files, timeout_s=ask.timeout_s)


def _picture_options(commission: Commission) -> dict[str, Any]:
    return {
        "quality": "high" if commission.is_final else "medium",
        "output_format": "png" if commission.is_line_art else "jpeg",
        "background": "opaque",
    }


def _size_of(commission: Commission) -> str:
    shape = commission.width / max(commission.height, 1)
    return next(size for least, size in _SIZES if shape >= least)


def _response_usage(model: str, answer: Mapping[str, Any]) -> Usage:
    told = answer.get("usage")
    details = told.get("input_tokens_details") if isinstance(told, Mapping) else None
    cached = count_of(details.get("cached_tokens")) if isinstance(details, Mapping) else 0
    return usage_of(model, told, prompt="input_tokens", completion="output_tokens", cached=cached)


def _text_of(answer: Mapping[str, Any], vendor: str, usage: Usage, ref: str) -> str:
    """The text of a completed answer; a failed or refused one comes with status 200 too."""
    if answer.get("status") == "failed" or answer.get("error"):
        raise refusal_of(answer, vendor=vendor, status=None, ref=ref, usage=usage)
    if answer.get("status") == "incomplete":
        reason = _reason(answer)
        if is_content_code(reason):
            raise content_refused(vendor, code=reason, ref=ref, usage=usage)
        raise _unusable("The answer was cut off: it has to be shorter.", usage, ref)
    items = objects_in(answer.get("output"))
    parts = [part for item in items for part in objects_in(item.get("content"))]
    if any(part.get("type") == "refusal" for part in parts):
        raise content_refused(vendor, code="", ref=ref, usage=usage)
    texts = [part.get("text") for part in parts if part.get("type") == "output_text"]
    text = "".join(text for text in texts if isinstance(text, str))
    if not text:
        raise _unusable("The answer holds no text.", usage, ref)
    return text


def _reason(answer: Mapping[str, Any]) -> str:
    details = answer.get("incomplete_details")
    return name_of(details.get("reason")) if isinstance(details, Mapping) else ""


def _unusable(complaint: str, usage: Usage, ref: str) -> ProviderError:
    return ProviderError(Failure.MALFORMED_OUTPUT, complaint, usage=usage, ref=ref)


def made_of(answer: Mapping[str, Any], *, model: str) -> Made:
    """The picture in an answer of the Images API; raises ProviderError where there is none."""
    pictures = objects_in(answer.get("data"))
    usage = usage_of(
        model,
        answer.get("usage"),
        prompt="input_tokens",
        completion="output_tokens",
        pictures=len(pictures),
    )
    ref = ref_of(answer)
    encoded = pictures[0].get("b64_json") if pictures else None
    if not isinstance(encoded, str) or not encoded:
        raise _unusable("The answer holds no picture.", usage, ref)
    # Some servers wrap the text in lines, some put a media type before it.
    plain = "".join(encoded.removeprefix("data:").rpartition("base64,")[2].split())
    try:
        return Made(base64.b64decode(plain, validate=True), usage, ref)
    except (binascii.Error, ValueError):
        raise _unusable("The picture cannot be decoded.", usage, ref) from None


def ref_of(answer: Mapping[str, Any]) -> str:
    """The vendor's own name for the answer."""
    value = answer.get("id")
    return value[:200] if isinstance(value, str) else ""
