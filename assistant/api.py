"""``/v1/…``: OpenAI's chat completions, spelled as OpenAI spells them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiKey
from assistant import operations, shapes
from assistant.answers import credit_headers
from assistant.inputs import ChatInput
from assistant.streams import Stream
from core.api import Endpoint
from core.errors import GenerationFailed, InsufficientCredits
from core.http import STREAM_HEADERS, STREAM_TYPE
from core.wire import ExactJSONParser

LONGER_THAN_AN_ANSWER = timedelta(seconds=30)


class ChatCompletions(Endpoint):
    """Chat completions.

    Checked in this order: 401, 403 (scope), 429 (requests a minute), 413 and JSON syntax, the
    idempotent replay, 429 (answers at once), 503 (not set up), 400, 404 (model, product), 402,
    then the answer or 500.
    """

    scopes = {"POST": "chat"}
    parser_classes = [ExactJSONParser]
    exact_keys = True
    direct = True
    told = (
        "X-Credits-Used",
        "X-Credits-Remaining",
        "X-Credit-Warning",
        "X-Max-Tokens-Adjusted",
    )

    @extend_schema(
        operation_id="chat_completions",
        tags=["assistant"],
        request=ChatInput,
        responses={
            (200, "application/json"): shapes.Completed,
            (200, STREAM_TYPE): OpenApiTypes.STR,
        },
    )
    def post(self, request: Request) -> Response | StreamingHttpResponse:
        """Answer a conversation. With ``stream``, server-sent events until ``[DONE]``."""
        asked: Any = request.data
        given = {
            "user": request.user,
            "asked": asked,
            "api_key": request.auth if isinstance(request.auth, ApiKey) else None,
            "request_id": request.request_id,  # type: ignore[attr-defined]
        }
        if asked.get("stream") is True:
            return _streamed(operations.stream(**given))
        answered = operations.complete(**given)
        return Response(answered.body, headers=answered.headers)

    def open_for(self) -> timedelta:
        """As long as an answer may take, and a little."""
        return timedelta(seconds=settings.CHAT_DEADLINE_S) + LONGER_THAN_AN_ANSWER

    def handle_exception(self, exc: Exception) -> Response:
        """Where something was to be paid, say that nothing was."""
        response = super().handle_exception(exc)
        if isinstance(exc, InsufficientCredits | GenerationFailed):
            for name, value in credit_headers(user=self.request.user, used=0).items():
                response.headers[name] = value
        return response


def _streamed(stream: Stream) -> StreamingHttpResponse:
    """The stream as a response, once its first piece is there; raises what came instead."""
    stream.wait_for_first()
    return StreamingHttpResponse(
        stream,
        content_type=f"{STREAM_TYPE}; charset=utf-8",
        headers=STREAM_HEADERS | stream.headers,
    )


class Models(Endpoint):
    """The assistant's models."""

    scopes = {"GET": "chat"}
    exact_keys = True

    @extend_schema(
        operation_id="models_list", tags=["assistant"], responses={200: shapes.ModelList}
    )
    def get(self, request: Request) -> Response:
        """List the models that can be asked, the usual one first."""
        return Response({"object": "list", "data": operations.models()})


class OneModel(Endpoint):
    """One of the assistant's models."""

    scopes = {"GET": "chat"}
    exact_keys = True

    @extend_schema(
        operation_id="models_read", tags=["assistant"], responses={200: shapes.ModelShape}
    )
    def get(self, request: Request, model_id: str) -> Response:
        """One model and its prices."""
        found: dict[str, Any] = operations.model_of(model_id)
        return Response(found)
