"""A vendor that speaks ``v1beta/models/{model}:generateContent``, for words and for pictures.

``GeminiVendor`` answers as Gemini does by behaviours of ``tests.fakes.gemini_script``; see
``tests.fakes.vendor`` for what every vendor can do. ``sold`` counts pictures as ``picture``, words
by the operation whose schema they have to fit.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generation.prompts import data_in
from generation.providers.answers import schema_of
from generation.providers.answers.schema import ANSWERS
from tests.fakes.vendor import KEY, Asked, Vendor

_ADDRESS = re.compile(r"/v1beta/models/(?P<model>[\w.-]+):generateContent")


class GeminiVendor(Vendor):
    """Words and pictures for a key."""

    def operation_of(self, asked: Asked) -> str:
        """``picture``, or the operation whose schema the answer has to fit."""
        if not _ADDRESS.fullmatch(asked.path.partition("?")[0]):
            return ""
        config = asked.body.get("generationConfig", {})
        if "IMAGE" in config.get("responseModalities", []):
            return "picture"
        schema = config.get("responseJsonSchema")
        return next((name for name in ANSWERS if schema_of(name)[1] == schema), "words")

    def settings_for(self, provider: str = "gemini") -> dict[str, str]:
        """The settings, by their names in the environment, that make it Gemini."""
        return {"GEMINI_API_KEY": KEY, "GEMINI_BASE_URL": self.root}


@dataclass(frozen=True)
class Reading:
    """A request as Gemini reads it."""

    model: str
    instructions: str
    texts: Sequence[str]
    pictures: Sequence[bytes]
    config: Mapping[str, Any]
    data: Mapping[str, Any]


def read(asked: Asked) -> Reading:
    """The request's parts, and the data that stands between its markers."""
    parts = [part for content in asked.body["contents"] for part in content["parts"]]
    system = asked.body.get("systemInstruction", {}).get("parts", [])
    texts = [part["text"] for part in parts if "text" in part]
    blobs = [part["inlineData"] for part in parts if "inlineData" in part]
    match = _ADDRESS.match(asked.path)
    return Reading(
        model=match["model"] if match else "",
        instructions="\n".join(part["text"] for part in system),
        texts=texts,
        pictures=[base64.urlsafe_b64decode(blob["data"]) for blob in blobs],
        config=asked.body.get("generationConfig", {}),
        data=next((found for text in texts if (found := data_in(text)) is not None), {}),
    )
