"""A refused hold is logged as support reads it, remembered, and forgotten in time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from core.errors import InsufficientCredits
from core.logs import LineFormatter
from core.money import CREDIT
from credits import operations as ledger
from credits import refusals
from credits.errors import Shortage, in_credits, in_usd, insufficient_credits_for_reservation
from credits.models import Account, Refusal

from .conftest import MakeHold

SHORT = Shortage(
    operation="chat", model="gpt-4o", required=2 * CREDIT, available=CREDIT // 2, plan="free"
)


@pytest.fixture
def request_id() -> Iterator[str]:
    """A request is being answered."""
    with structlog.contextvars.bound_contextvars(request_id="req_of_the_request"):
        yield "req_of_the_request"


def chat(short: Shortage, *, request_id: str | None = "req_abc123") -> InsufficientCredits:
    return in_usd(short, max_tokens=4096, request_id=request_id)


def logged(caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    (record,) = [each for each in caplog.records if each.name == "techpack.credits"]
    return record


class TestLogLine:
    """The documented line, before the error is raised."""

    def test_it_is_the_documented_text(self, caplog: pytest.LogCaptureFixture) -> None:
        refusals.refused(SHORT, user_id=12345, refuse=chat)  # type: ignore[arg-type]
        assert logged(caplog).getMessage() == (
            "[ChatHandler] Insufficient credits for user 12345:\n"
            "  need $0.2000, have $0.0500\n"
            "  request_id=req_abc123\n"
            "  model=gpt-4o\n"
            "  max_tokens=4096"
        )

    def test_its_figures_are_fields_too(self, caplog: pytest.LogCaptureFixture) -> None:
        refusals.refused(SHORT, user_id=12345, refuse=chat)  # type: ignore[arg-type]
        record = logged(caplog)
        assert {
            name: getattr(record, name)
            for name in ("user_id", "need", "have", "request_id", "model", "max_tokens")
        } == {
            "user_id": "12345",
            "need": "$0.2000",
            "have": "$0.0500",
            "request_id": "req_abc123",
            "model": "gpt-4o",
            "max_tokens": 4096,
        }
        assert record.levelname == "WARNING"

    def test_the_request_is_named_once(
        self, caplog: pytest.LogCaptureFixture, request_id: str
    ) -> None:
        refuse = partial(chat, request_id=None)
        refusals.refused(SHORT, user_id=12345, refuse=refuse)  # type: ignore[arg-type]
        line = LineFormatter().format(logged(caplog))
        assert line.startswith("W techpack.credits [ChatHandler] Insufficient credits for user")
        assert line.count(request_id) == 1
        assert line.endswith("\n  max_tokens=4096")

    def test_other_lines_name_their_request_at_the_end(self, request_id: str) -> None:
        record = logging.LogRecord("techpack.x", logging.INFO, "", 0, "done", None, None)
        assert LineFormatter().format(record) == f"I techpack.x done request={request_id}"

    def test_without_tokens_it_speaks_of_credits(
        self, caplog: pytest.LogCaptureFixture, user: Any, put_aside: MakeHold
    ) -> None:
        with pytest.raises(InsufficientCredits):
            put_aside(19)
        assert logged(caplog).getMessage() == (
            f"[Operations] Insufficient credits for user {user.pk}:\n"
            "  need 19 credits, have 18 credits\n"
            "  model=close-ups/generate"
        )

    def test_it_is_written_before_the_error_is_raised(
        self, caplog: pytest.LogCaptureFixture, put_aside: MakeHold
    ) -> None:
        with pytest.raises(InsufficientCredits) as refused:
            put_aside(20, model="gpt-4o", refusal=chat)
        assert "have $1.8000" in logged(caplog).getMessage()
        assert refused.value.message.startswith("Insufficient credits for this request.")


class TestTheError:
    """What the ledger knows goes with it."""

    def test_it_carries_the_shortage(self, put_aside: MakeHold) -> None:
        put_aside(12)
        with pytest.raises(InsufficientCredits) as refused:
            put_aside(7.5)
        short = refused.value.shortage
        assert isinstance(short, Shortage)
        assert (short.required, short.available, short.held, short.missing) == (
            7_500_000,
            6 * CREDIT,
            12 * CREDIT,
            1_500_000,
        )
        assert (short.operation, short.model, short.plan) == (
            "close-ups/generate",
            "close-ups/generate",
            "free",
        )

    def test_a_debt_is_more_than_nothing(self, user: Any, put_aside: MakeHold) -> None:
        ledger.grant(user_id=user.pk, kind="topup", amount=50 * CREDIT, source_key="paid")
        ledger.capture(hold_id=put_aside(48).pk)
        ledger.revoke(source_key="paid", reason="Charged back")
        with pytest.raises(InsufficientCredits) as refused:
            put_aside(3)
        assert refused.value.context["credit_deficit"] == 33
        ledger.grant(user_id=user.pk, kind="topup", amount=33 * CREDIT, source_key="exactly")
        put_aside(3)

    def test_without_the_ledger_there_is_none(self) -> None:
        error = insufficient_credits_for_reservation(
            current_credits=0, max_cost=1, model_id="m", max_tokens=None
        )
        assert error.shortage is None


class TestNote:
    """Remembered for the metrics."""

    def error(self, short: Shortage = SHORT) -> InsufficientCredits:
        error = in_credits(short)
        error.shortage = short
        return error

    def test_it_is_remembered_with_model_and_shortfall(self, user: Any, account: Account) -> None:
        refusals.note(user_id=user.pk, error=self.error())
        row = Refusal.objects.get()
        assert (row.account_id, row.model, row.shortfall) == (account.pk, "gpt-4o", 1_500_000)

    def test_an_error_of_another_origin_is_not(self, user: Any) -> None:
        refusals.note(user_id=user.pk, error=InsufficientCredits("No."))
        assert not Refusal.objects.exists()

    def test_a_long_name_does_no_harm(self, user: Any) -> None:
        short = Shortage("chat", "m" * 300, required=1, available=0)
        refusals.note(user_id=user.pk, error=self.error(short))
        assert Refusal.objects.get().model == "m" * 80

    def test_nobody_is_remembered_for_a_user_without_an_account(self, user: Any) -> None:
        refusals.note(user_id=uuid4(), error=self.error())
        assert not Refusal.objects.exists()

    def test_a_database_that_fails_changes_nothing_about_the_refusal(
        self, user: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fails(execute: Any, sql: str, *rest: Any) -> Any:
            if "credits_refusal" in sql:
                raise OperationalError("the connection is gone")
            return execute(sql, *rest)

        with connection.execute_wrapper(fails):
            refusals.note(user_id=user.pk, error=self.error())
        assert "a refusal was not noted: OperationalError" in caplog.text
        assert Account.objects.filter(user=user).exists(), "the caller's transaction goes on"

    @pytest.mark.usefixtures("transactional_db")
    def test_it_survives_the_transaction_that_was_refused(self, django_user_model: Any) -> None:
        user = django_user_model.objects.create_user("poor@example.com")
        with pytest.raises(InsufficientCredits) as refused, transaction.atomic():
            ledger.hold(
                user_id=user.pk,
                amount=19 * CREDIT,
                key="k",
                operation="edit",
                reason="",
                ttl=timedelta(hours=1),
            )
        assert not Refusal.objects.exists()
        refusals.note(user_id=user.pk, error=refused.value)
        assert Refusal.objects.get().model == "edit"


def test_what_no_metric_asks_for_is_forgotten(user: Any, account: Account) -> None:
    for days in (0, 29, 31, 400):
        Refusal.objects.create(account=account, model=f"{days} days", shortfall=1)
        Refusal.objects.filter(model=f"{days} days").update(created_at=Now() - timedelta(days=days))
    assert refusals.forget_old() == 2
    left = Refusal.objects.annotate(age=Now() - F("created_at")).order_by("-created_at")
    assert [row.model for row in left] == ["0 days", "29 days"]
