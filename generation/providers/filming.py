"""Who makes films: one client per process and account, made on first use and kept."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Final

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
_kept: dict[tuple[str, str, str], VideoMaker] = {}
_making = threading.Lock()


def video_maker(name: str) -> VideoMaker:
    """The client of a provider of films. KeyError for a name that makes none."""
    account = (name, *account_of(name))
    with _making:
        if account not in _kept:
            _kept[account] = _makers[name](*account[1:])
        return _kept[account]


def _forget() -> None:
    """A forked child must not write into its parent's connections."""
    global _making
    _making = threading.Lock()
    _kept.clear()


os.register_at_fork(after_in_child=_forget)
