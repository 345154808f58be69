"""A view that nobody photographed, from the photo of another side: only what is true of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from generation.errors import RequestRefused
from generation.providers.protocols import Brief, View
from generation.providers.studio import bezier, category, mask, schematic
from generation.providers.studio.edits import backdrop, framing, pixels, recolour, refusals
from generation.providers.studio.edits.matte import matte_of
from generation.providers.studio.edits.pixels import Picture
from generation.providers.studio.samples.scene import Layer, Line, Points, Scene
from generation.providers.studio.seen import Seen, see
from generation.providers.studio.shapes import Family

OPPOSITE = {"front": "back", "back": "front"}
SIDED: tuple[Family, ...] = ("top", "dress", "trousers", "skirt", "bag")
BACK_NOTE = "the {known} photo's outline mirrored, in its main colour; no {wanted} photo"
SIDE_NOTE = "schematic side: its depths are assumed; no side photo"
OWN_NOTE = "your own photo, cut out on white; nothing is drawn"
USUAL_SLEEVE = 0.55


def presented(view: View) -> tuple[Picture, str]:
    """The photo of the wanted view itself, on white and square."""
    seen = _seen(view)
    picture = pixels.decoded(view.data)
    matte = matte_of(picture, seen.outline.alpha)
    shown = backdrop.placed_on(picture, matte, backdrop.Backdrop(("#ffffff",), "soft"))
    crop = framing.Crop(to_product=True, ratio=1.0, margin=0.12)
    box = framing.wanted_box(shown.shape, framing.box_of(matte.alpha), crop)
    return framing.cut_to(shown, box), OWN_NOTE


def scene_of(sources: Sequence[View], view_type: str, brief: Brief) -> tuple[Scene, str, str, str]:
    """Scene, main colour, note and label; raises RequestRefused where nothing true can be drawn."""
    family = category.family_of(brief.category, brief.subcategory)
    facing = next((v for v in sources if v.view_type == OPPOSITE.get(view_type)), None)
    if facing is not None:
        seen = _seen(facing)
        note = BACK_NOTE.format(known=facing.view_type, wanted=view_type)
        return _mirrored(seen), _main(seen), note, "OUTLINE MIRRORED, NO PHOTO"
    front = next((v for v in sources if v.view_type in ("front", "back")), None)
    if view_type == "side" and front is not None and family in SIDED:
        seen = _seen(front)
        return _side(seen, family), _main(seen), SIDE_NOTE, "SCHEMATIC, DEPTHS ASSUMED"
    raise RequestRefused(
        "nothing true to draw",
        words=f"Nothing true can be drawn of this side ({view_type[:20]}) from the photos that "
        f"are there: it would be made up. {refusals.FREE}",
        suggestions=["Photograph this side", "Ask for the back of a product with a front photo"],
    )


def _seen(view: View) -> Seen:
    seen = see(view)
    seen.require()
    if seen.outline.verdict == "unreliable":
        raise refusals.outline_needed("draw this view", worn=seen.outline.worn_by_person)
    return seen


def _main(seen: Seen) -> str:
    """The main colour in the light, ``#rrggbb``."""
    dyes = recolour.dyes_of(seen.photo, seen.outline)
    if not dyes:
        raise refusals.impossible("The product is too small to see its colours.")
    blue, green, red = (round(float(part)) for part in pixels.bgr_of(dyes[0].lit[None])[0])
    return f"#{red:02x}{green:02x}{blue:02x}"


def _mirrored(seen: Seen) -> Scene:
    """The outline as seen from the other side: nothing inside it is known."""
    rings = [_calm(np.asarray(r, float)) for r in mask.rings(seen.outline, 1.0) if len(r) > 8]
    every = np.vstack(rings)
    low, high = every.min(axis=0), every.max(axis=0)
    scale = 70 / float(max(high - low))
    shapes = tuple((ring - low) * [-scale, scale] for ring in rings)
    return Scene((Layer(shapes, round=6.5, drape=0.5),), note="")


def _calm(ring: Points) -> Points:
    """A ring without the steps of pixels and the fluff of cloth."""
    closed = np.vstack([ring, ring[:1]])
    reach = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    at = np.linspace(0, reach[-1], 900, endpoint=False)
    even = np.stack([np.interp(at, reach, closed[:, axis]) for axis in (0, 1)], axis=1)
    around = np.arange(-9, 10)
    weights = np.exp(-0.5 * (around / 3.2) ** 2)
    rolled = sum(w * np.roll(even, step, axis=0) for w, step in zip(weights, around, strict=True))
    return np.asarray(rolled / weights.sum(), float)


def _side(seen: Seen, family: Family) -> Scene:
    """The family's template in profile, as tall as the product on its photo."""
    _, _, width, height = seen.silhouette.box
    scale = 72 / max(height, 1)
    front = schematic.Front(width * scale, 72.0, USUAL_SLEEVE if family == "top" else 0.0)
    layers: list[Layer] = []
    lines: list[Line] = []
    for kind, curves, _ in schematic.side_parts(family, front):
        points: Points = np.asarray(bezier.sample(curves), float)
        if kind == "outline":
            layers.append(Layer((points,), round=6.0, drape=0.5))
        else:
            lines.append(Line(points, "stitch", 0.14))
    last = layers[0]
    layers[0] = Layer(last.shape, round=6.0, drape=0.5, lines=tuple(lines))
    return Scene(tuple(layers))
