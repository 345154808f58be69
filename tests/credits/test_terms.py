"""A plan's fair use and a key's cap are counted under the account's lock, so two cannot be last."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import ApiKey
from core.errors import InsufficientCredits
from core.money import CREDIT
from credits import operations as ledger
from credits.models import Account, Hold

AT_ONCE = 8


@pytest.fixture
def user(transactional_db: None, django_user_model: Any) -> Any:
    return django_user_model.objects.create_user(f"{uuid4().hex}@example.com")


@pytest.fixture
def pro(user: Any) -> Any:
    """The user on the plan that pays tech-pack operations."""
    ledger.change_plan(user_id=user.pk, plan="pro", started_at=timezone.now())
    return user


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield pool


def hold(user: Any, **more: Any) -> Hold | None:
    """One credit held, or None where it is refused."""
    words: dict[str, Any] = {"operation": "edit", "reason": "", "key": uuid4().hex}
    words["ttl"] = timedelta(hours=1)
    try:
        return ledger.hold(user_id=user.pk, amount=CREDIT, **(words | more))
    except InsufficientCredits:
        return None


def at_once(pool: ThreadPoolExecutor, user: Any, **more: Any) -> list[Hold]:
    """What eight holds that start together get."""
    barrier = Barrier(AT_ONCE)

    def one(_: int) -> Hold | None:
        try:
            barrier.wait(timeout=30)
            return hold(user, **more)
        finally:
            connection.close()

    return [made for made in pool.map(one, range(AT_ONCE)) if made is not None]


def used_today(user: Any, count: int) -> None:
    today = timezone.now().date()
    Account.objects.filter(user=user).update(fair_use_day=today, fair_use_count=count)


def test_the_plan_pays_five_hundred_a_day_and_no_more(
    pro: Any, threads: ThreadPoolExecutor
) -> None:
    used_today(pro, 497)
    made = at_once(threads, pro, unlimited=True)
    assert sum(each.unlimited for each in made) == 3
    assert len(made) == AT_ONCE
    account = Account.objects.get(user=pro)
    assert (account.fair_use_count, account.held) == (505, 5 * CREDIT)


def test_a_job_that_failed_counts_too(pro: Any) -> None:
    used_today(pro, 499)
    last = hold(pro, unlimited=True)
    assert last is not None
    ledger.release(hold_id=last.pk, reason="failed")
    after = hold(pro, unlimited=True)
    assert (last.unlimited, after and after.unlimited) == (True, False)


def test_a_keys_cap_is_not_passed_by_a_crowd(user: Any, threads: ThreadPoolExecutor) -> None:
    api_key = ApiKey.objects.create(
        user=user, name="k", prefix="k", key_hash=uuid4().hex, scopes=[], monthly_cap=3 * CREDIT
    )
    assert len(at_once(threads, user, api_key=api_key)) == 3
    assert Account.objects.get(user=user).held == 3 * CREDIT
    assert hold(user) is not None, "the balance itself is not used up"


def test_a_key_that_returns_a_hold_does_so_at_its_cap(user: Any) -> None:
    api_key = ApiKey.objects.create(
        user=user, name="k", prefix="k", key_hash=uuid4().hex, scopes=[], monthly_cap=CREDIT
    )
    first = hold(user, api_key=api_key, key="same")
    again = hold(user, api_key=api_key, key="same")
    assert first is not None
    assert again == first
    assert hold(user, api_key=api_key) is None
