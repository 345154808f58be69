"""The server's addresses: OpenAI's chat completions and images, and what operators ask for."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final
from uuid import uuid4

from generation.model_server.asked import MODEL, chat_task, form_in, object_in, picture_task
from generation.model_server.exchange import Reply, Request, json_reply
from generation.model_server.film_desk import FilmDesk, FilmTerms
from generation.model_server.film_routes import FilmRoutes, route_of
from generation.model_server.metrics import Metrics
from generation.model_server.peers import Peers
from generation.model_server.refusals import Refused, broken, too_large
from generation.model_server.seats import RETRY_AFTER_S, Works
from generation.providers.studio.answerer import tokeniser

log = logging.getLogger("techpack.model_server")

BODY_MOST: Final = 64 * 1024 * 1024
OPEN: Final = ("/healthz", "/readyz", "/metrics")  # asked by the cluster, which has no key
PIECE: Final = 256 * 1024

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class App:
    """An ASGI application over ``works``; with ``key``, only who knows it is let in."""

    def __init__(self, works: Works, *, key: str = "", films: FilmTerms | None = None) -> None:
        self._works, self._key = works, key
        terms = films or FilmTerms()
        # Those that share a folder need not ask each other.
        address = "" if terms.folder else terms.address
        peers = Peers(address=address, port=terms.port, key=key)
        self._films = FilmDesk(works, terms, peers.new_ref)
        self._metrics = Metrics(works, self._films)
        self.routes: dict[tuple[str, str], Callable[[Request], Awaitable[Reply]]] = {
            ("POST", "/v1/chat/completions"): self._chat,
            ("POST", "/v1/images/edits"): self._edit,
            ("POST", "/v1/images/generations"): self._generate,
            **FilmRoutes(self._films, peers).table,
            ("GET", "/v1/models"): self._models,
            ("GET", f"/v1/models/{MODEL}"): self._model,
            ("GET", "/healthz"): self._health,
            ("GET", "/readyz"): self._readiness,
            ("GET", "/metrics"): self._counted,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            began = time.monotonic()
            route, reply = await self._answer(scope, receive)
            self._metrics.count(route, reply.status, time.monotonic() - began)
            await _sent(reply, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """Nothing is listened to before the seats are up, nor cut off while they work."""
        while (message := await receive())["type"] != "lifespan.shutdown":
            if message["type"] == "lifespan.startup":
                try:
                    await self._works.start()
                except Exception as error:
                    log.exception("the seats could not be set up")
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
        await self._films.stop()
        await self._works.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[str, Reply]:
        method, (path, video_id) = scope["method"], route_of(scope["path"])
        known = any(path == address for _, address in self.routes)
        try:
            handler = self._handler(method, path, is_known=known)
            headers = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in scope["headers"]
            }
            if path not in OPEN:
                self._let_in(headers)
            body = await _body(headers, receive)
            query = scope["query_string"].decode("latin-1")
            reply = await handler(Request(headers, body, video_id, query))
        except Refused as refused:
            reply = _refusal(refused)
        except Exception:
            log.exception("a request failed")
            reply = _refusal(broken())
        return path if known else "other", reply

    def _handler(
        self, method: str, path: str, *, is_known: bool
    ) -> Callable[[Request], Awaitable[Reply]]:
        handler = self.routes.get(("GET" if method == "HEAD" else method, path))
        if handler is None:
            status, said = (405, "not with this method") if is_known else (404, "nothing here")
            raise Refused(f"There is {said}.", status=status, kind="not_found_error")
        return handler

    def _let_in(self, headers: Mapping[str, str]) -> None:
        if not self._key:
            return
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._key.encode()):
            raise Refused(
                "The key is wrong or missing.",
                status=401,
                kind="authentication_error",
                code="invalid_api_key",
            )

    async def _chat(self, request: Request) -> Reply:
        body = object_in(request.body)
        task = chat_task(body)
        result = await self._done(task)
        if task["kind"] == "see":
            message = {"role": "assistant", "content": result["text"], "refusal": None}
            choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
            usage = _usage(sum(map(tokeniser.count_text, task["texts"])), result["text"])
            told = {"choices": choices, "usage": usage}
        elif task["is_stream"]:
            return _streamed(result["chunks"], body.get("stream_options"))
        else:
            told = {"choices": result["choices"], "usage": result["usage"]}
        return json_reply({**_head("chat.completion"), **told})

    async def _edit(self, request: Request) -> Reply:
        fields, pictures = form_in(request.body, request.headers.get("content-type", ""))
        if not pictures:
            raise Refused("An edit needs a picture.", param="image")
        return await self._drawn(picture_task(fields, pictures))

    async def _generate(self, request: Request) -> Reply:
        return await self._drawn(picture_task(object_in(request.body), []))

    async def _drawn(self, task: dict[str, Any]) -> Reply:
        result = await self._done(task)
        tokens = tokeniser.count_text(task["prompt"])
        return json_reply(
            {
                "created": int(time.time()),
                "data": [{"b64_json": result["picture"]}],
                "usage": {
                    "input_tokens": tokens,
                    "output_tokens": 0,
                    "total_tokens": tokens,
                    "input_tokens_details": {"text_tokens": tokens, "image_tokens": 0},
                },
            }
        )

    async def _done(self, task: dict[str, Any]) -> dict[str, Any]:
        result = await self._works.do(task)
        if "error" in result:
            raise Refused.told(result)
        return result

    async def _models(self, request: Request) -> Reply:
        return json_reply({"object": "list", "data": [_MODEL]})

    async def _model(self, request: Request) -> Reply:
        return json_reply(_MODEL)

    async def _health(self, request: Request) -> Reply:
        return json_reply({"status": "ok"})

    async def _readiness(self, request: Request) -> Reply:
        is_ready = self._works.is_ready
        return json_reply(
            {"status": "ready" if is_ready else "not ready"}, 200 if is_ready else 503
        )

    async def _counted(self, request: Request) -> Reply:
        return Reply(self._metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")


_MODEL: Final = {"id": MODEL, "object": "model", "created": 0, "owned_by": "techpack-studio"}


def _head(kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": MODEL,
    }


def _usage(given: int, text: str) -> dict[str, int]:
    """Tokens of words; looking at pixels takes none."""
    told = tokeniser.count_text(text)
    return {
        "prompt_tokens": given,
        "completion_tokens": told,
        "total_tokens": given + told,
    }


def _streamed(chunks: list[Any], options: Any) -> Reply:
    """The answer's pieces as server-sent events: it is there before the first can be sent."""
    head = _head("chat.completion.chunk")
    has_usage = isinstance(options, Mapping) and options.get("include_usage") is True
    events = []
    for choices, usage in chunks:
        if choices:
            events.append({**head, "choices": choices, **({"usage": None} if has_usage else {})})
        elif has_usage:
            events.append({**head, "choices": [], "usage": usage})
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    return Reply("".join([*lines, "data: [DONE]\n\n"]).encode(), content_type="text/event-stream")


def _refusal(refused: Refused) -> Reply:
    headers = {"retry-after": str(RETRY_AFTER_S)} if refused.status == 429 else None
    return json_reply({"error": refused.error}, refused.status, headers)


async def _body(headers: Mapping[str, str], receive: Receive) -> bytes:
    """The whole body; raises Refused as soon as it is too long."""
    told = headers.get("content-length", "")
    if told.isdigit() and int(told) > BODY_MOST:
        raise too_large(BODY_MOST)
    read = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused("The request was cut off.")
        read += message.get("body", b"")
        if len(read) > BODY_MOST:
            raise too_large(BODY_MOST)
        if not message.get("more_body"):
            return bytes(read)


async def _sent(reply: Reply, send: Send) -> None:
    if reply.file is None:
        await _begun(reply, len(reply.body), send)
        await send({"type": "http.response.body", "body": reply.body})
        return
    with reply.file as file:
        await _begun(reply, os.fstat(file.fileno()).st_size, send)
        while piece := await asyncio.to_thread(file.read, PIECE):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _begun(reply: Reply, length: int, send: Send) -> None:
    headers = {
        "content-type": reply.content_type,
        "content-length": str(length),
        "x-content-type-options": "nosniff",
        **(reply.headers or {}),
    }
    listed = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": listed})
