"""A job that ends and one that begins, about the same thing, at the same moment."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from core.money import CREDIT
from credits import queries as credit
from generation import work
from generation.kinds import Outcome, Prepared
from generation.models import Heartbeat, Job
from tests.generation.conftest import Begin, Submit

WAITING_FOR_US = """
    SELECT count(*) FROM pg_locks
    WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))
"""


def until_somebody_waits() -> None:
    """Wait until another session wants what this one has."""
    deadline, pause = time.monotonic() + 60, threading.Event()
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(WAITING_FOR_US)
            if cursor.fetchone()[0]:
                return
            pause.wait(0.01)
    raise AssertionError("nobody came to wait")


def test_a_job_that_ends_is_waited_for_by_one_that_begins_on_the_same_product(
    begin: Begin, submit: Submit, user: Any
) -> None:
    about = Heartbeat.objects.filter(name="the product, as both change its row")
    Heartbeat.objects.create(name="the product, as both change its row", at=Now())
    ending, is_stored = begin(), threading.Event()

    def store(job: Job) -> dict[str, Any]:
        about.update(at=Now())
        is_stored.set()
        until_somebody_waits()
        return {"said": "hello"}

    def settle() -> bool:
        try:
            return work.settle(run=ending, outcome=Outcome(store=store, captured=3 * CREDIT))
        finally:
            connection.close()

    def prepare() -> Prepared:
        about.update(at=Now())
        return Prepared({"say": "hello"})

    with ThreadPoolExecutor(1) as pool:
        settled = pool.submit(settle)
        assert is_stored.wait(60)
        begun = submit(prepare=prepare)
        assert settled.result(timeout=60)

    assert begun.status == Job.Status.QUEUED
    assert (credit.balance(user).available, credit.balance(user).held) == (12 * CREDIT, 3 * CREDIT)
