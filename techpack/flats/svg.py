"""The flat written as SVG: named layers, line types that read in black and white.

There is no style element, script, CSS variable or reference to outside, so the file shows
the same as an ``<img>``, inline under a strict policy, and in a printed document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from techpack.flats import balloons, dims, dots
from techpack.flats.balloons import Balloon
from techpack.flats.dims import Dim
from techpack.flats.geometry import Ground, Point, Rect, along, distance, polylines
from techpack.flats.shapes import Callout, Drawing, Measurement

FONT = "IBM Plex Mono, DejaVu Sans Mono, Liberation Mono, monospace"
LAYERS = ("outline", "seams", "stitch", "assumed", "artwork", "measurements", "callouts")
_LAYER_OF = {"seam": "seams"}
_MARGIN = 150.0  # units around the product in which balloons may go
_EDGE = 14.0
_CAPTION = 24.0


@dataclass(frozen=True)
class Ink:
    """Colours and line widths; on a page the surrounding style sheet has the last word."""

    pen: str
    grey: str
    blue: str
    red: str
    paper: str
    on_page: bool


_PRINT = Ink("#12212f", "#5d6b76", "#114a7d", "#bd2d18", "#ffffff", on_page=False)
_PAGE = Ink("currentColor", "currentColor", "currentColor", "currentColor", "none", on_page=True)

# kind: width, dashes, class on a page. Dash patterns differ, so that no meaning needs colour.
_LINES: dict[str, tuple[float, str, str]] = {
    "outline": (2.4, "", "k-edge"),
    "seams": (1.1, "", "k-edge"),
    "stitch": (0.8, "5 3", "k-stitch"),
    "assumed": (0.9, "10 4 2 4", "k-edge"),
    "artwork": (0.9, "2 4", "k-edge"),
}
_RIB_WIDTH = 0.55


def compose(
    drawing: Drawing,
    *,
    callouts: Sequence[Callout],
    measurements: Sequence[Measurement],
    title: str = "",
    unit: str = "cm",
    on_page: bool = False,
) -> str:
    """The drawing with its callouts and measures, laid out so that nothing overlaps.

    The view box is the drawing's own frame, enlarged on all sides to hold what stands
    around it; coordinates stay the drawing's. ``on_page`` takes ink from the page
    (``currentColor`` and the classes ``k-*``, ``callout``, ``dim``) and links callouts to
    their rows; otherwise colours are fixed and the ground is white.
    """
    ink = _PAGE if on_page else _PRINT
    rings = [line for s in drawing.strokes if s.kind == "outline" for line in polylines(s.d)]
    product = _product(drawing, rings)
    ground = Ground(rings, product.grown(_MARGIN), cell=12.0)
    drawn = [line for s in drawing.strokes if s.kind != "artwork" for line in polylines(s.d)]
    pointed = [c for c in callouts if _is_finite(c.anchor)]
    pointed = dots.side_by_side(pointed, drawn, ground)
    keep_clear = [_words_box(text) for text in drawing.texts]
    keep_clear += [Rect.around([c.anchor]).grown(9) for c in pointed]
    lines = dims.lay_out(measurements, product, ground, keep_clear=keep_clear)
    numbered = balloons.place(pointed, lines, ground)
    frame = _frame(drawing, product, lines, numbered)
    caption = " – ".join(part for part in (title, drawing.note) if part)
    box = Rect(frame.left, frame.top, frame.right, frame.bottom + (44 if caption else 0))
    body = [
        *_strokes(drawing, ink),
        _layer("measurements", [_dim(line, unit, ink) for line in lines], ink),
        _layer("callouts", [_balloon(balloon, ink) for balloon in numbered], ink),
        _caption(caption, box, ink),
    ]
    return _svg(body, box, title or drawing.note or "Technical flat", ink)


def _svg(body: Sequence[str], box: Rect, title: str, ink: Ink) -> str:
    width, height = box.right - box.left, box.bottom - box.top
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="flat" '
        f'viewBox="{box.left:.0f} {box.top:.0f} {width:.0f} {height:.0f}" role="group" '
        f'aria-label={quoteattr(title)} fill="none" stroke={quoteattr(ink.pen)} '
        'stroke-linejoin="round" stroke-linecap="round">'
    )
    sheet = (
        ""
        if ink.on_page
        else f'<rect x="{box.left:.0f}" y="{box.top:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" fill="{ink.paper}" stroke="none"/>'
    )
    # No title element: inside a page it would show as a tooltip over the whole drawing.
    return head + sheet + "".join(body) + "</svg>"


def _strokes(drawing: Drawing, ink: Ink) -> list[str]:
    layers: dict[str, list[str]] = {name: [] for name in LAYERS[:5]}
    for stroke in drawing.strokes:
        layer = _LAYER_OF.get(stroke.kind, stroke.kind)
        if layer in layers:
            layers[layer].append(_path(stroke.d, layer, stroke.label, ink))
    for x, y, words in drawing.texts:
        layers["artwork"].append(_words((x, y), words, ink))
    return [_layer(name, parts, ink) for name, parts in layers.items()]


def _layer(name: str, parts: Sequence[str], ink: Ink) -> str:
    # On a page several drawings stand together, where an id must be single.
    named = f'class="layer-{name}"' if ink.on_page else f'id="{name}"'
    return f"<g {named}>{''.join(parts)}</g>"


def _path(d: str, layer: str, label: str, ink: Ink) -> str:
    width, dashes, css = _LINES[layer]
    is_rib = label.endswith(" rib")
    if is_rib:
        width, css = _RIB_WIDTH, "k-rib"
    attributes = [f"d={quoteattr(d)}"]
    if label:
        attributes.append(f"data-part={quoteattr(label)}")
    if ink.on_page:
        attributes.append(f'class="{css}"')
        # Styled by the sheet where it has a class for the line; else told here.
        if css == "k-edge" and layer != "outline":
            attributes.append(f'stroke-width="{width}"')
        if layer in ("assumed", "artwork"):
            attributes.append(f'stroke-dasharray="{dashes}" stroke-opacity="0.7"')
    else:
        attributes.append(f'class="{layer}" stroke-width="{width}"')
        if dashes:
            attributes.append(f'stroke-dasharray="{dashes}"')
        if layer in ("assumed", "artwork"):
            attributes.append(f'stroke="{ink.grey}"')
    return f"<path {' '.join(attributes)}/>"


def _words(at: Point, words: str, ink: Ink) -> str:
    return (
        f'<text x="{at[0]:.1f}" y="{at[1] + 8:.1f}" font-family="{FONT}" '
        f'font-size="{_CAPTION:.0f}" text-anchor="middle" fill="{ink.grey}" stroke="none">'
        f"{escape(words)}</text>"
    )


def _words_box(text: tuple[float, float, str]) -> Rect:
    half = 0.3 * _CAPTION * len(text[2])
    return Rect(text[0] - half, text[1] - _CAPTION / 2, text[0] + half, text[1] + _CAPTION / 2)


def _dim(dim: Dim, unit: str, ink: Ink) -> str:
    m = dim.measurement
    is_firm = m.is_sure and m.status in ("measured", "estimated")
    dashes = "" if is_firm else ' stroke-dasharray="8 5"'
    colour = "" if ink.on_page else f' stroke="{ink.blue}"'
    extensions = "".join(f"M{_at(a)}L{_at(b)}" for a, b in dim.extensions)
    parts = [f"<title>{escape(_spoken(m, unit))}</title>"]
    if extensions:
        parts.append(f'<path class="extension" d="{extensions}" stroke-width="0.8"/>')
    parts.append(
        f'<path class="line" d="M{_at(dim.start)}L{_at(dim.end)}" stroke-width="1.2"{dashes}/>'
    )
    parts.append(_tips(dim.start, dim.end, ink))
    parts.append(_code(dim, ink))
    state = "sure" if is_firm else "unsure"
    return (
        f'<g class="dim" data-code={quoteattr(m.code)} data-state="{state}"{colour}>'
        f"{''.join(parts)}</g>"
    )


def _tips(start: Point, end: Point, ink: Ink) -> str:
    """Arrow heads at both ends; they point outwards and end on the line's ends."""
    length = distance(start, end)
    reach = min(15.0, 0.4 * length)
    heads = []
    for tip, other in ((start, end), (end, start)):
        base = along(tip, other, reach / length)
        nx, ny = (tip[1] - other[1]) / length, (other[0] - tip[0]) / length
        half = reach * 0.27
        heads.append(
            f"M{_at(tip)}L{_at((base[0] + half * nx, base[1] + half * ny))}"
            f"L{_at((base[0] - half * nx, base[1] - half * ny))}Z"
        )
    fill = ink.pen if ink.on_page else ink.blue
    return f'<path class="tip" d="{"".join(heads)}" fill="{fill}" stroke="none"/>'


def _code(dim: Dim, ink: Ink) -> str:
    x, y = dim.label_at
    half_width = (dim.label.right - dim.label.left) / 2 / dims.SCALE
    half_height = (dim.label.bottom - dim.label.top) / 2 / dims.SCALE
    fill = ink.pen if ink.on_page else ink.blue
    return (
        f'<g transform="translate({x:.1f} {y:.1f}) scale({dims.SCALE})">'
        f'<rect x="{-half_width:.1f}" y="{-half_height:.1f}" width="{2 * half_width:.1f}" '
        f'height="{2 * half_height:.1f}" fill="{ink.paper}" stroke="none"/>'
        f'<text y="5" font-family="{FONT}" font-size="14" font-weight="500" text-anchor="middle" '
        f'fill="{fill}" stroke="none">{escape(dim.measurement.code)}</text></g>'
    )


def _spoken(m: Measurement, unit: str) -> str:
    name = f"{m.code} {m.name}".strip()
    if m.value is None:
        return f"{name}: {m.status}"
    about = f" ±{m.uncertainty:g}" if m.uncertainty else ""
    return f"{name}: {m.value:g}{about} {m.unit or unit}, {m.status}"


def _balloon(balloon: Balloon, ink: Ink) -> str:
    callout, at = balloon.callout, balloon.at
    share = balloons.RADIUS / max(distance(at, callout.anchor), 1e-6)
    edge = along(at, callout.anchor, min(1.0, share))
    colour = "" if ink.on_page else f' stroke="{ink.red}"'
    fill = ink.pen if ink.on_page else ink.red
    dot = (
        f'<circle class="dot" cx="{callout.anchor[0]:.1f}" cy="{callout.anchor[1]:.1f}" r="5.5" '
        f'fill="{fill}" stroke="none"/>'
    )
    hit = '<circle class="hit" r="20" fill="#000" fill-opacity="0" stroke="none"/>'
    inside = (
        f'<path class="leader" d="M{_at(callout.anchor)}L{_at(edge)}" stroke-width="1.3"/>{dot}'
        f'<g transform="translate({at[0]:.1f} {at[1]:.1f}) scale({balloons.SCALE})">'
        f'<circle class="ring" r="13" fill="{ink.paper}" stroke-width="1.1"/>'
        f"{hit if ink.on_page else ''}"
        f'<text y="5" font-family="{FONT}" font-size="15" font-weight="500" text-anchor="middle" '
        f'fill="{fill}" stroke="none">{callout.number}</text></g>'
    )
    spoken = quoteattr(f"Callout {callout.number}, {callout.label}".rstrip(", "))
    about = f'class="callout" data-callout="{callout.number}" aria-label={spoken}'
    if ink.on_page and callout.row_id:
        return f"<a href={quoteattr('#c-' + callout.row_id)} {about}>{inside}</a>"
    return f'<g {about} role="img"{colour}>{inside}</g>'


def _caption(words: str, box: Rect, ink: Ink) -> str:
    if not words:
        return ""
    size = min(_CAPTION, 1.6 * (box.right - box.left) / max(1, len(words)))
    return (
        f'<text class="caption" x="{box.left + _EDGE:.1f}" y="{box.bottom - _EDGE:.1f}" '
        f'font-family="{FONT}" font-size="{size:.1f}" fill="{ink.grey}" stroke="none">'
        f"{escape(words)}</text>"
    )


def _product(drawing: Drawing, rings: Sequence[Sequence[Point]]) -> Rect:
    points = [point for ring in rings for point in ring]
    return Rect.around(points) if points else Rect(0, 0, drawing.width, drawing.height)


def _frame(
    drawing: Drawing, product: Rect, lines: Sequence[Dim], numbered: Sequence[Balloon]
) -> Rect:
    """Everything that is drawn, with a margin; at least the drawing's own frame."""
    frame = Rect(0, 0, drawing.width, drawing.height).union(product)
    for line in lines:
        ends = [p for pair in line.extensions for p in pair]
        frame = frame.union(Rect.around([line.start, line.end, *ends]).union(line.label))
    for balloon in numbered:
        (x, y), r = balloon.at, balloons.RADIUS
        frame = frame.union(Rect(x - r, y - r, x + r, y + r))
        frame = frame.union(Rect.around([balloon.callout.anchor]))
    return frame.grown(_EDGE)


def _is_finite(point: Point) -> bool:
    return all(abs(n) < 1e6 for n in point)


def _at(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"
