"""The same question again, with the same key of idempotency: answered once, paid once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from core.models import IdempotencyRecord
from generation.models import Job
from tests.api.contract import Contract
from tests.assistant.conftest import CHAT, HELLO, Balance, events_of


# --- Idempotency -----------------------------------------------------------------------------
def test_a_whole_answer_is_replayed_and_paid_once(api: Contract) -> None:
    first = api.send("POST", CHAT, HELLO, Idempotency_Key="once")
    again = api.send("POST", CHAT, HELLO, Idempotency_Key="once")
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["X-Credits-Used"] == first.headers["X-Credits-Used"]
    assert Job.objects.filter(kind="chat").count() == 1
    other = api.send("POST", CHAT, {**HELLO, "n": 2}, Idempotency_Key="once")
    assert other.status_code == 422


def test_a_stream_is_not_replayed(api: Contract) -> None:
    asked = {**HELLO, "stream": True}
    events_of(api.send("POST", CHAT, asked, Idempotency_Key="once"))
    again = api.send("POST", CHAT, asked, Idempotency_Key="once")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "STREAM_NOT_KEPT")
    assert Job.objects.filter(kind="chat").count() == 1


def test_a_402_is_not_kept(api: Contract, user: Any, leave: Balance) -> None:
    leave(10)
    assert api.send("POST", CHAT, HELLO, Idempotency_Key="k").status_code == 402
    assert not IdempotencyRecord.objects.exists()


def test_a_key_stays_open_as_long_as_an_answer_may_take(api: Contract, settings: Any) -> None:
    settings.CHAT_DEADLINE_S = 500
    api.send("POST", CHAT, HELLO, Idempotency_Key="k")
    later = timezone.now() + timedelta(seconds=400)
    IdempotencyRecord.objects.update(status=None, body=None, open_until=later)
    assert api.send("POST", CHAT, HELLO, Idempotency_Key="k").status_code == 409
