"""Films for tests: what is asked, what comes back, and its frames."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from bench.studio_quality import PHOTOS
from generation.providers.protocols import Ask, Brief, Film, VideoAsked, View
from generation.providers.studio import engine
from generation.providers.studio.film import FilmStudio
from generation.providers.studio.film.planes import Planes, picture_of

SMALL = (320, 180)  # quick; every rule of a film holds at any size
Frames = list[NDArray[np.uint8]]


@cache
def view_of(name: str, view_type: str = "front", scale: float = 1.0) -> View:
    """A test photo, smaller if asked, with the outline that the studio finds."""
    picture = cv2.imread(str(next(PHOTOS.glob(f"{name}.*"))), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
    height, width = picture.shape[:2]
    view = View(name, view_type, data, width, height)
    return View(name, view_type, data, width, height, outline=engine.find_outline(view))


def asked(
    *views: View,
    prompt: str = "",
    seconds: int = 4,
    size: tuple[int, int] = SMALL,
    title: str = "Pier Polo",
    brief: Brief = Brief(category="tops"),  # noqa: B008
) -> VideoAsked:
    return VideoAsked(prompt, seconds, *size, views, title, brief)


def made(wanted: VideoAsked) -> Film:
    """The film; its making told to nobody."""
    state = FilmStudio().create(wanted, ask=Ask(""), told=lambda percent, words: None)
    assert (state.status, state.progress) == ("completed", 100)
    assert state.film is not None
    return state.film


def opened(film: Film) -> tuple[Any, Frames]:
    """The open file and its frames, (h × 3/2, w) of planar YUV."""
    file = av.open(BytesIO(film.data), "r")
    return file, [np.asarray(frame.to_ndarray(), np.uint8) for frame in file.decode(video=0)]


def lumas(film: Film) -> Frames:
    """Every frame's luma, (h, w) 16..235."""
    return [frame[: len(frame) * 2 // 3] for frame in opened(film)[1]]


def frames(film: Film, numbers: Sequence[int]) -> Frames:
    """Some frames as BGR, by the studio's own reading of BT.709."""
    every = opened(film)[1]
    return [_bgr(every[number]) for number in numbers]


def _bgr(planar: NDArray[Any]) -> NDArray[np.uint8]:
    height, width = planar.shape[0] * 2 // 3, planar.shape[1]
    flat = np.asarray(planar, np.uint8).reshape(-1)
    luma, colour = height * width, height * width // 4
    small = (height // 2, width // 2)
    parts = flat[:luma], flat[luma : luma + colour], flat[luma + colour :]
    y, u, v = parts[0].reshape(height, width), parts[1].reshape(small), parts[2].reshape(small)
    return picture_of(Planes(y, u, v))
