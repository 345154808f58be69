"""Any server that speaks OpenAI's chat completions: vLLM, Ollama, llama.cpp, a gateway."""

from __future__ import annotations

from generation.providers.chat_wire import Dialect, WireChat
from generation.providers.protocols import Chat


def custom_chat(url: str, key: str) -> Chat:
    """Talk to the server at ``url``, its address up to ``/chat/completions``; a key is optional."""
    return WireChat(Dialect(name="custom", base_url=url, api_key=key))
