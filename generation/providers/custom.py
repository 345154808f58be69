"""Any server that speaks OpenAI's chat completions: vLLM, Ollama, llama.cpp, a gateway."""

from __future__ import annotations

from generation.providers.chat_request import Dialect


def dialect(url: str, key: str) -> Dialect:
    """The server whose address is ``url``, up to ``/chat/completions``; it may need no key."""
    return Dialect(name="custom", base_url=url, api_key=key)
