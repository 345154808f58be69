"""How the silhouettes that categories are guessed from were made, and how good they are.

    python -m bench.category_fit FOLDER --figures figures.jsonl [--write]

FOLDER holds ``train``, ``validation`` and ``test`` with one folder of photos per class
(dress hat longsleeve outwear pants shirt shoes shorts skirt t-shirt bag other). Files
named ``group__name.jpg`` are kept on one side of the split by their group. Photos are
shrunk to 340 pixels, outlined by the studio's own engine and described; the figures go to
a file that is read again on the next run. Only those numbers are kept in the repository.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.providers.studio import category, mask, photo, silhouette

SIDE = 340
SPLITS = ("train", "validation", "test")
BINS = np.array([0.0, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95, 1.001])
CAP = 0.8  # what a shape alone may claim: a thing may always look like a garment
ABOUT = (
    "Silhouette figures (see silhouette.FEATURES), centred, divided by their spread and "
    "multiplied by per_unit; first number of a row: index into names. Measured on photos of "
    "alexeygrigorev/clothing-dataset-small (CC0-1.0) and of products in google/dreambooth "
    "(CC-BY-4.0: Yuanzhen Li, Nataniel Ruiz), saleor/saleor and solidusio/solidus (BSD-3-Clause), "
    "Sylius/Sylius, VAST-AI-Research/TripoSR (MIT), GoogleCloudPlatform/microservices-demo and "
    "TencentARC/InstantMesh (Apache-2.0). No photo is kept. This table: CC0-1.0."
)


@dataclass(frozen=True)
class Figures:
    """One photo's label, its side of the split, and its silhouette's figures."""

    name: str
    label: str
    split: str
    score: float
    features: dict[str, float]

    @property
    def group(self) -> str:
        """Photos of one product share it."""
        return self.name.rsplit("/", 1)[-1].partition("__")[0]


class Answers(NamedTuple):
    """True and guessed category (index) and the neighbours' share, per photo."""

    truth: NDArray[np.int64]
    guessed: NDArray[np.int64]
    share: NDArray[np.float64]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, evaluate, print; with ``--write`` replace the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--figures", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    rows = read(options.figures) if options.figures.exists() else []
    rows += measure(options.folder, known={r.name for r in rows}, into=options.figures)
    learned, held = ([r for r in rows if (side(r) == "test") is test] for test in (False, True))
    reliability = calibrate(folded(learned))
    print(f"{len(learned)} learned, {len(held)} held out")
    report("held out", answers(table_of(learned), held), reliability)
    report("five folds of all", folded(rows), reliability)
    if options.write:
        final = table_of(rows)
        final["reliability"] = calibrate(folded(rows))
        category.DATA.write_text(json.dumps(final, separators=(",", ":")) + "\n", encoding="utf-8")


def read(path: Path) -> list[Figures]:
    """Figures measured before."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Figures(**json.loads(line)) for line in lines if line]


def measure(folder: Path, *, known: set[str], into: Path) -> list[Figures]:
    """Outline and describe every photo not yet known; appended to a file as it goes."""
    found = []
    for path in sorted(folder.glob("*/*/*")) if folder.is_dir() else []:
        name = path.relative_to(folder).as_posix()
        split, label = path.parts[-3], path.parts[-2]
        if name in known or split not in SPLITS:
            continue
        outline = mask.find_outline(photo.load(_small(path)))
        shape = silhouette.describe(outline)
        row = Figures(name, label, split, round(outline.score, 3), shape.features)
        found.append(row)
        with into.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row.__dict__) + "\n")
    return found


def _small(path: Path) -> bytes:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise SystemExit(f"not a picture: {path}")
    scale = min(1.0, SIDE / max(picture.shape[:2]))
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".png", picture)[1])


def side(row: Figures) -> str:
    """The data set's own split; groups of other photos are dealt out by their name."""
    if row.group == row.name.rsplit("/", 1)[-1]:
        return row.split
    return "test" if deal(row) < 2 else "train"


def deal(row: Figures) -> int:
    """One of five folds, the same for all photos of one product."""
    return int(hashlib.md5(row.group.encode(), usedforsecurity=False).hexdigest(), 16) % 5


def folded(rows: Sequence[Figures]) -> Answers:
    """Every photo answered from the other four folds."""
    parts = []
    for fold in range(5):
        table = table_of([r for r in rows if deal(r) != fold])
        parts.append(answers(table, [r for r in rows if deal(r) == fold]))
    return Answers(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def table_of(rows: Sequence[Figures]) -> dict[str, object]:
    """The reference table of some photos."""
    names = tuple(category.KINDS)
    features = silhouette.FEATURES
    raw = np.stack([category.vector(row.features, features) for row in rows])
    centre, spread = raw.mean(axis=0), raw.std(axis=0) + 1e-6
    per_unit = 10
    scaled = np.rint(np.clip((raw - centre) / spread, -3, 3) * per_unit).astype(int)
    return {
        "about": ABOUT,
        "features": features,
        "names": names,
        "centre": [round(float(v), 4) for v in centre],
        "spread": [round(float(v), 4) for v in spread],
        "per_unit": per_unit,
        "reliability": [[0.0, 0.0], [1.0, 1.0]],
        "rows": [
            [names.index(row.label), *map(int, line)]
            for row, line in zip(rows, scaled, strict=True)
        ],
    }


def answers(table: dict[str, object], rows: Sequence[Figures]) -> Answers:
    """What the table answers for some photos."""
    known = category.reference_of(table)
    truth, guessed, share = [], [], []
    for row in rows:
        best, weight = category.ranked(category.shares_of(known, row.features))[0]
        truth.append(category.CATEGORIES.index(category.KINDS[row.label][0]))
        guessed.append(category.CATEGORIES.index(best))
        share.append(weight)
    return Answers(np.array(truth), np.array(guessed), np.array(share))


def calibrate(given: Answers) -> list[list[float]]:
    """Claimed share → how often right, by bins: never falling, a little cautious, capped."""
    right = given.truth == given.guessed
    points = [[0.0, 0.1]]
    for low, high in itertools.pairwise(BINS):
        inside = (given.share >= low) & (given.share < high)
        if inside.sum() >= 8:
            rate = float((right[inside].sum() + 1) / (inside.sum() + 2))
            earned = max(points[-1][1], min(rate, CAP))
            points.append([round(float(given.share[inside].mean()), 3), round(earned, 3)])
    return [*points, [1.01, points[-1][1]]]


def report(title: str, given: Answers, reliability: Sequence[Sequence[float]]) -> None:
    """Accuracy, confusion, and how often each stated confidence was right."""
    names, count = category.CATEGORIES, len(given.truth)
    if not count:
        return
    right = given.truth == given.guessed
    stated = np.interp(given.share, [p[0] for p in reliability], [p[1] for p in reliability])
    print(f"\n{title}: {right.mean():.3f} of {count} right; says {stated.mean():.3f} on average")
    garment = given.truth < names.index("footwear")
    print(f"  garments {right[garment].mean():.3f} of {garment.sum()}")
    print(" " * 19 + " ".join(f"{name[:8]:>8}" for name in names))
    for index, name in enumerate(names):
        row = np.bincount(given.guessed[given.truth == index], minlength=len(names))
        print(f"{name:19}" + " ".join(f"{n:8}" for n in row))
    for low, high in itertools.pairwise((0, 0.4, 0.5, 0.6, 0.7, 0.81)):
        inside = (stated >= low) & (stated < high)
        if inside.any():
            says, was = stated[inside].mean(), right[inside].mean()
            print(f"  says {says:.2f}  right {was:.2f}  ({int(inside.sum())} photos)")


if __name__ == "__main__":
    main()
