"""The workspace of a full pack: milliseconds and queries, with 1 and with 20 revisions.

The baseline is the same view for a product without any photo: what the framework, the
session and the frame of the page cost.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from typing import Any

from bench.database import set_up_django


def main(arguments: Sequence[str]) -> None:
    """Measure, print a table and one JSON object."""
    parser = argparse.ArgumentParser(prog="script/bench page")
    parser.add_argument("--loads", type=int, default=30)
    options = parser.parse_args(arguments)
    set_up_django()
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    found: dict[str, tuple[float, int]] = {}
    for name, (client, path) in _pages().items():
        queries = _queries(client, path)
        found[name] = (statistics.median(_times(client, path, options.loads)), queries)
    print(f"{'workspace':28} {'ms':>8} {'queries':>8}")
    for name, (ms, count) in found.items():
        print(f"{name:28} {ms:8.1f} {count:8}")
    full, many, empty = (
        found["full, 1 revision"],
        found["full, 20 revisions"],
        found["empty product"],
    )
    print(
        json.dumps(
            {
                "full_ms": round(full[0], 1),
                "queries_1": full[1],
                "queries_20": many[1],
                "baseline_ms": round(empty[0], 1),
                "ratio": round(empty[0] / full[0], 3),
            }
        )
    )


def _queries(client: Any, path: str) -> int:
    """Statements of one load. The request's own connection keeps no log: they are counted."""
    from django.db import connection

    seen: list[str] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        if client.get(path).status_code != 200:
            raise RuntimeError(f"{path} does not open")
    return len(seen)


def _times(client: Any, path: str, loads: int) -> list[float]:
    times = []
    for _ in range(loads):
        started = time.perf_counter()
        client.get(path)
        times.append((time.perf_counter() - started) * 1000)
    return times


def _pages() -> dict[str, tuple[Any, str]]:
    from django.test import Client

    from techpack import demo, operations, queries

    user = demo.demo_user()
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    sample = demo.SAMPLES[0]
    product = queries.products_of(user).filter(style_no=sample.style_no).first()
    product = product or demo.make_product(user, sample)
    many = queries.products_of(user).filter(style_no="MANY").first()
    if many is None:
        many = demo.make_product(user, sample)
        operations.change_product(user=user, product_id=many.pk, changes={"style_no": "MANY"})
        front = queries.revisions_of(many)[0]
        for _ in range(19):
            operations.add_revision(
                user=user,
                product_id=many.pk,
                file=(demo.PHOTOS / sample.photos[0][1]).read_bytes(),
                filename="again.jpg",
                view_type="front",
            )
        operations.change_revision(user=user, revision_id=front.pk, changes={"is_current": True})
    empty = operations.create_product(user=user, name="Empty")
    return {
        "empty product": (client, f"/products/{empty.pk}"),
        "full, 1 revision": (client, f"/products/{product.pk}"),
        "full, 20 revisions": (client, f"/products/{many.pk}"),
    }
