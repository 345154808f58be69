"""A model's text becomes the product's own data, whatever stands in it."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.errors import Failure, ProviderError
from generation.providers.answers import Context, answer_data, schema_of
from generation.providers.answers.schema import ANSWERS
from generation.providers.protocols import Ask, Brief, View
from generation.providers.steps import SEEING
from generation.providers.studio.engine import Studio
from tests.fakes.step_answers import good_answer, no_product
from tests.providers.steps_asked import field
from tests.providers.views import polo

PERMANENT = re.compile(r"[a-z]_[a-z0-9-]+")
VIEW = View("r-1", "front", b"", 1000, 500)
CONTEXT = Context(views=[VIEW], wanted=field("54 cm"))
FACTS = {"field": {"words": "make it 54 cm", "kind": "length", "unit": "cm"}}


def read(operation: str, answer: Any, context: Context = CONTEXT) -> dict[str, Any]:
    """The data of an answer, given as data or as text."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return answer_data(operation, text, context=context)


def complaint(operation: str, answer: Any) -> str:
    """What a model is told about an answer that does not do."""
    with pytest.raises(ProviderError) as caught:
        read(operation, answer)
    assert caught.value.failure is Failure.MALFORMED_OUTPUT
    return str(caught.value)


def good(operation: str, **more: Any) -> dict[str, Any]:
    return {**good_answer(operation, FACTS, []), **more}


def test_each_question_has_a_schema_of_its_own() -> None:
    assert set(ANSWERS) == SEEING
    assert [schema_of(operation)[0] for operation in sorted(SEEING)] == [
        "analysis_v1",
        "category_v1",
        "close_up_v1",
        "close_up_plan_v1",
        "field_edit_v1",
    ]


def closed(node: Any) -> None:
    """Every object of a strict schema names all its fields, and allows no others."""
    if isinstance(node, list):
        for item in node:
            closed(item)
    elif isinstance(node, dict):
        assert "$ref" not in node
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])
        for part in node.values():
            closed(part)


@pytest.mark.parametrize("operation", sorted(SEEING))
def test_a_schema_is_strict_and_a_good_answer_fits_it(operation: str) -> None:
    schema = schema_of(operation)[1]
    jsonschema.Draft202012Validator.check_schema(schema)
    closed(schema)
    jsonschema.validate(good(operation), schema)
    assert read(operation, good(operation))


@pytest.mark.parametrize("operation", ["category/detect", "base-views/analyze", "close-ups/plan"])
def test_no_product_is_an_answer_of_its_own(operation: str) -> None:
    with pytest.raises(ProviderError) as caught:
        read(operation, no_product(operation))
    assert (caught.value.failure, caught.value.code) == (Failure.USER_INPUT, "NO_PRODUCT")


# --- The same ids as the studio's ------------------------------------------------------------


def as_told(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The studio's entries as a model would write them."""
    names = ("name", "value", "hex", "share", "confidence")
    return [{name: entry[name] for name in names if name in entry} for entry in entries]


def as_fractions(shot: dict[str, Any], view: View) -> dict[str, Any]:
    x, y, width, height = shot["box"]
    return {
        **{name: shot[name] for name in ("name", "kind", "reason")},
        "picture": 1,
        "box": {
            "left": x / view.width,
            "top": y / view.height,
            "width": width / view.width,
            "height": height / view.height,
        },
    }


def test_a_model_that_says_what_the_studio_says_gives_the_same_entries() -> None:
    brief, view = Brief("polo", "tops", "polo shirt"), polo()
    seen = Studio().analyze_view(view=view, brief=brief, ask=Ask("studio-1")).data
    sections = ("materials", "colors", "construction", "designElements")
    told = {
        "hasProduct": True,
        "dimensions": [],
        **{section: as_told(seen[section]) for section in sections},
        "other": [{"name": name, "value": value} for name, value in seen["other"].items()],
        "confidence": seen["confidence"],
    }
    data = read("base-views/analyze", told)
    for mine, theirs in zip(data["colors"], seen["colors"], strict=True):
        # Lab is computed from the hex, which is rounded to a byte.
        assert mine.pop("lab") == pytest.approx(theirs.pop("lab"), abs=0.5)
    assert data == seen


def test_a_plan_comes_back_in_the_pixels_that_it_was_told_in() -> None:
    view = polo()
    planned = Studio().plan_close_ups(views=[view], brief=Brief(), ask=Ask("studio-1")).data
    told = [as_fractions(shot, view) for shot in planned["shots"]]
    data = read("close-ups/plan", {"hasProduct": True, "shots": told}, Context(views=[view]))
    assert data == planned


def test_ids_are_of_names_and_never_twice() -> None:
    names = ["Side seam", "side  SEAM", "Side-seam!", "Höhe/Ärmel", "Surface design"]
    rows = [{"name": name, "value": "x", "confidence": 0.5} for name in [*names, names[-1]]]
    data = read("base-views/analyze", good("base-views/analyze", designElements=rows))
    assert [row["id"] for row in data["designElements"]] == [
        "e_side-seam",
        "e_side-seam-2",
        "e_side-seam-3",
        "e_hohe-armel",
        "e_artwork-1",
        "e_artwork-2",
    ]


def test_names_in_every_script_have_ids_of_their_own_whatever_the_order() -> None:
    def ids(*names: str) -> dict[str, str]:
        rows = [{"name": name, "value": "x", "confidence": 0.5} for name in names]
        data = read("base-views/analyze", good("base-views/analyze", materials=rows))
        return {row["name"]: row["id"] for row in data["materials"]}

    found = ids("袖", "襟 2", "Подкладка", "✂")
    assert found == ids("✂", "Подкладка", "襟 2", "袖")
    assert len(set(found.values())) == 4
    assert all(PERMANENT.fullmatch(one) for one in found.values())


def test_a_colours_id_is_of_its_value() -> None:
    colour = {"name": "", "value": "navy blue", "hex": "#1F2A44", "share": 0.8, "confidence": 0.9}
    data = read("base-views/analyze", good("base-views/analyze", colors=[colour] * 3))
    assert [row["id"] for row in data["colors"]] == [
        "c_navy-blue",
        "c_navy-blue-2",
        "c_navy-blue-3",
    ]
    assert [row["name"] for row in data["colors"]] == ["Main colour", "Colour 2", "Colour 3"]
    assert data["colors"][0]["hex"] == "#1f2a44"
    assert sum(row["share"] for row in data["colors"]) == pytest.approx(1.0, abs=0.01)


# --- Lengths ---------------------------------------------------------------------------------


def length(**more: Any) -> dict[str, Any]:
    told = {"code": "A01", "name": "Chest width", "value": 54.5, "unit": "cm"}
    return {**told, "confidence": 0.9, "reason": "a card of 85.6 mm beside it", **more}


def lengths(*told: dict[str, Any]) -> list[dict[str, Any]]:
    data = read("base-views/analyze", good("base-views/analyze", dimensions=list(told)))
    return list(data["dimensions"])


def test_a_models_length_is_an_estimate_whatever_it_claims() -> None:
    (row,) = lengths(length())
    assert row == {
        "id": "d_A01",
        "code": "A01",
        "name": "Chest width",
        "value": 54.5,
        "unit": "cm",
        "um": 545_000,
        "status": "estimated",
        "isSure": False,
        "confidence": 0.9,
        "provenance": "ai",
        "note": "a card of 85.6 mm beside it",
    }
    assert lengths(length(value=0.5, unit="in"))[0]["um"] == 12_700


@pytest.mark.parametrize("value", [0, -3, 1e9, 1e-9])
def test_no_product_is_that_long(value: float) -> None:
    told = good("base-views/analyze", dimensions=[length(value=value)])
    assert "dimensions.0.value" in complaint("base-views/analyze", told)


# --- Boxes -----------------------------------------------------------------------------------


def plan_with(**box: float) -> dict[str, Any]:
    sides = {"left": 0.1, "top": 0.1, "width": 0.2, "height": 0.2} | box
    shot = {"name": "Hem", "kind": "landmark", "reason": "", "picture": 1, "box": sides}
    return {"hasProduct": True, "shots": [shot]}


@pytest.mark.parametrize(
    ("box", "pixels"),
    [
        ({}, [100, 50, 200, 100]),
        ({"left": 0.9, "width": 0.3}, [900, 50, 100, 100]),
        ({"left": -0.1, "width": 0.3}, [0, 50, 200, 100]),
        ({"top": 0.0, "height": 1.4, "left": 0, "width": 1}, [0, 0, 1000, 500]),
    ],
)
def test_a_box_is_cut_to_the_picture(box: dict[str, float], pixels: list[int]) -> None:
    (shot,) = read("close-ups/plan", plan_with(**box))["shots"]
    assert shot["box"] == pixels
    assert (shot["sourceRevisionId"], shot["viewType"], shot["order"]) == ("r-1", "front", 0)


@pytest.mark.parametrize(
    "box",
    [
        {"left": 1.2},
        {"width": 0.0},
        {"width": -0.2},
        {"height": 0.001},
        {"left": 300, "width": 200},
        {"width": 1e308},
    ],
)
def test_a_box_that_shows_nothing_is_refused(box: dict[str, float]) -> None:
    assert complaint("close-ups/plan", plan_with(**box)).startswith("shots.0.box: ")


@pytest.mark.parametrize("number", [0, -1, 2])
def test_a_shot_of_a_picture_that_was_not_shown_is_refused(number: int) -> None:
    told = plan_with()
    told["shots"][0]["picture"] = number
    assert complaint("close-ups/plan", told) == "shots.0.picture: there are pictures 1 to 1"


def test_a_plan_has_at_most_ten_shots_and_none_twice() -> None:
    told = plan_with()
    assert len(read("close-ups/plan", {**told, "shots": told["shots"] * 3})["shots"]) == 1
    many = [plan_with(left=0.03 * place, width=0.1)["shots"][0] for place in range(30)]
    shots = read("close-ups/plan", {**told, "shots": many})["shots"]
    assert [shot["order"] for shot in shots] == list(range(10))
    nested = [*told["shots"], plan_with(width=0.1, height=0.1)["shots"][0]]
    assert len(read("close-ups/plan", {**told, "shots": nested})["shots"]) == 2
    assert "six to ten" in complaint("close-ups/plan", {**told, "shots": []})


# --- Words -----------------------------------------------------------------------------------


def test_words_of_a_model_are_bounded_and_show_everything_that_they_hold() -> None:
    nasty = "Rib\u0000bed\u202e knit\n\t\u2066 <b>x</b>\u200b \ufeff" + "e" * 5_000
    rows = [{"name": nasty, "value": nasty, "confidence": 1}]
    (row,) = read("base-views/analyze", good("base-views/analyze", materials=rows))["materials"]
    assert row["value"].startswith("Ribbed knit <b>x</b> eee")
    assert (len(row["name"]), len(row["value"]), len(row["id"]) <= 70) == (80, 300, True)


def test_joiners_that_a_script_needs_are_kept() -> None:
    rows = [{"name": "Text", "value": "नमस\u094d\u200dते", "confidence": 1}]
    (row,) = read("base-views/analyze", good("base-views/analyze", materials=rows))["materials"]
    assert "\u200d" in row["value"]


def test_an_entry_without_words_is_left_out_and_an_analysis_without_entries_refused() -> None:
    empty = {"name": " \u200b", "value": "x", "confidence": 0.5}
    told = good("base-views/analyze", materials=[empty])
    assert read("base-views/analyze", told)["materials"] == []
    bare = told | {"colors": [], "construction": [], "designElements": []}
    assert "no entry" in complaint("base-views/analyze", bare)


def test_a_fence_around_the_answer_is_no_fault() -> None:
    fenced = f"```json\n{json.dumps(good('category/detect'))}\n```\n"
    assert read("category/detect", fenced)["category"] == "tops"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"confidence": 1.2}, "confidence: "),
        ({"confidence": -0.1}, "confidence: "),
        ({"confidence": "0.5"}, "confidence: "),
        ({"confidence": True}, "confidence: "),
        ({"confidence": None}, "confidence: "),
        ({"category": "spaceships"}, "category: "),
        ({"hasProduct": "yes"}, "hasProduct: "),
        ({"alternatives": [{"category": "tops"}]}, "alternatives.0.subcategory: "),
    ],
)
def test_a_complaint_names_the_place_and_never_what_stood_there(
    change: dict[str, Any], says: str
) -> None:
    told = complaint("category/detect", good("category/detect") | change)
    assert says in told
    assert "spaceships" not in told
    assert len(told) < 600


@pytest.mark.parametrize(
    "text", ["NaN", '{"confidence": NaN}', '{"confidence": 1e999}', "[" * 9_999, '"\\ud800"', "\0"]
)
def test_json_of_another_kind_is_refused(text: str) -> None:
    assert complaint("category/detect", text)


def test_nan_and_infinity_are_no_numbers() -> None:
    text = json.dumps(good("category/detect") | {"confidence": float("nan")})
    assert "confidence" in complaint("category/detect", text)
    text = json.dumps(plan_with(width=float("inf")))
    assert "shots.0.box.width" in complaint("close-ups/plan", text)


def test_many_faults_are_told_in_part() -> None:
    rows = [{"name": "x"}] * 50
    told = complaint("base-views/analyze", good("base-views/analyze", materials=rows))
    assert told.endswith("more")
    assert len(told) < 600


def test_alternatives_do_not_repeat_the_choice() -> None:
    same = {"category": "tops", "subcategory": "polo shirt", "confidence": 0.2}
    other = {"category": "tops", "subcategory": "t-shirt", "confidence": 0.1}
    told = good("category/detect") | {"alternatives": [same, other, other]}
    assert read("category/detect", told)["alternatives"] == [other]


# --- Whatever comes --------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("operation", sorted(SEEING))
@given(data=st.data())
def test_whatever_a_model_writes_is_data_or_a_classified_failure(
    operation: str, data: st.DataObject
) -> None:
    told = good(operation)
    name = data.draw(st.sampled_from(sorted(told)))
    told[name] = data.draw(ANYTHING)
    failures, kept = set(), {}
    try:
        kept = read(operation, told)
    except ProviderError as error:
        failures.add(error.failure)
    assert failures <= {Failure.MALFORMED_OUTPUT, Failure.USER_INPUT}
    assert "\\u0000" not in json.dumps(kept, allow_nan=False)
