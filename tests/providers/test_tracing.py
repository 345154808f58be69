"""Drawings of image models as flats: what is kept, what is left out, what is refused."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest

from generation.errors import Failure, ProviderError
from generation.providers.protocols import Ask, Brief, View
from generation.providers.studio import bezier
from generation.providers.studio.engine import Studio
from generation.providers.tracing import flat_of
from techpack import flats
from tests.providers import drawings
from tests.providers.drawings import OUTLINES, corners_of, drawing_of, filled, iou, strokes
from tests.providers.views import polo, view_of

BRIEFS = {
    "hoodie": Brief(category="tops", subcategory="hoodie"),
    "polo": Brief(category="tops", subcategory="polo"),
    "trousers": Brief(category="trousers"),
    "shoe": Brief(category="footwear"),
}
WHOLE = (0.0, 0.0, drawings.SIDE, drawings.SIDE)


@cache
def traced(name: str, picture: bytes | None = None) -> dict[str, Any]:
    """The flat of a drawing without a photo; the same is traced once."""
    return traced_from(name, picture)


def traced_from(
    name: str,
    picture: bytes | None = None,
    *,
    view: View | None = None,
    view_type: str = "front",
    front: View | None = None,
) -> dict[str, Any]:
    """The flat of a drawing with what it was drawn from."""
    picture = picture or drawing_of(name)
    return flat_of(picture, view=view, view_type=view_type, front=front, brief=BRIEFS[name])


def complaint(picture: bytes, **more: Any) -> str:
    """What is wrong with a picture."""
    with pytest.raises(ProviderError) as raised:
        traced_from("polo", picture, **more)
    assert raised.value.failure is Failure.MALFORMED_OUTPUT
    return str(raised.value)


def shape_of(flat: dict[str, Any]) -> drawings.Mask:
    """What the flat's outline encloses."""
    drawing = flat["drawing"]
    return filled(strokes(flat, "outline"), (0, 0, drawing["width"], drawing["height"]))


@pytest.mark.parametrize("name", OUTLINES)
def test_the_outline_is_the_drawings_own_in_one_stroke(name: str) -> None:
    flat = traced(name)

    assert len(strokes(flat, "outline")) == 1
    assert iou(shape_of(flat), filled([OUTLINES[name]], WHOLE)) > 0.98


LINES = {"hoodie": (9, 2), "polo": (8, 3), "trousers": (7, 1), "shoe": (4, 1)}


@pytest.mark.parametrize("name", OUTLINES)
def test_each_line_is_one_stroke_of_its_kind(name: str) -> None:
    flat = traced(name)
    plain = [row for row in flat["drawing"]["strokes"] if row["kind"] == "seam"]
    seams, stitches = LINES[name]

    assert seams - 1 <= len(plain) <= seams + 6
    assert len(strokes(flat, "stitch")) == stitches
    assert sum(len(row["d"]) for row in flat["drawing"]["strokes"]) < 6_000


def test_a_straight_seam_lies_in_the_middle_of_its_line() -> None:
    flat = traced("trousers")
    outline = corners_of(strokes(flat, "outline")[0])
    scale = np.ptp(outline[:, 0]) / (740 - 280 + 5)
    wanted = outline[:, 0].min() + (510 - 280 + 2.5) * scale  # the fly's line, in view box units

    found = [corners_of(d) for d in strokes(flat, "seam")]
    off = [np.abs(points[:, 0] - wanted).max() for points in found if np.ptp(points[:, 1]) > 150]
    assert min(off) < 1.5


@pytest.mark.parametrize("name", OUTLINES)
def test_no_line_is_doubled(name: str) -> None:
    flat = traced(name)
    rows = [row for row in flat["drawing"]["strokes"] if not row["label"].endswith(" rib")]
    lines = [_points(row["d"]) for row in rows if row["kind"] == "seam"]
    for number, line in enumerate(lines):
        others = np.vstack([other for i, other in enumerate(lines) if i != number])
        near = np.linalg.norm(line[:, None] - others[None], axis=2).min(axis=1)
        assert (near < 4).mean() < 0.4, rows[number]


def _points(d: str) -> Any:
    """Points along the cubics and lines of a path."""
    numbers = corners_of(d)
    return bezier.sample([bezier.line(a, b) for a, b in pairwise(numbers)])


def test_ribs_share_a_stroke() -> None:
    ribs = [row for row in traced("hoodie")["drawing"]["strokes"] if row["label"] == "knit rib"]

    assert len(ribs) == 1
    assert 24 <= ribs[0]["d"].count("M") <= 29


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("polo", True),
        ("shoe", False),
        pytest.param("hoodie", False, marks=pytest.mark.thorough),
        pytest.param("trousers", True, marks=pytest.mark.thorough),
    ],
)
def test_captions_leaders_dimensions_and_frames_are_no_strokes(name: str, frame: bool) -> None:
    bare, noted = traced(name), traced(name, drawing_of(name, notes=True, frame=frame))

    assert iou(shape_of(bare), shape_of(noted)) > 0.98
    for kind in ("outline", "seam", "stitch"):
        assert abs(len(strokes(bare, kind)) - len(strokes(noted, kind))) <= 1


def test_all_strokes_lie_within_the_outline() -> None:
    flat = traced("polo", drawing_of("polo", notes=True))
    low = corners_of(strokes(flat, "outline")[0]).min(axis=0) - 2
    high = corners_of(strokes(flat, "outline")[0]).max(axis=0) + 2

    for row in flat["drawing"]["strokes"]:
        points = corners_of(row["d"])
        assert (points >= low).all()
        assert (points <= high).all()


def test_a_drawing_gives_the_same_flat_each_time() -> None:
    again = traced_from("polo")

    assert again == traced("polo")


def test_landmarks_and_measures_are_found_on_the_drawing() -> None:
    flat = traced("polo")

    assert {"neckline", "armhole", "cuff", "hem"} <= set(flat["anchors"])
    chest = next(line for line in flat["measures"] if line["code"] == "A01")
    outline = corners_of(strokes(flat, "outline")[0])
    wide = chest["to"][0] - chest["from"][0]
    assert wide == pytest.approx(np.ptp(outline[:, 0]) * (700 - 320) / (870 - 150), rel=0.03)


def test_notes_say_what_it_was_drawn_from() -> None:
    notes = [
        traced_from("polo", view=polo(), front=polo())["drawing"]["note"],
        traced_from("polo", view_type="back", front=polo())["drawing"]["note"],
    ]

    assert notes == [
        "drawn by an AI model from the photo, traced",
        "drawn by AI from the front – no photo of this side",
    ]


def test_the_photos_pixels_are_led_to_the_drawing() -> None:
    view = polo()
    flat = traced_from("polo", view=view, front=view)
    assert view.outline is not None
    ring = np.array(max(view.outline["rings"], key=len))
    to_view = np.array(flat["drawing"]["toView"])
    moved = ring @ to_view[:, :2].T + to_view[:, 2]
    outline = corners_of(strokes(flat, "outline")[0])

    assert np.abs(moved.min(axis=0) - outline.min(axis=0)).max() < 12
    assert np.abs(moved.max(axis=0) - outline.max(axis=0)).max() < 12


def test_a_flat_becomes_a_small_svg_that_can_be_read() -> None:
    svg = flats.compose(
        flats.drawing_from_json(traced("hoodie")["drawing"]), callouts=[], measurements=[]
    )

    assert len(svg) < 12_000
    assert drawings.png_of(svg).startswith(b"\x89PNG")
    assert all(f'<g id="{layer}"><path' in svg for layer in ("outline", "seams", "stitch"))


def jpeg(picture: Any) -> bytes:
    """Pixels as a file."""
    return bytes(cv2.imencode(".jpg", picture)[1].tobytes())


def opened(data: bytes) -> Any:
    """A file's pixels."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_small_gaps_in_the_outline_are_bridged() -> None:
    picture = opened(drawing_of("polo"))
    for x, y in ((480, 872), (312, 600), (200, 280)):
        picture[y : y + 14, x : x + 14] = picture[5, 5]

    assert iou(shape_of(traced("polo", jpeg(picture))), shape_of(traced("polo"))) > 0.98


@pytest.mark.parametrize("side", [300, 2400])
def test_small_and_large_pictures_are_traced_alike(side: int) -> None:
    sized = cv2.resize(opened(drawing_of("polo")), (side, side), interpolation=cv2.INTER_AREA)

    flat = traced("polo", jpeg(sized))
    assert iou(shape_of(flat), shape_of(traced("polo"))) > 0.97
    assert 5 <= len(strokes(flat, "seam")) <= 20


def test_a_light_tint_on_the_product_is_no_line() -> None:
    picture = opened(drawing_of("polo"))
    picture[400:800, 330:690] = (picture[400:800, 330:690] * 0.88).astype(np.uint8)

    flat = traced("polo", jpeg(picture))
    assert abs(len(strokes(flat, "seam")) - len(strokes(traced("polo"), "seam"))) <= 1


def test_what_the_photo_shows_through_is_outlined() -> None:
    view = view_of("mug-black")
    flat = Studio().draw_flat(
        view=view, view_type="front", front=view, brief=Brief(category="other"), ask=Ask("x")
    )
    picture = jpeg(drawings.picture_of(flat.data["drawing"]))
    brief = Brief(category="other", subcategory="mug")

    found = flat_of(picture, view=view, view_type="front", front=view, brief=brief)
    assert len(strokes(found, "outline")) == 2


THOROUGH = (
    "hoodie-pink-flatlay", "trousers-plaid-flatlay", "slipon-blue-side", "mug-black",
    "jacket-hooded-grey-front", "shirt-tropical-front", "skirt-denim-flatlay", "loafers-beige",
)  # fmt: skip
PHOTOGRAPHED = [
    "polo-navy-front",
    *(pytest.param(name, marks=pytest.mark.thorough) for name in THOROUGH),
]


@pytest.mark.parametrize("name", PHOTOGRAPHED)
def test_a_drawing_of_the_photo_keeps_its_outline_and_its_number_of_lines(name: str) -> None:
    view, brief = view_of(name), Brief(category=_category(name))
    drawn = (
        Studio()
        .draw_flat(view=view, view_type="front", front=view, brief=brief, ask=Ask("studio-1"))
        .data
    )
    picture = jpeg(drawings.picture_of(drawn["drawing"]))

    flat = flat_of(picture, view=view, view_type="front", front=view, brief=brief)

    assert iou(shape_of(flat), shape_of(drawn)) > 0.97
    lines = len(drawn["drawing"]["strokes"])
    assert 0.6 * lines <= len(flat["drawing"]["strokes"]) <= 1.6 * lines + 3


def _category(name: str) -> str:
    words = {"trousers": "trousers", "slipon": "footwear", "loafers": "footwear"}
    more = {"mug": "other", "skirt": "dresses-and-skirts"}
    return next((kind for word, kind in (words | more).items() if word in name), "tops")


def test_what_is_no_drawing_is_refused_with_what_to_do() -> None:
    white = np.full((700, 700, 3), 255, np.uint8)
    noise = np.random.default_rng(0).integers(0, 255, (400, 400, 3), np.uint8)
    dark = 255 - opened(drawing_of("polo"))

    assert "empty" in complaint(jpeg(white))
    assert "not a line drawing" in complaint(jpeg(noise))
    assert "plain white paper" in complaint(jpeg(dark))
    assert "cannot be opened" in complaint(b"{}")


@pytest.mark.parametrize("name", ["polo-navy-front", "chair-cutout", "skirt-denim-flatlay"])
def test_a_photo_is_no_drawing(name: str) -> None:
    assert "not a" in complaint(view_of(name).data)


def test_a_drawing_of_something_else_is_refused() -> None:
    view: View = polo()

    assert "does not match" in complaint(drawing_of("shoe"), view=view, front=view)
    assert "does not match" in complaint(drawing_of("trousers"), view_type="back", front=view)


def test_two_views_on_one_page_and_a_view_that_is_cut_off_are_refused() -> None:
    picture = opened(drawing_of("polo"))
    half = cv2.resize(picture, (512, 512), interpolation=cv2.INTER_AREA)

    assert "Several views" in complaint(jpeg(np.hstack([half, half])))
    assert "cut off" in complaint(jpeg(picture[250:]))
    assert "cut off" in complaint(jpeg(picture[:, 300:]))


def test_a_pair_of_shoes_is_one_view() -> None:
    half = cv2.resize(opened(drawing_of("shoe")), (512, 512), interpolation=cv2.INTER_AREA)

    flat = traced("shoe", jpeg(np.hstack([half, half[:, ::-1]])))
    assert len(strokes(flat, "outline")) == 2
