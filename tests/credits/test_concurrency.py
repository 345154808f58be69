"""Many at once on one account, on real PostgreSQL: nothing below zero, nothing twice, no drift."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from django.db import connection

from core.errors import DomainError, InsufficientCredits
from core.money import CREDIT
from credits import operations as ledger
from credits.models import Account, Hold

T = TypeVar("T")
THREADS = 8


@pytest.fixture
def user(transactional_db: None, django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("crowd@example.com")


def at_once(work: Callable[[int], T]) -> list[T | DomainError]:
    """Run ``work`` in eight threads that start together; a refusal is its result."""
    barrier = Barrier(THREADS)

    def run(number: int) -> T | DomainError:
        try:
            barrier.wait(timeout=30)
            return work(number)
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(run, range(THREADS)))


def hold(user: Any, credits: int, *, key: str | None = None) -> Hold:
    return ledger.hold(
        user_id=user.pk,
        amount=credits * CREDIT,
        key=key or uuid4().hex,
        operation="edit",
        reason="",
        ttl=timedelta(hours=1),
    )


def test_nobody_overdraws(user: Any) -> None:
    found = at_once(lambda _: hold(user, 5))
    assert sum(isinstance(each, Hold) for each in found) == 3
    assert all(isinstance(each, Hold | InsufficientCredits) for each in found)
    account = Account.objects.get(user=user)
    assert (account.available, account.held) == (3 * CREDIT, 15 * CREDIT)


def test_one_key_holds_once(user: Any) -> None:
    found = at_once(lambda _: hold(user, 5, key="same"))
    assert len({each.pk for each in found if isinstance(each, Hold)}) == 1
    assert Account.objects.get(user=user).held == 5 * CREDIT


def test_a_hold_ends_once(user: Any) -> None:
    pk = hold(user, 5).pk

    def end(number: int) -> Hold:
        if number % 2:
            return ledger.capture(hold_id=pk, amount=CREDIT)
        return ledger.release(hold_id=pk, reason="failed")

    found = at_once(end)
    assert sum(isinstance(each, Hold) for each in found) == 1
    assert sum(isinstance(each, ledger.HoldClosed) for each in found) == THREADS - 1


def test_a_payment_is_granted_once(user: Any) -> None:
    at_once(
        lambda _: ledger.grant(
            user_id=user.pk, kind="topup", amount=50 * CREDIT, source_key="payment:1"
        )
    )
    assert Account.objects.get(user=user).available == 68 * CREDIT


def test_a_crowd_of_all_verbs_leaves_no_drift(user: Any) -> None:
    ledger.grant(user_id=user.pk, kind="topup", amount=40 * CREDIT, source_key="payment:1")

    def live(number: int) -> int:
        done = 0
        for turn in range(12):
            try:
                done += one_turn(user, number, turn)
            except InsufficientCredits:
                continue
        return done

    found = at_once(live)
    assert sum(each for each in found if isinstance(each, int)) > 0
    account = Account.objects.get(user=user)
    assert account.held == 0
    assert account.available >= 0


def one_turn(user: Any, number: int, turn: int) -> int:
    made: UUID = hold(user, 1 + (number + turn) % 4).pk
    match (number + turn) % 4:
        case 0:
            ledger.capture(hold_id=made)
        case 1:
            ledger.capture(hold_id=made, amount=CREDIT // 3)
        case 2:
            ledger.release(hold_id=made, reason="failed")
        case _:
            ledger.capture(hold_id=made)
            ledger.refund(hold_id=made, amount=CREDIT // 7, key=uuid4().hex, reason="")
    if (number, turn) == (0, 6):
        ledger.revoke(source_key="payment:1", reason="chargeback")
    return 1
