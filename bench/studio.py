"""The studio engine: milliseconds per 1600-pixel photo and step, on one core.

The baseline is decoding the photo and one bilateral filter over it: what anything that
looks at every pixel must pay. ``--quality`` measures how right it is instead.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PHOTOS = Path(__file__).resolve().parent.parent / "tests" / "photos"
SAMPLE = (
    "polo-navy-front.jpg",
    "slipon-blue-side.jpg",
    "tee-white-on-model.jpg",
    "toy-duck-yellow.jpg",
)
SIDE = 1600
EDITS = {"recolour": "make it burgundy", "background": "grey background", "light": "a bit brighter",
         "variation": ""}  # fmt: skip
TEMPLATES = ("navy hoodie", "white sneakers", "pleated skirt", "mug", "chair")


def main(arguments: Sequence[str]) -> None:
    """Print a table and one JSON object."""
    parser = argparse.ArgumentParser(prog="script/bench studio")
    parser.add_argument("--quality", action="store_true", help="IoU, colour, category, calibration")
    if parser.parse_args(arguments).quality:
        from bench import studio_quality

        studio_quality.main([])
        return
    times = _measure()
    base = statistics.median(times["baseline"])
    print(
        f"{'step':16} {'median ms':>10} {'× baseline':>11}   "
        f"one core, {SIDE} px, {len(SAMPLE)} photos"
    )
    for step, taken in times.items():
        median = statistics.median(taken)
        print(f"{step:16} {median:10.0f} {median / base:11.1f}")
    figures: dict[str, Any] = {
        f"{step}_ms": round(statistics.median(taken), 1) for step, taken in times.items()
    }
    figures["ratio"] = round(base / statistics.median(times["outline"]), 3)
    print(json.dumps(figures))


def _enlarged(name: str) -> bytes:
    """The photo at 1600 pixels, as a camera would deliver it."""
    import cv2

    picture = cv2.imread(str(PHOTOS / name))
    if picture is None:
        raise FileNotFoundError(PHOTOS / name)
    scale = SIDE / max(picture.shape[:2])
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])[1])


def _measure() -> dict[str, list[float]]:
    import cv2

    from generation.providers.protocols import Ask, Brief, View
    from generation.providers.studio import engine, photo

    cv2.setNumThreads(1)
    studio = engine.Studio()
    times: dict[str, list[float]] = {}

    def timed(step: str, do: Callable[..., Any], **given: Any) -> Any:
        started = time.perf_counter()
        result = do(**given)
        times.setdefault(step, []).append((time.perf_counter() - started) * 1000)
        return result

    _measure_samples(studio, timed)
    for name in SAMPLE:
        data = _enlarged(name)
        timed("baseline", _baseline, data=data)
        width, height = photo.load(data).size
        view = View("1", "front", data, width, height)
        outline = timed("outline", engine.find_outline, view=view)
        view = View("1", "front", data, width, height, outline=outline)
        asked = {"views": [view], "ask": Ask("")}
        guess = timed("category", studio.detect_category, brief=Brief(), **asked).data
        brief = Brief(category=guess["category"], subcategory=guess["subcategory"])
        timed("lengths", engine.geometry, view=view, brief=brief)
        timed("analysis", studio.analyze_view, view=view, brief=brief, ask=Ask(""))
        plan = timed("close-up plan", studio.plan_close_ups, brief=brief, **asked).data
        for shot in plan["shots"][:3]:
            timed("close-up", studio.close_up, view=view, shot=shot, ask=Ask(""))
        timed(
            "sketch",
            studio.draw_flat,
            view=view,
            view_type="front",
            front=None,
            brief=brief,
            ask=Ask(""),
        )
        _measure_edits(studio, timed, view, brief)
    return times


def _measure_edits(studio: Any, timed: Callable[..., Any], view: Any, brief: Any) -> None:
    """Edits of one photo, where its outline is good enough for them."""
    from generation.errors import RequestRefused
    from generation.providers.protocols import Ask

    asked = {"view": view, "brief": brief, "seed": 1, "ask": Ask("")}
    for step, words in EDITS.items():
        with contextlib.suppress(RequestRefused):
            timed(step, studio.edit_view, words=words, **asked)


def _measure_samples(studio: Any, timed: Callable[..., Any]) -> None:
    """Templates from words, and a field."""
    from generation.providers.protocols import Ask, Brief, FieldAsked

    for words in TEMPLATES:
        asked = {"view_type": "front", "sources": (), "words": words, "brief": Brief()}
        for stage in ("sample", "final"):
            timed(f"{stage} view", studio.make_view, stage=stage, seed=1, ask=Ask(""), **asked)
    for words in ("set to 72 cm", "28 1/2 inches", "2 cm kürzer"):
        wanted = FieldAsked("pom.BL", "Body length", "length", 70.0, words, "cm")
        timed("field edit", studio.edit_field, wanted=wanted, view=None, brief=Brief(), ask=Ask(""))


def _baseline(data: bytes) -> Any:
    import cv2

    from generation.providers.studio import photo

    return cv2.bilateralFilter(photo.load(data).bgr, 9, 28, 7)
