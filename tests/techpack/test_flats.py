"""The composed flat: well-formed, layered, nothing on top of anything, readable anywhere."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from techpack import flats
from techpack.flats import balloons, dims
from techpack.flats.geometry import Ground, Rect, crosses, distance, polylines

SVG = "{http://www.w3.org/2000/svg}"
BODY = "M200.0 100.0L600.0 100.0C620.0 300.0 620.0 600.0 600.0 900.0L200.0 900.0Z"
DRAWING = flats.Flat(
    width=800,
    height=1000,
    strokes=(
        flats.Line(BODY, "outline"),
        flats.Line("M210.0 860.0L590.0 860.0", "stitch", "hem stitch"),
        flats.Line("M260.0 100.0L260.0 300.0", "seam", "armhole seam"),
        flats.Line("M220.0 200.0L580.0 200.0", "assumed", "yoke"),
        flats.Line("M300.0 300.0L500.0 300.0L500.0 400.0L300.0 400.0Z", "artwork", "artwork"),
        flats.Line("M220.0 870.0L220.0 890.0M230.0 870.0L230.0 890.0", "seam", "hem rib"),
    ),
    texts=((400.0, 350.0, "ARTWORK"),),
    note="a <note>",
)
ANCHORS = [(400, 110), (250, 200), (590, 300), (210, 600), (400, 880), (560, 870), (400, 500)]


def callouts(anchors: Any = ANCHORS) -> list[flats.Callout]:
    return [
        flats.Callout(f"c{i}", i, f"Part {i} & <more>", (float(x), float(y)), row_id=f"r{i}")
        for i, (x, y) in enumerate(anchors, start=1)
    ]


def measure(code: str, start: Any, end: Any, **facts: Any) -> flats.Measurement:
    return flats.Measurement(f"m-{code}", code, f"name of {code}", start, end, **facts)


MEASURES = [
    measure("A01", (210.0, 400.0), (610.0, 400.0), value=52.0, uncertainty=0.5, status="measured"),
    measure("A04", (300.0, 100.0), (300.0, 900.0), status="estimated"),
    measure("A03", (200.0, 898.0), (600.0, 898.0), status="measured", is_sure=False),
    measure("A18", (320.0, 102.0), (480.0, 102.0)),
    measure("A02", (212.0, 640.0), (612.0, 640.0), status="assumed"),
]


def composed(**changes: Any) -> ET.Element:
    told: dict[str, Any] = {
        "callouts": callouts(),
        "measurements": MEASURES,
        "title": 'Hoodie "A" & <b>',
    } | changes
    return ET.XML(flats.compose(DRAWING, **told))


def box_of(root: ET.Element) -> Rect:
    x, y, w, h = map(float, root.get("viewBox", "").split())
    return Rect(x, y, x + w, y + h)


def placed() -> tuple[list[dims.Dim], list[balloons.Balloon]]:
    rings = polylines(BODY)
    product = Rect.around(rings[0])
    ground = Ground(rings, product.grown(150), cell=12.0)
    lines = dims.lay_out(MEASURES, product, ground)
    return lines, balloons.place(callouts(), lines, ground)


def test_the_layers_are_there_by_name_and_in_order() -> None:
    names = [group.get("id") for group in composed() if group.tag == f"{SVG}g"]
    assert names == ["outline", "seams", "stitch", "assumed", "artwork", "measurements", "callouts"]


def test_each_stroke_is_in_the_layer_of_its_kind() -> None:
    layers = {g.get("id"): g for g in composed() if g.tag == f"{SVG}g"}
    parts = {
        name: [p.get("data-part") for p in layers[name].findall(f"{SVG}path")]
        for name in ("outline", "seams", "stitch", "assumed", "artwork")
    }
    assert parts == {
        "outline": [None],
        "seams": ["armhole seam", "hem rib"],
        "stitch": ["hem stitch"],
        "assumed": ["yoke"],
        "artwork": ["artwork"],
    }


def test_line_types_differ_without_colour() -> None:
    layers = {g.get("id"): g for g in composed() if g.tag == f"{SVG}g"}
    looks = {
        name: (path.get("stroke-width"), path.get("stroke-dasharray"))
        for name in ("outline", "seams", "stitch", "assumed", "artwork")
        if (path := layers[name].find(f"{SVG}path")) is not None
    }
    assert len(set(looks.values())) == 5
    assert looks["outline"] == ("2.4", None)
    assert looks["seams"] == ("1.1", None)
    assert looks["stitch"][0] == "0.8"
    assert looks["stitch"][1]


def test_every_callout_has_its_number_anchor_and_balloon_in_the_view_box() -> None:
    root = composed()
    box = box_of(root)
    drawn = [e for e in root.iter() if e.get("class") == "callout"]
    assert [int(e.get("data-callout", 0)) for e in drawn] == list(range(1, 8))
    for e, (x, y) in zip(drawn, ANCHORS, strict=True):
        dot = next(c for c in e.iter() if c.get("class") == "dot")
        assert (float(dot.get("cx", 0)), float(dot.get("cy", 0))) == (x, y)
        group, label = e.find(f"{SVG}g"), e.find(f"{SVG}g/{SVG}text")
        assert group is not None
        assert label is not None
        at = [float(n) for n in re.findall(r"-?[\d.]+", group.get("transform", ""))][:2]
        assert box.left + balloons.RADIUS <= at[0] <= box.right - balloons.RADIUS
        assert box.top + balloons.RADIUS <= at[1] <= box.bottom - balloons.RADIUS
        assert label.text == e.get("data-callout")


def dots_of(root: ET.Element) -> list[tuple[float, float]]:
    """Where callouts point, by their order."""
    dots = [e for e in root.iter() if e.get("class") == "dot"]
    return [(float(dot.get("cx", 0)), float(dot.get("cy", 0))) for dot in dots]


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ((400, 100), "the outline's upper edge"),
        ((260, 200), "the seam"),
        ((400, 600), "nothing: beside one another"),
        ((600, 100), "the outline's corner"),
        ((400, 1000), "nothing, off the product"),
    ],
)
def test_callouts_of_one_place_point_side_by_side(place: tuple[int, int], line: str) -> None:
    first, *others = dots_of(composed(callouts=callouts([place] * 4)))
    assert first == place
    for one, two in itertools.combinations([first, *others], 2):
        assert distance(one, two) > 20
    for x, y in others:
        assert distance((x, y), first) < 120
        if line == "the seam":
            assert x == 260
        if line == "the outline's upper edge":
            assert y == 100


def test_places_that_differ_stay_where_they_are() -> None:
    near = [(400, 110), (416, 110), (400, 126)]
    assert dots_of(composed(callouts=callouts(near))) == near


def test_balloons_keep_apart_and_off_the_product() -> None:
    lines, numbered = placed()
    ground = Ground(polylines(BODY), Rect(0, 0, 900, 1100), cell=12.0)
    for one, two in itertools.combinations(numbered, 2):
        assert distance(one.at, two.at) > 2 * balloons.RADIUS
    for balloon in numbered:
        assert ground.is_clear(balloon.at, balloons.RADIUS - 6)
        assert not any(
            Rect(*balloon.at, *balloon.at).grown(balloons.RADIUS).overlap(line.label)
            for line in lines
        )


def test_leaders_do_not_cross() -> None:
    _, numbered = placed()
    for one, two in itertools.combinations(numbered, 2):
        assert not crosses(one.callout.anchor, one.at, two.callout.anchor, two.at)


def test_labels_of_measures_do_not_overlap() -> None:
    lines, _ = placed()
    assert [line.measurement.code for line in lines] == [m.code for m in MEASURES]
    for one, two in itertools.combinations(lines, 2):
        assert one.label.overlap(two.label) == 0


def test_overall_lengths_stand_outside_with_extension_lines() -> None:
    lines, _ = placed()
    by_code = {line.measurement.code: line for line in lines}
    assert by_code["A04"].start[0] < 200
    assert by_code["A03"].start[1] > 900
    assert by_code["A18"].start[1] < 100
    assert by_code["A01"].start == (210.0, 400.0)
    assert all(len(by_code[code].extensions) == 2 for code in ("A04", "A03", "A18"))
    assert by_code["A01"].extensions == ()


def test_what_is_not_sure_is_dashed() -> None:
    states = {
        g.get("data-code"): (g.get("data-state"), line.get("stroke-dasharray") is not None)
        for g in composed().iter()
        if g.get("class") == "dim"
        for line in g.findall(f"{SVG}path")
        if line.get("class") == "line"
    }
    assert states == {
        "A01": ("sure", False), "A04": ("sure", False), "A03": ("unsure", True),
        "A18": ("unsure", True), "A02": ("unsure", True),
    }  # fmt: skip


def test_a_measure_says_its_figure_and_what_it_rests_on() -> None:
    titles = [t.text for t in composed().iter(f"{SVG}title")]
    assert "A01 name of A01: 52 ±0.5 cm, measured" in titles
    assert "A18 name of A18: unknown" in titles


def test_all_text_is_escaped() -> None:
    root = composed()
    assert root.get("aria-label") == 'Hoodie "A" & <b>'
    assert 'Hoodie "A" & <b> – a <note>' in [t.text for t in root.iter(f"{SVG}text")]
    assert next(e for e in root.iter() if e.get("class") == "callout").get("aria-label") == (
        "Callout 1, Part 1 & <more>"
    )


@pytest.mark.parametrize("on_page", [True, False])
def test_nothing_in_it_needs_leave_of_a_strict_policy(on_page: bool) -> None:
    text = flats.compose(
        DRAWING, callouts=callouts(), measurements=MEASURES, title="x", on_page=on_page
    )
    assert not re.search(
        r"<style|<script|style=|javascript:|url\(|@import|http(?!://www\.w3)", text
    )
    assert "var(" not in text
    assert "NaN" not in text
    assert "inf" not in text


def test_on_a_page_it_takes_the_pages_ink_and_links_to_rows() -> None:
    root = composed(on_page=True)
    assert root.get("stroke") == "currentColor"
    assert "#" not in re.sub(r'(href|fill)="#[^"]*"', "", ET.tostring(root, encoding="unicode"))
    links = list(root.iter(f"{SVG}a"))
    assert [a.get("href") for a in links] == [f"#c-r{i}" for i in range(1, 8)]
    assert not [e for e in root.iter() if e.get("id")]


def test_the_same_input_gives_the_same_file() -> None:
    again = [flats.compose(DRAWING, callouts=callouts(), measurements=MEASURES) for _ in range(2)]
    assert again[0] == again[1]


def test_a_printed_document_can_hold_it() -> None:
    svg = flats.compose(DRAWING, callouts=callouts(), measurements=MEASURES, title="Hoodie")
    page = b'#set page(width: auto, height: auto)\n#image(bytes(sys.inputs.svg), format: "svg")'
    assert typst.compile(page, format="png", sys_inputs={"svg": svg}).startswith(b"\x89PNG")


def test_an_empty_drawing_is_still_a_drawing() -> None:
    root = ET.XML(flats.compose(flats.Flat(1000, 1000, ()), callouts=[], measurements=[], title=""))
    assert box_of(root).right >= 1000


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-200, 1000), st.integers(-200, 1200)), max_size=12),
    st.lists(st.tuples(*[st.integers(-100, 1100)] * 4), max_size=6),
)
def test_whatever_the_places_the_file_is_sound(anchors: Any, ends: Any) -> None:
    measures = [
        measure(f"X{i:02}", (float(a), float(b)), (float(c), float(d)))
        for i, (a, b, c, d) in enumerate(ends)
    ]
    root = ET.XML(flats.compose(DRAWING, callouts=callouts(anchors), measurements=measures))
    box = box_of(root)
    for e in root.iter(f"{SVG}path"):
        numbers = [float(n) for n in re.findall(r"-?\d+\.\d+", e.get("d", ""))]
        assert all(map(math.isfinite, numbers))
    assert sum(e.get("class") == "callout" for e in root.iter()) == len(anchors)
    for x, y in anchors:
        assert box.left <= x <= box.right
        assert box.top <= y <= box.bottom


def test_places_that_are_not_finite_are_left_out() -> None:
    bad = flats.Callout("c", 1, "x", (float("nan"), 3.0))
    line = measure("A01", (float("inf"), 0.0), (1.0, 1.0))
    text = flats.compose(DRAWING, callouts=[bad], measurements=[line])
    assert 'class="callout"' not in text
    assert 'class="dim"' not in text


def test_callouts_and_measures_read_and_write_the_documented_shapes() -> None:
    shape = {"id": "c1", "number": 7, "label": "Cuff", "anchor": [1.5, 2.0], "text": "2x2 rib",
             "rowId": "r1", "provenance": "ai", "confidence": 0.8}  # fmt: skip
    assert flats.Callout.from_json(shape).to_json() == shape
    row = {"id": "m1", "code": "A01", "name": "chest", "from": [1.0, 2.0], "to": [3.0, 2.0],
           "value": 52.0, "unit": "cm", "uncertainty": 0.4, "provenance": "measured",
           "status": "measured", "isSure": True}  # fmt: skip
    assert flats.Measurement.from_json(row).to_json() == row
    bare = {"id": "m", "code": "A02", "from": [0, 0], "to": [1, 1]}
    assert "value" not in flats.Measurement.from_json(bare).to_json()


def test_a_stored_drawing_is_read_back() -> None:
    stored = {
        "width": 800, "height": 1000, "note": "n", "toView": [[1, 0, 0], [0, 1, 0]],
        "strokes": [{"d": BODY, "kind": "outline", "label": ""}], "texts": [[1, 2, "ARTWORK"]],
    }  # fmt: skip
    flat = flats.drawing_from_json(stored)
    assert flat.strokes == (flats.Line(BODY, "outline", ""),)
    assert flat.texts == ((1.0, 2.0, "ARTWORK"),)
