"""A vendor of chat completions on loopback, as OpenAI's SDK and any other client sees one.

``ChatServer`` answers ``POST …/chat/completions`` by behaviours of ``tests.fakes.chat_script``; see
``tests.fakes.vendor`` for what every vendor can do.
"""

from __future__ import annotations

from tests.fakes.vendor import KEY, WITHIN_S, Asked, Behaviour, Exchange, Gate, HungUp, Vendor

__all__ = ["KEY", "WITHIN_S", "Asked", "Behaviour", "ChatServer", "Exchange", "Gate", "HungUp"]


class ChatServer(Vendor):
    """Chats: ``sold["chat"]`` counts them."""

    def operation_of(self, asked: Asked) -> str:
        """``chat``."""
        return "chat" if asked.path.endswith("/chat/completions") else ""

    def settings_for(self, provider: str) -> dict[str, str]:
        """The settings, by their names in the environment, that make it that provider."""
        return {
            "openai": {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{self.root}/v1"},
            "gemini": {"GEMINI_API_KEY": KEY, "GEMINI_BASE_URL": self.root},
            "custom": {"CUSTOM_MODEL_KEY": KEY, "CUSTOM_MODEL_URL": f"{self.root}/v1"},
        }[provider]
