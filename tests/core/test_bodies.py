"""Too large a request is cut off before it fills the disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler

from core.bodies import BodyLimit
from tests.core.coroutines import finished

BLOCK = 1000


class Upload:
    """A client that sends blocks without end, and what it was answered."""

    def __init__(self, path: str = "/api/products", **headers: str) -> None:
        self.scope: dict[str, Any] = {
            "type": "http",
            "path": path,
            "headers": [
                (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
            ],
        }
        self.given = 0
        self.sent: list[Mapping[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        self.given += BLOCK
        return {"type": "http.request", "body": bytes(BLOCK), "more_body": True}

    async def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)


async def spooling(scope: Any, receive: Any, send: Any) -> None:
    """As Django's own handler reads a body."""
    try:
        await ASGIHandler().read_body(receive)
    except RequestAborted:
        return


@pytest.fixture
def limited() -> Any:
    return partial(finished, BodyLimit(spooling, limit=10 * BLOCK))


def test_an_endless_body_is_cut_off_and_answered_413(limited: Any) -> None:
    upload = Upload()
    limited(upload.scope, upload.receive, upload.send)
    assert upload.given == 11 * BLOCK
    assert upload.sent[0]["status"] == 413
    error = json.loads(upload.sent[1]["body"])["error"]
    assert error["type"] == "payload_too_large"
    assert error["request_id"]


def test_a_stated_length_is_refused_before_a_byte_is_read(limited: Any) -> None:
    upload = Upload("/products", content_length=str(10 * BLOCK + 1))
    limited(upload.scope, upload.receive, upload.send)
    assert upload.given == 0
    assert upload.sent[0]["status"] == 413
    assert b"larger than" in upload.sent[1]["body"]


@pytest.mark.parametrize("path", ["/api/products", "/v1/models", "/webhooks/openai"])
def test_the_refusal_has_the_envelope_and_the_clients_own_request_id(
    limited: Any, path: str
) -> None:
    upload = Upload(path, content_length=str(10 * BLOCK + 1), x_request_id="mine-1")
    limited(upload.scope, upload.receive, upload.send)
    assert json.loads(upload.sent[1]["body"])["error"]["request_id"] == "mine-1"
    assert (b"x-request-id", b"mine-1") in upload.sent[0]["headers"]


@pytest.mark.parametrize("stated", ["x", "-1", "9" * 50, ""])
def test_a_false_length_does_not_help(limited: Any, stated: str) -> None:
    upload = Upload(content_length=stated)
    limited(upload.scope, upload.receive, upload.send)
    assert upload.sent[0]["status"] == 413


def test_what_is_small_enough_passes_untouched() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(10):
            seen.append((await receive())["body"])

    upload = Upload(content_length=str(10 * BLOCK))
    finished(BodyLimit(app, limit=10 * BLOCK), upload.scope, upload.receive, upload.send)
    assert seen == [bytes(BLOCK)] * 10
    assert upload.sent == []


LENGTH = b"content-length"


@pytest.mark.parametrize(
    "stated",
    [{}, {"transfer_encoding": "chunked"}, {"transfer_encoding": "chunked", "content_length": "3"}],
)
def test_a_body_in_chunks_has_its_length_when_it_is_there(stated: dict[str, str]) -> None:
    assert _lengths_behind(Upload(**stated), blocks=3) == [str(3 * BLOCK).encode()]


def test_a_stated_length_stays_and_no_body_has_none() -> None:
    assert _lengths_behind(Upload(content_length="1000"), blocks=1) == [b"1000"]
    assert _lengths_behind(Upload(), blocks=0) == []


def _lengths_behind(upload: Upload, *, blocks: int) -> list[bytes]:
    """The lengths that an application sees after it has read that many blocks to their end."""
    seen: list[bytes] = []
    left = iter(range(blocks - 1, -1, -1))

    async def receive() -> dict[str, Any]:
        more = next(left, None)
        body = b"" if more is None else bytes(BLOCK)
        return {"type": "http.request", "body": body, "more_body": bool(more)}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await ASGIHandler().read_body(receive)
        seen.extend(value for name, value in scope["headers"] if name == LENGTH)

    finished(BodyLimit(app, limit=10 * BLOCK), upload.scope, receive, upload.send)
    return seen
