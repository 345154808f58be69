"""Templates of things that are round about an axis, boxes and furniture, in centimetres."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from generation.providers.studio.samples.design import Design
from generation.providers.studio.samples.scene import (
    Layer,
    Line,
    Points,
    Scene,
    bar,
    both,
    moved,
    oval,
    rounded,
    way,
)

TILT = 0.16  # height over width of an ellipse that is seen a little from above


def _bottomed(right: Points, radius: float) -> Points:
    """A profile's right half closed by the near half of its foot's ellipse."""
    t = np.linspace(0, np.pi / 2, 20)[1:]
    low = right[-1]
    foot = np.stack([radius * np.cos(t), low[1] + TILT * radius * np.sin(t)], axis=1)
    return both(np.vstack([right, foot]))


def _rim(radius: float, y: float, thick: float, inside: str, shade: float) -> list[Layer]:
    """The opening: the far inner wall, in front of it nothing."""
    return [
        Layer((oval(0, y, radius, TILT * radius),), round=0.4, drape=0, gloss=0.3, over=0),
        Layer((oval(0, y + 0.1 * thick, radius - thick, TILT * (radius - thick)),), inside, shade,
              turned=True, drape=0, over=0),
    ]  # fmt: skip


def mug(design: Design) -> Scene:
    """A mug with its handle to the right."""
    r, h = 4.1 + design.vary("r", -0.3, 0.5), 9.4 + design.vary("h", -0.8, 1.2)
    style = design.word("style")
    low = r * {"a": 1.0, "b": 0.82, "c": 0.94, "d": 0.74}[style]
    right = way((r, 0.0), (r, 0.5 * h, r + (0.4 if style == "c" else 0.0), 0.8 * h, low, h))
    handle = way((r - 0.4, 0.20 * h), (r + 3.4, 0.10 * h, r + 3.6, 0.74 * h, low + 0.1, 0.78 * h))
    inside = "second" if style in ("b", "c") else "main"
    layers = [
        Layer((bar(handle, 1.15),), round=0.6, drape=0, gloss=0.5, over=0.2),
        Layer((_bottomed(right, low),), turned=True, drape=0, gloss=0.55, over=0.3,
              striped=design.striped),
        *_rim(r, 0.0, 0.35, inside, 0.66),
    ]  # fmt: skip
    return Scene(tuple(layers), "standing")


def bottle(design: Design) -> Scene:
    """A drinking bottle with a cap."""
    r, h = 3.6 + design.vary("r", -0.3, 0.4), 22.0 + design.vary("h", -2.0, 3.0)
    neck = 2.2
    style = design.word("style")
    if style in ("a", "c"):
        right = way(
            (neck, 0.0), (neck, 1.6), (neck + 0.2, 3.4, r, 3.0, r, 5.6), (r, h - 0.5), (r - 0.3, h)
        )
    else:
        right = way((r - 0.5, 0.0), (r, 0.9), (r, h - 0.5), (r - 0.3, h))
    cap_r = neck + 0.2 if style in ("a", "c") else r - 0.3
    cap = way((cap_r, -3.2), (cap_r + 0.05, 0.0))
    top = oval(0, -3.2, cap_r, TILT * cap_r)
    accent = "second" if style in ("a", "b") else "#2d2f31"
    layers = [
        Layer((_bottomed(right, r - 0.3),), turned=True, drape=0, gloss=0.4),
        Layer((_bottomed(cap, cap_r),), accent, turned=True, drape=0, gloss=0.3, over=0.3),
        Layer((top,), accent, 1.06, round=0.3, drape=0, gloss=0.1, over=0),
    ]
    if style == "c":
        loop = way((-1.5, -3.4), (-1.6, -6.0, 1.6, -6.0, 1.5, -3.4))
        layers.insert(1, Layer((bar(loop, 0.7),), accent, round=0.3, drape=0, gloss=0.3))
    return Scene(tuple(layers), "standing")


def vase(design: Design) -> Scene:
    """A vase of one of four profiles."""
    h = 24.0 + design.vary("h", -3.0, 4.0)
    top = {"a": 3.0, "b": 4.4, "c": 2.2, "d": 5.0}[design.word("style")]
    belly = {"a": 8.0, "b": 6.2, "c": 7.6, "d": 5.6}[design.word("style")] + design.vary(
        "b", -0.6, 0.8
    )
    right = way(
        (top, 0.0),
        (top - 0.6, 0.14 * h, top - 0.2, 0.22 * h, 0.6 * (top + belly), 0.34 * h),
        (belly, 0.44 * h, belly + 0.2, 0.62 * h, 0.92 * belly, 0.76 * h),
        (0.8 * belly, 0.92 * h, 0.6 * belly, 0.97 * h, 0.56 * belly, h),
    )
    body = Layer((_bottomed(right, 0.56 * belly),), turned=True, drape=0, gloss=0.3,
                 striped=design.striped)  # fmt: skip
    return Scene((body, *_rim(top, 0.0, 0.35, "main", 0.45)), "standing")


def bowl(design: Design) -> Scene:
    """A bowl seen a little from above."""
    r, h = 8.4 + design.vary("r", -0.8, 0.8), 6.4 + design.vary("h", -0.6, 1.0)
    foot = 3.6
    right = way((r, 0.0), (r - 0.2, 0.5 * h, 0.66 * r, 0.86 * h, foot + 0.4, 0.9 * h), (foot, h))
    inside = "second" if design.word("style") in ("b", "c") else "main"
    body = Layer((_bottomed(right, foot),), turned=True, drape=0, gloss=0.45)
    return Scene((body, *_rim(r, 0.0, 0.35, inside, 0.74)), "standing")


def candle(design: Design) -> Scene:
    """A candle in a glass, with a label."""
    r, h = 4.0 + design.vary("r", -0.3, 0.5), 9.0 + design.vary("h", -1.0, 1.4)
    right = way((r, 0.0), (r, h - 0.6), (r - 0.4, h))
    label = rounded(0.0, 0.56 * h, 0.62 * r, 0.20 * h, 0.15)
    lines = (Line(way((-0.4 * r, 0.52 * h), (0.4 * r, 0.52 * h)), "crease", 0.1),
             Line(way((-0.25 * r, 0.62 * h), (0.25 * r, 0.62 * h)), "crease", 0.07))  # fmt: skip
    wick = bar(way((0.0, -0.9), (0.1, 0.5)), 0.16)
    layers = [
        Layer((_bottomed(right, r - 0.4),), turned=True, drape=0, gloss=0.5),
        *_rim(r, 0.0, 0.25, "#f2e9d2", 0.92),
        Layer((wick,), "#3a332c", round=0, drape=0, over=0.1),
        Layer((label,), "#f6f3ec", round=0.1, turned=False, drape=0, over=0.08, lines=lines),
    ]
    return Scene(tuple(layers), "standing")


def lamp(design: Design) -> Scene:
    """A table lamp: shade, stem, foot."""
    low, top = 13.0 + design.vary("low", -1.0, 2.0), 9.0 + design.vary("top", -2.0, 1.0)
    h = 17.0
    shade = way((top, 0.0), (low, h))
    style = design.word("style")
    if style in ("a", "c"):
        stem = way((0.9, h - 1.0), (0.9, h + 8.0), (5.4, h + 10.0, 6.0, h + 17.0, 3.6, h + 21.0),
                   (4.6, h + 22.0))  # fmt: skip
        foot, colour = 4.6, "second"
    else:
        stem = way((0.8, h - 1.0), (0.8, h + 19.0), (1.4, h + 20.2, 6.0, h + 20.2, 7.0, h + 21.4),
                   (7.0, h + 22.4))  # fmt: skip
        foot, colour = 7.0, "#8a6a45" if style == "b" else "#3a3d40"
    layers = (
        Layer((_bottomed(stem, foot),), colour, turned=True, drape=0, gloss=0.3),
        Layer((_bottomed(shade, low),), turned=True, drape=0, over=0.8),
        Layer((oval(0, 0, top, TILT * top),), shade=0.8, round=0.4, drape=0, over=0),
    )
    return Scene(layers, "standing")


# -- boxes -------------------------------------------------------------------------------


def box(design: Design, view_type: str) -> Scene:
    """A carton seen from a corner above; with a lid, or with tape."""
    w, d, h = (design.vary(n, low, high) for n, low, high in
               (("w", 20, 30), ("d", 12, 20), ("h", 9, 22)))  # fmt: skip
    if view_type == "side":
        w, d = d, w
    kx, ky = 0.62 * d, 0.40 * d
    front = np.array([(-w / 2, 0), (w / 2, 0), (w / 2, h), (-w / 2, h)])
    top = np.array([(-w / 2, 0), (-w / 2 + kx, -ky), (w / 2 + kx, -ky), (w / 2, 0)])
    side = np.array([(w / 2, 0), (w / 2 + kx, -ky), (w / 2 + kx, h - ky), (w / 2, h)])
    style = design.word("style")
    layers = [_face(side, 0.80), _face(front, 0.96), _face(top, 1.06)]
    if style in ("a", "b"):
        lid = 0.26 * h
        strip = front.copy()
        strip[2:, 1] = lid
        low = side.copy()
        low[2:, 1] = [lid - ky, lid]
        grow = 0.35
        layers += [_face(moved(low, grow, -0.1), 0.79, 0.5), _face(_grown(strip, grow), 0.97, 0.5),
                   _face(_grown(top, grow), 1.06, 0.0)]  # fmt: skip
    else:
        tape = np.array([(-1.6, 0), (-1.6 + kx, -ky), (1.6 + kx, -ky), (1.6, 0)])
        drop = np.array([(-1.6, 0), (1.6, 0), (1.6, 3.6), (-1.6, 3.6)])
        seam = Line(way((0.0, 0.0), (kx, -ky)), "crease", 0.12)
        layers += [_face(tape, 1.0, 0.1, "#d9c08f", (seam,)), _face(drop, 0.9, 0.1, "#d9c08f")]
    if style == "b":
        ribbon = np.array([(-1.3, 0), (-1.3 + kx, -ky), (1.3 + kx, -ky), (1.3, 0)])
        fall = np.array([(-1.3, 0), (1.3, 0), (1.3, h), (-1.3, h)])
        layers += [_face(fall, 0.92, 0.2, "second"), _face(ribbon, 1.0, 0.2, "second")]
    return Scene(tuple(layers), "standing")


def _face(
    shape: Points, light: float, over: float = 0.0, colour: str = "main", lines: Sequence[Line] = ()
) -> Layer:
    return Layer((shape,), colour, light, round=0.5, drape=0, over=over, lines=tuple(lines))


def _grown(shape: Points, by: float) -> Points:
    middle = shape.mean(axis=0)
    return np.asarray(shape + np.sign(shape - middle) * [by, 0.0])


def block(design: Design) -> Scene:
    """A plain housing with rounded corners: a stand-in for an object without a template."""
    w, h = 11.0 + design.vary("w", -3, 4), 8.0 + design.vary("h", -2, 4)
    body = rounded(0.0, 0.0, w, h, 1.6 + design.vary("r", 0, 2.4))
    panel = rounded(0.0, 0.0, 0.82 * w, 0.76 * h, 1.2)
    layers = (
        Layer((body,), round=2.4, drape=0, gloss=0.25),
        Layer((panel,), shade=0.97, round=0.6, drape=0, gloss=0.12, over=0.15),
    )
    return Scene(layers, "standing", "a plain block: there is no template of this object")


# -- furniture ---------------------------------------------------------------------------


def chair(design: Design, view_type: str) -> Scene:
    """A wooden chair with a padded or a plain seat."""
    style = design.word("style")
    seat_colour = "second" if style in ("b", "d") else "main"
    if view_type == "side":
        return _chair_side(seat_colour)
    w = 20.0 + design.vary("w", -1.0, 1.5)
    back = view_type == "back"
    legs_far = [_post(s * (w - 4.0), 44.0, s * (w - 4.6), 82.0, 2.6, 0.74) for s in (-1, 1)]
    posts = [_post(s * (w - 2.2), 0.0, s * (w - 2.6), 46.0, 3.0, 0.95) for s in (-1, 1)]
    rest = _rest(design, w)
    seat_top = np.array([(-w + 1.8, 42.0), (w - 1.8, 42.0), (w + 1.4, 50.0), (-w - 1.4, 50.0)])
    seat_edge = rounded(0.0, 51.4, w + 1.4, 1.6, 0.8)
    legs_near = [_post(s * (w - 0.8), 52.0, s * (w + 0.6), 90.0, 3.2, 0.97) for s in (-1, 1)]
    pad = Layer((seat_top,), seat_colour, 1.04, round=1.4, drape=0.1,
                surface="wood" if seat_colour == "main" else "plain", over=0.3)  # fmt: skip
    edge = Layer((seat_edge,), seat_colour, 0.9, round=0.8, drape=0,
                 surface="wood" if seat_colour == "main" else "plain", over=0.1)  # fmt: skip
    if back:
        layers = [*legs_near, edge, *posts, *rest, *legs_far]
        low = [_post(s * (w - 2.6), 46.0, s * (w - 3.0), 88.0, 3.0, 0.95) for s in (-1, 1)]
        return Scene((*layers[:3], pad, *low, *posts, *rest), "standing")
    return Scene((*legs_far, *posts, *rest, *legs_near, pad, edge), "standing")


def _rest(design: Design, w: float) -> list[Layer]:
    if design.word("style") in ("a", "b"):
        panel = way((-w + 2.6, 4.0), (-8, 2.0, 8, 2.0, w - 2.6, 4.0), (w - 3.0, 20.0),
                    (8, 18.6, -8, 18.6, -w + 3.0, 20.0))  # fmt: skip
        return [
            Layer((panel,), round=1.2, drape=0, surface="wood", angle=90.0, gloss=0.08, over=0.5)
        ]
    rails = [rounded(0.0, y, w - 2.0, 1.9, 0.8) for y in (3.0, 36.0)]
    slats = [rounded(x, 19.5, 1.2, 15.6, 0.5) for x in (-9.0, -3.0, 3.0, 9.0)]
    return [
        *(Layer((s,), shade=0.95, round=0.6, drape=0, surface="wood", over=0.2) for s in slats),
        *(Layer((r,), round=0.9, drape=0, surface="wood", angle=90.0, over=0.5) for r in rails),
    ]


def _post(x: float, y: float, x2: float, y2: float, wide: float, light: float) -> Layer:
    shape = np.array(
        [(x - wide / 2, y), (x + wide / 2, y), (x2 + 0.4 * wide, y2), (x2 - 0.4 * wide, y2)]
    )
    return Layer((shape,), shade=light, round=1.3, drape=0, surface="wood", gloss=0.08, over=0.3)


def _chair_side(seat: str) -> Scene:
    plain = "wood" if seat == "main" else "plain"
    layers = (
        _post(-17.0, 44.0, -20.5, 90.0, 3.2, 0.95),
        _post(-20.5, 0.0, -17.0, 46.0, 3.0, 1.0),
        _post(19.0, 48.0, 20.0, 90.0, 3.2, 1.0),
        Layer((rounded(1.0, 48.0, 21.0, 2.0, 1.0),), seat, round=1.0, drape=0, surface=plain,  # type: ignore[arg-type]
              over=0.4),
        Layer((bar(way((-19.4, 3.0), (-17.6, 19.0)), 2.0),), shade=0.9, round=0.8, drape=0,
              surface="wood", over=0.2),
    )  # fmt: skip
    return Scene(layers, "standing")


def table(design: Design, view_type: str) -> Scene:
    """A table with four legs and a top seen a little from above."""
    w = 60.0 + design.vary("w", -12, 16)
    if view_type == "side":
        w *= 0.62
    h, deep = 72.0, 9.0
    far = [_post(s * (w - 9), 6.0, s * (w - 8), h - 8.0, 4.0, 0.74) for s in (-1, 1)]
    near = [_post(s * (w - 4.0), 8.0, s * (w - 2.6), h, 4.8, 0.97) for s in (-1, 1)]
    top = np.array([(-w + 6, -deep), (w - 6, -deep), (w + 1, 0.0), (-w - 1, 0.0)])
    apron = np.array([(-w + 3, 3.0), (w - 3, 3.0), (w - 3, 10.0), (-w + 3, 10.0)])
    layers = (
        *far,
        Layer((apron,), shade=0.82, round=0.8, drape=0, surface="wood", angle=90.0, over=0.3),
        *near,
        Layer(
            (top,), shade=1.05, round=0.6, drape=0, surface="wood", angle=90.0, gloss=0.1, over=0.4
        ),
        Layer(
            (rounded(0.0, 1.5, w + 1, 1.7, 0.6),),
            shade=0.93,
            round=0.8,
            drape=0,
            surface="wood",
            angle=90.0,
            over=0.5,
        ),
    )
    return Scene(layers, "standing")


def stool(design: Design) -> Scene:
    """A round seat on three or four splayed legs."""
    r, h = 17.0 + design.vary("r", -1.5, 1.5), 46.0 + design.vary("h", 0, 20)
    legs = [_post(s * 0.42 * r, 4.0, s * 0.66 * r, h - 5.0, 2.8, 0.76) for s in (-1, 1)]
    near = [_post(s * 0.72 * r, 4.0, s * 1.06 * r, h, 3.2, 0.97) for s in (-1, 1)]
    ring = np.array(
        [
            (-0.86 * r, 0.62 * h),
            (0.86 * r, 0.62 * h),
            (0.86 * r, 0.62 * h + 2),
            (-0.86 * r, 0.62 * h + 2),
        ]
    )
    colour = "second" if design.word("style") == "b" else "main"
    plain = "plain" if colour == "second" else "wood"
    seat = _bottomed(way((r, 0.0), (r, 3.4)), r)
    layers = (
        *legs,
        Layer((ring,), shade=0.84, round=0.9, drape=0, surface="wood", angle=90.0, over=0.2),
        *near,
        Layer((seat,), colour, turned=True, drape=0, over=0.6, surface=plain),  # type: ignore[arg-type]
        Layer((oval(0, 0, r, TILT * r),), colour, 1.06, round=1.0, drape=0, surface=plain, over=0),  # type: ignore[arg-type]
    )  # fmt: skip
    return Scene(layers, "standing")
