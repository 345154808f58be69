"""From the pack to the description that page and paper are drawn from."""

from __future__ import annotations

from typing import Any

import pytest

from techpack.models import Product
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
