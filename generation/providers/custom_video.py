"""Films by any server that speaks OpenAI's Videos API; our own is told more than the API knows."""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import quote

from generation.errors import Failure, ProviderError
from generation.prompts import NAME_MOST, product_told, views_told
from generation.providers.openai_video import OpenAIVideo, fields_of, photos
from generation.providers.pictures import sendable
from generation.providers.protocols import Ask, VideoAsked
from generation.providers.wire import Files

OURS: Final = "techpack-studio"  # whose models our own server says they are
INTRODUCED_S: Final = 5.0


class CustomVideo(OpenAIVideo):
    """A server of the operator's own, by its address; it may need no key.

    The API has room for one photo and a sentence. Our own model server films all photos and knows
    them by their views, so the first request for a model is whose it is.
    """

    name = "custom"

    def __init__(self, url: str, key: str) -> None:
        super().__init__(url, key)
        self._owners: dict[str, str] = {}

    def _form(self, asked: VideoAsked, ask: Ask) -> tuple[dict[str, str], Files]:
        if not asked.views or self._owner(ask) != OURS:
            return super()._form(asked, ask)
        facts = {
            "title": asked.title[:NAME_MOST],
            "product": product_told(asked.brief),
            "views": views_told(asked.views),
        }
        whole = [sendable(view.data) for view in asked.views]
        return {**fields_of(asked, ask), "facts": json.dumps(facts)}, photos(whole)

    def _owner(self, ask: Ask) -> str:
        """Whose model it is, "" where nobody says."""
        if ask.model not in self._owners:
            path = f"/models/{quote(ask.model, safe='')}"
            try:
                within_s = min(INTRODUCED_S, ask.timeout_s / 4)
                told = self._wire.look(path, timeout_s=within_s).get("owned_by")
            except ProviderError as error:
                if error.failure is Failure.TRANSIENT:
                    return ""
                told = None
            self._owners[ask.model] = told if isinstance(told, str) else ""
        return self._owners[ask.model]
