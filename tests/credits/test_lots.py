"""Grants, expiry, grace, refunds, revocation and debt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from core.errors import IdempotencyKeyReused, InsufficientCredits, InvalidRequest, NotFound
from core.models import Event
from core.money import CREDIT
from credits import operations as ledger
from credits import queries
from credits.models import Account, Lot
from credits.months import months_after

from .conftest import MakeHold
from .travel import days_pass


def grant(user: Any, credits: int, *, kind: str = "topup", **more: Any) -> Lot:
    words = {"source_key": uuid4().hex} | more
    return ledger.grant(user_id=user.pk, kind=kind, amount=credits * CREDIT, **words)


def free(user: Any) -> float:
    return queries.balance(user).free / CREDIT


def lot_of(lot: Lot) -> dict[str, int]:
    lot.refresh_from_db()
    columns = ("granted", "available", "held", "consumed", "expired", "revoked")
    return {name: getattr(lot, name) // CREDIT for name in columns if getattr(lot, name)}


def debt(account: Account) -> float:
    account.refresh_from_db()
    return account.debt / CREDIT


# --- Grants ------------------------------------------------------------------------------


def test_a_payment_grants_once(user: Any) -> None:
    first = grant(user, 50, source_key="payment:1")
    assert grant(user, 50, source_key="payment:1") == first
    assert free(user) == 68


def test_a_payment_cannot_grant_something_else(user: Any) -> None:
    grant(user, 50, source_key="payment:1")
    with pytest.raises(IdempotencyKeyReused):
        grant(user, 200, source_key="payment:1")


@pytest.mark.parametrize("credits", [0, -1])
def test_only_a_positive_amount_is_granted(user: Any, credits: int) -> None:
    with pytest.raises(InvalidRequest):
        grant(user, credits)


def test_open_pages_hear_of_a_grant(user: Any) -> None:
    grant(user, 50)
    event = Event.objects.filter(user_id=user.pk, type="credits.changed").latest("sequence")
    assert event.data == {"available": "68", "held": "0", "debt": "0"}


def test_each_month_has_its_grant_once(user: Any, account: Account) -> None:
    assert ledger.grant_due_monthly() == 0
    started = account.cycle_started_at
    days_pass(account, 32)
    assert ledger.grant_due_monthly() == 1
    assert ledger.grant_due_monthly() == 0
    lot = account.lots.get(source_key=f"monthly:{account.pk}:1")
    account.refresh_from_db()
    assert lot.effective_at == months_after(account.cycle_started_at, 1)
    assert account.next_grant_at == lot.expires_at
    assert started - account.cycle_started_at == timedelta(days=32)
    assert free(user) == 18, "last month's credits are gone even before they are swept"


def test_months_that_passed_unseen_are_not_granted(user: Any, account: Account) -> None:
    days_pass(account, 100)
    assert ledger.grant_due_monthly() == 1
    assert account.lots.filter(kind="monthly").count() == 2
    assert free(user) == 18


def test_an_upgrade_grants_at_once_and_keeps_the_free_lot(user: Any, account: Account) -> None:
    start = account.cycle_started_at
    for _ in range(2):
        ledger.change_plan(user_id=user.pk, plan="pro", started_at=start + timedelta(seconds=-1))
    assert free(user) == 218
    assert account.lots.filter(source_key=f"monthly:{account.pk}:1").exists()
    assert queries.is_unlimited(user.pk)


def test_a_change_to_come_grants_when_it_has_come(user: Any, account: Account) -> None:
    later = account.cycle_started_at + timedelta(days=3)
    ledger.change_plan(user_id=user.pk, plan="pro", started_at=later)
    assert free(user) == 18
    days_pass(account, 4)
    assert ledger.grant_due_monthly() == 1
    assert free(user) == 218


# --- Expiry and grace --------------------------------------------------------------------


def test_unused_credits_expire_on_their_date(user: Any, account: Account) -> None:
    grant(user, 50)
    assert ledger.expire_lots() == 0
    days_pass(account, 32)
    assert free(user) == 50
    assert ledger.expire_lots() == 1
    assert ledger.expire_lots() == 0
    account.refresh_from_db()
    assert account.available == 50 * CREDIT
    assert lot_of(account.lots.get(kind="monthly")) == {"granted": 18, "expired": 18}


def test_expired_credits_cannot_be_held_before_they_are_swept(
    account: Account, put_aside: MakeHold
) -> None:
    days_pass(account, 32)
    with pytest.raises(InsufficientCredits):
        put_aside(3)


def test_what_comes_back_after_expiry_has_seven_days_of_grace(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    hold = put_aside(5)
    days_pass(account, 32)
    ledger.release(hold_id=hold.pk, reason="failed")
    ledger.expire_lots()
    lot = account.lots.get(kind="grace")
    assert lot.expires_at == lot.effective_at + timedelta(days=7)
    assert (lot_of(lot), free(user)) == ({"granted": 5, "available": 5}, 5)
    assert lot_of(account.lots.get(kind="monthly")) == {"granted": 18, "expired": 18}


def test_part_of_a_hold_on_an_expired_lot_is_charged_and_the_rest_has_grace(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    hold = put_aside(5)
    days_pass(account, 32)
    ledger.capture(hold_id=hold.pk, amount=2 * CREDIT)
    assert lot_of(account.lots.get(kind="grace")) == {"granted": 3, "available": 3}


def test_grace_is_used_first(user: Any, account: Account, put_aside: MakeHold) -> None:
    grant(user, 10)
    hold = put_aside(5)
    days_pass(account, 32)
    ledger.release(hold_id=hold.pk, reason="failed")
    parts = put_aside(6).parts.order_by("position")
    assert [part.lot.kind for part in parts.select_related("lot")] == ["grace", "topup"]


# --- Refunds -----------------------------------------------------------------------------


def test_a_refund_gives_back_what_was_charged(user: Any, put_aside: MakeHold) -> None:
    hold = ledger.capture(hold_id=put_aside(3).pk)
    hold = ledger.refund(hold_id=hold.pk, key="r", reason="The sketch was empty.")
    assert (hold.state, hold.refunded, free(user)) == ("captured", 3 * CREDIT, 18)


def test_a_refund_happens_once_per_key(user: Any, put_aside: MakeHold) -> None:
    hold = ledger.capture(hold_id=put_aside(3).pk)
    for _ in range(2):
        ledger.refund(hold_id=hold.pk, amount=CREDIT, key="r", reason="one view")
    assert free(user) == 16
    with pytest.raises(IdempotencyKeyReused):
        ledger.refund(hold_id=hold.pk, amount=2 * CREDIT, key="r", reason="two views")


def test_a_refund_never_exceeds_what_was_charged(user: Any, put_aside: MakeHold) -> None:
    hold = ledger.capture(hold_id=put_aside(3).pk, amount=CREDIT)
    for amount in (CREDIT + 1, 0, -1):
        with pytest.raises(InvalidRequest):
            ledger.refund(hold_id=hold.pk, amount=amount, key="r", reason="too much")
    assert free(user) == 17


def test_what_was_not_charged_cannot_be_refunded(put_aside: MakeHold) -> None:
    hold = put_aside(3)
    with pytest.raises(ledger.HoldClosed):
        ledger.refund(hold_id=hold.pk, key="r", reason="eager")


def test_refunds_go_back_against_the_order_of_burning(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    bought = grant(user, 10)
    month = account.lots.get(kind="monthly")
    hold = ledger.capture(hold_id=put_aside(20).pk)
    ledger.refund(hold_id=hold.pk, amount=CREDIT, key="1", reason="")
    assert (lot_of(bought)["consumed"], lot_of(month)["consumed"]) == (1, 18)
    ledger.refund(hold_id=hold.pk, amount=3 * CREDIT, key="2", reason="")
    assert (lot_of(bought), lot_of(month)) == (
        {"granted": 10, "available": 10},
        {"granted": 18, "available": 2, "consumed": 16},
    )


def test_a_refund_into_an_expired_lot_has_grace(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    hold = ledger.capture(hold_id=put_aside(3).pk)
    days_pass(account, 32)
    ledger.refund(hold_id=hold.pk, key="r", reason="late")
    assert lot_of(account.lots.get(kind="grace")) == {"granted": 3, "available": 3}
    assert free(user) == 3


# --- Revocation and debt -----------------------------------------------------------------


def spend_of_a_topup(user: Any, put_aside: MakeHold, credits: int) -> Lot:
    """A bought lot of 50 of which so many are charged; the month's credits are used up."""
    lot = grant(user, 50, source_key="payment:1")
    ledger.capture(hold_id=put_aside(18 + credits).pk)
    return lot


def test_a_chargeback_takes_back_the_rest_and_records_the_debt(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    lot = spend_of_a_topup(user, put_aside, 20)
    for _ in range(2):
        ledger.revoke(source_key="payment:1", reason="chargeback")
    assert lot_of(lot) == {"granted": 50, "consumed": 20, "revoked": 30}
    assert (free(user), debt(account)) == (0, 20)


def test_what_was_never_granted_cannot_be_revoked(user: Any) -> None:
    with pytest.raises(NotFound):
        ledger.revoke(source_key="payment:9", reason="chargeback")


def test_the_next_grant_pays_the_debt_first(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    spend_of_a_topup(user, put_aside, 20)
    ledger.revoke(source_key="payment:1", reason="chargeback")
    lot = grant(user, 50, source_key="payment:2")
    assert lot_of(lot) == {"granted": 50, "available": 30, "consumed": 20}
    assert (free(user), debt(account)) == (30, 0)


def test_a_debt_larger_than_the_grant_stays_in_part(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    spend_of_a_topup(user, put_aside, 20)
    ledger.revoke(source_key="payment:1", reason="chargeback")
    grant(user, 15, source_key="payment:2")
    assert (free(user), debt(account)) == (0, 5)


def test_a_hold_needs_what_is_available_after_the_debt(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    spend_of_a_topup(user, put_aside, 20)
    other = grant(user, 30, source_key="payment:2")
    ledger.revoke(source_key="payment:1", reason="chargeback")
    assert (lot_of(other)["available"], debt(account), free(user)) == (30, 20, 10)
    with pytest.raises(InsufficientCredits):
        put_aside(11)
    put_aside(10)


def test_a_revoked_payment_that_had_paid_a_debt_makes_it_owed_again(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    spend_of_a_topup(user, put_aside, 20)
    ledger.revoke(source_key="payment:1", reason="chargeback")
    grant(user, 50, source_key="payment:2")
    ledger.revoke(source_key="payment:2", reason="chargeback")
    assert (free(user), debt(account)) == (0, 20)


def test_what_was_held_at_the_chargeback_reduces_the_debt_when_it_comes_back(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    lot = spend_of_a_topup(user, put_aside, 20)
    hold = put_aside(5)
    ledger.revoke(source_key="payment:1", reason="chargeback")
    assert debt(account) == 25
    ledger.release(hold_id=hold.pk, reason="failed")
    assert lot_of(lot) == {"granted": 50, "consumed": 20, "revoked": 30}
    assert (free(user), debt(account)) == (0, 20)


def test_a_refund_into_a_revoked_lot_reduces_the_debt(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    lot = grant(user, 50, source_key="payment:1")
    hold = ledger.capture(hold_id=put_aside(28).pk)
    ledger.revoke(source_key="payment:1", reason="chargeback")
    ledger.refund(hold_id=hold.pk, amount=4 * CREDIT, key="r", reason="")
    assert lot_of(lot) == {"granted": 50, "consumed": 6, "revoked": 44}
    assert debt(account) == 6


def test_a_debt_that_was_paid_and_turns_out_smaller_is_given_again(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    grant(user, 50, source_key="payment:1")
    hold = put_aside(28)
    ledger.revoke(source_key="payment:1", reason="chargeback")
    grant(user, 50, source_key="payment:2")
    assert free(user) == 40
    ledger.release(hold_id=hold.pk, reason="failed")
    assert (free(user), debt(account)) == (68, 0), "40, 18 of the month, and the 10 paid"


# --- Plans that pay ----------------------------------------------------------------------


def go_pro(user: Any) -> None:
    start = user.credit_account.cycle_started_at
    ledger.change_plan(user_id=user.pk, plan="pro", started_at=start - timedelta(seconds=1))


def test_an_unlimited_plan_draws_nothing(user: Any, put_aside: MakeHold) -> None:
    go_pro(user)
    hold = put_aside(3, unlimited=True)
    assert (hold.unlimited, hold.open, free(user)) == (True, 3 * CREDIT, 218)
    hold = ledger.capture(hold_id=hold.pk)
    assert (hold.captured, free(user)) == (3 * CREDIT, 218)
    assert not hold.entries.exists()


def test_a_free_plan_pays_nothing(user: Any, put_aside: MakeHold) -> None:
    assert not put_aside(3, unlimited=True).unlimited
    assert free(user) == 15


def test_beyond_fair_use_the_price_is_drawn(user: Any, put_aside: MakeHold, settings: Any) -> None:
    go_pro(user)
    settings.PLANS = settings.PLANS | {"pro": settings.PLANS["pro"] | {"fair_use_per_day": 2}}
    assert [put_aside(3, unlimited=True).unlimited for _ in range(3)] == [True, True, False]
    assert free(user) == 215
    with pytest.raises(InsufficientCredits) as refused:
        put_aside(300, unlimited=True)
    assert refused.value.context["fair_use"] == {"used": 3, "limit": 2}


def test_fair_use_is_counted_by_the_day(
    user: Any, account: Account, put_aside: MakeHold, settings: Any
) -> None:
    go_pro(user)
    settings.PLANS = settings.PLANS | {"pro": settings.PLANS["pro"] | {"fair_use_per_day": 1}}
    put_aside(3, unlimited=True)
    Account.objects.filter(pk=account.pk).update(fair_use_day="2020-01-01")
    assert put_aside(3, unlimited=True).unlimited


def test_repeating_a_key_is_not_counted_twice(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    go_pro(user)
    for _ in range(2):
        put_aside(3, unlimited=True, key="k")
    account.refresh_from_db()
    assert account.fair_use_count == 1


def test_a_downgrade_in_the_middle_changes_nothing(user: Any, put_aside: MakeHold) -> None:
    go_pro(user)
    hold = put_aside(3, unlimited=True)
    start = user.credit_account.cycle_started_at
    ledger.change_plan(user_id=user.pk, plan="free", started_at=start + timedelta(days=90))
    ledger.capture(hold_id=hold.pk)
    assert free(user) == 218


def test_a_penalty_costs_half_from_credits_and_nothing_on_the_plan(
    user: Any, put_aside: MakeHold
) -> None:
    drawn = ledger.capture(hold_id=put_aside(3).pk, amount=1_500_000, penalty=True)
    assert drawn.captured == 1_500_000
    go_pro(user)
    paid = put_aside(3, unlimited=True)
    assert ledger.capture(hold_id=paid.pk, amount=1_500_000, penalty=True).captured == 0


def test_refunding_what_the_plan_paid_changes_nothing(user: Any, put_aside: MakeHold) -> None:
    go_pro(user)
    hold = ledger.capture(hold_id=put_aside(3, unlimited=True).pk)
    ledger.refund(hold_id=hold.pk, key="r", reason="")
    assert free(user) == 218
