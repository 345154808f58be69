"""The server's application in the test's own process, asked over ASGI."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import httpx

from generation.model_server.app import App
from generation.model_server.refusals import Refused
from generation.model_server.work import done
from tests.core.coroutines import finished
from tests.techpack.conftest import photo


class Inline:
    """Works on each task at once, here; refuses all where it is ``full``."""

    size, busy, waiting, lost = 1, 0, 0, 0

    def __init__(self) -> None:
        self.is_ready, self.is_full = True, False
        self.tasks: list[Mapping[str, Any]] = []

    async def start(self) -> None:
        self.is_ready = True

    async def stop(self) -> None:
        self.is_ready = False

    async def do(self, task: Mapping[str, Any]) -> dict[str, Any]:
        if self.is_full:
            raise Refused("busy", status=429, kind="rate_limit_error", code="rate_limit_exceeded")
        self.tasks.append(task)
        return done(task)


class Served:
    """Asks an application without a process or a socket."""

    def __init__(self, key: str = "") -> None:
        self.works = Inline()
        self.app = App(self.works, key=key)

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, as httpx takes it."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://model") as client:
                return await client.request(method, path, **more)

        response: httpx.Response = finished(ask)
        return response

    def chat(self, body: Mapping[str, Any]) -> httpx.Response:
        """A chat completion."""
        return self.send("POST", "/v1/chat/completions", json={"model": "studio-1", **body})


def data_url(picture: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"


def asking(schema: str, *pictures: str, text: str = "") -> dict[str, Any]:
    """The body of a chat completion that asks for a schema."""
    content: list[dict[str, Any]] = [{"type": "text", "text": text}]
    content += [{"type": "image_url", "image_url": {"url": url}} for url in pictures]
    form = {"type": "json_schema", "json_schema": {"name": schema, "schema": {}, "strict": True}}
    return {"messages": [{"role": "user", "content": content}], "response_format": form}


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The error, which has OpenAI's form."""
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return dict(error)


def content_of(response: httpx.Response) -> Any:
    """The JSON that a completion answered."""
    return json.loads(response.json()["choices"][0]["message"]["content"])


POLO = photo("polo-navy-front.jpg", side=320)
