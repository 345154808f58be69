"""Holding, capturing and releasing, by what a user would see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from core.errors import Conflict, IdempotencyKeyReused, InsufficientCredits, InvalidRequest
from core.money import CREDIT
from credits import operations as ledger
from credits import queries
from credits.errors import Alternative
from credits.models import Entry, Hold, HoldPart, Lot

from .conftest import MakeHold


def free(user: Any) -> float:
    return queries.balance(user).free / CREDIT


def grant(user: Any, credits: int, *, kind: str = "grant", **more: Any) -> Lot:
    return ledger.grant(
        user_id=user.pk, kind=kind, amount=credits * CREDIT, source_key=uuid4().hex, **more
    )


def test_a_new_user_has_the_months_free_credits(user: Any) -> None:
    lot = user.credit_account.lots.get()
    assert free(user) == 18
    assert lot.source_key == f"monthly:{user.credit_account.pk}:0"
    assert timedelta(days=28) <= lot.expires_at - lot.effective_at <= timedelta(days=31)


def test_opening_an_account_again_grants_nothing(user: Any) -> None:
    ledger.open_account(user=user)
    assert free(user) == 18


def test_a_hold_puts_credits_aside(user: Any, put_aside: MakeHold) -> None:
    hold = put_aside(3)
    assert (hold.state, hold.open, free(user)) == ("open", 3 * CREDIT, 15)
    assert queries.balance(user).held == 3 * CREDIT


def test_a_captured_hold_is_charged_whole(user: Any, put_aside: MakeHold) -> None:
    hold = ledger.capture(hold_id=put_aside(3).pk)
    assert (hold.state, hold.captured, hold.open, free(user)) == ("captured", 3 * CREDIT, 0, 15)
    assert queries.balance(user).held == 0


def test_capturing_less_gives_the_rest_back_at_once(user: Any, put_aside: MakeHold) -> None:
    hold = ledger.capture(hold_id=put_aside(3).pk, amount=CREDIT)
    assert (hold.captured, hold.released, free(user)) == (CREDIT, 2 * CREDIT, 17)


def test_capturing_nothing_releases(user: Any, put_aside: MakeHold) -> None:
    hold = ledger.capture(hold_id=put_aside(3).pk, amount=0)
    assert (hold.state, hold.released, free(user)) == ("released", 3 * CREDIT, 18)


def test_a_released_hold_costs_nothing(user: Any, put_aside: MakeHold) -> None:
    hold = ledger.release(hold_id=put_aside(3).pk, reason="The photo could not be read.")
    assert (hold.state, free(user)) == ("released", 18)
    assert hold.close_reason == "The photo could not be read."


@pytest.mark.parametrize("verb", [ledger.capture, ledger.release])
def test_a_closed_hold_stays_closed(user: Any, put_aside: MakeHold, verb: Any) -> None:
    hold = put_aside(3)
    ledger.release(hold_id=hold.pk, reason="failed")
    with transaction.atomic():
        with pytest.raises(ledger.HoldClosed):
            verb(hold_id=hold.pk, reason="again")
        assert free(user) == 18, "the caller's transaction goes on"


def test_releasing_what_may_be_closed_says_whether_it_was(put_aside: MakeHold) -> None:
    hold = put_aside(3)
    assert ledger.release_if_open(hold_id=hold.pk, reason="canceled")
    assert not ledger.release_if_open(hold_id=hold.pk, reason="canceled")


def test_more_than_was_held_cannot_be_charged(put_aside: MakeHold) -> None:
    hold = put_aside(3)
    for amount in (3 * CREDIT + 1, -1):
        with pytest.raises(InvalidRequest):
            ledger.capture(hold_id=hold.pk, amount=amount)
    hold.refresh_from_db()
    assert hold.state == "open"


def test_what_is_not_there_cannot_be_held(user: Any, put_aside: MakeHold) -> None:
    with pytest.raises(InsufficientCredits) as refused:
        put_aside(
            60,
            operation="generate-video",
            alternatives=[
                Alternative("Make it 8 s instead", 40 * CREDIT),
                Alternative("Make it 4 s instead", 15 * CREDIT),
            ],
        )
    assert refused.value.message == "You are 42 credits short. Nothing was charged."
    assert refused.value.suggestions[:2] == [
        "Make it 4 s instead (15 credits)",
        "Add 42 credits or more to your account",
    ]
    assert refused.value.context["credit_deficit"] == 42
    assert free(user) == 18
    assert not Hold.objects.exists()


def test_the_last_microcredit_can_be_held_and_no_more(user: Any, put_aside: MakeHold) -> None:
    put_aside(18)
    assert free(user) == 0
    with pytest.raises(InsufficientCredits):
        put_aside(0.000001)


def test_a_free_operation_is_held_for_nothing(user: Any, put_aside: MakeHold) -> None:
    put_aside(18)
    hold = ledger.capture(hold_id=put_aside(0).pk)
    assert hold.state == "captured"
    assert not hold.parts.exists()


def test_the_same_key_gives_the_same_hold(user: Any, put_aside: MakeHold) -> None:
    first = put_aside(3, key="k")
    assert put_aside(3, key="k").pk == first.pk
    assert free(user) == 15
    ledger.capture(hold_id=first.pk)
    assert put_aside(3, key="k").state == "captured"


def test_the_same_key_returns_its_hold_when_nothing_is_left(put_aside: MakeHold) -> None:
    first = put_aside(18, key="k")
    assert put_aside(18, key="k").pk == first.pk


@pytest.mark.parametrize(
    "other", [{"credits": 4}, {"operation": "edit"}, {"model": "other"}, {"reason": "Sketches"}]
)
def test_the_same_key_with_other_content_is_refused(
    put_aside: MakeHold, other: dict[str, Any]
) -> None:
    put_aside(3, key="k")
    with pytest.raises(IdempotencyKeyReused):
        put_aside(**({"credits": 3, "key": "k"} | other))


def test_two_users_may_use_the_same_key(
    user: Any, put_aside: MakeHold, django_user_model: Any
) -> None:
    other = django_user_model.objects.create_user("other@example.com")
    first = put_aside(3, key="k")
    second = ledger.hold(
        user_id=other.pk,
        amount=CREDIT,
        key="k",
        operation="edit",
        reason="",
        ttl=timedelta(hours=1),
    )
    assert first.pk != second.pk


def test_lots_burn_by_priority_then_by_expiry(user: Any, put_aside: MakeHold) -> None:
    now = user.credit_account.cycle_started_at
    bought = grant(user, 5, kind="topup")
    late = grant(user, 2, expires_at=now + timedelta(days=90))
    soon = grant(user, 2, expires_at=now + timedelta(days=5))
    never = grant(user, 2)
    month = user.credit_account.lots.get(kind="monthly")
    hold = put_aside(29)
    drawn = list(hold.parts.order_by("position").values_list("lot_id", "amount"))
    assert drawn == [
        (month.pk, 18 * CREDIT),
        (soon.pk, 2 * CREDIT),
        (late.pk, 2 * CREDIT),
        (never.pk, 2 * CREDIT),
        (bought.pk, 5 * CREDIT),
    ]


def test_a_part_is_captured_from_what_burns_first(user: Any, put_aside: MakeHold) -> None:
    bought = grant(user, 10, kind="topup")
    hold = put_aside(20)
    ledger.capture(hold_id=hold.pk, amount=19 * CREDIT)
    bought.refresh_from_db()
    assert (bought.consumed, bought.available) == (CREDIT, 9 * CREDIT)


def test_a_hold_expires_only_when_its_time_has_run_out(user: Any, put_aside: MakeHold) -> None:
    early = put_aside(3)
    with pytest.raises(Conflict):
        ledger.release(hold_id=early.pk, reason="timed out", expired=True)
    late = put_aside(3, ttl=timedelta(seconds=-1))
    hold = ledger.release(hold_id=late.pk, reason="timed out", expired=True)
    assert (hold.state, free(user)) == ("expired", 15)


def test_each_verb_writes_its_entries(user: Any, put_aside: MakeHold) -> None:
    hold = put_aside(3)
    ledger.capture(hold_id=hold.pk, amount=2 * CREDIT)
    moved = Entry.objects.filter(hold=hold).order_by("id")
    assert [(e.operation, e.source, e.destination, e.amount // CREDIT) for e in moved] == [
        ("hold", "available", "held", 3),
        ("capture", "held", "consumed", 2),
        ("capture", "held", "available", 1),
    ]


def test_a_hold_says_later_which_product_it_was_for(put_aside: MakeHold) -> None:
    hold, product_id = put_aside(3), uuid4()
    ledger.annotate(hold_id=hold.pk, product_id=product_id)
    hold.refresh_from_db()
    assert hold.product_id == product_id


def test_the_hot_verbs_are_one_call_of_the_database_each(
    user: Any, put_aside: MakeHold, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        hold = put_aside(3)
    with django_assert_num_queries(1):
        ledger.capture(hold_id=hold.pk, amount=CREDIT)
    with django_assert_num_queries(1):
        put_aside(3, key=hold.key)


def test_parts_add_up_to_their_hold(put_aside: MakeHold) -> None:
    hold = put_aside(3)
    assert sum(part.amount for part in HoldPart.objects.filter(hold=hold)) == hold.amount


def test_a_long_reason_is_cut_and_does_no_harm(put_aside: MakeHold) -> None:
    hold = put_aside(3, reason="why " * 500, key="k")
    assert put_aside(3, reason="why " * 500, key="k").pk == hold.pk
    assert len(ledger.release(hold_id=hold.pk, reason="because " * 500).close_reason) == 500
