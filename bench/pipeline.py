"""Our own overhead per job: submit to settled, with work that ends at once.

The baseline is the least that any such system pays: the same rows written by two
transactions of bare SQL on the same server.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from bench.database import set_up_django


def main(arguments: Sequence[str]) -> None:
    """Measure ``--jobs`` jobs, print a table and one JSON object."""
    parser = argparse.ArgumentParser(prog="script/bench pipeline")
    parser.add_argument("--jobs", type=int, default=200)
    options = parser.parse_args(arguments)
    set_up_django()
    ours, bare = _measure(options.jobs)
    rows = {"ours": ours, "bare SQL": bare}
    print(f"{'':10} {'median':>9} {'p95':>9}   ms per job, {options.jobs} jobs")
    for name, times in rows.items():
        print(f"{name:10} {statistics.median(times):9.2f} {_p95(times):9.2f}")
    median, base = statistics.median(ours), statistics.median(bare)
    print(
        json.dumps(
            {
                "median_ms": round(median, 2),
                "p95_ms": round(_p95(ours), 2),
                "baseline_ms": round(base, 2),
                "ratio": round(base / median, 3),
                "jobs": options.jobs,
            }
        )
    )


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def _measure(count: int) -> tuple[list[float], list[float]]:
    from django.contrib.auth import get_user_model

    from core.money import CREDIT
    from credits import operations as ledger
    from generation import kinds, operations, work
    from generation.kinds import Kind, Outcome, Prepared

    user = get_user_model().objects.create_user(f"{uuid4().hex}@example.com", "unused")
    ledger.grant(
        user_id=user.pk,
        kind="grant",
        amount=3 * (count + 10) * CREDIT,
        source_key=f"bench:{user.pk}",
    )
    kinds.register(
        Kind(
            "bench/instant",
            "Instant",
            lambda run: Outcome(store=lambda job: {"ok": True}, captured=run.job.price),
            lambda job: {},
        )
    )
    operations.ring_worker = lambda job_id: None  # the same process works: no broker between

    def one() -> None:
        job = operations.submit(
            user=user, kind="bench/instant", price=3 * CREDIT, prepare=lambda: Prepared({})
        )
        work.run_job(job_id=job.pk)

    return _times(one, count), _times(_bare_sql(), count)


def _times(one: Any, count: int) -> list[float]:
    for _ in range(10):
        one()
    times = []
    for _ in range(count):
        started = time.perf_counter()
        one()
        times.append((time.perf_counter() - started) * 1000)
    return times


def _bare_sql() -> Any:
    """Two transactions as anybody would write them: queue with a hold, finish with a capture."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE bare_account (id int PRIMARY KEY, free bigint, held bigint)"
        )
        cursor.execute(
            "CREATE TEMP TABLE bare_job (id uuid PRIMARY KEY, state text, price int, result jsonb)"
        )
        cursor.execute("INSERT INTO bare_account VALUES (1, 1000000000000, 0)")

    def one() -> None:
        pk = uuid4()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE bare_account SET free = free - 3, held = held + 3 WHERE id = 1")
            cursor.execute("INSERT INTO bare_job VALUES (%s, 'queued', 3, NULL)", [pk])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE bare_job SET state = 'running' WHERE id = %s", [pk])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE bare_job SET state = 'done', result = '{}' WHERE id = %s", [pk])
            cursor.execute("UPDATE bare_account SET held = held - 3 WHERE id = 1")

    return one
