"""Whether a stored file is a film, and a picture of it.

Nobody says that what a provider sends is one. So it is decoded once, from the storage and never
whole in memory, within bounds of claims, picture size, memory and time.
"""

from __future__ import annotations

import contextlib
import io
import time
from dataclasses import dataclass
from typing import IO, Any, Final, NoReturn

import av
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core import storage
from generation.errors import Failure, ProviderError
from videos import boxes

CODECS: Final = frozenset({"h264", "hevc", "av1", "vp9"})  # that browsers play in an MP4
SECONDS_MOST: Final = 180.0
SIDE_LEAST: Final = 16
PIXELS_MOST: Final = 2560 * 1440
RATE_MOST: Final = 121  # frames a second
# Decoding stops here: a film that played so far is one, a file that took so long to open is none.
TIME_S: Final = 20.0
POSTER_SIDE: Final = 1280
POSTER_QUALITY: Final = 85
_LOOKED_AT_EVERY_S: Final = 0.5
_BETTER: Final = 1.1  # how much more contrast makes a later frame the poster
_WHOLE: Final = 0.9  # the share of frames, and of its stated length, that has to play


@dataclass(frozen=True)
class Probed:
    """A film: its length, its picture's size in pixels, FFmpeg's codec name, a JPEG of it."""

    seconds: float
    width: int
    height: int
    codec: str
    poster: bytes


def probe(key: str) -> Probed:
    """Decode a stored film. Raises ProviderError (malformed output) for what is none.

    Raises NotFound and OSError where the storage has no such file, or is away.
    """
    size = storage.size(key)
    with storage.open(key) as stored:
        file = _Timed(stored, until=time.monotonic() + TIME_S)
        try:
            boxes.check(file, size)
            file.seek(0)
            with _opened(file) as film:
                return _probed(film, file)
        except (boxes.NotAFilm, av.FFmpegError, TooSlow) as error:
            # A decoder may take a storage that went away for the end of a file.
            if file.failed is not None:
                raise file.failed from error
            raise ProviderError(
                Failure.MALFORMED_OUTPUT, f"no film: {type(error).__name__}: {error}"
            ) from error


class TooSlow(Exception):
    """The time is over and nothing was decoded yet."""


class _Timed(io.RawIOBase):
    """A stored file that is read until a moment, and remembers when the storage failed."""

    def __init__(self, stored: IO[bytes], *, until: float) -> None:
        super().__init__()
        self._stored = stored
        self.until = until
        self.failed: OSError | None = None

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def seekable(self) -> bool:
        """Tables may lie at its end."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; raises TooSlow behind its time, and OSError."""
        if time.monotonic() > self.until:
            raise TooSlow("it takes too long to read")
        try:
            return self._stored.read(size)
        except OSError as error:
            self.failed = error
            raise

    def seek(self, offset: int, whence: int = 0) -> int:
        """Where it is then."""
        self._stored.seek(offset, whence)
        return self.tell()

    def tell(self) -> int:
        """Where it is."""
        return self._stored.tell()


def _opened(file: _Timed) -> InputContainer:
    """The demuxer is named and opens nothing else: no playlist leads it to other files."""

    def no_other(*_: Any) -> NoReturn:
        raise boxes.NotAFilm("it refers to another file")

    return av.open(
        file,
        "r",
        format="mov",
        io_open=no_other,
        metadata_errors="replace",
        options={"max_pixels": str(PIXELS_MOST), "max_streams": str(boxes.TRACKS_MOST)},
    )


def _probed(film: InputContainer, file: _Timed) -> Probed:
    stream = _picture_stream(film)
    stated = _stated_seconds(film, stream)
    seen = _Seen(stream)
    is_whole = seen.play(until=file.until)
    if seen.best is None:
        raise boxes.NotAFilm("no picture of it plays")
    if is_whole and (seen.frames < _WHOLE * seen.packets or seen.seconds < _WHOLE * stated - 0.1):
        played = f"{seen.frames} of {seen.packets} frames, {seen.seconds:.2f} of {stated:.2f} s"
        raise boxes.NotAFilm(f"only a part of it plays: {played}")
    return Probed(
        seconds=seen.seconds if is_whole else stated,
        width=seen.best.width,
        height=seen.best.height,
        codec=stream.codec_context.codec.canonical_name,
        poster=_jpeg(seen.best),
    )


def _picture_stream(film: InputContainer) -> VideoStream:
    """The stream that is shown, about to be decoded; a cover of a song is none."""
    moving = [
        stream
        for stream in film.streams.video
        if not stream.disposition & Disposition.attached_pic and stream.codec_context is not None
    ]
    if not moving:
        raise boxes.NotAFilm("it has no moving picture")
    stream, codec = moving[0], moving[0].codec_context
    if codec.codec.canonical_name not in CODECS:
        raise boxes.NotAFilm(f"browsers do not play {codec.codec.canonical_name}")
    _check_size(codec.width, codec.height)
    codec.options = {"max_pixels": str(PIXELS_MOST)}  # for a size that changes on the way
    codec.thread_count = 2  # each keeps frames of its own
    return stream


def _check_size(width: int, height: int) -> None:
    if min(width, height) < SIDE_LEAST or width * height > PIXELS_MOST:
        raise boxes.NotAFilm(f"its picture is {width} × {height}")


def _stated_seconds(film: InputContainer, stream: VideoStream) -> float:
    """What the film says of its length; raises NotAFilm where that cannot be."""
    if stream.duration is not None and stream.time_base is not None:
        seconds = float(stream.duration * stream.time_base)
    else:
        seconds = (film.duration or 0) / av.time_base
    if not 0 < seconds <= SECONDS_MOST or stream.frames > SECONDS_MOST * RATE_MOST:
        raise boxes.NotAFilm(f"it takes {seconds:.2f} s and has {stream.frames} frames")
    return seconds


class _Seen:
    """What of a film played, and its best frame so far."""

    def __init__(self, stream: VideoStream) -> None:
        self._stream = stream
        self._contrast = 0.0
        self._look_at = 0.0
        self._first_at: float | None = None  # films in fragments may begin later than at 0
        self.packets = self.frames = 0
        self.seconds = 0.0
        self.best: VideoFrame | None = None

    def play(self, *, until: float) -> bool:
        """Decode it, to its end or for as long as there is time; whether that was the end.

        A packet that does not decode is counted, and the next one tried.
        """
        with contextlib.suppress(TooSlow):
            for packet in self._stream.container.demux(self._stream):  # type: ignore[attr-defined]
                self.packets += packet.size > 0
                with contextlib.suppress(av.error.InvalidDataError):
                    for frame in packet.decode():
                        self._take(frame)
                if self.frames and time.monotonic() > until:
                    break
        return time.monotonic() <= until

    def _take(self, frame: VideoFrame) -> None:
        _check_size(frame.width, frame.height)
        self.frames += 1
        at = float(frame.time or 0)
        self._first_at = at if self._first_at is None else min(self._first_at, at)
        begins = at - self._first_at
        lasts = float((frame.duration or 0) * (frame.time_base or 0))
        self.seconds = max(self.seconds, begins + lasts)
        if self.seconds > SECONDS_MOST or self.frames > SECONDS_MOST * RATE_MOST:
            raise boxes.NotAFilm("it does not end")
        if self.best is None or begins >= self._look_at:
            self._look_at = begins + _LOOKED_AT_EVERY_S
            contrast = _contrast(frame)
            if self.best is None or contrast > _BETTER * self._contrast:
                self.best, self._contrast = frame, contrast


def _contrast(frame: VideoFrame) -> float:
    """How much there is to see: 0 for one even colour."""
    grey = frame.reformat(width=64, height=64, format="gray").to_ndarray()
    return float(np.std(grey))


def _jpeg(frame: VideoFrame) -> bytes:
    """A JPEG of the frame, its longer side at most POSTER_SIDE."""
    scale = min(1.0, POSTER_SIDE / max(frame.width, frame.height))
    width, height = (max(1, round(side * scale)) for side in (frame.width, frame.height))
    paper = io.BytesIO()
    frame.to_image(width=width, height=height).save(paper, "JPEG", quality=POSTER_QUALITY)
    return paper.getvalue()
