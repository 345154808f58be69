"""Films as tests ask a maker for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest

from generation.errors import ProviderError
from generation.providers.custom_video import CustomVideo
from generation.providers.openai_video import OpenAIVideo
from generation.providers.protocols import Ask, VideoAsked, VideoState
from tests.fakes.openai_films import MODEL, FilmServer
from tests.fakes.vendor import KEY

WORDS = "The polo turns slowly on a white table"
ASK = Ask(MODEL, timeout_s=10)


def maker_of(
    vendor: FilmServer, name: Literal["openai", "custom"] = "openai", *, key: str = KEY
) -> OpenAIVideo:
    """A maker whose server is the vendor."""
    kind = {"openai": OpenAIVideo, "custom": CustomVideo}[name]
    return kind(f"{vendor.root}/v1", key)


def asked(**more: Any) -> VideoAsked:
    """A film to make."""
    return replace(VideoAsked(WORDS, 4, 1280, 720), **more)


def created(maker: OpenAIVideo, *, timeout_s: float = 10.0, **more: Any) -> VideoState:
    """A film that was begun."""
    ask = replace(ASK, timeout_s=timeout_s)
    return maker.create(asked(**more), ask=ask, told=lambda *_: None)


def fetched(maker: OpenAIVideo, ref: str, *, timeout_s: float = 10.0) -> bytes:
    """All of a film."""
    with maker.fetch(ref, timeout_s=timeout_s) as pieces:
        return b"".join(pieces)


def failure_of(do: Any, *given: Any, **more: Any) -> ProviderError:
    """The error that something ends with."""
    with pytest.raises(ProviderError) as caught:
        do(*given, **more)
    return caught.value
