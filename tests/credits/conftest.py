"""Users with credit accounts, and the ledger's drift after every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model

from core.money import CREDIT
from credits import operations as ledger
from credits.audit import differences
from credits.models import Account, Hold

pytest.register_assert_rewrite("tests.credits.pair")  # so that it tells what differs

MakeHold = Callable[..., Hold]


@pytest.fixture
def user(db: None) -> Any:
    """A user on the day of sign-up: 18 credits."""
    return get_user_model().objects.create_user(f"{uuid4().hex}@example.com")


@pytest.fixture
def account(user: Any) -> Account:
    return user.credit_account


@pytest.fixture
def put_aside(user: Any) -> MakeHold:
    """Hold some credits of the user: ``put_aside(3)``."""

    def put(credits: float = 3, **more: Any) -> Hold:
        words: dict[str, Any] = {
            "key": uuid4().hex,
            "operation": "close-ups/generate",
            "reason": "Close-ups",
            "ttl": timedelta(minutes=20),
        }
        return ledger.hold(user_id=user.pk, amount=int(credits * CREDIT), **(words | more))

    return put


@pytest.fixture(autouse=True)
def _nothing_drifts(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did, the balances are the sums of their entries."""
    needed = {"db", "transactional_db"} & set(request.fixturenames)
    for name in needed:
        request.getfixturevalue(name)  # so that this one is torn down before it
    yield
    if needed and "tampering" not in request.fixturenames:
        assert differences() == []


@pytest.fixture
def tampering() -> None:
    """The test breaks the ledger on purpose."""
