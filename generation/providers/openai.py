"""OpenAI's chat completions."""

from __future__ import annotations

from generation.providers.chat_wire import Dialect, WireChat
from generation.providers.protocols import Chat


def openai_chat(url: str, key: str) -> Chat:
    """Talk to OpenAI, which keeps none of it."""
    return WireChat(
        Dialect(
            name="openai",
            base_url=url,
            api_key=key,
            limit_field="max_completion_tokens",  # its newer models refuse max_tokens
            always={"store": False},
            is_openai=True,
        )
    )
