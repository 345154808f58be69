"""What a person says about a pack: typed values, and the one length that is known."""

from __future__ import annotations

from typing import Any

import pytest

from techpack.models import Analysis
from tests.techpack.conftest import Api, MakeProduct
from tests.techpack.steps import analyze, free, ids_of


def test_a_typed_value_survives_a_later_run(api: Api, make_product: MakeProduct) -> None:
    product = make_product()
    analyze(api, product)
    pack = f"/api/products/{product.pk}/tech-pack"

    typed = api.send(
        "PATCH",
        pack,
        {"pointsOfMeasure.A01.value": "51.5", "colors.0.value": "Harbour navy"},
    )
    assert typed.status_code == 200, typed.content
    Analysis.objects.update(cache_key="forgotten")
    analyze(api, product)

    rows = {row["id"]: row for row in api.send("GET", pack).json()["pointsOfMeasure"]}
    assert rows["A01"]["value"]["value"] == 51.5
    assert rows["A01"]["value"]["provenance"] == "user"
    colour = api.send("GET", pack).json()["colors"][0]["value"]
    assert (colour["value"], colour["provenance"]) == ("Harbour navy", "user")


@pytest.mark.parametrize("mode", ["new", "replace"])
def test_what_was_typed_for_a_view_survives_the_change_of_its_photo(
    api: Api, make_product: MakeProduct, mode: str
) -> None:
    product = make_product()
    analyze(api, product)
    pack, view = f"/api/products/{product.pk}/tech-pack", ids_of(product)[0]
    values = {"revisionId": view, "materials.m_surface.value": "Ribbed jersey"}
    assert api.send("PATCH", pack, values).status_code == 200

    body = {"revisionId": view, "regeneratePrompt": "make it red", "mode": mode}
    changed = api.send("POST", "/api/tech-pack-v2/regenerate", body).json()
    assert (changed["revision"]["id"] == view) == (mode == "replace")
    surfaces = [
        row for row in api.send("GET", pack).json()["materials"] if row["id"] == "m_surface"
    ]
    assert [row["value"]["value"] for row in surfaces] == ["Ribbed jersey"]
    assert surfaces[0]["value"]["provenance"] == "user"


def test_a_typed_value_can_be_taken_back(api: Api, make_product: MakeProduct) -> None:
    product = make_product()
    analyze(api, product)
    pack = f"/api/products/{product.pk}/tech-pack"
    api.send("PATCH", pack, {"pointsOfMeasure.A01.value": 50})
    api.send("PATCH", pack, {"pointsOfMeasure.A01.value": None})
    rows = {row["id"]: row for row in api.send("GET", pack).json()["pointsOfMeasure"]}
    assert rows["A01"]["value"]["provenance"] != "user"


@pytest.mark.parametrize(
    ("unit", "typed"), [("cm", 71.25), ("mm", 12.5), ("mm", 715.25), ("in", 27.0625)]
)
def test_a_typed_length_is_answered_as_it_was_typed(
    api: Api, make_product: MakeProduct, unit: str, typed: float
) -> None:
    product = make_product()
    assert api.send("PATCH", f"/api/products/{product.pk}", {"unit": unit}).status_code == 200
    pack = f"/api/products/{product.pk}/tech-pack"
    assert api.send("PATCH", pack, {"pointsOfMeasure.A01.value": typed}).status_code == 200
    rows = {row["id"]: row for row in api.send("GET", pack).json()["pointsOfMeasure"]}
    assert (rows["A01"]["value"]["value"], rows["A01"]["value"]["unit"]) == (typed, unit)


@pytest.mark.parametrize(
    "values",
    [
        {"materials": 1},
        {"nonsense.a.b": "x"},
        {"pointsOfMeasure.A01.how": "x"},
        {"pointsOfMeasure.A99.value": 1},
        {"pointsOfMeasure.A01.value": "long"},
        {"pointsOfMeasure.A01.value": [1]},
        {"bom.0.material": "x" * 501},
        {"materials.99.value": "x"},
        {f"materials.{'9' * 5000}.value": "x"},
        {"cover.category": "tops"},
        {},
    ],
)
def test_a_wrong_path_changes_nothing(
    api: Api, make_product: MakeProduct, values: dict[str, Any]
) -> None:
    product = make_product()
    good = {"bom.0.composition": "100 % cotton"}
    answer = api.send(
        "PATCH", f"/api/products/{product.pk}/tech-pack", {**good, **values} if values else {}
    )
    assert answer.status_code == 400
    assert product.typed_values.count() == 0


def test_a_known_length_turns_estimates_into_measures(api: Api, make_product: MakeProduct) -> None:
    product = make_product()
    before = analyze(api, product).json()["analyses"][0]["analysisData"]["dimensions"]
    assert {d["status"] for d in before} == {"estimated"}
    front = ids_of(product)[0]
    line = next(d for d in before if d["code"] == "A04")
    api.send(
        "PUT",
        f"/api/revisions/{front}/scale",
        {"from": line["from"], "to": line["to"], "length": {"value": 720, "unit": "mm"}},
    )

    rows = api.send("GET", f"/api/products/{product.pk}/tech-pack").json()["pointsOfMeasure"]
    length = next(row for row in rows if row["id"] == "A04")
    assert length["status"] == "measured"
    assert length["value"]["value"] == pytest.approx(72, abs=0.2)
    assert free(api) == 15


@pytest.mark.parametrize(
    "scale",
    [
        {"from": [0, 0], "to": [1, 1], "length": {"value": 70, "unit": "cm"}},
        {"from": [0, 0], "to": [9999, 1], "length": {"value": 70, "unit": "cm"}},
        {"from": [0, 0], "to": [100, 100], "length": {"value": -1, "unit": "cm"}},
        {"from": [0, 0], "to": [100, 100], "length": {"value": 70, "unit": "furlong"}},
        {"from": [0], "to": [100, 100], "length": {"value": 70, "unit": "cm"}},
        {"to": [100, 100], "length": {"value": 70, "unit": "cm"}},
    ],
)
def test_a_wrong_scale_is_refused(api: Api, make_product: MakeProduct, scale: Any) -> None:
    product = make_product()
    answer = api.send("PUT", f"/api/revisions/{ids_of(product)[0]}/scale", scale)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_FIELD")
