"""What a vendor answered, whole or piece by piece: its choices as they came, and its usage."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from generation.errors import Failure, ProviderError
from generation.providers.protocols import Chunk, Completion, Usage

_KNOWN: Final = frozenset(("id", "object", "created", "model", "choices", "usage"))
_MOST_TOKENS: Final = 10**9
_COUNTED: Final = ("prompt_tokens", "completion_tokens", "total_tokens")


def completion_of(answer: Any, *, thoughts_apart: bool) -> Completion:
    """A whole answer; raises ProviderError, with usage and id where they can be read."""
    answer = sound(answer)
    usage, ref = usage_of(answer, thoughts_apart=thoughts_apart), _ref(answer)
    choices = answer.get("choices") if isinstance(answer, Mapping) else None
    is_usable = isinstance(choices, list) and all(
        isinstance(choice, dict) and isinstance(choice.get("message"), dict) for choice in choices
    )
    if not choices or not is_usable:
        raise ProviderError(Failure.MALFORMED_OUTPUT, "no choices", usage=usage, ref=ref)
    return Completion(choices, usage, ref, _extra(answer))


class Pieces:
    """A streamed answer so far."""

    def __init__(self, *, thoughts_apart: bool) -> None:
        self.usage: Usage | None = None
        self.ref = ""
        self._thoughts_apart = thoughts_apart
        self._is_finished = False

    def take(self, piece: Any) -> Chunk:
        """The next piece; raises ProviderError where it is none."""
        piece = sound(piece)
        if not isinstance(piece, Mapping):
            raise ProviderError(Failure.MALFORMED_OUTPUT, "a piece is not an object")
        usage = usage_of(piece, thoughts_apart=self._thoughts_apart)
        self.usage = usage or self.usage
        self.ref = _ref(piece) or self.ref
        choices = piece.get("choices") or []
        if not isinstance(choices, list) or not all(map(_is_part, choices)):
            raise ProviderError(Failure.MALFORMED_OUTPUT, "a piece has no choices")
        self._is_finished = self._is_finished or any(one.get("finish_reason") for one in choices)
        return Chunk(choices, usage, self.ref, _extra(piece))

    def end(self) -> None:
        """No piece follows; raises ProviderError where the answer broke off."""
        if not self._is_finished:
            raise ProviderError(Failure.MALFORMED_OUTPUT, "the answer broke off")


def usage_of(answer: Any, *, thoughts_apart: bool) -> Usage | None:
    """The tokens that an answer consumed; None where it does not say.

    ``thoughts_apart``: the vendor counts what was thought in the total only, and bills it as
    output, so it counts as output here.
    """
    told = answer.get("usage") if isinstance(answer, Mapping) else None
    if not isinstance(told, Mapping):
        return None
    prompt, completion, total = (_count(told.get(name)) for name in _COUNTED)
    if prompt is None or completion is None:
        return None
    if thoughts_apart and total is not None:
        completion = max(completion, total - prompt)
    details = {name: value for name, value in told.items() if name not in _COUNTED}
    return Usage(prompt, completion, details=details)


def _is_part(choice: Any) -> bool:
    """A vendor that does not stream answers with a whole message instead."""
    return isinstance(choice, dict) and "message" not in choice


def sound(value: Any) -> Any:
    """The same data without what neither JSON nor the database can hold.

    NUL and half a surrogate pair become U+FFFD, NaN and infinities null.
    """
    match value:
        case str():
            return (
                value.replace("\0", "\ufffd")
                .encode("utf-16", "surrogatepass")
                .decode("utf-16", "replace")
            )
        case float():
            return value if math.isfinite(value) else None
        case list():
            return [sound(item) for item in value]
        case dict():
            return {sound(name): sound(item) for name, item in value.items()}
    return value


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None


def _ref(answer: Any) -> str:
    value = answer.get("id") if isinstance(answer, Mapping) else None
    return value[:200] if isinstance(value, str) else ""


def _extra(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in _KNOWN}
