"""Frames into a file: H.264 in MP4, one core, the same bytes for the same frames."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from generation.providers.studio.film.planes import Bytes

FPS: Final = 25
CODEC: Final = {"preset": "veryfast", "crf": "20"}
KEYFRAMES: Final = 2 * FPS  # a player can jump to every second second


class Reel:
    """An open film; frames are (h × 3/2, w) of planar YUV 4:2:0."""

    def __init__(self, path: Path, width: int, height: int) -> None:
        # The index in front lets a browser play before all has come.
        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        self._file = av.open(str(path), "w", format="mp4", options=options)
        stream: Any = self._file.add_stream("libx264", rate=FPS, options=dict(CODEC))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context = stream.codec_context
        context.thread_count, context.gop_size = 1, KEYFRAMES
        context.color_range = ColorRange.MPEG
        context.colorspace = Colorspace.ITU709
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        self._stream, self._count = stream, 0

    def add(self, picture: Bytes) -> None:
        """The next frame."""
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts, frame.time_base = self._count, Fraction(1, FPS)
        self._count += 1
        self._file.mux(self._stream.encode(frame))

    def end(self) -> None:
        """Nothing comes after this."""
        self._file.mux(self._stream.encode(None))
        self._file.close()

    def drop(self) -> None:
        """Leave it as it is."""
        self._file.close()


@contextmanager
def reel(width: int, height: int) -> Iterator[tuple[Reel, Path]]:
    """A film to fill and, once the block is over, gone; ``end`` it before reading the file."""
    with tempfile.TemporaryDirectory(prefix="film-") as folder:
        path = Path(folder) / "film.mp4"
        film = Reel(path, width, height)
        try:
            yield film, path
        finally:
            film.drop()
