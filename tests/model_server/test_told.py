"""The studio behind the model server loses nothing of what it says."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from generation.model_server.telling import no_product, no_value, told
from generation.model_server.work import done
from generation.prompts import field_told, prompt_of, views_told
from generation.providers.answers import Context, answer_data
from generation.providers.answers.schema import ANSWERS
from generation.providers.protocols import Ask, Brief, FieldAsked, View
from generation.providers.studio.engine import Studio
from tests.techpack.conftest import photo

ASK = Ask("studio-1")
POLO = Brief("Pier Polo", "tops", "polo shirt")
WANTED = FieldAsked("dimensions.d_A01.value", "Chest width ½", "length", 52.0, "54 cm", "cm")


@cache
def view(name: str = "polo-navy-front", view_type: str = "front") -> View:
    data = photo(f"{name}.jpg", side=400)
    return View(view_type, view_type, data, *_size(data))


def _size(data: bytes) -> tuple[int, int]:
    from generation.model_server.facts import readable

    return readable(data, "image")[1:]


def studios(operation: str) -> dict[str, Any]:
    studio, views = Studio(), [view()]
    if operation == "category/detect":
        return studio.detect_category(views=views, brief=POLO, ask=ASK).data
    if operation == "base-views/analyze":
        return studio.analyze_view(view=views[0], brief=POLO, ask=ASK).data
    if operation == "close-ups/plan":
        return studio.plan_close_ups(views=views, brief=POLO, ask=ASK).data
    if operation == "edit":
        return studio.edit_field(wanted=WANTED, view=None, brief=POLO, ask=ASK).data
    shot = studios("close-ups/plan")["shots"][0]
    return studio.describe_close_up(view=views[0], shot=shot, ask=ASK).data


@pytest.mark.parametrize("operation", sorted(ANSWERS))
def test_what_the_studio_says_comes_back_whole(operation: str) -> None:
    data = studios(operation)
    text = json.dumps(told(operation, data, [view()]))
    context = Context(views=[view()], wanted=WANTED)
    found = answer_data(operation, text, context=context)
    for row, known in zip(found.get("colors", []), data.get("colors", []), strict=True):
        # Lab is computed again, from the hexadecimal figure.
        assert row.pop("lab", 0) == pytest.approx(known.pop("lab", 0), abs=0.6)
    assert found == data


@pytest.mark.parametrize("operation", ["category/detect", "base-views/analyze", "close-ups/plan"])
def test_an_answer_without_a_product_has_the_form_of_one_with(operation: str) -> None:
    model = ANSWERS[operation][1]
    said = model.model_validate_json(json.dumps(no_product(operation)))
    assert said.hasProduct is False  # type: ignore[attr-defined]
    assert set(no_product(operation)) == set(model.model_fields)


def test_an_answer_without_a_value_has_the_form_of_one_with() -> None:
    for value in (None, 52.0, "navy"):
        said = ANSWERS["edit"][1].model_validate_json(json.dumps(no_value(value, "no")))
        assert said.isAnswered is False  # type: ignore[attr-defined]


@pytest.mark.parametrize("operation", ["category/detect", "base-views/analyze", "close-ups/plan"])
def test_a_seat_answers_as_the_studio_does(operation: str) -> None:
    facts = {"views": views_told([view()])}
    prompt = prompt_of(operation, view_type="front", facts=facts, brief=POLO)
    task = {
        "kind": "see",
        "operation": operation,
        "texts": [prompt.instructions, prompt.data_text],
        "pictures": [view().data],
    }
    found = answer_data(operation, done(task)["text"], context=Context(views=[view()]))
    expected = studios(operation)
    assert _names(found) == _names(expected)
    assert set(found) == set(expected)


def _names(data: dict[str, Any]) -> list[Any]:
    rows = [*data.get("colors", []), *data.get("construction", []), *data.get("shots", [])]
    return [row.get("id") or row["name"] for row in rows] + [data.get("category")]


def test_a_sentence_without_a_value_is_said_to_have_none() -> None:
    wanted = FieldAsked("d", "Chest width ½", "length", 52.0, "write a poem", "cm")
    prompt = prompt_of("edit", facts={"field": field_told(wanted)})
    task = {"kind": "see", "operation": "edit", "texts": [prompt.data_text], "pictures": []}
    said = json.loads(done(task)["text"])
    assert (said["isAnswered"], said["value"], said["confidence"]) == (False, 52.0, 0.0)


def test_an_outline_that_a_person_corrected_is_what_is_looked_at() -> None:
    """The left half of the picture is said to be the product."""
    known = view()
    half = [[0, 0], [known.width / 2, 0], [known.width / 2, known.height], [0, known.height]]
    outline = {"rings": [half], "score": 1.0, "wornByPerson": False, "corrected": True}
    shown = View("1", "front", known.data, known.width, known.height, outline=outline)
    facts = {"views": views_told([shown])}
    prompt = prompt_of("close-ups/plan", facts=facts, brief=POLO)
    task = {
        "kind": "see",
        "operation": "close-ups/plan",
        "texts": [prompt.data_text],
        "pictures": [known.data],
    }
    shots = json.loads(done(task)["text"])["shots"]
    assert shots
    assert all(shot["box"]["left"] + shot["box"]["width"] / 2 < 0.56 for shot in shots)
