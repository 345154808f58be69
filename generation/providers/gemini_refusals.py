"""What a user is told when Gemini refuses content: what it was, and what to change."""

from __future__ import annotations

from typing import Final, NamedTuple

from generation.errors import Failure, ProviderError
from generation.providers.gemini_wire import VENDOR
from generation.providers.protocols import Usage
from generation.providers.step_failures import CONTENT_SUGGESTIONS, CONTENT_WORDS


class _Told(NamedTuple):
    words: str
    suggestions: tuple[str, ...]


_ALONE: Final = "Use a photo that shows the product alone, without people"
_BY_CODE: Final = {
    "SAFETY": _Told(
        "The AI service took this photo or its words for unsafe. Nothing was charged.",
        (_ALONE, "Leave out words about violence, nudity or drugs"),
    ),
    "PROHIBITED_CONTENT": _Told(
        "The AI service does not work on what this photo shows or its words ask for. "
        "Nothing was charged.",
        (_ALONE, "Describe the product only"),
    ),
    "BLOCKLIST": _Told(
        "A word in the description is on the AI service's list of refused words. "
        "Nothing was charged.",
        ("Say it in other words", "Leave out names and slang"),
    ),
    "SPII": _Told(
        "The AI service saw personal data in this photo or its words. Nothing was charged.",
        ("Cover names, addresses and numbers on labels", "Leave them out of the description"),
    ),
    "RECITATION": _Told(
        "The answer came too close to a text that somebody else wrote. Nothing was charged.",
        ("Describe the product in your own words",),
    ),
    "IMAGE_SAFETY": _Told(
        "The AI service found the picture that it made unsafe and kept it. Nothing was charged.",
        (_ALONE, "Ask for a smaller change"),
    ),
    "IMAGE_PROHIBITED_CONTENT": _Told(
        "The AI service may not make the picture that was asked for. Nothing was charged.",
        (_ALONE, "Leave out brands, characters and living persons"),
    ),
    "IMAGE_RECITATION": _Told(
        "The picture came too close to somebody else's work, such as a print, a logo or a "
        "character. Nothing was charged.",
        ("Cover logos and prints that are not yours", "Leave out brands and characters"),
    ),
}
_BORDERLINE: Final = _Told(
    "The AI service stopped without saying which rule this photo or its words met. "
    "Nothing was charged.",
    (_ALONE, "Say it in other words", "Try another photo"),
)


def refused(code: str, usage: Usage, ref: str) -> ProviderError:
    """The refusal of a picture or of words; ``code`` is Gemini's, "" where it names no rule."""
    usual = _Told(CONTENT_WORDS, CONTENT_SUGGESTIONS) if code else _BORDERLINE
    told = _BY_CODE.get(code, usual)
    return ProviderError(
        Failure.USER_INPUT,
        f"{VENDOR}: refused {code}".strip(),
        words=told.words,
        suggestions=told.suggestions,
        code=code,
        usage=usage,
        ref=ref,
    )
