"""Edits, typed values and undo in every order, against an oracle that keeps a stack."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.errors import Conflict
from core.money import CREDIT
from credits import operations as ledger
from generation.models import Job
from generation.providers.protocols import Answer
from generation.providers.studio.engine import Studio
from techpack import operations
from techpack.models import Product
from techpack.pack import merge

FIELDS = ("bom.shell.material", "pointsOfMeasure.A04.value", "cover.season")
VALUES = {
    "bom.shell.material": ("Jersey", "Piqué", "Fleece"),
    "pointsOfMeasure.A04.value": (61.5, 70, 72.5),
    "cover.season": ("Spring", "Autumn", "Winter"),
}

Step = tuple[str, int]
Steps = st.one_of(
    st.tuples(st.just("type"), st.integers(0, 2)),
    st.tuples(st.just("take back"), st.just(0)),
    st.tuples(st.sampled_from(["edit", "dictate"]), st.integers(0, 2)),
    st.tuples(st.just("undo"), st.integers(0, 3)),
    st.tuples(st.just("undo"), st.integers(0, 3)),
)


@dataclass
class Oracle:
    """What each field shows: a value, how it came, and by what; edits know what was before."""

    shown: dict[str, tuple[Any, str, Any]]
    edits: list[tuple[UUID, str, tuple[Any, str, Any]]] = field(default_factory=list)
    undone: set[UUID] = field(default_factory=set)

    def put(self, path: str, value: Any, how: str, by: Any) -> None:
        self.shown[path] = (value, how, by)

    def edit(self, pk: UUID, path: str, value: Any, how: str) -> None:
        self.edits.append((pk, path, self.shown[path]))
        self.put(path, value, how, pk)

    def undo(self, pk: UUID, path: str, before: tuple[Any, str, Any]) -> bool:
        """Whether it may be undone."""
        if pk in self.undone:
            return True
        if self.shown[path][2] != pk:
            return False
        self.undone.add(pk)
        self.shown[path] = before
        return True


def shown(product: Product, path: str) -> tuple[Any, str]:
    """Value and provenance of a field as the pack has it; the product's own are a person's."""
    pack = merge.load(Product.objects.get(pk=product.pk))
    section, *entry, name = path.split(".")
    if section == "cover":
        cells = pack.row("cover", "")
        value = getattr(pack.product, name)
        asked = cells.cell(name) if cells else None
        return value, str(asked.provenance) if asked and asked.value == value else "user"
    row = pack.row(section, entry[0])
    assert row is not None
    cell = row.cell(name)
    value = cell.value if cell.um is None else cell.um / 10_000
    return value, str(cell.provenance)


def run(product: Product, oracle: Oracle, path: str, step: Step) -> None:
    what, number = step
    user = product.user
    if what == "undo":
        if not oracle.edits:
            return
        pk, path, before = oracle.edits[number % len(oracle.edits)]
        if oracle.undo(pk, path, before):
            operations.undo_edit(user=user, edit_id=pk)
        else:
            with pytest.raises(Conflict):
                operations.undo_edit(user=user, edit_id=pk)
        return
    value = VALUES[path][number]
    if what == "take back":
        if not path.startswith("cover."):
            operations.type_values(user=user, product_id=product.pk, values={path: None})
            oracle.put(path, *BARE[path])
        return
    if what == "type":
        operations.type_values(user=user, product_id=product.pk, values={path: value})
        oracle.put(path, value, "user", object())
        return
    data = {"product_id": product.pk, "field_path": path, "edit_prompt": f"{what} {number}"}
    job = Job.objects.get(pk=operations.edit_field(user=user, data=data).pk)
    assert job.status == "succeeded", job.error
    assert job.result is not None
    oracle.edit(UUID(job.result["edit"]), path, value, "user" if what == "dictate" else "ai")


BARE: dict[str, tuple[Any, str, Any]] = {}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """``edit 1`` and ``dictate 1`` are answered with the field's second value."""

    def edit_field(self: Studio, *, wanted: Any, **rest: Any) -> Answer:
        what, number = wanted.words.split()
        value = VALUES[wanted.path][int(number)]
        return Answer({"value": value, "confidence": 0.7, "isLiteral": what == "dictate"})

    monkeypatch.setattr(Studio, "edit_field", edit_field)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(path=st.sampled_from(FIELDS), steps=st.lists(Steps, min_size=3, max_size=9))
@example(path=FIELDS[0], steps=[("edit", 0), ("type", 1), ("undo", 0)])
@example(path=FIELDS[2], steps=[("edit", 0), ("edit", 1), ("undo", 0), ("undo", 1), ("undo", 0)])
@example(path=FIELDS[1], steps=[("type", 0), ("dictate", 1), ("take back", 0), ("undo", 0)])
def test_every_order_ends_as_a_stack_of_changes_would(
    user: Any, answers: None, path: str, steps: list[Step]
) -> None:
    product = operations.create_product(user=user, name="Any")
    operations.change_product(
        user=user, product_id=product.pk, changes={"category": "tops", "subcategory": "polo shirt"}
    )
    ledger.adjust(user_id=user.pk, amount=20 * CREDIT, key=f"more {product.pk}", reason="test")
    for each in FIELDS:
        BARE[each] = (*shown(product, each), None)
    oracle = Oracle(dict(BARE))
    for step in steps:
        run(product, oracle, path, step)
        for each in FIELDS:
            assert shown(product, each) == oracle.shown[each][:2], (each, step)
