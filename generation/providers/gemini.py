"""Gemini's chat completions, by the address that speaks OpenAI's format."""

from __future__ import annotations

from typing import Final

from generation.providers.chat_request import Dialect

_PATH: Final = "/v1beta/openai"


def dialect(url: str, key: str) -> Dialect:
    """Gemini at ``url``, the API's address without a version.

    It refuses a request with a field that it does not know, ``store`` among them.
    """
    return Dialect(
        name="gemini",
        base_url=url.rstrip("/") + _PATH,
        api_key=key,
        limit_field="max_completion_tokens",
        counts_thoughts_apart=True,
    )
