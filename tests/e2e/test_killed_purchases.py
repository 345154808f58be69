"""``kill -9`` of a worker at each moment of a job that buys: bought once, charged once or not.

The vendor is a server of the test's own that counts what it sells. Each moment is caught by a
lock that the test holds in the database, so that nothing depends on being quick: the worker
stands still exactly there until it is killed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.e2e.account import ANALYZE, Account
from tests.e2e.killing import (
    RECOVERY_S,
    START_S,
    STUDIO,
    Ended,
    end_of,
    frozen,
    holding,
    kill_crew,
    rows,
    until_stuck,
)
from tests.fakes.openai_script import answers_well
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.trouble import hangs, held
from tests.fakes.vendor import Gate
from tests.runtime.processes import wait_for
from tests.servers import Server, empty_data_dir

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

PHOTOS = {"front": "polo-navy-front.jpg", "back": "polo-navy-back.jpg"}
PRICE = Decimal(3)


@pytest.fixture(scope="module")
def vendor() -> Iterator[OpenAIServer]:
    """OpenAI, as the only service that is set up for looking at photos."""
    with OpenAIServer() as selling:
        yield selling


@pytest.fixture(scope="module")
def server(vendor: OpenAIServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product with that vendor; its leases are short, as six of them are waited for."""
    settings = {**vendor.settings_for("openai"), "JOB_LEASE_S": "12"}
    with empty_data_dir(tmp_path_factory.mktemp("purchases")) as data_dir:
        running = Server(data_dir, settings=settings)
        try:
            running.until_ready()
            yield running
            checked = running.manage("check_ledger")
            assert checked.stdout.splitlines()[-1] == "drift 0", checked.stdout + checked.stderr
        finally:
            running.stop()


@dataclass
class Buying:
    """An analysis of two photos on its way, and what the vendor had sold before it."""

    server: Server
    vendor: OpenAIServer
    account: Account
    body: dict[str, Any]
    gate: Gate = field(default_factory=Gate)
    job: str = ""
    sold_before: int = 0
    asked_before: int = 0

    def __post_init__(self) -> None:
        self.sold_before = self.vendor.sold[ANALYZE]
        self.asked_before = len(self.vendor.asked_for(ANALYZE))

    @property
    def sold(self) -> int:
        """How many answers it bought."""
        return self.vendor.sold[ANALYZE] - self.sold_before

    @property
    def asked(self) -> int:
        """How many it asked for."""
        return len(self.vendor.asked_for(ANALYZE)) - self.asked_before

    def submit(self) -> None:
        """Queue the job."""
        self.job = self.account.queue(ANALYZE, self.body)

    def until_asked(self) -> None:
        """Wait until the vendor has both requests in its hands."""
        self.vendor.wait_until(lambda: self.asked == 2, START_S)


@pytest.fixture
def buying(server: Server, vendor: OpenAIServer, account: Account) -> Buying:
    """A product whose analysis is about to be bought; its photos were looked at already."""
    product = account.make_product(**PHOTOS)
    query = "SELECT 1 FROM techpack_revision WHERE product_id = %s AND geometry IS NULL"
    wait_for(lambda: not rows(server, query, product), within_s=START_S, what="the outlines")
    return Buying(server, vendor, account, account.analysis_body(product))


def ended(buying: Buying, killed_at: datetime) -> Ended:
    """The end of the job, which came by itself and in time, told once."""
    end = end_of(buying.server, buying.job, within_s=RECOVERY_S + START_S)
    assert (end.at - killed_at).total_seconds() < RECOVERY_S
    assert (end.times_told, end.bought_twice, end.left_open) == (1, 0, 0)
    notices = "SELECT 1 FROM notifications_notification WHERE context->>'jobId' = %s"
    assert len(rows(buying.server, notices, buying.job)) == 1
    return end


def check_charged(buying: Buying, amount: Decimal) -> None:
    """One closed line of the statement, and nothing held any more."""
    job = buying.account.get(f"/api/jobs/{buying.job}")
    assert Decimal(job["creditsCaptured"]) == amount
    assert Decimal(job["creditsHeld"]) == 0
    assert len(buying.account.statement_of(buying.job)) == 1
    assert buying.account.available() == Decimal(18) - amount


def code_of(buying: Buying) -> str:
    return str(buying.account.get(f"/api/jobs/{buying.job}")["error"]["code"])


def test_before_it_is_claimed(buying: Buying) -> None:
    with frozen(buying.server.children(STUDIO)):
        buying.submit()
        killed_at = kill_crew(buying.server, STUDIO)

    assert ended(buying, killed_at).status == "succeeded"
    assert buying.sold == 2
    check_charged(buying, PRICE)


def test_after_it_was_claimed(buying: Buying) -> None:
    with holding(buying.server, "LOCK TABLE generation_aicall IN SHARE MODE"):
        buying.submit()
        until_stuck(buying.server, 'INSERT INTO "generation_aicall"')
        killed_at = kill_crew(buying.server, STUDIO)

    end = ended(buying, killed_at)
    assert (end.status, end.attempts) == ("succeeded", 2)
    assert buying.sold == 2
    check_charged(buying, PRICE)


def test_after_everything_was_submitted(buying: Buying) -> None:
    buying.vendor.will(hangs, hangs, to=ANALYZE)
    buying.submit()
    buying.until_asked()
    killed_at = kill_crew(buying.server, STUDIO)

    assert ended(buying, killed_at).status == "failed"
    assert code_of(buying) == "AMBIGUOUS"
    assert buying.sold == 2, "what may have been bought was bought again"
    check_charged(buying, Decimal(0))


def test_after_one_answered_and_the_other_was_submitted(buying: Buying) -> None:
    buying.vendor.will(hangs, to=ANALYZE)
    buying.submit()
    query = "SELECT 1 FROM generation_aicall WHERE job_id = %s AND status = 'completed'"
    wait_for(
        lambda: rows(buying.server, query, buying.job), within_s=START_S, what="the other answer"
    )
    killed_at = kill_crew(buying.server, STUDIO)

    assert ended(buying, killed_at).status == "partly_succeeded"
    job = buying.account.get(f"/api/jobs/{buying.job}")
    assert [part["error"]["code"] for part in job["result"]["failed"]] == ["AMBIGUOUS"]
    assert buying.sold == 2
    check_charged(buying, PRICE / 2)


def test_after_the_provider_answered(buying: Buying) -> None:
    """The answers are there, and not yet in the log: nobody knows of them."""
    buying.vendor.will(*[held(buying.gate, answers_well)] * 2, to=ANALYZE)
    buying.submit()
    buying.until_asked()
    rows_of_it = "SELECT 1 FROM generation_aicall WHERE job_id = %s FOR UPDATE"
    with holding(buying.server, rows_of_it, buying.job):
        buying.gate.open()
        until_stuck(buying.server, 'UPDATE "generation_aicall"')
        buying.vendor.wait_until(lambda: buying.sold == 2, START_S)
        killed_at = kill_crew(buying.server, STUDIO)

    assert ended(buying, killed_at).status == "failed"
    assert code_of(buying) == "AMBIGUOUS"
    assert buying.sold == 2
    check_charged(buying, Decimal(0))


def test_before_it_is_settled(buying: Buying) -> None:
    """The answers are in the log: they are taken from there."""
    buying.vendor.will(*[held(buying.gate, answers_well)] * 2, to=ANALYZE)
    buying.submit()
    buying.until_asked()
    query = "SELECT 1 FROM generation_aicall WHERE job_id = %s AND status = 'completed'"
    with holding(
        buying.server, "SELECT 1 FROM generation_job WHERE id = %s FOR UPDATE", buying.job
    ):
        buying.gate.open()
        wait_for(
            lambda: len(rows(buying.server, query, buying.job)) == 2,
            within_s=START_S,
            what="both answers",
        )
        killed_at = kill_crew(buying.server, STUDIO)

    end = ended(buying, killed_at)
    assert (end.status, end.attempts) == ("succeeded", 2)
    assert buying.sold == 2
    check_charged(buying, PRICE)


def test_while_it_is_settled(buying: Buying) -> None:
    """The job is ended and its rows are written, but the charge is not committed."""
    buying.vendor.will(*[held(buying.gate, answers_well)] * 2, to=ANALYZE)
    buying.submit()
    buying.until_asked()
    its_hold = (
        "SELECT 1 FROM credits_hold WHERE id = "
        "(SELECT hold_id FROM generation_job WHERE id = %s) FOR UPDATE"
    )
    with holding(buying.server, its_hold, buying.job):
        buying.gate.open()
        until_stuck(buying.server, "credits_close_hold")
        killed_at = kill_crew(buying.server, STUDIO)

    end = ended(buying, killed_at)
    assert (end.status, end.attempts) == ("succeeded", 2)
    assert buying.sold == 2
    check_charged(buying, PRICE)
