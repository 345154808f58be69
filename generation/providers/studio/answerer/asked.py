"""What was asked: the last message of the user, and what was said before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LONGEST = 3_000  # characters that are read of a question: its beginning and its end
EARLIER_MOST = 8  # questions that a follow-up may lean on
EARLIER_LONGEST = 600


@dataclass(frozen=True)
class Asked:
    """The question in plain text, the user's earlier ones, and what could not be read."""

    text: str
    earlier: tuple[str, ...] = ()
    has_picture: bool = False
    has_other: bool = False  # sounds, files
    is_clipped: bool = False


def asked_in(messages: Sequence[Mapping[str, Any]]) -> Asked:
    """The question of a conversation.

    Only what the user says is a question. Messages of the system, the developer, tools and the
    assistant are not followed: the answerer has no instructions beside its own.
    """
    said = [message for message in messages if message.get("role") == "user"]
    if not said:
        return Asked("")
    text, kinds = _text_of(said[-1].get("content"))
    clipped = _clipped(text, LONGEST)
    earlier = [_text_of(message.get("content"))[0] for message in said[-1 - EARLIER_MOST : -1]]
    return Asked(
        text=clipped,
        earlier=tuple(_clipped(text, EARLIER_LONGEST) for text in earlier),
        has_picture="image_url" in kinds,
        has_other=bool(kinds - {"text", "image_url"}),
        is_clipped=len(clipped) < len(text),
    )


def _text_of(content: Any) -> tuple[str, frozenset[str]]:
    """The text of a message and the kinds of its parts."""
    if isinstance(content, str):
        return content, frozenset({"text"})
    if not isinstance(content, list):
        return "", frozenset()
    parts = [part for part in content if isinstance(part, Mapping)]
    texts = [part["text"] for part in parts if isinstance(part.get("text"), str)]
    return "\n".join(texts), frozenset(str(part.get("type", "")) for part in parts)


def _clipped(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[: most // 2]}\n{text[-most // 2 :]}"
