"""What a vendor's failure means, whom it is told to, and when it is asked again."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from core.http import envelope
from generation.errors import Failure, ProviderError, RequestRefused
from generation.providers import custom
from generation.providers.chat_wire import WireChat
from generation.providers.resending import MOST_ASKS
from tests.fakes import chat_script as script
from tests.fakes.chat_script import Answer, refuses, refuses_as_google
from tests.fakes.chat_server import KEY, Behaviour, ChatServer
from tests.providers.conftest import failure_of, question
from tests.servers import free_port

ErrorInfo = "type.googleapis.com/google.rpc.ErrorInfo"
BadRequest = "type.googleapis.com/google.rpc.BadRequest"
RetryInfo = "type.googleapis.com/google.rpc.RetryInfo"
QuotaFailure = "type.googleapis.com/google.rpc.QuotaFailure"


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        (script.has_no_quota, Failure.QUOTA),
        (refuses(429, code="credit_balance_exhausted", kind="insufficient_quota"), Failure.QUOTA),
        (refuses(429, code="a_new_code", kind="insufficient_quota"), Failure.QUOTA),
        (refuses(402, kind="a_new_type"), Failure.QUOTA),
        (script.knows_no_such_key, Failure.CONFIGURATION),
        (refuses(401), Failure.CONFIGURATION),
        (refuses(403, code="unsupported_country_region_territory"), Failure.CONFIGURATION),
        (refuses(403, kind="a_new_type"), Failure.CONFIGURATION),
        (script.knows_no_such_model, Failure.CONFIGURATION),
        (refuses(400, code="model_not_found"), Failure.CONFIGURATION),
        (refuses(404, code=404, kind="NotFoundError"), Failure.CONFIGURATION),
        (refuses(307, headers={"Location": "http://127.0.0.1:9/v1"}), Failure.CONFIGURATION),
        (script.refuses_content, Failure.USER_INPUT),
        (refuses(400, code="content_filter"), Failure.USER_INPUT),
        (script.fails, Failure.TRANSIENT),
        (refuses(502, kind="bad_gateway"), Failure.TRANSIENT),
        (refuses(529, kind="overloaded_error"), Failure.TRANSIENT),
        (refuses(408, kind="a_new_type"), Failure.TRANSIENT),
        (lambda exchange: exchange.answer(500, b"<html>Bad gateway</html>"), Failure.TRANSIENT),
        (lambda exchange: exchange.answer(401, b""), Failure.CONFIGURATION),
        (lambda exchange: exchange.answer(200, {"error": {"code": 502}}), Failure.TRANSIENT),
        (refuses(200, code="insufficient_quota"), Failure.QUOTA),
        (refuses_as_google(401, "UNAUTHENTICATED"), Failure.CONFIGURATION),
        (refuses_as_google(403, "PERMISSION_DENIED"), Failure.CONFIGURATION),
        (refuses_as_google(404, "NOT_FOUND"), Failure.CONFIGURATION),
        (refuses_as_google(400, "FAILED_PRECONDITION"), Failure.CONFIGURATION),
        (
            refuses_as_google(
                400, "INVALID_ARGUMENT", {"@type": ErrorInfo, "reason": "API_KEY_INVALID"}
            ),
            Failure.CONFIGURATION,
        ),
        (
            refuses_as_google(
                429,
                "RESOURCE_EXHAUSTED",
                {
                    "@type": QuotaFailure,
                    "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}],
                },
            ),
            Failure.QUOTA,
        ),
        (refuses_as_google(500, "INTERNAL"), Failure.TRANSIENT),
        (refuses_as_google(504, "DEADLINE_EXCEEDED"), Failure.TRANSIENT),
    ],
)
@pytest.mark.parametrize("is_stream", [False, True])
def test_a_refusal_has_one_meaning_and_is_not_asked_again(
    openai_chat: WireChat,
    chat_vendor: ChatServer,
    behaviour: Behaviour,
    failure: Failure,
    is_stream: bool,
) -> None:
    chat_vendor.will(behaviour)
    error = failure_of(openai_chat, is_stream=is_stream)
    assert error.failure is failure
    assert len(chat_vendor.requests) == 1
    assert chat_vendor.bought == 0
    assert_nothing_of_the_vendors_words(error)


def assert_nothing_of_the_vendors_words(error: ProviderError) -> None:
    """Neither the message nor the traceback of an error quotes the vendor, or a key."""
    said = "".join([repr(error), *traceback.format_exception(error)])
    for word in (script.SECRET, KEY, "org-secret", "proj-secret"):
        assert word not in said


# --- The client's own mistakes ---------------------------------------------------------------


def refused(
    chat: WireChat, vendor: ChatServer, behaviour: Behaviour, **more: Any
) -> RequestRefused:
    """The refusal of the request itself that a question ends with."""
    vendor.will(behaviour)
    error = failure_of(chat, **more)
    assert isinstance(error, RequestRefused)
    assert error.failure is Failure.USER_INPUT
    assert len(vendor.requests) == 1
    assert_nothing_of_the_vendors_words(error)
    return error


@pytest.mark.parametrize(
    "param", ["temperature", "tools[0].function.parameters", "messages.1.content", "max_tokens"]
)
def test_a_wrong_parameter_is_the_clients_and_is_named(
    chat: WireChat, chat_vendor: ChatServer, param: str
) -> None:
    error = refused(chat, chat_vendor, refuses(400, code="invalid_value", param=param))
    assert error.param == param
    told = envelope(error.told(), "req_1")["error"]
    assert (told["status"], told["type"], told["code"]) == (400, "invalid_request", "INVALID_FIELD")
    assert list(told["fields"]) == [param]
    assert script.SECRET not in str(told)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_may_be_refused_without_a_name(
    chat: WireChat, chat_vendor: ChatServer, status: int
) -> None:
    error = refused(chat, chat_vendor, refuses(status, kind="BadRequestError"))
    assert error.param == ""
    assert list(envelope(error.told(), "")["error"]["fields"]) == ["body"]


@pytest.mark.parametrize("param", [script.SECRET, "a" * 200, "tools\n", 7, {"a": 1}, "<b>x</b>"])
def test_only_a_name_is_believed_to_be_a_parameter(
    openai_chat: WireChat, chat_vendor: ChatServer, param: Any
) -> None:
    assert refused(openai_chat, chat_vendor, refuses(400, param=param)).param == ""


def test_a_message_has_the_number_that_the_client_gave_it(
    openai_chat: WireChat, chat_vendor: ChatServer
) -> None:
    behaviour = refuses(400, code="invalid_value", param="messages[2].content[0].type")
    error = refused(openai_chat, chat_vendor, behaviour, knowledge={"a": 1})
    assert error.param == "messages[1].content[0].type"


@pytest.mark.parametrize(
    ("param", "more"),
    [
        ("model", {}),
        ("store", {}),
        ("stream_options.include_usage", {}),
        ("messages[0].content", {"knowledge": {"a": 1}}),
    ],
)
def test_what_we_put_in_ourselves_is_not_the_clients_mistake(
    openai_chat: WireChat, chat_vendor: ChatServer, param: str, more: dict[str, Any]
) -> None:
    chat_vendor.will(refuses(400, code="unsupported_value", param=param))
    error = failure_of(openai_chat, **more)
    assert error.failure is Failure.CONFIGURATION
    assert not isinstance(error, RequestRefused)


def test_google_names_a_parameter_in_its_own_way(
    chat_with: Callable[[str], WireChat], chat_vendor: ChatServer
) -> None:
    violation = {"field": "tools[0].function.parameters", "description": script.SECRET}
    behaviour = refuses_as_google(
        400, "INVALID_ARGUMENT", {"@type": BadRequest, "fieldViolations": [violation]}
    )
    error = refused(chat_with("gemini"), chat_vendor, behaviour)
    assert error.param == "tools[0].function.parameters"


def test_of_googles_description_only_the_clients_own_words_are_taken(
    chat_with: Callable[[str], WireChat], chat_vendor: ChatServer
) -> None:
    said = f'Unknown name "sk-secret": see {KEY}. Unknown name "top_k": Cannot find field.'
    behaviour = refuses_as_google(
        400, "INVALID_ARGUMENT", {"@type": BadRequest, "fieldViolations": [{"description": said}]}
    )
    error = refused(chat_with("gemini"), chat_vendor, behaviour, options={"top_k": 3})
    assert error.param == "top_k"


# --- Asking again ------------------------------------------------------------------------------


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize(
    "behaviour",
    [script.is_busy(), script.is_overloaded(), refuses_as_google(503, "UNAVAILABLE")],
)
def test_who_was_too_busy_is_asked_again_and_sells_once(
    chat: WireChat,
    chat_vendor: ChatServer,
    waits: list[float],
    behaviour: Behaviour,
    is_stream: bool,
) -> None:
    chat_vendor.will(behaviour, behaviour)
    if is_stream:
        assert list(chat.stream(question(), timeout_s=10))[-1].usage
    else:
        assert chat.complete(question(), timeout_s=10).choices
    assert len(waits) == 2
    assert 0 <= waits[0] <= 1
    assert 0 <= waits[1] <= 2
    assert len(chat_vendor.requests) == 3
    assert chat_vendor.requests[0].body == chat_vendor.requests[2].body
    assert chat_vendor.bought == 1


def test_asking_again_has_an_end(chat: WireChat, chat_vendor: ChatServer) -> None:
    chat_vendor.usually = script.is_busy()
    error = failure_of(chat)
    assert error.failure is Failure.TRANSIENT
    assert len(chat_vendor.requests) == MOST_ASKS
    assert chat_vendor.bought == 0


def test_those_who_were_refused_together_do_not_come_back_together(
    openai_chat: WireChat, chat_vendor: ChatServer, waits: list[float]
) -> None:
    for _ in range(8):
        chat_vendor.will(script.is_busy("2"))
        openai_chat.complete(question(), timeout_s=10)
    assert len(set(waits)) == 8


@pytest.mark.parametrize(
    ("headers", "asked_s"),
    [
        ({"Retry-After": "3"}, 3),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After-Ms": "2500", "Retry-After": "3"}, 2.5),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "nan"}, 0),
    ],
)
def test_a_vendor_is_given_the_time_that_it_asks_for(
    openai_chat: WireChat,
    chat_vendor: ChatServer,
    waits: list[float],
    headers: dict[str, str],
    asked_s: float,
) -> None:
    chat_vendor.will(refuses(429, code="rate_limit_exceeded", headers=headers))
    openai_chat.complete(question(), timeout_s=10)
    [wait] = waits
    assert asked_s <= wait <= asked_s + 1


def test_the_time_may_be_a_date(
    openai_chat: WireChat, chat_vendor: ChatServer, waits: list[float]
) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=50), usegmt=True)
    chat_vendor.will(script.is_busy(then))
    openai_chat.complete(question(), timeout_s=90)
    assert 30 <= waits[0] <= 51


def test_google_asks_for_time_in_its_own_way(
    chat_with: Callable[[str], WireChat], chat_vendor: ChatServer, waits: list[float]
) -> None:
    delay = {"@type": RetryInfo, "retryDelay": "4.25s"}
    chat_vendor.will(refuses_as_google(429, "RESOURCE_EXHAUSTED", delay))
    chat_with("gemini").complete(question(), timeout_s=10)
    assert 4.25 <= waits[0] <= 5.25


def test_nobody_waits_beyond_the_deadline(
    chat: WireChat, chat_vendor: ChatServer, waits: list[float]
) -> None:
    chat_vendor.will(script.is_busy("3600"))
    error = failure_of(chat)
    assert error.failure is Failure.TRANSIENT
    assert error.retry_after_s == 3600
    assert waits == []
    assert len(chat_vendor.requests) == 1


def test_no_time_left_means_no_request(chat: WireChat, chat_vendor: ChatServer) -> None:
    assert failure_of(chat, timeout_s=0).failure is Failure.TRANSIENT
    assert chat_vendor.connections == 0


def test_a_refused_connection_is_tried_again(waits: list[float]) -> None:
    port = free_port()
    chat = WireChat(custom.dialect(f"http://127.0.0.1:{port}/v1", KEY), pause=waits.append)
    error = failure_of(chat)
    assert error.failure is Failure.TRANSIENT
    assert len(waits) == MOST_ASKS - 1


def test_a_vendor_that_comes_up_meanwhile_is_found() -> None:
    port, up = free_port(), []
    with ExitStack() as running:

        def come_up(_: float) -> None:
            up.append(running.enter_context(ChatServer(Answer(), port=port)))

        chat = WireChat(custom.dialect(f"http://127.0.0.1:{port}/v1", KEY), pause=come_up)
        assert chat.complete(question(), timeout_s=10).choices
        assert [vendor.bought for vendor in up] == [1]


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_request_that_may_have_been_taken_is_never_sent_again(
    chat: WireChat, chat_vendor: ChatServer, waits: list[float], is_stream: bool
) -> None:
    chat_vendor.will(script.resets)
    error = failure_of(chat, is_stream=is_stream)
    assert error.failure is Failure.AMBIGUOUS
    assert waits == []
    assert len(chat_vendor.requests) == 1
    assert chat_vendor.bought == 1


def test_a_connection_that_is_reset_at_once_is_tried_again_only_if_nothing_was_sent(
    chat: WireChat, chat_vendor: ChatServer, waits: list[float]
) -> None:
    chat_vendor.will_reset_connections(MOST_ASKS)
    error = failure_of(chat)
    # The reset may come before or after the client has written to the connection.
    assert error.failure in (Failure.AMBIGUOUS, Failure.TRANSIENT)
    assert error.can_ask_again is (error.failure is Failure.TRANSIENT)
    assert chat_vendor.connections == len(waits) + 1
    assert chat_vendor.bought == 0


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_vendor_that_hangs_is_left_at_the_deadline(
    chat: WireChat, chat_vendor: ChatServer, waits: list[float], is_stream: bool
) -> None:
    chat_vendor.will(script.hangs)
    began = time.monotonic()
    error = failure_of(chat, is_stream=is_stream, timeout_s=0.3)
    assert error.failure is Failure.TRANSIENT
    assert 0.25 < time.monotonic() - began < 30
    assert waits == []
    chat_vendor.wait_until(lambda: chat_vendor.hung_up == 1)
    assert chat_vendor.bought == 1


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/v1", "127.0.0.1/v1", "/v1"])
def test_an_address_that_is_none_is_a_matter_of_configuration(url: str) -> None:
    assert failure_of(WireChat(custom.dialect(url, KEY))).failure is Failure.CONFIGURATION


def test_a_key_that_no_header_takes_is_a_matter_of_configuration(chat_vendor: ChatServer) -> None:
    key = "sk-two\nlines"
    error = failure_of(WireChat(custom.dialect(f"{chat_vendor.root}/v1", key)))
    assert error.failure is Failure.CONFIGURATION
    assert "sk-two" not in "".join([repr(error), *traceback.format_exception(error)])
    assert chat_vendor.requests == []
