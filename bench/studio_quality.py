"""How right the studio engine is: outline, colour, category and honesty of its score.

Every photo has an outline drawn by hand, the names that a person may give its main
colour, a category and a difficulty. ``measure`` looks at all of them; ``main`` prints a
table and, as the last line, one JSON object.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio import category, silhouette
from generation.providers.studio.colours import palette
from generation.providers.studio.mask import find_outline
from generation.providers.studio.photo import load
from generation.providers.studio.shapes import Outline, Photo

PHOTOS = Path(__file__).resolve().parent.parent / "tests" / "photos"
RIGHT = 0.9  # IoU from which an outline is called right
DO_NOT_CARE = 128


@dataclass(frozen=True)
class Truth:
    """What a person says about a photo."""

    difficulty: str
    colours: frozenset[str]
    category: str


def _truth(difficulty: str, colours: str, category: str) -> Truth:
    return Truth(difficulty, frozenset(colours.split(", ")), category)


BLUES = "blue, denim blue, navy, blue-grey"
TRUTH = {
    "polo-navy-front": _truth("plain", "navy", "tops"),
    "polo-navy-back": _truth("plain", "navy", "tops"),
    "slipon-blue-side": _truth("plain", "blue", "footwear"),
    "slipon-blue-top": _truth("plain", "blue", "footwear"),
    "slipon-blue-heel": _truth("plain", "blue", "footwear"),
    "slipon-blue-threequarter": _truth("plain", "blue", "footwear"),
    "jacket-hooded-grey-front": _truth("phone", "grey, dark grey, charcoal", "outerwear"),
    "jacket-quilted-green-front": _truth("phone", "green, teal", "outerwear"),
    "hoodie-pink-flatlay": _truth("phone", "pink, dusty rose", "tops"),
    "trousers-plaid-flatlay": _truth("phone", "red, burgundy", "trousers"),
    "skirt-denim-flatlay": _truth("phone", BLUES, "dresses-and-skirts"),
    "shirt-tropical-front": _truth("phone", "white, off-white, light grey", "tops"),
    "tee-white-on-model": _truth("worn", "white, off-white", "tops"),
    "jeans-blue-on-model": _truth("worn", BLUES, "trousers"),
    "dress-red-on-model": _truth("worn", "red, coral", "dresses-and-skirts"),
    "tanktop-black-flatlay": _truth("plain", "black, charcoal", "tops"),
    "loafers-beige": _truth("plain", "beige, tan, taupe", "footwear"),
    "mug-black": _truth("plain", "black", "other"),
    "watch-gold": _truth("plain", "gold, beige, tan, brown, khaki, mustard", "other"),
    "shakers-transparent": _truth("see-through", "white, off-white, light grey", "other"),
    "backpack-dog-table": _truth("busy", "grey, light grey", "bags"),
    "backpack-dog-grass": _truth("busy", "grey, light grey", "bags"),
    "toy-duck-yellow": _truth("busy", "yellow", "other"),
    "chair-cutout": _truth("cut-out", "white, off-white, light grey, cream, beige", "other"),
}


def photos(photos_dir: Path, masks_dir: Path) -> Iterator[tuple[str, Photo, NDArray[np.uint8]]]:
    """Each photo that has a hand mask: name, photo, mask."""
    for drawn in sorted(masks_dir.glob("*.png")):
        stored = next(iter(sorted(photos_dir.glob(f"{drawn.stem}.*"))), None)
        mask = cv2.imread(str(drawn), cv2.IMREAD_GRAYSCALE)
        if stored is not None and mask is not None:
            yield drawn.stem, load(stored.read_bytes()), np.asarray(mask, dtype=np.uint8)


def overlap(outline: Outline, drawn: NDArray[np.uint8]) -> float:
    """Intersection over union at the hand mask's size, leaving out its grey pixels."""
    size = (drawn.shape[1], drawn.shape[0])
    found = cv2.resize(outline.alpha, size, interpolation=cv2.INTER_AREA) > 0.5
    counts, wanted = drawn != DO_NOT_CARE, drawn > 200
    union = int(((found | wanted) & counts).sum())
    return float((found & wanted & counts).sum() / union) if union else 1.0


def measure(photos_dir: Path = PHOTOS, masks_dir: Path | None = None) -> dict[str, Any]:
    """``{photos: [a row each], by_difficulty, by_score, …}`` over all photos with a mask."""
    rows = [
        _row(name, photo, drawn)
        for name, photo, drawn in photos(photos_dir, masks_dir or photos_dir / "masks")
    ]
    named = [row["colour_right"] for row in rows if row["colour_right"] is not None]
    known = [row["category_right"] for row in rows if row["category_right"] is not None]
    return {
        "photos": rows,
        "mean_iou": _mean([row["iou"] for row in rows]),
        "outline_right": _mean([row["iou"] >= RIGHT for row in rows]),
        "colour_right": _mean(named),
        "category_right": _mean(known),
        "by_difficulty": _by_difficulty(rows),
        "by_score": _by_score(rows),
        "outline_cpu_s": float(np.median([row["outline_s"] for row in rows])) if rows else 0.0,
        "colours_cpu_s": float(np.median([row["colours_s"] for row in rows])) if rows else 0.0,
    }


def _row(name: str, photo: Photo, drawn: NDArray[np.uint8]) -> dict[str, Any]:
    started = time.process_time()
    outline = find_outline(photo)
    outlined = time.process_time()
    colours = palette(photo, outline)
    coloured = time.process_time()
    guess = category.guess(silhouette.describe(outline), outline) if outline.mask.any() else None
    truth = TRUTH.get(name)
    main = colours[0].name if colours else "none"
    return {
        "name": name,
        "difficulty": truth.difficulty if truth else "unknown",
        "iou": overlap(outline, drawn),
        "score": outline.score,
        "worn": outline.worn_by_person,
        "colour": main,
        "colours": len(colours),
        "colour_right": main in truth.colours if truth else None,
        "category": guess.category if guess else "none",
        "category_right": bool(guess and guess.category == truth.category) if truth else None,
        "outline_s": outlined - started,
        "colours_s": coloured - outlined,
    }


def _mean(values: Sequence[float | bool]) -> float:
    return round(float(np.mean([float(value) for value in values])), 4) if values else 0.0


def _by_difficulty(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    kinds = sorted({row["difficulty"] for row in rows})
    return {
        kind: {
            "photos": len(chosen),
            "mean_iou": _mean([row["iou"] for row in chosen]),
            "least_iou": round(min(row["iou"] for row in chosen), 4),
            "outline_right": _mean([row["iou"] >= RIGHT for row in chosen]),
        }
        for kind in kinds
        if (chosen := [row for row in rows if row["difficulty"] == kind])
    }


def _by_score(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """For each verdict: how many photos, and how often the outline was right."""
    steps = {"good": (0.85, 1.01), "check": (0.7, 0.85), "unreliable": (0.0, 0.7)}
    return {
        verdict: {
            "photos": len(chosen),
            "mean_score": _mean([row["score"] for row in chosen]),
            "outline_right": _mean([row["iou"] >= RIGHT for row in chosen]),
        }
        for verdict, (low, high) in steps.items()
        if (chosen := [row for row in rows if low <= row["score"] < high])
    }


def main(arguments: Sequence[str] = ()) -> None:
    """Print the table and the JSON; arguments: another folder of photos, of masks."""
    folders = [Path(argument) for argument in arguments]
    found = measure(*folders) if folders else measure()
    print(f"{'photo':28} {'kind':12} {'IoU':>6} {'score':>6}  {'main colour':14} category")
    for row in found["photos"]:
        worn = " worn" if row["worn"] else ""
        print(
            f"{row['name']:28} {row['difficulty']:12} {row['iou']:6.3f} {row['score']:6.2f}  "
            f"{row['colour'] + _mark(row['colour_right']):14} "
            f"{row['category'] + _mark(row['category_right'])}{worn}"
        )
    print()
    for title in ("by_difficulty", "by_score"):
        for name, figures in found[title].items():
            shown = "  ".join(f"{key} {value:g}" for key, value in figures.items())
            print(f"{name:12} {shown}")
    summary = {key: value for key, value in found.items() if key != "photos"}
    print(json.dumps({**summary, "ratio": found["outline_right"]}))


def _mark(right: bool | None) -> str:
    return " ✗" if right is False else ""
