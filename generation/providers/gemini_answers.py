"""What Gemini answered: words or a picture, or why not, and what that cost.

A blocked request and a blocked answer come with status 200, so an answer is looked through before
it is used: there is a picture only where a part of it holds one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from google.genai import types

from generation.errors import Failure, ProviderError
from generation.providers.asked import Made, Told
from generation.providers.costs import count_of, usage_of
from generation.providers.failures import is_content_code, name_of
from generation.providers.gemini_refusals import refused
from generation.providers.gemini_wire import VENDOR
from generation.providers.protocols import Usage

_CUT_OFF: Final = frozenset(("MAX_TOKENS", "CONTINUATION"))
# It stopped over the content, and names no rule.
_BORDERLINE: Final = frozenset(("OTHER", "IMAGE_OTHER", "LANGUAGE", "ESCALATION", "MODEL_ARMOR"))
_CLOSED_ACCOUNT: Final = "PUP_LIMITED_DISABLED"


def told(answer: types.GenerateContentResponse, *, model: str) -> Told:
    """The answer's text; raises ProviderError."""
    usage, ref = _usage(model, answer, pictures=0), _ref(answer)
    text = "".join(part.text or "" for part in _said(answer))
    _refuse_stopped(answer, usage, ref, is_there=bool(text))
    if _CUT_OFF & set(_reasons(answer)):
        raise _unusable("The answer was cut off: it has to be shorter.", usage, ref)
    if not text:
        raise _unusable("The answer holds no text.", usage, ref)
    return Told(text, usage, ref)


def made(answer: types.GenerateContentResponse, *, model: str) -> Made:
    """The last picture of the answer; raises ProviderError."""
    pictures = [data for part in _said(answer) if (data := _picture_in(part))]
    usage, ref = _usage(model, answer, pictures=len(pictures)), _ref(answer)
    _refuse_stopped(answer, usage, ref, is_there=bool(pictures))
    if not pictures:
        raise _unusable("The answer holds no picture: answer with one picture.", usage, ref)
    return Made(pictures[-1], usage, ref)


def _said(answer: types.GenerateContentResponse) -> list[types.Part]:
    """The parts of the answer, without thoughts: a thought may hold a draft of the picture."""
    candidate = next(iter(answer.candidates or []), None)
    content = candidate.content if candidate else None
    return [part for part in (content.parts if content else None) or [] if not part.thought]


def _picture_in(part: types.Part) -> bytes:
    blob = part.inline_data
    if blob is None or not (blob.mime_type or "").startswith("image/"):
        return b""
    return blob.data or b""


def _refuse_stopped(
    answer: types.GenerateContentResponse, usage: Usage, ref: str, *, is_there: bool
) -> None:
    """Raise what it means that the request was blocked, or that the answer was stopped."""
    feedback = answer.prompt_feedback
    if feedback is not None and feedback.block_reason is not None:
        raise refused(_code(feedback.block_reason.value), usage, ref)
    for reason in _reasons(answer):
        if is_content_code(reason) or (reason in _BORDERLINE and not is_there):
            raise refused(_code(reason), usage, ref)
        if reason == _CLOSED_ACCOUNT:
            line = f"{VENDOR}: {reason}"
            raise ProviderError(Failure.CONFIGURATION, line, code=reason, ref=ref, usage=usage)


def _code(reason: str) -> str:
    """The vendor's own code of a rule on content; "" for a reason that names none."""
    return name_of(reason) if is_content_code(reason) else ""


def _reasons(answer: types.GenerateContentResponse) -> Iterator[str]:
    """Why the answer ended, as bare names."""
    for candidate in answer.candidates or []:
        if candidate.finish_reason is not None:
            yield name_of(candidate.finish_reason.value)


def _usage(model: str, answer: types.GenerateContentResponse, *, pictures: int) -> Usage:
    """What was used; thoughts are paid like the answer's own tokens."""
    counted = answer.usage_metadata
    counts = counted.model_dump(mode="json", exclude_none=True) if counted else {}
    answered = count_of(counts.pop("candidates_token_count", 0))
    counts["answered"] = answered + count_of(counts.get("thoughts_token_count"))
    return usage_of(
        model,
        counts,
        prompt="prompt_token_count",
        completion="answered",
        cached=count_of(counts.get("cached_content_token_count")),
        pictures=pictures,
    )


def _ref(answer: types.GenerateContentResponse) -> str:
    return (answer.response_id or "")[:200]


def _unusable(complaint: str, usage: Usage, ref: str) -> ProviderError:
    return ProviderError(Failure.MALFORMED_OUTPUT, complaint, usage=usage, ref=ref)
