"""From the pack to the description that page and paper are drawn from."""

from __future__ import annotations

from typing import Any

import pytest

from core.units import format_length
from techpack.measuring import known_um
from techpack.models import Product, Revision
from techpack.pack import merge
from techpack.pack.build import build
from techpack.readiness import readiness_of


@pytest.mark.django_db
@pytest.mark.parametrize(("unit", "step"), [("cm", "1.5"), ("mm", "15"), ("in", "9/16")])
def test_a_grade_step_is_in_the_unit_of_the_sheet(
    django_user_model: Any, unit: str, step: str
) -> None:
    user = django_user_model.objects.create_user("grader@example.com")
    product = Product.objects.create(user=user, name="Polo", category="tops")
    pack = merge.load(product)
    rows = build(pack, readiness_of(pack), drawn_by="", unit=unit).measures.rows
    assert next(row.grade.text for row in rows if row.code == "A04") == step


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "end", "px", "shown"),
    [(720_000, 502.1, 502.0, "72.0 cm"), (580_000, 300.0, 320.4, "58.0 cm"),
     (83_500, 410.0, 410.4, "8.35 cm")],
)  # fmt: skip
def test_the_known_length_stands_as_it_was_typed(
    django_user_model: Any, typed: int, end: float, px: float, shown: str
) -> None:
    """The scale keeps a straight line; a measure may bend, and its pixels are rounded."""
    user = django_user_model.objects.create_user("tailor@example.com")
    product = Product.objects.create(user=user, name="Polo", category="tops")
    view = Revision(
        product=product, geometry={"measures": [{"code": "A01", "px": px}]},
        scale={"from": [0, 0], "to": [end, 0], "length_um": round(typed * end / px), "code": "A01"},
    )  # fmt: skip
    assert format_length(known_um(view), "cm") == shown
