"""What a request says, whichever of OpenAI's interfaces it uses."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from generation.prompts import data_in
from tests.fakes.vendor import Asked


def words_of(asked: Asked) -> str:
    """All its words, in order."""
    return "\n".join(_words(asked))


def facts_of(asked: Asked) -> dict[str, Any]:
    """The line of data in it."""
    return next(filter(None, (data_in(text) for text in _words(asked))), {})


def pictures_of(asked: Asked) -> list[bytes]:
    """Its pictures, in order."""
    if asked.files:
        return [upload.content for upload in asked.files]
    urls = [_url(part) for part in _parts(asked) if "image_url" in part]
    return [base64.b64decode(url.partition("base64,")[2]) for url in urls]


def without_pictures(value: Any) -> Any:
    """The same data with every picture as ``<picture>``: what a test can compare."""
    if isinstance(value, str) and value.startswith("data:image/jpeg;base64,"):
        return "<picture>"
    if isinstance(value, list):
        return [without_pictures(item) for item in value]
    if isinstance(value, dict):
        return {name: without_pictures(item) for name, item in value.items()}
    return value


def _words(asked: Asked) -> Iterator[str]:
    for name in ("instructions", "prompt"):
        if name in asked.body:
            yield str(asked.body[name])
    for part in _parts(asked):
        if "text" in part:
            yield part["text"]


def _parts(asked: Asked) -> Iterator[dict[str, Any]]:
    for message in asked.body.get("input") or asked.body.get("messages") or []:
        content = message["content"]
        yield from [{"text": content}] if isinstance(content, str) else content


def _url(part: dict[str, Any]) -> str:
    told = part["image_url"]
    return str(told["url"] if isinstance(told, dict) else told)
