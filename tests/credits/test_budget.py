"""Warnings before the credits run out: each threshold once a month, however many cross it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from accounts.operations import create_key
from core.money import CREDIT
from credits import budget
from credits import operations as ledger
from credits.budget import Warned
from credits.models import Account, Budget, BudgetWarning

from .conftest import MakeHold
from .travel import days_pass

HOUR = timedelta(hours=1)


@pytest.fixture
def told() -> Iterator[list[Warned]]:
    """What a listener heard."""
    heard: list[Warned] = []

    def listen(user: Any, warned: Sequence[Warned]) -> None:
        heard.extend(warned)

    budget.on_warning(listen)
    yield heard
    budget._listeners.remove(listen)


def use(user: Any, credits: float) -> None:
    """Have so many credits charged."""
    hold = ledger.hold(
        user_id=user.pk,
        amount=int(credits * CREDIT),
        key=uuid4().hex,
        operation="edit",
        reason="",
        ttl=HOUR,
    )
    ledger.capture(hold_id=hold.pk)


def warned(user: Any) -> list[tuple[str, str]]:
    return [(each.threshold, each.words) for each in budget.due(user=user)]


def recorded(user: Any) -> list[str]:
    rows = BudgetWarning.objects.filter(account__user=user).order_by("pk")
    return list(rows.values_list("threshold", flat=True))


def test_nothing_is_due_below_half(user: Any, told: list[Warned]) -> None:
    use(user, 8.999999)
    assert warned(user) == []
    assert told == []


def test_each_share_of_the_month_is_warned_of_as_it_is_reached(
    user: Any, told: list[Warned]
) -> None:
    use(user, 9)
    assert warned(user) == [("50", "You have used 50 % of this month's 18 credits; 9 are left.")]
    use(user, 5.4)
    assert warned(user) == [("80", "You have used 80 % of this month's 18 credits; 3.60 are left.")]
    use(user, 2.7)
    assert warned(user) == [("95", "You have used 95 % of this month's 18 credits; 0.90 are left.")]
    assert [each.threshold for each in told] == ["50", "80", "95"]


def test_a_warning_is_given_once(user: Any, told: list[Warned]) -> None:
    use(user, 9)
    assert len(warned(user)) == 1
    assert warned(user) == []
    use(user, 1)
    assert warned(user) == []
    assert len(told) == 1


def test_of_several_at_once_the_highest_is_told_and_all_are_recorded(
    user: Any, told: list[Warned]
) -> None:
    use(user, 17)
    assert warned(user) == [("80", "You have used 94 % of this month's 18 credits; 1 is left.")]
    assert recorded(user) == ["50", "80"]
    assert [each.threshold for each in told] == ["80"]


def test_the_last_credit_is_said_to_be_the_last(user: Any) -> None:
    use(user, 18)
    assert warned(user) == [("95", "You have used all of this month's 18 credits.")]


def test_what_is_only_held_is_not_used_yet(user: Any, put_aside: MakeHold) -> None:
    hold = put_aside(12)
    assert warned(user) == []
    ledger.capture(hold_id=hold.pk, amount=9 * CREDIT)
    assert [threshold for threshold, _ in warned(user)] == ["50"]


def test_what_the_plan_pays_is_not_used(user: Any, put_aside: MakeHold) -> None:
    Account.objects.filter(user=user).update(plan="pro")
    ledger.capture(hold_id=put_aside(17, unlimited=True).pk)
    assert warned(user) == []


def test_bought_credits_do_not_count_to_the_month(user: Any) -> None:
    ledger.grant(user_id=user.pk, kind="topup", amount=50 * CREDIT, source_key=uuid4().hex)
    use(user, 9)
    assert warned(user) == [
        (
            "50",
            "You have used 50 % of this month's 18 credits; 9 are left. "
            "50 credits besides are free.",
        )
    ]
    use(user, 40)
    assert warned(user) == [
        ("95", "You have used all of this month's 18 credits. 19 credits besides are free.")
    ]


def test_a_new_month_is_warned_of_anew(user: Any, account: Account) -> None:
    use(user, 9)
    assert len(warned(user)) == 1
    days_pass(account, 32)
    ledger.grant_due_monthly()
    assert warned(user) == []
    use(user, 9)
    assert [threshold for threshold, _ in warned(user)] == ["50"]


def test_a_refund_takes_no_warning_back_and_gives_none_again(user: Any) -> None:
    hold = ledger.hold(
        user_id=user.pk,
        amount=9 * CREDIT,
        key="k",
        operation="edit",
        reason="",
        ttl=HOUR,
    )
    ledger.capture(hold_id=hold.pk)
    assert len(warned(user)) == 1
    ledger.refund(hold_id=hold.pk, key="back", reason="Our fault")
    use(user, 9)
    assert warned(user) == []


def test_the_floor_is_warned_of_once_a_month(user: Any, told: list[Warned]) -> None:
    budget.set_floor(user=user, floor=15 * CREDIT)
    use(user, 3)
    assert warned(user) == [], "15 are free, which is not less than the floor"
    use(user, 1)
    words = "14 credits are free, less than your floor of 15 credits."
    assert warned(user) == [("floor", words)]
    use(user, 1)
    assert warned(user) == []
    assert told == [Warned("floor", words)]


def test_held_credits_are_not_free(user: Any, put_aside: MakeHold) -> None:
    budget.set_floor(user=user, floor=5 * CREDIT)
    put_aside(17)
    assert warned(user) == [("floor", "1 credit is free, less than your floor of 5 credits.")]


def test_what_is_owed_is_not_free(user: Any) -> None:
    budget.set_floor(user=user, floor=5 * CREDIT)
    ledger.grant(user_id=user.pk, kind="topup", amount=50 * CREDIT, source_key="paid")
    use(user, 17)
    use(user, 20)
    ledger.revoke(source_key="paid", reason="Charged back")
    thresholds = dict(warned(user))
    assert thresholds["floor"] == "0 credits are free, less than your floor of 5 credits."


def test_a_share_and_the_floor_are_both_told(user: Any) -> None:
    budget.set_floor(user=user, floor=10 * CREDIT)
    use(user, 15)
    assert [threshold for threshold, _ in warned(user)] == ["80", "floor"]
    assert recorded(user) == ["50", "80", "floor"]


def test_another_floor_is_warned_of_again(user: Any) -> None:
    budget.set_floor(user=user, floor=17 * CREDIT)
    use(user, 2)
    assert [threshold for threshold, _ in warned(user)] == ["floor"]
    budget.set_floor(user=user, floor=17 * CREDIT)
    assert warned(user) == [], "the same floor as before is nothing new"
    budget.set_floor(user=user, floor=16 * CREDIT + 1)
    assert [threshold for threshold, _ in warned(user)] == ["floor"]
    budget.set_floor(user=user, floor=None)
    assert warned(user) == []
    assert Budget.objects.get(account__user=user).floor is None


def test_a_listener_that_fails_has_the_warning_given_another_time(
    user: Any, told: list[Warned]
) -> None:
    def fails(user: Any, warned: Sequence[Warned]) -> None:
        raise RuntimeError("the inbox is full")

    use(user, 9)
    budget.on_warning(fails)
    try:
        with pytest.raises(RuntimeError):
            budget.due(user=user)
    finally:
        budget._listeners.remove(fails)
    assert recorded(user) == []
    told.clear()
    assert [each.threshold for each in budget.due(user=user)] == ["50"]
    assert [each.threshold for each in told] == ["50"]


def test_a_listener_is_registered_once() -> None:
    def listen(user: Any, warned: Sequence[Warned]) -> None:
        """Hears nothing in this test."""

    before = len(budget._listeners)
    budget.on_warning(listen)
    budget.on_warning(listen)
    try:
        assert len(budget._listeners) == before + 1
    finally:
        budget._listeners.remove(listen)


def test_asking_is_cheap(user: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        budget.due(user=user)
    budget.set_floor(user=user, floor=15 * CREDIT)
    use(user, 17)
    budget.due(user=user)
    with django_assert_num_queries(1):
        budget.due(user=user)


@pytest.mark.usefixtures("transactional_db")
def test_however_many_ask_at_once_it_is_told_once(
    django_user_model: Any, told: list[Warned]
) -> None:
    user = django_user_model.objects.create_user("crowd@example.com")
    use(user, 15)
    together = Barrier(8)

    def ask(_: int) -> list[Warned]:
        try:
            together.wait(timeout=30)
            return budget.due(user=user)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        found = [each for some in threads.map(ask, range(8)) for each in some]
    assert [each.threshold for each in found] == ["80"]
    assert [each.threshold for each in told] == ["80"]
    assert sorted(recorded(user)) == ["50", "80"]


@pytest.fixture
def client(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def put(client: Client, body: Any) -> Any:
    return client.put("/api/credits/budget", body, content_type="application/json")


def test_the_budget_over_http(client: Client, user: Any) -> None:
    nothing = {"floor": None, "thresholds": [50, 80, 95], "warned": []}
    assert client.get("/api/credits/budget").json() == nothing
    assert put(client, {"floor": "2.5"}).json() == {**nothing, "floor": "2.5"}
    use(user, 16)
    budget.due(user=user)
    found = client.get("/api/credits/budget").json()
    assert found == {**nothing, "floor": "2.5", "warned": ["50", "80", "floor"]}
    assert put(client, {"floor": None}).json() == {**nothing, "warned": ["50", "80"]}


@pytest.mark.parametrize("floor", ["-1", "much", "1.0000001", True, {}, "NaN", "9" * 20])
def test_a_floor_that_is_no_amount_is_refused(client: Client, floor: Any) -> None:
    answer = put(client, {"floor": floor})
    assert answer.status_code == 400
    assert "floor" in answer.json()["error"]["fields"]
    assert client.get("/api/credits/budget").json()["floor"] is None


def test_a_floor_must_be_said(client: Client) -> None:
    assert put(client, {}).status_code == 400


def test_a_key_reads_the_budget_and_never_sets_it(user: Any) -> None:
    _, secret = create_key(user=user, name="reader", scopes=["credits:read"])
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    assert client.get("/api/credits/budget").status_code == 200
    assert put(client, {"floor": "2"}).status_code == 403
    _, other = create_key(user=user, name="other", scopes=["products:read"])
    client = Client(headers={"Authorization": f"Bearer {other}"})
    assert client.get("/api/credits/budget").status_code == 403


def test_strangers_have_no_budget(db: None) -> None:
    assert Client().get("/api/credits/budget").status_code == 401
