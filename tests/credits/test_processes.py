"""Processes that meet on one account, on real PostgreSQL: everything once, nothing half, no drift.

The races are run several times, on accounts of their own: one meeting proves little.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from accounts.models import ApiKey
from core.money import CREDIT
from credits import operations as ledger
from credits import queries
from credits.models import Account, Hold, Lot

from .crowd import SIZE, Call, Crowd, done, refusals
from .travel import days_pass

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROUNDS = range(4)


@pytest.fixture
def crowd(transactional_db: None) -> Iterator[Crowd]:
    with Crowd() as ready:
        yield ready


def new_user() -> Any:
    return get_user_model().objects.create_user(f"{uuid4().hex}@example.com")


def asked(user: Any, credits: float, **more: Any) -> dict[str, Any]:
    words = {"key": uuid4().hex, "operation": "edit", "reason": "", "ttl": timedelta(hours=1)}
    return {"user_id": user.pk, "amount": int(credits * CREDIT)} | words | more


def put_aside(user: Any, credits: float, **more: Any) -> UUID:
    return ledger.hold(**asked(user, credits, **more)).pk


def buy(user: Any, credits: int, *, source_key: str) -> Lot:
    return ledger.grant(
        user_id=user.pk, kind="topup", amount=credits * CREDIT, source_key=source_key
    )


def standing(user: Any) -> tuple[float, float, float]:
    """Available, held and owed, in credits."""
    account = Account.objects.get(user=user)
    return account.available / CREDIT, account.held / CREDIT, account.debt / CREDIT


def test_nobody_overdraws(crowd: Crowd) -> None:
    for _ in ROUNDS:
        user = new_user()
        found = crowd.at_once([Call("hold", asked(user, 5)) for _ in range(SIZE)])
        assert len(done(found)) == 3
        assert refusals(found) == ["InsufficientCredits"] * (SIZE - 3)
        assert standing(user) == (3, 15, 0)


def test_one_key_holds_once_whoever_asks(crowd: Crowd) -> None:
    for _ in ROUNDS:
        user = new_user()
        found = crowd.all_do("hold", **asked(user, 5, key="same"))
        assert (len(done(found)), len(set(done(found)))) == (SIZE, 1)
        assert standing(user) == (13, 5, 0)


def test_one_key_with_two_contents_holds_one_of_them(crowd: Crowd) -> None:
    for _ in ROUNDS:
        user = new_user()
        words = asked(user, 5, key="same")
        others = words | {"amount": 4 * CREDIT}
        found = crowd.at_once([Call("hold", words), Call("hold", others)] * (SIZE // 2))
        assert len(set(done(found))) == 1
        assert refusals(found) == ["IdempotencyKeyReused"] * (SIZE // 2)
        assert Hold.objects.get(account__user=user).amount in (4 * CREDIT, 5 * CREDIT)


def test_a_hold_ends_once_by_worker_user_or_sweeper(crowd: Crowd) -> None:
    ways = [
        Call("capture", {}),
        Call("capture", {"amount": CREDIT}),
        Call("release", {"reason": "canceled"}),
        Call("release", {"reason": "timed out", "expired": True}),
    ] * (SIZE // 4)
    for _ in ROUNDS:
        user = new_user()
        pk = put_aside(user, 5, ttl=timedelta(seconds=-1))
        found = crowd.at_once([Call(way.verb, way.words | {"hold_id": pk}) for way in ways])
        assert done(found) == [pk]
        assert refusals(found) == ["HoldClosed"] * (SIZE - 1)
        hold = Hold.objects.get(pk=pk)
        assert standing(user) == (18 - hold.captured / CREDIT, 0, 0)
        assert hold.captured in {"captured": (5 * CREDIT, CREDIT)}.get(hold.state, (0,))


def test_a_payment_is_granted_once_however_often_it_is_told(crowd: Crowd) -> None:
    for _ in ROUNDS:
        user, key = new_user(), uuid4().hex
        words = {"user_id": user.pk, "kind": "topup", "source_key": key}
        right, wrong = (Call("grant", words | {"amount": each * CREDIT}) for each in (50, 60))
        found = crowd.at_once([right] * SIZE)
        assert (len(done(found)), len(set(done(found)))) == (SIZE, 1)
        assert refusals(crowd.at_once([wrong, right])) == ["IdempotencyKeyReused"]
        assert standing(user) == (68, 0, 0)


def test_refunds_that_meet_never_exceed_what_was_charged(crowd: Crowd) -> None:
    for _ in ROUNDS:
        user = new_user()
        pk = ledger.capture(hold_id=put_aside(user, 8)).pk
        words = {"hold_id": pk, "amount": 3 * CREDIT, "reason": ""}
        found = crowd.at_once([Call("refund", words | {"key": uuid4().hex}) for _ in range(SIZE)])
        assert len(done(found)) == 2
        assert refusals(found) == ["InvalidRequest"] * (SIZE - 2)
        assert standing(user) == (16, 0, 0)


def test_one_key_refunds_once(crowd: Crowd) -> None:
    for _ in ROUNDS:
        user = new_user()
        pk = ledger.capture(hold_id=put_aside(user, 8)).pk
        found = crowd.all_do("refund", hold_id=pk, amount=CREDIT, key="same", reason="")
        assert len(done(found)) == SIZE
        assert standing(user) == (11, 0, 0)


def test_two_beats_grant_a_month_once(crowd: Crowd) -> None:
    users = [new_user() for _ in range(6)]
    for user in users:
        days_pass(user.credit_account, 32)
    assert sum(done(crowd.all_do("grant_due_monthly"))) == len(users)
    assert sum(done(crowd.all_do("expire_lots"))) == len(users)
    for user in users:
        assert user.credit_account.lots.filter(kind="monthly").count() == 2
        assert standing(user) == (18, 0, 0)


def test_two_webhooks_start_a_plan_once(crowd: Crowd) -> None:
    for _ in ROUNDS:
        user = new_user()
        crowd.all_do("change_plan", user_id=user.pk, plan="pro", started_at=timezone.now())
        assert standing(user) == (218, 0, 0)


@pytest.mark.parametrize("rest", ["capture", "release"])
def test_a_chargeback_and_the_end_of_a_hold_meet_in_any_order(crowd: Crowd, rest: str) -> None:
    """Of 68 held, 50 from the payment: 20 are charged, or none; the debt is what was used."""
    for _ in ROUNDS:
        user, key = new_user(), uuid4().hex
        lot = buy(user, 50, source_key=key)
        pk = put_aside(user, 68)
        end: dict[str, Any] = {"amount": 20 * CREDIT} if rest == "capture" else {"reason": ""}
        revoke = Call("revoke", {"source_key": key, "reason": "chargeback"})
        found = crowd.at_once([revoke, Call(rest, end | {"hold_id": pk}), revoke])
        assert len(done(found)) == 3
        lot.refresh_from_db()
        if rest == "capture":
            assert (lot.consumed, lot.revoked, standing(user)) == (
                2 * CREDIT,
                48 * CREDIT,
                (0, 0, 2),
            )
        else:
            assert (lot.consumed, lot.revoked, standing(user)) == (0, 50 * CREDIT, (18, 0, 0))


def test_refunds_that_are_heard_of_at_once_take_their_sum(crowd: Crowd) -> None:
    """Of 68 held, 50 from the payment, 20 are charged; half of the payment is refunded."""
    for _ in ROUNDS:
        user, key = new_user(), uuid4().hex
        lot = buy(user, 50, source_key=key)
        pk = put_aside(user, 68)
        words = {"source_key": key, "reason": "refund", "amount": 25 * CREDIT}
        end = Call("capture", {"hold_id": pk, "amount": 20 * CREDIT})
        found = crowd.at_once([Call("revoke", words), end, Call("revoke", words)])
        assert len(done(found)) == 3
        lot.refresh_from_db()
        assert (lot.consumed, lot.revoked, lot.taken) == (2 * CREDIT, 25 * CREDIT, 25 * CREDIT)
        assert standing(user) == (23, 0, 0)


def test_the_plan_pays_exactly_five_hundred_of_a_day(crowd: Crowd) -> None:
    user = new_user()
    ledger.change_plan(user_id=user.pk, plan="pro", started_at=timezone.now())
    each = 505 // SIZE + 1
    found = crowd.each_does(
        lambda _: [Call("hold", asked(user, 0.25, unlimited=True)) for _ in range(each)]
    )
    assert refusals(found) == []
    holds = Hold.objects.filter(account__user=user)
    assert holds.filter(unlimited=True).count() == 500
    drawn = (each * SIZE - 500) / 4
    assert standing(user) == (218 - drawn, drawn, 0)


def test_a_keys_cap_is_not_passed(crowd: Crowd) -> None:
    user = new_user()
    api_key = ApiKey.objects.create(
        user=user, name="k", key_hash=uuid4().hex, scopes=[], monthly_cap=3 * CREDIT
    )
    found = crowd.at_once([Call("hold", asked(user, 1, api_key=api_key)) for _ in range(SIZE)])
    assert len(done(found)) == 3
    assert queries.used_by_key(api_key.pk, since=user.date_joined) == 3 * CREDIT


def test_corrections_with_one_key_go_one_way(crowd: Crowd) -> None:
    for _ in ROUNDS:
        user = new_user()
        words = {"user_id": user.pk, "key": "same", "reason": "by hand"}
        up, down = (Call("adjust", words | {"amount": each * CREDIT}) for each in (5, -5))
        found = crowd.at_once([up, down] * (SIZE // 2))
        assert refusals(found) == ["IdempotencyKeyReused"] * (SIZE // 2)
        assert standing(user) in [(23, 0, 0), (13, 0, 0)]


def test_verbs_of_all_kinds_meet_without_a_deadlock(crowd: Crowd) -> None:
    users = [new_user() for _ in range(2)]
    payments = [buy(user, 40, source_key=uuid4().hex).source_key for user in users]
    holds = [put_aside(user, 2) for user in users for _ in range(12)]

    def turns(number: int) -> list[Call]:
        calls: list[Call] = []
        for turn, pk in enumerate(holds):
            user = users[(number + turn) % 2]
            calls += [
                Call("hold", asked(user, 1 + turn % 3)),
                Call("capture", {"hold_id": pk, "amount": CREDIT}),
                Call(
                    "refund",
                    {"hold_id": pk, "amount": CREDIT // 3, "key": f"{number}", "reason": ""},
                ),
                Call("expire_lots", {}),
            ]
        middle = len(calls) // 2
        revoke = Call("revoke", {"source_key": payments[number % 2], "reason": "chargeback"})
        return [*calls[:middle], revoke, *calls[middle:]]

    found = crowd.each_does(turns)
    assert {"HoldClosed", "InsufficientCredits"} <= set(refusals(found))
    assert not Hold.objects.filter(pk__in=holds, state="open").exists()
    for user in users:
        available, held, _ = standing(user)
        assert available >= 0
        assert held * CREDIT == sum(hold.open for hold in Hold.objects.filter(account__user=user))
