"""The commands and tasks that operators and beat rely on."""

from __future__ import annotations

from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from prometheus_client import REGISTRY

from core.money import CREDIT
from credits import audit, queries, tasks
from credits import operations as ledger
from credits.models import Account, LedgerCheck

from .conftest import MakeHold
from .travel import days_pass


def run(*args: str, **options: Any) -> str:
    out = StringIO()
    call_command(*args, stdout=out, **options)
    return out.getvalue()


def metric(name: str) -> float | None:
    return REGISTRY.get_sample_value(name)


def test_a_ledger_that_adds_up_has_drift_0(put_aside: MakeHold) -> None:
    ledger.capture(hold_id=put_aside(3).pk, amount=CREDIT)
    assert run("check_ledger").splitlines()[-1] == "drift 0"


@pytest.mark.parametrize(
    ("change", "figure"),
    [
        ("credits_account SET available = available + 5", "account"),
        ("credits_account SET debt = 5", "account"),
        ("credits_lot SET available = available - 5, consumed = consumed + 5", "lot"),
        ("credits_holdpart SET amount = amount + 5", "parts of hold"),
    ],
)
@pytest.mark.usefixtures("tampering")
def test_whatever_drifted_is_named(put_aside: MakeHold, change: str, figure: str) -> None:
    put_aside(3)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {change}")
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("check_ledger", stdout=out)
    assert figure in out.getvalue()
    assert "drift 0" not in out.getvalue()
    assert LedgerCheck.objects.get().drift > 0
    assert metric("ledger_drift_microcredits") == LedgerCheck.objects.get().drift


def test_one_accounts_drift_is_its_own(
    user: Any, put_aside: MakeHold, django_user_model: Any
) -> None:
    put_aside(3)
    other = django_user_model.objects.create_user("other@example.com").credit_account
    Account.objects.filter(pk=other.pk).update(available=1)
    assert audit.differences(account_id=user.credit_account.pk) == []
    assert len(audit.differences(account_id=other.pk)) == 2
    Account.objects.filter(pk=other.pk).update(available=18 * CREDIT)


def test_the_metrics_show_what_is_held(put_aside: MakeHold) -> None:
    put_aside(3)
    assert tasks.check_ledger() == 0
    assert metric("credits_held") == 3 * CREDIT
    assert metric("ledger_drift_microcredits") == 0


def test_beat_expires_and_grants(user: Any, account: Account) -> None:
    days_pass(account, 32)
    assert (tasks.expire_lots(), tasks.grant_due_monthly()) == (1, 1)
    assert queries.balance(user).free == 18 * CREDIT


def test_credits_are_granted_by_address(user: Any) -> None:
    said = run("grant_credits", user.email.upper(), "50", reason="beta tester", key="k")
    assert said == f"Granted 50.00 credits to {user.email}: 68.00 free now.\n"
    run("grant_credits", user.email, "50", reason="beta tester", key="k")
    assert queries.balance(user).free == 68 * CREDIT
    assert queries.statement(user)[0].reason == "beta tester"


@pytest.mark.parametrize("amount", ["0", "abc", "1.0000001"])
def test_nonsense_is_not_granted(user: Any, amount: str) -> None:
    with pytest.raises(CommandError):
        run("grant_credits", user.email, amount, reason="x")


def test_nobody_is_granted_nothing(db: None) -> None:
    with pytest.raises(CommandError, match="no user"):
        run("grant_credits", "nobody@example.com", "1", reason="x")


def test_a_charge_is_explained_in_plain_words(user: Any, put_aside: MakeHold) -> None:
    job_id = uuid4()
    hold = put_aside(3, job_id=job_id)
    ledger.capture(hold_id=hold.pk, amount=2 * CREDIT, reason="6 of 9 shots")
    ledger.refund(hold_id=hold.pk, amount=CREDIT, key="r", reason="one was empty")
    by_hold, by_job = run("explain_charge", str(hold.pk)), run("explain_charge", str(job_id))
    assert by_hold == by_job
    for words in (
        f"for {user.email}: 1.00 charged, 1.00 released, 1.00 refunded",
        "3.00 put aside from monthly lot",
        "2.00 charged to monthly lot",
        "1.00 released to monthly lot",
        "1.00 refunded to monthly lot",
        "(one was empty)",
        "captured: 6 of 9 shots",
    ):
        assert words in by_hold


def test_every_kind_of_movement_has_its_words(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    ledger.grant(user_id=user.pk, kind="topup", amount=9 * CREDIT, source_key="p")
    late, bought = put_aside(18), put_aside(9)
    ledger.revoke(source_key="p", reason="chargeback")
    days_pass(account, 32)
    ledger.release(hold_id=late.pk, reason="failed")
    ledger.release(hold_id=bought.pk, reason="failed")
    assert "given again as grace lot" in run("explain_charge", str(late.pk))
    assert "taken off the debt of top-up lot" in run("explain_charge", str(bought.pk))


def test_what_the_plan_paid_and_what_is_open_is_said(
    user: Any, account: Account, put_aside: MakeHold
) -> None:
    assert "3.00 held, nothing charged yet" in run("explain_charge", str(put_aside(3).pk))
    Account.objects.filter(pk=account.pk).update(plan="pro")
    hold = ledger.capture(hold_id=put_aside(3, unlimited=True).pk)
    assert "the plan paid" in run("explain_charge", str(hold.pk))


def test_what_never_was_cannot_be_explained(db: None) -> None:
    with pytest.raises(CommandError):
        run("explain_charge", str(uuid4()))
