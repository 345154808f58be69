"""A film small enough for every test, and films that are none."""

from __future__ import annotations

import io
from functools import cache
from typing import Final

import av
import numpy as np

WIDTH: Final = 64
HEIGHT: Final = 36
FRAMES_A_SECOND: Final = 5


@cache
def small_film(seconds: int = 1) -> bytes:
    """An MP4 with H.264 of 64 × 36 pixels in which a light bar wanders; about 2 kB a second."""
    paper = io.BytesIO()
    with av.open(paper, "w", format="mp4") as film:
        stream = film.add_stream("h264", rate=FRAMES_A_SECOND)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(seconds * FRAMES_A_SECOND):
            film.mux(stream.encode(_frame(number)))
        film.mux(stream.encode())
    return paper.getvalue()


def _frame(number: int) -> av.VideoFrame:
    picture = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    left = number * 4 % (WIDTH - 8)
    picture[:, left : left + 8] = (220, 180, 60)
    return av.VideoFrame.from_ndarray(picture, format="rgb24")


def broken_film(seconds: int = 1) -> bytes:
    """The right size and the right beginning, and nothing in it that plays."""
    film = small_film(seconds)
    return film[:16] + bytes(len(film) - 16)
