"""A user who asks for films over the API, and what became of the credits."""

from __future__ import annotations

from typing import Any

from core.money import CREDIT
from credits import operations as ledger
from credits import queries as credit
from credits.models import StatementLine
from tests.api.contract import Contract

GENERATE, CHECK, VIDEOS = "/api/generate-video", "/api/check-video", "/api/videos"
WORDS = "A slow turn of the polo on a pale studio floor."
FULL = 118 * CREDIT  # µcr that the user begins with


def ask(api: Contract, words: str = WORDS, /, *, key: str = "", **more: Any) -> Any:
    """Ask for a film."""
    headers = {"Idempotency_Key": key} if key else {}
    return api.send("POST", GENERATE, {"prompt": words, **more}, **headers)


def check(api: Contract, video_id: str) -> Any:
    """How the film stands."""
    answer = api.get(CHECK, {"video_id": video_id})
    assert answer.status_code == 200, answer.content
    return answer.json()


def free(user: Any) -> int:
    """µcr that can be spent."""
    return credit.balance(user).free


def held(user: Any) -> int:
    """µcr that are put aside."""
    return credit.balance(user).held


def leave(user: Any, amount: int) -> None:
    """Take credits away until ``amount`` µcr are left."""
    over = free(user) - amount
    ledger.adjust(user_id=user.pk, amount=-over, key=f"leave {amount}", reason="a test")


def last_line(user: Any) -> StatementLine:
    """The newest line of the statement."""
    return credit.statement(user).order_by("-pk")[0]


def assert_failed(answer: Any, status: int, code: str) -> Any:
    """The one body of every failed film; returns its details."""
    body = answer.json()
    assert answer.status_code == status, (answer.status_code, body)
    assert set(body) == {"error", "errorCode", "errorDetails", "status", "video_id"}
    assert (body["errorCode"], body["status"]) == (code, "failed")
    details = body["errorDetails"]
    assert (details["code"], details["message"]) == (code, body["error"])
    return details
