"""The statement: one line per operation, grant, expiry and revocation."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from uuid import uuid4

from core.money import CREDIT
from credits import names, outcomes, queries
from credits import operations as ledger
from credits.models import Account

from .conftest import MakeHold
from .travel import days_pass


def lines(user: Any) -> list[queries.Line]:
    return queries.with_balances(list(queries.statement(user)))


def brief(user: Any) -> list[tuple[str, str, float, float]]:
    return [
        (row.line.operation, row.line.status, row.change / CREDIT, row.balance_after / CREDIT)
        for row in lines(user)
    ]


def test_it_begins_with_the_months_credits(user: Any) -> None:
    assert brief(user) == [("monthly", "granted", 18, 18)]
    assert lines(user)[0].line.reason == "Monthly credits, Free plan"


def test_each_outcome_has_one_line(user: Any, put_aside: MakeHold) -> None:
    ledger.capture(hold_id=put_aside(3, operation="base-views/analyze").pk)
    ledger.capture(hold_id=put_aside(3).pk, amount=2_250_000)
    ledger.release(hold_id=put_aside(3, operation="sketches/generate").pk, reason="failed")
    refunded = ledger.capture(hold_id=put_aside(1, operation="edit").pk)
    ledger.refund(hold_id=refunded.pk, key="r", reason="unusable")
    put_aside(1, operation="regenerate")
    assert brief(user) == [
        ("regenerate", "held", -1, 11.75),
        ("edit", "refunded", 0, 12.75),
        ("sketches/generate", "released", 0, 12.75),
        ("close-ups/generate", "part_captured", -2.25, 12.75),
        ("base-views/analyze", "captured", -3, 15),
        ("monthly", "granted", 18, 18),
    ]


def test_a_line_says_why_it_ended(user: Any, put_aside: MakeHold) -> None:
    ledger.release(hold_id=put_aside(3).pk, reason="The back photo is cut off.")
    assert lines(user)[0].line.reason == "The back photo is cut off."


def test_expiry_and_revocation_have_their_lines(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    ledger.grant(user_id=user.pk, kind="topup", amount=50 * CREDIT, source_key="p", reason="50")
    ledger.capture(hold_id=put_aside(20).pk)
    ledger.revoke(source_key="p", reason="Payment taken back")
    ledger.grant(user_id=user.pk, kind="topup", amount=9 * CREDIT, source_key="q", reason="9")
    assert brief(user)[:2] == [("topup", "granted", 7, 7), ("revoke", "revoked", -48, 0)]
    days_pass(account, 32)
    ledger.grant_due_monthly()
    days_pass(account, 32)
    ledger.expire_lots()
    assert brief(user)[:2] == [("expire", "expired", -18, 7), ("monthly", "granted", 18, 25)]


def test_what_comes_back_after_expiry_is_in_its_operations_line(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    hold = put_aside(3)
    days_pass(account, 32)
    ledger.release(hold_id=hold.pk, reason="failed")
    assert brief(user)[0] == ("close-ups/generate", "released", 0, 18)


def test_what_the_plan_pays_shows_its_price(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    start = account.cycle_started_at
    ledger.change_plan(user_id=user.pk, plan="pro", started_at=start)
    Account.objects.filter(pk=account.pk).update(plan="pro")
    ledger.capture(hold_id=put_aside(3, unlimited=True).pk)
    row = lines(user)[0]
    assert (row.line.held, row.line.captured, row.line.included) == (3 * CREDIT, 3 * CREDIT, True)
    assert row.change == 0
    assert outcomes.outcome_of(row.line) == "3.00 (included in your plan)"


def test_on_every_page_each_balance_is_the_one_below_plus_its_change(
    user: Any, put_aside: MakeHold
) -> None:
    holds = [put_aside(credits / 4) for credits in range(1, 9)]
    ledger.capture(hold_id=holds[0].pk)
    ledger.release(hold_id=holds[3].pk, reason="failed")
    whole = lines(user)
    rows = list(queries.statement(user))
    for start in range(len(rows)):
        part = queries.with_balances(rows[start : start + 3])
        assert part == whole[start : start + 3]
    for newer, older in pairwise(whole):
        assert newer.balance_after - newer.change == older.balance_after
    assert whole[0].balance_after == queries.account_of(user).available


def test_others_have_their_own_statement(
    user: Any, put_aside: MakeHold, django_user_model: Any
) -> None:
    put_aside(3)
    other = django_user_model.objects.create_user("other@example.com")
    assert [row.line.operation for row in lines(other)] == ["monthly"]


def test_rows_name_operations_and_products(
    user: Any, put_aside: MakeHold, monkeypatch: Any
) -> None:
    product_id = uuid4()
    monkeypatch.setattr(names, "_namers", [])
    monkeypatch.setitem(names._labels, "close-ups/generate", "Close-ups")
    names.name_products_by(lambda person, ids: dict.fromkeys(ids, "Harbor Hoodie"))
    ledger.capture(
        hold_id=put_aside(3, product_id=product_id).pk, amount=2_250_000, reason="6 of 8"
    )
    row = outcomes.rows_of(user, lines(user))[0]
    assert (row.title, row.subtitle) == ("Close-ups", "Harbor Hoodie, 6 of 8")
    assert (row.outcome, row.change) == ("Captured 2.25, released 0.75", "−2.25")
    assert (row.held, row.free_after) == ("3.00", "15.75")


def test_an_operation_without_a_label_is_still_readable() -> None:
    assert names.label_of("close-something/generate") == "Close something, generate"
