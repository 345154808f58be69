"""Gemini's chat completions, by the address that speaks OpenAI's format."""

from __future__ import annotations

from generation.providers.chat_wire import Dialect, WireChat
from generation.providers.protocols import Chat

PATH = "/v1beta/openai"


def gemini_chat(url: str, key: str) -> Chat:
    """Talk to Gemini; ``url`` is the API's address without a version."""
    return WireChat(
        Dialect(
            name="gemini",
            base_url=url.rstrip("/") + PATH,
            api_key=key,
            limit_field="max_completion_tokens",
            counts_thoughts_apart=True,
        )
    )
