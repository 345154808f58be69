"""Balances corrected by hand: once per key, whichever way."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import IdempotencyKeyReused, InsufficientCredits, InvalidRequest
from core.money import CREDIT
from credits import operations as ledger
from credits import queries


def free(user: Any) -> float:
    return queries.balance(user).free / CREDIT


def correct(user: Any, credits: int, *, key: str) -> None:
    ledger.adjust(user_id=user.pk, amount=credits * CREDIT, key=key, reason="granted by mistake")


def test_a_correction_goes_up_or_down_once_per_key(user: Any) -> None:
    for _ in range(2):
        correct(user, 5, key="a")
        correct(user, -2, key="b")
    assert free(user) == 21


@pytest.mark.parametrize(("first", "other"), [(5, 4), (5, -5), (-5, -4), (-5, 5)])
def test_a_correction_with_other_content_is_refused(user: Any, first: int, other: int) -> None:
    correct(user, first, key="a")
    with pytest.raises(IdempotencyKeyReused):
        correct(user, other, key="a")
    assert free(user) == 18 + first


def test_two_users_may_be_corrected_with_the_same_key(user: Any, django_user_model: Any) -> None:
    other = django_user_model.objects.create_user("other@example.com")
    correct(user, 5, key="a")
    correct(other, 7, key="a")
    assert (free(user), free(other)) == (23, 25)


def test_a_correction_never_goes_below_nothing(user: Any) -> None:
    with pytest.raises(InsufficientCredits):
        correct(user, -19, key="a")


@pytest.mark.parametrize("key", ["new", "used"])
def test_a_correction_by_nothing_is_refused(user: Any, key: str) -> None:
    correct(user, 5, key="used")
    with pytest.raises(InvalidRequest):
        correct(user, 0, key=key)
    assert free(user) == 23
