"""Streams that a vendor makes, over the real server: read to the end, broken, dropped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.operations import create_key
from credits import queries as credit
from credits.models import Hold
from generation import operations as jobs
from generation.models import AICall, Job
from tests.api.contract import Contract
from tests.asgi import serving
from tests.assistant.conftest import CHAT, HELLO, events_of, text_of
from tests.assistant.hanging_up import asking
from tests.fakes.chat_script import (
    Answer,
    answers_in_pieces,
    hangs_in_mid_stream,
    refuses,
    refuses_content,
)
from tests.fakes.chat_server import ChatServer, Gate
from tests.runtime.processes import wait_for

STREAM = {**HELLO, "stream": True, "model": "gpt-6-luna"}
WITHIN_S = 30.0


@pytest.fixture
def address(user: Any) -> Iterator[str]:
    with serving() as found:
        yield found


@pytest.fixture
def secret(user: Any) -> str:
    return create_key(user=user, name="stream")[1]


def ended() -> Any:
    """The chat's job, once it is over."""
    wait_for(
        lambda: Job.objects.filter(kind="chat", status__in=Job.FINAL).exists(),
        within_s=WITHIN_S,
        what="the end of the job",
    )
    return Job.objects.select_related("hold").get(kind="chat")


def test_a_vendors_stream_is_passed_on_and_charged_by_its_usage(
    api: Contract, openai_vendor: ChatServer
) -> None:
    events = events_of(api.send("POST", CHAT, STREAM))
    assert events[-1] == "[DONE]"
    assert text_of(events).strip() == "The chest is 52 cm wide."
    assert events[0]["model"] == "gpt-6-luna"
    assert events[0]["system_fingerprint"] == "fp_44709d6fcb"
    hold = ended().hold
    assert hold.captured == 12 * 1 + 7 * 5
    call = AICall.objects.get()
    assert (call.status, call.total_tokens, call.cost_usd_micros) == ("completed", 19, 5)
    assert call.provider_ref == "chatcmpl-1"


def test_a_client_that_hangs_up_pays_for_what_it_was_sent(
    address: str, secret: str, user: Any, openai_vendor: ChatServer
) -> None:
    gate = Gate()
    openai_vendor.will(answers_in_pieces(gate))
    before = credit.balance(user).free
    with asking(address, secret, STREAM) as client:
        gate.let(3)
        client.hear(b"three")
        client.hang_up()
    dropped_at = time.monotonic()
    job = ended()
    assert time.monotonic() - dropped_at < WITHIN_S
    openai_vendor.wait_until(lambda: openai_vendor.hung_up == 1, within_s=WITHIN_S)
    hold = job.hold
    written = len(b"one two three ")
    assert hold.captured == job.input["input_tokens"] + 5 * -(-written // 3)
    assert hold.released == hold.amount - hold.captured
    assert credit.balance(user).free == before - hold.captured
    assert (job.status, job.result["is_whole"]) == ("succeeded", False)
    assert AICall.objects.get().completion_tokens == 5


def test_a_silent_vendor_is_hung_up_on_as_well(
    address: str, secret: str, openai_vendor: ChatServer
) -> None:
    openai_vendor.will(hangs_in_mid_stream)
    with asking(address, secret, STREAM) as client:
        client.hear(b"assistant")
        client.hang_up()
    job = ended()
    openai_vendor.wait_until(lambda: openai_vendor.hung_up == 1, within_s=WITHIN_S)
    assert job.hold.captured == job.input["input_tokens"], "nothing but the role was sent"


def test_a_client_that_is_gone_before_the_first_word_ends_it_too(
    address: str, secret: str, openai_vendor: ChatServer
) -> None:
    for _ in range(5):
        gate = Gate()
        openai_vendor.will(answers_in_pieces(gate))
        with asking(address, secret, STREAM) as client:
            client.hang_up()
        gate.open()

    def is_quiet() -> bool:
        return not Job.objects.filter(kind="chat").exclude(status__in=Job.FINAL).exists()

    wait_for(is_quiet, within_s=WITHIN_S, what="the end of all")
    assert not Hold.objects.filter(open__gt=0).exists()


def test_an_error_before_the_first_piece_has_its_own_status(
    api: Contract, openai_vendor: ChatServer
) -> None:
    openai_vendor.will(refuses(400, param="messages[0].content", code="invalid_value"))
    refused = api.send("POST", CHAT, STREAM)
    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "invalid_request")
    assert "messages[0].content" in str(refused.json()["error"]["fields"])
    assert ended().hold.captured == 0


def test_refused_content_is_500_with_its_code_and_free(
    api: Contract, openai_vendor: ChatServer, user: Any
) -> None:
    openai_vendor.will(refuses_content, refuses_content)
    for stream in (True, False):
        refused = api.send("POST", CHAT, {**STREAM, "stream": stream})
        error = refused.json()["error"]
        assert (refused.status_code, error["type"]) == (500, "generation_failed")
        assert (error["code"], error["context"]) == ("CONTENT_REFUSED", {"charged": "0"})
        assert refused.headers["X-Credits-Used"] == "0"
        assert refused.headers["X-Credits-Remaining"] == "18"
    assert credit.balance(user).free == 18_000_000


@pytest.mark.parametrize("breaks", ["reset", "garbage", "error", "ends"])
def test_an_error_in_mid_stream_ends_it_without_done_and_costs_nothing(
    api: Contract, openai_vendor: ChatServer, breaks: Any
) -> None:
    openai_vendor.will(Answer(breaks=breaks))
    events = events_of(api.send("POST", CHAT, STREAM, X_Request_ID="mine-1"))
    error = events.pop()["error"]
    assert text_of(events) == "The chest "
    assert (error["type"], error["status"]) == ("generation_failed", 500)
    assert (error["context"], error["request_id"]) == ({"charged": "0"}, "mine-1")
    job = ended()
    assert (job.status, job.error["code"]) == ("failed", error["code"])
    assert job.hold.captured == 0
    call = AICall.objects.get()
    is_unclear = error["code"] == "AMBIGUOUS"
    assert call.status == ("ambiguous" if is_unclear else "failed")
    assert call.cost_usd_micros == (-(-job.price // 10) if is_unclear else 0)


def test_a_vendor_that_tells_no_usage_is_counted_by_bytes(
    api: Contract, openai_vendor: ChatServer
) -> None:
    openai_vendor.usually = Answer(usage=None)
    body = api.send("POST", CHAT, {**STREAM, "stream": False}).json()
    said = body["choices"][0]["message"]["content"]
    assert body["usage"]["completion_tokens"] == -(-len(said) // 3)
    asked = {**STREAM, "stream_options": {"include_usage": True}}
    usage = events_of(api.send("POST", CHAT, asked))[-2]["usage"]
    assert usage["prompt_tokens"] == body["usage"]["prompt_tokens"]
    assert usage["completion_tokens"] == -(-(len(said) + 1) // 3)


def test_usage_beyond_the_hold_is_not_charged(api: Contract, openai_vendor: ChatServer) -> None:
    lots = {"prompt_tokens": 9_000_000, "completion_tokens": 9, "total_tokens": 9_000_009}
    openai_vendor.usually = Answer(usage=lots)
    api.send("POST", CHAT, {**STREAM, "stream": False})
    hold = ended().hold
    assert hold.captured == hold.amount


def test_a_cancelled_stream_stops_and_is_charged_for_its_part(
    address: str, secret: str, user: Any, openai_vendor: ChatServer, settings: Any
) -> None:
    settings.JOB_LEASE_S = 3
    gate = Gate()
    openai_vendor.will(answers_in_pieces(gate))
    with asking(address, secret, STREAM) as client:
        gate.let(2)
        client.hear(b"two")
        jobs.cancel(user=user, job_id=Job.objects.get(kind="chat").pk)
        heard = client.hear_out()
    assert b'"code":"CANCELED"' in heard
    assert b"[DONE]" not in heard
    openai_vendor.wait_until(lambda: openai_vendor.hung_up == 1, within_s=WITHIN_S)
    assert ended().hold.captured > 0


def test_a_stream_that_takes_too_long_is_given_up_and_free(
    address: str, secret: str, openai_vendor: ChatServer, settings: Any
) -> None:
    settings.CHAT_DEADLINE_S = 2
    openai_vendor.will(hangs_in_mid_stream)
    with asking(address, secret, STREAM) as client:
        heard = client.hear_out()
    assert b'"code":"TRANSIENT"' in heard
    assert ended().hold.captured == 0


def test_a_server_that_stops_ends_its_streams_and_settles_them(
    user: Any, secret: str, openai_vendor: ChatServer
) -> None:
    openai_vendor.will(hangs_in_mid_stream)
    with serving() as address, asking(address, secret, STREAM) as client:
        client.hear(b"assistant")
        stopping_at = time.monotonic()
    assert time.monotonic() - stopping_at < 2 * WITHIN_S
    assert ended().status == "succeeded"
