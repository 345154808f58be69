"""Who may read the metrics."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client


@pytest.mark.parametrize(
    ("token", "sent", "address", "status"),
    [
        ("", {}, "127.0.0.1", 200),
        ("", {}, "203.0.113.7", 404),
        ("", {"x-forwarded-for": "127.0.0.1"}, "127.0.0.1", 404),
        ("s3cret", {}, "127.0.0.1", 404),
        ("s3cret", {"authorization": "Bearer s3cret"}, "203.0.113.7", 200),
        ("s3cret", {"authorization": "Bearer other"}, "203.0.113.7", 404),
    ],
)
def test_metrics_are_for_this_machine_or_the_token(
    settings: Any, db: None, token: str, sent: dict[str, str], address: str, status: int
) -> None:
    settings.METRICS_TOKEN = token
    answer = Client().get("/metrics", headers=sent, REMOTE_ADDR=address)
    assert answer.status_code == status
    assert (b"credits_held" in answer.content) == (status == 200)
