"""What several views say alike is told apart, and only then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from techpack.models import CloseUp, Product, Revision
from techpack.pack import merge
from techpack.pack.rows import Merged, Row
from techpack.pack.telling_apart import share, shot_name

pytestmark = pytest.mark.django_db


@pytest.fixture
def polo(django_user_model: Any) -> Product:
    user = django_user_model.objects.create_user("views@example.com")
    return Product.objects.create(user=user, name="Polo", category="tops")


def _view(polo: Product, view_type: str) -> Revision:
    return Revision.objects.create(
        product=polo, view_type=view_type, version=1, image_key="p", thumbnail_key="t",
        image_hash="0", width=9, height=9,
    )  # fmt: skip


def _shot(view: Revision, name: str, order: int) -> CloseUp:
    return CloseUp.objects.create(
        product=view.product, revision=view, image_key="p", thumbnail_key="t", order=order,
        shot_metadata={"name": name},
    )  # fmt: skip


def _colour(pack: Merged, *seen: tuple[str, float]) -> Merged:
    rows = tuple(
        Row(f"c_{n}", "colors", "", {}, {"share": part, "viewType": view})
        for n, (view, part) in enumerate(seen)
    )
    return replace(pack, sections={**pack.sections, "colors": rows})


def test_a_close_up_says_its_view_where_another_view_has_its_name(polo: Product) -> None:
    front, back = _view(polo, "front"), _view(polo, "back")
    for order, (view, name) in enumerate(
        [(front, "Hem"), (front, "Placket"), (front, "Detail"), (front, "Detail"), (back, "Hem")]
    ):
        _shot(view, name, order)
    pack = merge.load(polo)
    names = [shot_name(shot, pack) for shot in pack.close_ups]
    assert names == ["Hem, front", "Placket", "Detail", "Detail", "Hem, back"]


def test_a_colours_share_is_of_its_view_where_several_saw_colours(polo: Product) -> None:
    one = _colour(merge.load(polo), ("front", 0.98), ("front", 0.02))
    assert [share(row, one) for row in one.rows("colors")] == ["98 %", "2 %"]
    two = _colour(merge.load(polo), ("front", 0.98), ("back", 0.16))
    assert [share(row, two) for row in two.rows("colors")] == [
        "98 % of the front",
        "16 % of the back",
    ]
