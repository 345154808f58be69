"""What a film's failure at Gemini means: one of the codes that leave this room.

Gemini tells one as an HTTP error, as an error of the interaction or of one of its steps, as a
reason why it stopped, or as a count of what was filtered. Its names decide. Only where none of
them does, a sentence about its rules on content is taken for a refusal: some refusals of films
come as a plain ``invalid_request``. The sentence itself goes no further.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx2

from generation.errors import Failure, ProviderError
from generation.providers.failures import is_content_code, name_of
from generation.providers.film_failures import film_error, film_refusal
from generation.providers.gemini_wire import VENDOR
from generation.providers.protocols import VideoCode

MOST_NAMES: Final = 6  # of a failure, in the log
_NAMED: Final = frozenset(
    ["code", "status", "reason", "finish_reason", "finishReason", "block_reason", "blockReason"]
)
_SAID: Final = frozenset(["message", "error_message", "errorMessage"])
_FILTERED: Final = frozenset(
    [
        "rai_media_filtered_count",
        "raiMediaFilteredCount",
        "rai_media_filtered_reasons",
        "raiMediaFilteredReasons",
    ]
)
# What the user sent is said again in these; it is no word of Gemini's.
_ECHOES: Final = frozenset(["input", "system_instruction", "labels", "webhook_config"])
# Beside the names that pictures and words are refused with.
_CONTENT: Final = re.compile(
    r"(?:^|_)(?:safety|prohibited|blocklist|moderation|recitation|spii|rai|jailbreak|harm\w*)"
    r"(?:_|$)|content_(?:policy|filter)|policy_violation|model_armor"
)
_CONTENT_SENTENCE: Final = re.compile(
    r"\bsafety (?:filter|polic|setting|reason|guideline|system)|\bresponsible ai\b"
    r"|\bcontent polic|\bprohibited (?:use|content)|\busage (?:guidelines|polic)"
    r"|\bviolat\w+ .{0,80}\bpolic",
    re.IGNORECASE,
)
# Names in small letters, and the numbers of Google's own list and of HTTP.
_QUOTA: Final = frozenset(["insufficient_quota", "billing_disabled", "budget_exceeded"])
_BUSY: Final = frozenset(["resource_exhausted", "rate_limit_exceeded", "too_many_requests"])
_BY_NAME: Final[tuple[tuple[VideoCode, frozenset[str]], ...]] = (
    ("insufficient_quota", _QUOTA),
    ("rate_limit_exceeded", _BUSY | {"8", "429"}),
    ("timeout", frozenset(["deadline_exceeded", "timeout", "4", "504"])),
)
_WRONG: Final = frozenset(["invalid_argument", "invalid_request", "out_of_range", "3", "11", "400"])


def code_in(told: Any) -> VideoCode:
    """The code for what an answer tells of its failure; never raises, whatever it is."""
    pairs = list(_pairs(told))
    names = set(names_in(told))
    if any(map(_is_content, names)) or any(value for key, value in pairs if key in _FILTERED):
        return "moderation_blocked"
    for code, known in _BY_NAME:
        if known & names:
            return code
    if any(_CONTENT_SENTENCE.search(str(value)) for key, value in pairs if key in _SAID):
        return "moderation_blocked"
    return "invalid_request" if _WRONG & names else "server_error"


def names_in(told: Any) -> list[str]:
    """What an answer names of its failure, in small letters, each once and in order."""
    found = (_name(value) for key, value in _pairs(told) if key in _NAMED)
    return list(dict.fromkeys(filter(None, found)))


def refusal(response: httpx2.Response) -> ProviderError:
    """The ProviderError for an HTTP error."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        body = None
    status = response.status_code
    if status in (400, 403, 422) and code_in(body) == "moderation_blocked":
        line = " ".join([f"{VENDOR}:", str(status), *names_in(body)[:MOST_NAMES]])
        return film_error(Failure.USER_INPUT, line, code="moderation_blocked")
    return film_refusal(body, vendor=VENDOR, status=status, headers=response.headers)


def _is_content(name: str) -> bool:
    return is_content_code(name.upper()) or bool(_CONTENT.search(name))


def _name(value: Any) -> str:
    """A name as Gemini means it, in small letters: some are numbers, some end an address."""
    if type(value) is int:
        return str(value)
    return name_of(str(value).rpartition("/")[2].replace("-", "_")).lower()


def _pairs(told: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, however deep, but for what the user sent."""
    waiting = [told]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting.extend(found)
        if not isinstance(found, Mapping) or found.get("type") == "user_input":
            continue
        for key, value in found.items():
            if key not in _ECHOES:
                yield key, value
                waiting.append(value)
