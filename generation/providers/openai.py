"""OpenAI's chat completions."""

from __future__ import annotations

from generation.providers.chat_request import Dialect


def dialect(url: str, key: str) -> Dialect:
    """OpenAI at ``url``, which ends in its version; it is told to keep nothing."""
    return Dialect(
        name="openai",
        base_url=url,
        api_key=key,
        limit_field="max_completion_tokens",  # its newer models refuse max_tokens
        always={"store": False},
        is_openai=True,
    )
