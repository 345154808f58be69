"""The whole product tells an address of a user's own, and is not kept from it by a killed worker.

No address that a test could listen at is public, so that each try ends as one that reaches nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.account import PASSWORD, Account
from tests.e2e.killing import FILMS, START_S, kill_crew
from tests.runtime.processes import wait_for
from tests.servers import Server

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
SCOPES = ["account", "products:read", "products:write", "generate"]
TOLD_WITHIN_S = 60.0


@pytest.fixture
def owner(server: Server) -> Iterator[Account]:
    """Somebody whose key may manage webhooks."""
    with httpx.Client(base_url=server.url, timeout=60) as http:
        person = {"email": f"{uuid4().hex[:12]}@studio.example", "password": PASSWORD}
        token = http.post("/_allauth/app/v1/auth/signup", json=person).json()["meta"]
        key = http.post(
            "/api/keys",
            json={"name": "walk", "scopes": SCOPES},
            headers={"X-Session-Token": token["session_token"]},
        ).raise_for_status()
        http.cookies.clear()
        http.headers["Authorization"] = f"Bearer {key.json()['key']}"
        yield Account(http)


def test_events_are_tried_by_a_worker_also_after_it_was_killed(
    server: Server, owner: Account
) -> None:
    made = owner.send("POST", "/api/webhooks", {"url": "https://hooks.invalid/in"})
    at = f"/api/webhooks/{made['id']}"

    def tried(type: str) -> list[Any]:
        log = owner.get(f"{at}/deliveries")["results"]
        return [
            row for row in log if row["type"] == type and row["status"] is None and row["problem"]
        ]

    owner.send("POST", f"{at}/test", {})
    (first,) = wait_for(lambda: tried("webhook.test"), within_s=TOLD_WITHIN_S, what="the first try")
    assert first["problem"].startswith("The server could not be reached")
    assert first["state"] == "pending"
    assert owner.get(at)["failingSince"]
    owner.make_product(front="polo-navy-front.jpg")
    kill_crew(server, FILMS)
    wait_for(lambda: tried("product.updated"), within_s=START_S, what="an event of the outbox")
