"""Films of the local studio: seconds of work for a second of 720p, on one core.

The baseline is the codec alone: the frames of the same film encoded again with the same
settings, which is what any maker of such a film has to pay. ``--race`` lets many films,
callbacks, looks and kills run into each other instead.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from bench.studio_quality import PHOTOS

GOAL = 0.44  # seconds of work for a second of film
SIZES = {"wide": (1280, 720), "tall": (720, 1280)}


@dataclass(frozen=True)
class Sample:
    """A film to make: photos by view, its length and shape."""

    name: str
    photos: tuple[tuple[str, str], ...]
    seconds: int
    shape: str
    category: str = ""


POLO = (("polo-navy-front.jpg", "front"), ("polo-navy-back.jpg", "back"))
SHOE = (
    ("slipon-blue-side.jpg", "side"),
    ("slipon-blue-heel.jpg", "back"),
    ("slipon-blue-top.jpg", "top"),
)
SAMPLES = (
    Sample("one view", (("hoodie-pink-flatlay.jpg", "front"),), 4, "wide", "tops"),
    Sample("two views", POLO, 4, "wide", "tops"),
    Sample("three views", SHOE, 8, "wide", "footwear"),
    Sample("print", (("dress-red-on-model.jpg", "front"),), 4, "wide", "dresses-and-skirts"),
    Sample("tall", POLO, 8, "tall", "tops"),
    Sample("long", (("chair-cutout.png", "front"),), 12, "wide", "furniture"),
)


def main(arguments: Sequence[str]) -> None:
    """Print a table and one JSON object."""
    parser = argparse.ArgumentParser(prog="script/bench videos")
    parser.add_argument("--race", action="store_true", help="looks, callbacks and kills at once")
    parser.add_argument("--videos", type=int, default=1000, help="of the race")
    parser.add_argument("--seed", type=int, default=1, help="of the race")
    options = parser.parse_args(arguments)
    if options.race:
        from bench import videos_race

        sys.exit(videos_race.report(videos=options.videos, seed=options.seed))
    print(f"{'film':12} {'work s':>8} {'s / s of film':>14} {'codec alone':>12} {'ratio':>7}   KB")
    rows = [_measured(sample) for sample in SAMPLES]
    each = statistics.mean(row["each_s"] for row in rows)
    ratio = statistics.mean(row["ratio"] for row in rows)
    print(f"{'all':12} {'':8} {each:14.3f} {'':12} {ratio:7.2f}   goal {GOAL} s")
    figures = {"each_s": round(each, 3), "goal_s": GOAL, "ratio": round(ratio, 3)}
    print(json.dumps({**figures, "films": {row["film"]: row for row in rows}}))


def _measured(sample: Sample) -> dict[str, Any]:
    from generation.providers.protocols import Ask
    from generation.providers.studio.film import FilmStudio

    wanted = _asked(sample)
    work, state = _timed(
        lambda: FilmStudio().create(wanted, ask=Ask(""), told=lambda percent, words: None)
    )
    assert state.film is not None
    frames = _frames(state.film.data)
    bare, _ = _timed(lambda: _encoded(frames))
    row = {
        "film": sample.name,
        "work_s": round(work, 2),
        "each_s": round(work / sample.seconds, 3),
        "codec_s": round(bare / sample.seconds, 3),
        "ratio": round(work / bare, 2),
        "kb": len(state.film.data) // 1024,
    }
    print(
        f"{row['film']:12} {work:8.2f} {row['each_s']:14.3f} {row['codec_s']:12.3f} "
        f"{row['ratio']:7.2f}   {row['kb']}"
    )
    return row


def _asked(sample: Sample) -> Any:
    """The film as the product asks for it: outlines of the photos are known."""
    from generation.providers.protocols import Brief, VideoAsked, View
    from generation.providers.studio import engine
    from generation.providers.studio.photo import load

    views = []
    for name, view_type in sample.photos:
        data = (PHOTOS / name).read_bytes()
        view = View(name, view_type, data, *load(data).size)
        views.append(
            View(name, view_type, data, view.width, view.height, engine.find_outline(view))
        )
    width, height = SIZES[sample.shape]
    brief = Brief(category=sample.category)
    return VideoAsked("", sample.seconds, width, height, views, sample.name, brief)


def _timed(do: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds, which other programs on the machine hardly change, and the result."""
    started = time.process_time()
    result = do()
    return time.process_time() - started, result


def _frames(data: bytes) -> list[NDArray[np.uint8]]:
    with av.open(BytesIO(data), "r") as file:
        return [np.asarray(frame.to_ndarray(), np.uint8) for frame in file.decode(video=0)]


def _encoded(frames: list[NDArray[np.uint8]]) -> None:
    from generation.providers.studio.film.reel import reel

    height, width = frames[0].shape[0] * 2 // 3, frames[0].shape[1]
    with reel(width, height) as (film, _):
        for frame in frames:
            film.add(frame)
        film.end()
