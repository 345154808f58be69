"""What Gemini can do to a request, in the bodies that it really sends."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from tests.fakes import gemini_pictures as pictures
from tests.fakes.gemini_vendor import Reading, read
from tests.fakes.step_answers import good_answer
from tests.fakes.step_pictures import invented
from tests.fakes.trouble import SECRET
from tests.fakes.vendor import Behaviour, Exchange

COUNTED = {
    "promptTokenCount": 1290,
    "candidatesTokenCount": 1120,
    "thoughtsTokenCount": 80,
    "totalTokenCount": 2490,
    "promptTokensDetails": [{"modality": "IMAGE", "tokenCount": 1032}],
}


def answers(exchange: Exchange) -> None:
    """What was asked for: JSON of the schema, or a picture computed from those sent."""
    asked, operation = read(exchange.asked), exchange.asked.operation
    if operation == "picture":
        paints(_picture(asked))(exchange)
    else:
        says(json.dumps(good_answer(operation, asked.data, asked.pictures)))(exchange)


def _picture(asked: Reading) -> bytes:
    instructions = asked.texts[0]
    if not asked.pictures:
        return invented(" ".join(asked.texts))
    if "technical flat" in instructions:
        return pictures.line_drawing(asked.pictures[0], caption="FRONT VIEW")
    if "shot" in asked.data:
        return pictures.enlarged(asked.pictures[0], asked.data["shot"]["box"])
    if "Change one photo" in instructions:
        return pictures.recoloured(asked.pictures[0])
    return pictures.turned(asked.pictures[0])


def says(text: str, *, finish: str = "STOP", usage: Any = COUNTED) -> Behaviour:
    """An answer in words."""
    return _sold([{"text": text}], finish=finish, usage=usage)


def paints(
    picture: bytes,
    *,
    mime_type: str = "image/png",
    finish: str = "STOP",
    words: str = "",
    draft: bytes = b"",
    usage: Any = COUNTED,
) -> Behaviour:
    """An answer with a picture; ``draft`` is one among the thoughts before it."""
    parts: list[dict[str, Any]] = []
    if draft:
        parts.append({"thought": True, "inlineData": _blob(draft, mime_type)})
    if words:
        parts.append({"text": words})
    if picture:
        parts.append({"inlineData": _blob(picture, mime_type)})
    return _sold(parts, finish=finish, usage=usage)


def _blob(data: bytes, mime_type: str) -> dict[str, str]:
    return {"mimeType": mime_type, "data": base64.b64encode(data).decode()}


def stops(finish: str, *, message: str = SECRET) -> Behaviour:
    """An answer without content that says why: SAFETY, NO_IMAGE, …"""
    candidate = {"finishReason": finish, "finishMessage": message, "index": 0}
    return _answered({"candidates": [candidate], "usageMetadata": COUNTED})


def blocks(reason: str) -> Behaviour:
    """The request itself was blocked."""
    feedback = {"blockReason": reason, "blockReasonMessage": SECRET, "safetyRatings": []}
    return _answered({"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 1290}})


def answers_nothing(exchange: Exchange) -> None:
    """An answer that cost something and holds no candidate."""
    _answered({"usageMetadata": COUNTED})(exchange)


def _sold(parts: list[dict[str, Any]], *, finish: str, usage: Any) -> Behaviour:
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": finish, "index": 0}
    counted = {} if usage is None else {"usageMetadata": usage}
    return _answered({"candidates": [candidate], **counted})


def _answered(body: Mapping[str, Any]) -> Behaviour:
    def behave(exchange: Exchange) -> None:
        number = exchange.sell()
        model = read(exchange.asked).model
        exchange.answer(200, {**body, "modelVersion": model, "responseId": f"resp-{number}"})

    return behave


def fails_with(status: int, name: str, *details: Mapping[str, Any]) -> Behaviour:
    """An error of Google's, with a message that must not go on."""
    error: dict[str, Any] = {"code": status, "message": SECRET, "status": name}
    if details:
        error["details"] = list(details)
    return lambda exchange: exchange.answer(status, {"error": error})


def reason(name: str) -> dict[str, Any]:
    """The detail that names why."""
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": name,
        "domain": "googleapis.com",
        "metadata": {"consumer": "projects/secret-project"},
    }


def retry_in(delay: str) -> dict[str, Any]:
    """The detail that says when to come back: ``7s``."""
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def over_quota(quota_id: str) -> dict[str, Any]:
    """The detail that says which quota is used up."""
    return {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaMetric": "generate_requests", "quotaId": quota_id}],
    }


is_busy = fails_with(429, "RESOURCE_EXHAUSTED", retry_in("7s"))
has_no_quota = fails_with(
    429, "RESOURCE_EXHAUSTED", over_quota("GenerateRequestsPerDayPerProjectPerModel")
)
is_overloaded = fails_with(503, "UNAVAILABLE")
knows_no_such_key = fails_with(400, "INVALID_ARGUMENT", reason("API_KEY_INVALID"))
knows_no_such_model = fails_with(404, "NOT_FOUND")
