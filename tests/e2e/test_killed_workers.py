"""``kill -9`` of every part in the middle of its work: jobs end by themselves, charged once.

Everything here runs with the settings that a newcomer gets: a lease of 30 s and a sweep
every 10 s, which leaves the promised 90 s room for a start of the worker and for the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from redis import Redis

from deploy.embedded.valkey import Valkey
from tests.e2e.account import ANALYZE, CLOSE_UPS, DETECT, SKETCHES, V2, Account
from tests.e2e.killing import (
    RECOVERY_S,
    START_S,
    STUDIO,
    Ended,
    catch_calling,
    end_of,
    frozen,
    holding,
    kill,
    kill_and_await,
    kill_worker_during,
    rows,
)
from tests.runtime.processes import wait_for
from tests.servers import Server

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

FOUR_VIEWS = {
    "front": "polo-navy-front.jpg",
    "back": "polo-navy-back.jpg",
    "side": "slipon-blue-side.jpg",
    "top": "slipon-blue-top.jpg",
}
TWO_VIEWS = {"front": "polo-navy-front.jpg", "back": "polo-navy-back.jpg"}


@dataclass(frozen=True)
class Orphan:
    """A job whose worker was killed during one of its calls."""

    account: Account
    job: str
    killed_at: datetime


Submit = Callable[[], str]


@pytest.fixture(scope="module", autouse=True)
def _nothing_drifts(server: Server) -> Iterator[None]:
    """Whatever was killed, the balances are the sums of their entries."""
    yield
    checked = server.manage("check_ledger")
    assert checked.stdout.splitlines()[-1] == "drift 0", checked.stdout + checked.stderr


@pytest.fixture(scope="module")
def orphans(server: Server) -> Iterator[dict[str, Orphan]]:
    """Each step once, its worker killed in the middle; the clock was killed before.

    They are killed one after another and wait for the sweeper together, which a restarted
    clock must ring: four times 30 s of lease would only prove the same four times.
    """
    kill_and_await(server, "deploy.embedded.beat")
    with ExitStack() as stack:
        maker = stack.enter_context(Account.signed_up(server))
        looker = stack.enter_context(Account.signed_up(server))
        product = maker.make_product(**TWO_VIEWS)
        made = maker.run(ANALYZE, maker.analysis_body(product))["analyses"]
        ids = [analysis["id"] for analysis in made]
        views = looker.make_product(**FOUR_VIEWS)
        submits: dict[str, tuple[Account, Submit]] = {
            DETECT: (maker, lambda: maker.queue(DETECT, {"productId": product})),
            ANALYZE: (looker, lambda: looker.queue(ANALYZE, looker.analysis_body(views))),
            CLOSE_UPS: (
                maker,
                lambda: maker.queue(CLOSE_UPS, {"productId": product, "baseViewAnalyses": ids}),
            ),
            SKETCHES: (
                maker,
                lambda: maker.queue(SKETCHES, {"productId": product, "productAnalysis": ids}),
            ),
        }
        yield {step: orphan(server, *submit) for step, submit in submits.items()}


def orphan(server: Server, account: Account, submit: Submit) -> Orphan:
    """Submit, and kill the worker in the middle; again where the step was too quick."""
    for _ in range(3):
        job = submit()
        killed_at = kill_worker_during(server, job)
        if killed_at is not None:
            return Orphan(account, job, killed_at)
    raise AssertionError("the step ended three times before its worker could be killed")


@pytest.mark.parametrize(
    ("step", "price"), [(DETECT, 0), (ANALYZE, 3), (CLOSE_UPS, 3), (SKETCHES, 3)]
)
def test_a_step_whose_worker_is_killed_ends_by_itself_and_is_charged_once(
    server: Server, orphans: dict[str, Orphan], step: str, price: int
) -> None:
    lost = orphans[step]
    last_kill = max(other.killed_at for other in orphans.values())
    ended = end_of(server, lost.job, within_s=RECOVERY_S + START_S)
    assert ended.status == "succeeded"
    assert ended.attempts >= 2
    # A worker that was killed again meanwhile, for another step, starts the time anew.
    assert (ended.at - last_kill).total_seconds() < RECOVERY_S
    check_once(ended)
    job = lost.account.get(f"/api/jobs/{lost.job}")
    check_charged(lost.account, job, price)
    check_complete(step, job["result"])


def check_once(ended: Ended) -> None:
    """Told once, nothing bought twice, no call left open."""
    assert (ended.times_told, ended.bought_twice, ended.left_open) == (1, 0, 0)


def check_charged(account: Account, job: Any, price: int) -> None:
    """One line of the statement, closed, with the whole price."""
    assert Decimal(job["creditsCaptured"]) == price
    assert Decimal(job["creditsHeld"]) == 0
    lines = account.statement_of(job["id"])
    assert [Decimal(line["captured"]) for line in lines] == ([Decimal(price)] if price else [])


def check_complete(step: str, result: Any) -> None:
    """Everything that the step makes, and each part once."""
    if step == DETECT:
        assert result["category"] == "tops"
    elif step == ANALYZE:
        assert len({row["revisionId"] for row in result["analyses"]}) == len(FOUR_VIEWS)
        assert len(result["analyses"]) == len(FOUR_VIEWS)
    elif step == CLOSE_UPS:
        orders = [row["order"] for row in result["generatedImages"]]
        assert 6 <= len(orders) <= 10
        assert len(set(orders)) == len(orders) == len(result["plan"])
    else:
        drawn = [row["viewType"] for row in result["sketches"]]
        assert drawn == ["front", "back", "side"]


def test_a_killed_web_process_loses_no_job_that_somebody_waits_for(
    server: Server, account: Account
) -> None:
    product = account.make_product(**TWO_VIEWS)
    body = account.analysis_body(product)
    headers = {"Prefer": "wait=60", "Idempotency-Key": str(uuid4())}

    def post() -> httpx.Response:
        return account.http.post(f"{V2}/{ANALYZE}", json=body, headers=headers)

    with ThreadPoolExecutor(1) as pool:
        # The job cannot be over, and answered, before the web process is killed.
        with holding(server, "LOCK TABLE generation_aicall IN SHARE MODE"):
            waiting = pool.submit(post)
            job = wait_for(lambda: job_of(server, product), within_s=START_S, every_s=0.01)
            kill_and_await(server, "deploy.embedded.web")
        assert isinstance(waiting.exception(START_S), httpx.TransportError)
    ended = end_of(server, job, within_s=RECOVERY_S + START_S)
    assert ended.status == "succeeded"
    check_once(ended)
    wait_for(server.is_healthy, within_s=START_S, what="a healthy web")
    check_charged(account, account.get(f"/api/jobs/{job}"), 3)

    # The client cannot know what happened, and asks again with its key: nothing new is held.
    assert post().status_code in (200, 409)
    assert account.available() == Decimal(15)


def job_of(server: Server, product: str) -> str:
    """The running job of a product, or nothing yet."""
    found = rows(
        server,
        "SELECT id FROM generation_job WHERE product_id = %s AND status = 'running'",
        product,
    )
    return str(found[0][0]) if found else ""


def test_a_job_queued_while_the_broker_dies_is_done(server: Server, account: Account) -> None:
    product = account.make_product(front="polo-navy-front.jpg")
    body = account.analysis_body(product)
    with frozen(server.children(STUDIO)):
        job = account.queue(ANALYZE, body)
        kill_and_await(server, "valkey-server")
        wait_for(lambda: is_ready(server), within_s=START_S, what="a server that is ready")
    ended = end_of(server, job, within_s=RECOVERY_S + START_S)
    assert ended.status == "succeeded"
    check_once(ended)
    check_charged(account, account.get(f"/api/jobs/{job}"), 3)


def is_ready(server: Server) -> bool:
    """Whether database, broker and storage all answer."""
    try:
        return httpx.get(f"{server.url}/readyz", timeout=10).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("woken", ["before", "after"])
def test_a_job_survives_the_kill_of_the_database(
    server: Server, account: Account, woken: str
) -> None:
    """The worker notices while the database is away, or only once it is back."""
    product = account.make_product(**TWO_VIEWS)
    job = account.queue(ANALYZE, account.analysis_body(product))
    worker = server.children(STUDIO)
    assert catch_calling(server, job, worker)
    before = server.postmaster()
    with frozen(worker):
        killed_at = kill({before})
        if woken == "after":
            wait_for(lambda: is_again(server, before), within_s=START_S, what="PostgreSQL again")
    wait_for(lambda: is_again(server, before), within_s=START_S, what="PostgreSQL again")
    ended = end_of(server, job, within_s=RECOVERY_S + START_S)
    assert ended.status == "succeeded"
    assert (ended.at - killed_at).total_seconds() < RECOVERY_S
    check_once(ended)
    wait_for(lambda: is_ready(server), within_s=START_S, what="a server that is ready")
    check_charged(account, account.get(f"/api/jobs/{job}"), 3)


def is_again(server: Server, before: int) -> bool:
    """Whether another database process than that one answers."""
    try:
        return server.postmaster() != before and rows(server, "SELECT 1") == [(1,)]
    except (psycopg.OperationalError, FileNotFoundError):
        return False


def test_a_category_comes_by_itself_though_the_worker_died_looking(
    server: Server, account: Account
) -> None:
    product = account.send("POST", "/api/products", {"name": ""})["id"]
    ready = server.said(r"worker .*ready\.")
    worker = server.children(STUDIO)
    with frozen(worker):
        account.add_photo(product, "polo-navy-front.jpg", "front")
    with Redis(unix_socket_path=str(Valkey.of(server.data_dir).socket)) as broker:
        wait_for(lambda: not broker.llen("studio"), every_s=0.002, what="the worker's hand")
    kill(worker)
    server.until(r"worker .*ready\.", times=ready + 1)

    def category() -> str | None:
        return account.get(f"/api/products/{product}")["category"]

    found = wait_for(category, within_s=RECOVERY_S, every_s=0.5, what="the category")
    assert found == "tops"
