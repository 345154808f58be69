"""Two that meet on one account, in a known order: the second waits for the first's commit.

Where chance decides who comes first, see ``test_processes``; here the order is forced, so that a
lock that is missing shows every time.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from queue import Queue
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import ApiKey
from core.errors import DomainError, InsufficientCredits, InvalidRequest
from core.money import CREDIT
from credits import operations as ledger
from credits.models import Account, Hold
from tests.runtime.processes import wait_for

from .travel import days_pass, jobs_were_done

T = TypeVar("T")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user(transactional_db: None, django_user_model: Any) -> Any:
    return django_user_model.objects.create_user(f"{uuid4().hex}@example.com")


def hold(user: Any, credits: int, **more: Any) -> Hold:
    words: dict[str, Any] = {"key": uuid4().hex, "operation": "edit", "reason": ""}
    words |= {"ttl": timedelta(hours=1)} | more
    return ledger.hold(user_id=user.pk, amount=credits * CREDIT, **words)


def in_turn(first: Callable[[], object], second: Callable[[], T]) -> T | DomainError:
    """What ``second`` comes to, that begins before ``first`` is committed; a refusal likewise."""
    backends: Queue[int] = Queue()

    def meanwhile() -> T | DomainError:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                backends.put(cursor.fetchone()[0])
            return second()
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            first()
            coming = thread.submit(meanwhile)
            backend = backends.get(timeout=30)
            wait_for(lambda: is_blocked(backend) or coming.done(), what="the second to wait")
            assert not coming.done(), "the second did not wait for the first"
        return coming.result(timeout=30)


def is_blocked(backend: int) -> bool:
    """It waits for somebody's lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [backend])
        return bool(cursor.fetchone()[0])


def test_what_the_first_holds_is_not_there_for_the_second(user: Any) -> None:
    found = in_turn(lambda: hold(user, 15), lambda: hold(user, 5))
    assert isinstance(found, InsufficientCredits)
    assert Account.objects.get(user=user).held == 15 * CREDIT


def test_what_the_first_gives_back_is_there_for_the_second(user: Any) -> None:
    pk = hold(user, 15).pk
    found = in_turn(lambda: ledger.capture(hold_id=pk, amount=CREDIT), lambda: hold(user, 17))
    assert isinstance(found, Hold)


def test_the_last_of_fair_use_goes_to_the_first(user: Any) -> None:
    ledger.change_plan(user_id=user.pk, plan="pro", started_at=timezone.now())
    jobs_were_done(user.credit_account, day=timezone.now().date(), count=499)
    found = in_turn(
        lambda: hold(user, 3, unlimited=True), lambda: hold(user, 3, unlimited=True).unlimited
    )
    assert found is False
    assert Account.objects.get(user=user).fair_use_count == 501


def test_the_last_of_a_keys_cap_goes_to_the_first(user: Any) -> None:
    api_key = ApiKey.objects.create(
        user=user, name="k", key_hash=uuid4().hex, scopes=[], monthly_cap=3 * CREDIT
    )
    found = in_turn(lambda: hold(user, 2, api_key=api_key), lambda: hold(user, 2, api_key=api_key))
    assert isinstance(found, InsufficientCredits)


def test_a_hold_that_the_first_ends_is_closed_for_the_second(user: Any) -> None:
    pk = hold(user, 5).pk
    found = in_turn(
        lambda: ledger.capture(hold_id=pk, amount=CREDIT),
        lambda: ledger.release(hold_id=pk, reason="canceled"),
    )
    assert isinstance(found, ledger.HoldClosed)
    assert Account.objects.get(user=user).available == 17 * CREDIT


def test_what_the_first_refunds_is_not_refunded_by_the_second(user: Any) -> None:
    pk = ledger.capture(hold_id=hold(user, 5).pk).pk

    def refund() -> Hold:
        return ledger.refund(hold_id=pk, amount=3 * CREDIT, key=uuid4().hex, reason="")

    assert isinstance(in_turn(refund, refund), InvalidRequest)


def test_a_payment_that_the_first_granted_is_known_to_the_second(user: Any) -> None:
    def grant() -> Any:
        amount, key = 9 * CREDIT, "payment"
        return ledger.grant(user_id=user.pk, kind="topup", amount=amount, source_key=key).pk

    assert in_turn(grant, grant) == user.credit_account.lots.get(source_key="payment").pk


def test_a_month_that_the_first_beat_granted_is_left_by_the_second(user: Any) -> None:
    days_pass(user.credit_account, 32)
    assert in_turn(ledger.grant_due_monthly, ledger.grant_due_monthly) == 0
    assert Account.objects.get(user=user).available == 36 * CREDIT


def test_a_lot_that_the_first_beat_expired_is_left_by_the_second(user: Any) -> None:
    days_pass(user.credit_account, 32)
    assert in_turn(ledger.expire_lots, ledger.expire_lots) == 0


def test_a_chargeback_finds_what_the_first_charged(user: Any) -> None:
    ledger.grant(user_id=user.pk, kind="topup", amount=9 * CREDIT, source_key="payment")
    pk = hold(user, 27).pk
    in_turn(
        lambda: ledger.capture(hold_id=pk, amount=20 * CREDIT),
        lambda: ledger.revoke(source_key="payment", reason="chargeback").pk,
    )
    account = Account.objects.get(user=user)
    assert (account.available, account.debt) == (0, 2 * CREDIT)
