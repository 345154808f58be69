"""What can happen to a request at any vendor: delays, hangs, resets, broken and refused answers."""

from __future__ import annotations

import time
from collections.abc import Mapping

from tests.fakes.vendor import KEY, Behaviour, Exchange, Gate, HungUp

# Said by vendors in their messages; none of it may reach a user or a log.
SECRET = f"Incorrect API key provided: {KEY}. Organization org-secret, project proj-secret."


def takes(seconds: float, then: Behaviour) -> Behaviour:
    """Think for that long, then do what ``then`` does; a client that goes is noticed."""

    def behave(exchange: Exchange) -> None:
        until = time.monotonic() + seconds
        gate = Gate()
        while time.monotonic() < until:
            if exchange.is_deserted():
                raise HungUp
            gate.passes(min(0.05, max(0.0, until - time.monotonic())))
        then(exchange)

    return behave


def held(gate: Gate, then: Behaviour) -> Behaviour:
    """Wait until the test lets it through, then do what ``then`` does."""

    def behave(exchange: Exchange) -> None:
        exchange.wait(gate)
        then(exchange)

    return behave


def hangs(exchange: Exchange) -> None:
    """Take the request, and never answer."""
    exchange.sell()
    exchange.wait(Gate())


def resets(exchange: Exchange) -> None:
    """Take the request, and break off without a word."""
    exchange.sell()
    exchange.reset()


def resets_unsold(exchange: Exchange) -> None:
    """Read the request, and break off before anything was begun."""
    exchange.reset()


def answers_raw(content: bytes, status: int = 200) -> Behaviour:
    """Sell, and send these bytes as the body of a whole answer."""

    def behave(exchange: Exchange) -> None:
        exchange.sell()
        exchange.answer(status, content)

    return behave


def answers_cut_off(exchange: Exchange) -> None:
    """Announce a longer body than is sent, then break off."""
    exchange.sell()
    exchange.answer(200, b'{"id": "chatcmpl-1", "choices": [', {"Content-Length": "5000"})
    exchange.reset()


def refuses(
    status: int,
    *,
    code: str | int | None = None,
    kind: str = "invalid_request_error",
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Behaviour:
    """An error in OpenAI's form, with a message that must not go on."""
    body = {"error": {"message": SECRET, "type": kind, "param": param, "code": code}}
    return lambda exchange: exchange.answer(status, body, headers)


def is_busy(retry_after: str | None = None) -> Behaviour:
    """429: too many requests."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return refuses(429, code="rate_limit_exceeded", kind="requests", headers=headers)


def is_overloaded(retry_after: str | None = None) -> Behaviour:
    """503: not now."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return refuses(503, code="server_is_overloaded", kind="server_error", headers=headers)


has_no_quota = refuses(429, code="insufficient_quota", kind="insufficient_quota")
knows_no_such_key = refuses(401, code="invalid_api_key")
knows_no_such_model = refuses(404, code="model_not_found", param="model")
refuses_content = refuses(400, code="content_policy_violation")
blocks_picture = refuses(400, code="moderation_blocked", kind="image_generation_user_error")
fails = refuses(500, kind="server_error")
