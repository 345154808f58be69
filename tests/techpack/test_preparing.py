"""What happens to a new photo by itself, though bells are lost and workers die."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import pytest

from core.ids import uuid7
from generation.models import Job
from techpack import operations
from techpack.models import Product, Revision
from techpack.work import preparing
from tests.techpack.conftest import photo


@pytest.fixture
def bare(user: Any, monkeypatch: pytest.MonkeyPatch) -> Revision:
    """A photo of a product without a category, whose bell was lost."""
    product = operations.create_product(user=user, name="")
    with monkeypatch.context() as silence:
        silence.setattr("techpack.outlines.prepare_later", lambda revision: None)
        return operations.add_revision(
            user=user,
            product_id=product.pk,
            file=photo(),
            filename="polo-navy-front.jpg",
            view_type="front",
        )


def aged(revision: Revision, seconds: float) -> Revision:
    """The same photo, taken so many seconds ago: its id tells its age."""
    random_part = uuid7().int & ((1 << 80) - 1)
    millis = int((time.time() - seconds) * 1000)
    older = UUID(int=millis << 80 | random_part)
    Revision.objects.filter(pk=revision.pk).update(id=older)
    return Revision.objects.get(pk=older)


def test_a_forgotten_photo_gets_its_outline_and_its_product_a_category(bare: Revision) -> None:
    old = aged(bare, 30)
    assert preparing.prepare_forgotten() == 1
    old.refresh_from_db()
    assert old.outline is not None
    assert Product.objects.get(pk=old.product_id).category == "tops"
    assert preparing.prepare_forgotten() == 0


def test_a_photo_whose_category_was_not_asked_for_yet_is_looked_at_again(bare: Revision) -> None:
    old = aged(bare, 30)
    preparing.outlines.ensure_outline(old)
    assert preparing.prepare_forgotten() == 1
    assert Job.objects.get(product_id=old.product_id).status == Job.Status.SUCCEEDED


@pytest.mark.parametrize("seconds", [1, 16 * 60])
def test_a_photo_of_this_moment_or_of_long_ago_is_left_alone(bare: Revision, seconds: int) -> None:
    aged(bare, seconds)
    assert preparing.prepare_forgotten() == 0


def test_a_photo_that_was_taken_away_is_left_alone(bare: Revision, user: Any) -> None:
    old = aged(bare, 30)
    operations.delete_revision(user=user, revision_id=old.pk)
    assert preparing.prepare_forgotten() == 0
