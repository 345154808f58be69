"""The ledger's figures for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone
from prometheus_client import REGISTRY, generate_latest

from core.errors import InsufficientCredits
from core.ids import uuid7
from core.money import CREDIT
from credits import audit, metrics, quotes
from credits.models import Account, Hold, Refusal

from .conftest import MakeHold

MODEL = "studio-1"


def sample(name: str, **labels: str) -> float:
    """The present value; 0 where there is none yet."""
    return REGISTRY.get_sample_value(name, labels) or 0


@pytest.fixture
def moved() -> Callable[..., float]:
    """By how much a counter moved since the test began: ``moved(name, model="edit")``."""
    before = {
        (each.name, *sorted(each.labels.items())): each.value
        for family in REGISTRY.collect()
        for each in family.samples
        if each.name.startswith("credit_")
    }

    def by(name: str, **labels: str) -> float:
        return sample(name, **labels) - before.get((name, *sorted(labels.items())), 0)

    return by


def age(rows: Any, **by: float) -> None:
    """Make rows that much older."""
    rows.update(created_at=F("created_at") - timedelta(**by))


@pytest.fixture
def refuse(account: Account) -> Callable[..., Refusal]:
    """A refusal of the account, some minutes ago."""

    def made(model: str = MODEL, *, minutes: float = 0, of: Account = account) -> Refusal:
        row = Refusal.objects.create(account=of, model=model, shortfall=1)
        age(Refusal.objects.filter(pk=row.pk), minutes=minutes)
        return row

    return made


@pytest.fixture
def succeed(account: Account) -> Callable[..., Hold]:
    """A hold for nothing, as if it had been made then: its id is of that time too."""

    def made(*, minutes_ago: float) -> Hold:
        by = timedelta(minutes=minutes_ago)
        then = UUID(int=uuid7().int - (int(by.total_seconds() * 1000) << 80))
        now = timezone.now()
        return Hold.objects.create(
            id=then,
            account=account,
            key=str(then),
            operation="chat",
            model=MODEL,
            amount=0,
            open=0,
            created_at=now - by,
            expires_at=now,
        )

    return made


def names() -> set[str]:
    """The samples that a scrape sees."""
    return {line.split("{")[0].split(" ")[0] for line in generate_latest().decode().splitlines()}


@pytest.mark.usefixtures("db")
class TestCounters:
    """What is counted as it happens."""

    def test_a_failure_counts_by_model(self, put_aside: MakeHold, moved: Any) -> None:
        for model in (MODEL, MODEL, "gpt-6-luna"):
            with pytest.raises(InsufficientCredits):
                put_aside(19, model=model)
        assert moved("credit_reservation_failures_total", model=MODEL) == 2
        assert moved("credit_reservation_failures_total", model="gpt-6-luna") == 1

    def test_without_a_model_it_counts_by_operation(
        self, put_aside: MakeHold, moved: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(quotes._pricers, "edit", lambda user, given: quotes.Price(1, 1))
        with pytest.raises(InsufficientCredits):
            put_aside(19, operation="edit")
        assert moved("credit_reservation_failures_total", model="edit") == 1

    def test_what_a_client_made_up_is_other(self, put_aside: MakeHold, moved: Any) -> None:
        for number in range(50):
            with pytest.raises(InsufficientCredits):
                put_aside(19, model=f"made-up-{number}")
        assert moved("credit_reservation_failures_total", model="other") == 50
        assert "made-up" not in generate_latest().decode()

    def test_a_success_counts_nothing(self, put_aside: MakeHold, moved: Any) -> None:
        put_aside(3, model=MODEL)
        assert moved("credit_reservation_failures_total", model=MODEL) == 0
        assert moved("credit_shortfall_distribution_count") == 0

    @pytest.mark.parametrize(
        ("missing", "bucket"),
        [
            (1, "0.01"),
            (CREDIT // 10, "0.01"),
            (CREDIT // 10 + 1, "0.1"),
            (CREDIT, "0.1"),
            (CREDIT + 1, "1.0"),
            (10 * CREDIT, "1.0"),
            (100 * CREDIT, "10.0"),
            (100 * CREDIT + 1, "+Inf"),
        ],
    )
    def test_the_shortfall_falls_into_its_bucket_of_dollars(
        self, moved: Any, missing: int, bucket: str
    ) -> None:
        metrics.count_refusal(MODEL, missing)
        buckets = ["0.01", "0.1", "1.0", "10.0", "+Inf"]
        for each in buckets:
            counted = moved("credit_shortfall_distribution_bucket", le=each)
            assert counted == (buckets.index(each) >= buckets.index(bucket))

    def test_a_shortfall_of_credits_is_counted_in_dollars(
        self, put_aside: MakeHold, moved: Any
    ) -> None:
        with pytest.raises(InsufficientCredits):
            put_aside(19.5)
        assert moved("credit_shortfall_distribution_sum") == pytest.approx(0.15)


class TestRetries:
    """Of the last day's refusals, the share that was made good within ten minutes."""

    def test_without_refusals_there_is_no_figure(self, db: None) -> None:
        assert metrics.retry_success_rate() is None
        assert "credit_reservation_retry_success_rate" not in names()

    def test_one_that_is_not_made_good_counts_when_its_ten_minutes_are_over(
        self, refuse: Any
    ) -> None:
        refuse(minutes=9)
        assert metrics.retry_success_rate() is None
        refuse(minutes=11)
        assert metrics.retry_success_rate() == 0

    def test_one_that_is_made_good_counts_at_once(self, refuse: Any, put_aside: MakeHold) -> None:
        refuse()
        put_aside(1, model=MODEL)
        assert metrics.retry_success_rate() == 1
        assert sample("credit_reservation_retry_success_rate") == 1

    def test_without_a_model_the_operation_is_what_counts(
        self, refuse: Any, put_aside: MakeHold
    ) -> None:
        refuse("edit")
        put_aside(1, operation="edit")
        assert metrics.retry_success_rate() == 1

    def test_another_models_success_is_none(self, refuse: Any, put_aside: MakeHold) -> None:
        refuse(minutes=11)
        put_aside(1, model="gpt-6-luna")
        hold = put_aside(1, operation=MODEL, model="gpt-6-luna")
        age(Hold.objects.filter(pk=hold.pk), minutes=10)
        assert metrics.retry_success_rate() == 0

    def test_another_accounts_success_is_none(
        self, refuse: Any, put_aside: MakeHold, django_user_model: Any
    ) -> None:
        other = django_user_model.objects.create_user("other@example.com")
        refuse(of=other.credit_account, minutes=11)
        age(Hold.objects.filter(pk=put_aside(1, model=MODEL).pk), minutes=10)
        assert metrics.retry_success_rate() == 0

    @pytest.mark.parametrize(("after", "share"), [(-1, 0), (1, 1), (9.9, 1), (10.1, 0)])
    def test_only_ten_minutes_after_count(
        self, refuse: Any, succeed: Any, after: float, share: float
    ) -> None:
        refuse(minutes=30)
        succeed(minutes_ago=30 - after)
        assert metrics.retry_success_rate() == share

    def test_only_the_last_day_counts(self, refuse: Any, put_aside: MakeHold) -> None:
        refuse(minutes=24 * 60 + 1)
        assert metrics.retry_success_rate() is None
        refuse(minutes=24 * 60 - 1)
        assert metrics.retry_success_rate() == 0

    def test_it_is_a_share(self, refuse: Any, succeed: Any) -> None:
        for minutes in (20, 40, 60):
            refuse(minutes=minutes)
        succeed(minutes_ago=35)
        assert metrics.retry_success_rate() == pytest.approx(1 / 3)

    def test_what_the_plan_paid_is_a_success(self, refuse: Any, put_aside: MakeHold) -> None:
        Account.objects.update(plan="pro")
        refuse()
        put_aside(1, model=MODEL, unlimited=True)
        assert metrics.retry_success_rate() == 1


class TestLedger:
    """What is read from the database when asked for."""

    def test_what_is_held_and_the_drift_of_the_last_check(
        self, db: None, put_aside: MakeHold
    ) -> None:
        put_aside(3)
        audit.check()
        assert sample("credits_held") == 3 * CREDIT
        assert sample("ledger_drift_microcredits") == 0
        assert "ledger_drift_microcredits" in names()

    def test_a_database_that_does_not_answer_gives_no_figures(self, db: None) -> None:
        def fails(*_: Any) -> Any:
            raise OperationalError("down")

        with connection.execute_wrapper(fails):
            seen = names()
        assert "credits_held" not in seen
        assert "credit_shortfall_distribution_count" in seen
