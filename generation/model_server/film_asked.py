"""Reading what a film is asked with. Raises Refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generation.model_server.asked import (
    LETTERS_MOST,
    MODEL,
    PICTURES_MOST,
    Task,
    check_model,
    form_in,
    object_in,
    picture_in,
)
from generation.model_server.refusals import Refused

FIELD: Final = "input_reference"
SECONDS: Final = ("4", "8", "12")
SIZES: Final = {"720x1280": (720, 1280), "1280x720": (1280, 720)}


def film_task(body: bytes, content_type: str) -> tuple[Task, dict[str, Any]]:
    """A film to be made, from a form or JSON, and what is told of it from then on."""
    if content_type.startswith("multipart/form-data"):
        fields: Mapping[str, Any]
        fields, pictures = form_in(body, content_type, field=FIELD)
    else:
        fields = object_in(body)
        pictures = _pictures(fields.get(FIELD))
    if len(pictures) > PICTURES_MOST:
        raise Refused(f"At most {PICTURES_MOST} pictures.", param=FIELD)
    check_model(fields.get("model", MODEL))
    prompt, facts = _words(fields, "prompt"), str(fields.get("facts") or "")
    if len(facts) > LETTERS_MOST:
        raise Refused("This is too long.", code="string_above_max_length", param="facts")
    seconds = _one_of(fields, "seconds", SECONDS)
    size = _one_of(fields, "size", tuple(SIZES))
    width, height = SIZES[size]
    asked = {"prompt": prompt, "seconds": int(seconds), "width": width, "height": height}
    told = {"model": MODEL, "prompt": prompt, "seconds": seconds, "size": size}
    return {"asked": asked, "facts": facts, "pictures": pictures}, told


def _words(fields: Mapping[str, Any], name: str) -> str:
    words = fields.get(name)
    if not isinstance(words, str) or not words.strip():
        raise Refused(f"{name} has to be a text.", param=name)
    if len(words) > LETTERS_MOST:
        raise Refused("This is too long.", code="string_above_max_length", param=name)
    return words


def _one_of(fields: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    """A field that has to be one of these; the first where it is not given."""
    value = fields.get(name, known[0])
    if type(value) is int:
        value = str(value)
    if value not in known:
        said = ", ".join(known)
        raise Refused(f"{name} has to be one of {said}.", code="unsupported_value", param=name)
    return str(value)


def _pictures(told: Any) -> list[bytes]:
    """The picture of a JSON request: ``{"image_url": "data:…"}``, or a list of them."""
    if told is None:
        return []
    listed = told if isinstance(told, list) else [told]
    return [
        picture_in(one.get("image_url") if isinstance(one, Mapping) else one, param=FIELD)
        for one in listed
    ]
