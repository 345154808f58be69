"""Who makes films."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from generation.providers.kept import Kept
from generation.providers.protocols import VideoMaker
from generation.providers.routes import account_of

OPERATION: Final = "generate-video"


def _openai(url: str, key: str) -> VideoMaker:
    from generation.providers.openai_video import OpenAIVideo

    return OpenAIVideo(url, key)


def _custom(url: str, key: str) -> VideoMaker:
    from generation.providers.custom_video import CustomVideo

    return CustomVideo(url, key)


def _gemini(url: str, key: str) -> VideoMaker:
    from generation.providers.gemini_video import GeminiVideos

    return GeminiVideos(url, key)


def _studio(url: str, key: str) -> VideoMaker:
    from generation.providers.studio.film import FilmStudio

    return FilmStudio()


# Name → what makes its client from the account's address and key.
_makers: dict[str, Callable[[str, str], VideoMaker]] = {
    "studio": _studio,
    "openai": _openai,
    "custom": _custom,
    "gemini": _gemini,
}
_films = Kept[VideoMaker](lambda name, url, key: _makers[name](url, key))


def video_maker(name: str) -> VideoMaker:
    """The client of a provider of films. KeyError for a name that makes none."""
    return _films.of(name, *account_of(name))
