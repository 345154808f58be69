"""Reading requests: from a body in OpenAI's words to a task for a seat. Raises Refused."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any, Final, NoReturn

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from generation.model_server.refusals import Refused, not_an_image
from generation.providers.answers.schema import ANSWERS

MODEL: Final = "studio-1"
PICTURES_MOST: Final = 16
MESSAGES_MOST: Final = 2_000
LETTERS_MOST: Final = 1_000_000  # of all words together: counting their tokens takes time
USUAL_TOKENS: Final = 4_096
OPERATIONS: Final = {name: operation for operation, (name, _) in ANSWERS.items()}
_DATA_URL: Final = re.compile(r"data:image/[\w.+-]{1,40};base64,(.*)", re.DOTALL)
_PACK: Final = re.compile(r"<pack-data>\n(.*)\n</pack-data>")

Task = dict[str, Any]


def object_in(body: bytes) -> dict[str, Any]:
    """The JSON object of a body."""
    try:
        found = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refused("The body is not JSON.", code="invalid_json") from None
    if not isinstance(found, dict):
        raise Refused("The body has to be a JSON object.", code="invalid_json")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def check_model(model: Any) -> None:
    """There is one model."""
    if model != MODEL:
        raise Refused(
            f"There is one model here: {MODEL}.",
            status=404,
            code="model_not_found",
            param="model",
        )


def chat_task(body: Mapping[str, Any]) -> Task:
    """A chat completion: a step where its schema is one of ours, else a question of a pack."""
    check_model(body.get("model"))
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or len(messages) > MESSAGES_MOST:
        raise Refused("messages has to be a list of messages.", param="messages")
    if not all(isinstance(message, dict) for message in messages):
        raise Refused("Each message has to be an object.", param="messages")
    parts = list(_parts(messages))
    texts = [part["text"] for part in parts if isinstance(part.get("text"), str)]
    _check_length(texts, "messages")
    is_stream = body.get("stream") is True
    operation = _operation(body.get("response_format"))
    if operation is None:
        return _question(body, messages, is_stream)
    if is_stream:
        raise Refused("An answer of a schema is not streamed.", param="stream")
    urls = [part["image_url"] for part in parts if "image_url" in part]
    if len(urls) > PICTURES_MOST:
        raise Refused(f"At most {PICTURES_MOST} pictures.", param="messages")
    pictures = [picture_in(url) for url in urls]
    return {"kind": "see", "operation": operation, "texts": texts, "pictures": pictures}


def _check_length(texts: Sequence[str], param: str) -> None:
    if sum(map(len, texts)) > LETTERS_MOST:
        raise Refused(
            f"This is more than {LETTERS_MOST} letters.",
            code="context_length_exceeded",
            param=param,
        )


def _operation(form: Any) -> str | None:
    """The step that a response format asks for; None where it asks for words."""
    if not isinstance(form, Mapping) or form.get("type") != "json_schema":
        return None
    schema = form.get("json_schema")
    name = schema.get("name") if isinstance(schema, Mapping) else None
    operation = OPERATIONS.get(name) if isinstance(name, str) else None
    if operation is None:
        known = ", ".join(sorted(OPERATIONS))
        raise Refused(
            f"This model answers these schemas only: {known}.",
            code="unsupported_value",
            param="response_format",
        )
    return operation


def _parts(messages: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for message in messages:
        content = message.get("content")
        if isinstance(content, str):
            yield {"text": content}
        elif isinstance(content, list):
            yield from (part for part in content if isinstance(part, Mapping))


def picture_in(told: Any, *, param: str = "messages") -> bytes:
    """The picture that an address holds, bare or as ``{"url": …}``."""
    url = told.get("url") if isinstance(told, Mapping) else told
    match = _DATA_URL.fullmatch(url) if isinstance(url, str) else None
    if match is None:
        raise not_an_image("Send pictures as data:image/…;base64 addresses.", param)
    try:
        return base64.b64decode(match[1], validate=True)
    except (binascii.Error, ValueError):
        raise not_an_image("A picture is not valid base64.", param) from None


def _question(body: Mapping[str, Any], messages: list[Any], is_stream: bool) -> Task:
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    if limit is None:
        limit = USUAL_TOKENS
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise Refused("max_tokens has to be a whole number from 1.", param="max_tokens")
    options = {name: body[name] for name in ("response_format", "n", "stop") if name in body}
    return {
        "kind": "chat",
        "messages": messages,
        "max_tokens": limit,
        "options": options,
        "knowledge": _knowledge(messages),
        "is_stream": is_stream,
    }


def _knowledge(messages: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """What the studio's assistant puts first: the pack's facts as data."""
    content = messages[0].get("content")
    match = _PACK.search(content) if isinstance(content, str) else None
    if match is None or messages[0].get("role") not in ("system", "developer"):
        return None
    try:
        found = json.loads(match[1])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def picture_task(fields: Mapping[str, Any], pictures: Sequence[bytes]) -> Task:
    """A picture to be drawn or changed."""
    check_model(fields.get("model"))
    prompt = fields.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise Refused("prompt has to be a text.", param="prompt")
    _check_length([prompt], "prompt")
    if str(fields.get("n") or 1) != "1":
        raise Refused("One picture is made at a time.", code="unsupported_value", param="n")
    if fields.get("response_format") not in (None, "b64_json"):
        raise Refused(
            "Pictures come as b64_json.", code="unsupported_value", param="response_format"
        )
    if len(pictures) > PICTURES_MOST:
        raise Refused(f"At most {PICTURES_MOST} pictures.", param="image")
    return {"kind": "draw", "prompt": prompt, "pictures": list(pictures)}


class _Held(FileUploadHandler):
    """Keeps uploaded files in memory: the body is there already, and bounded."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[tuple[str, bytes]] = []
        self._parts: list[bytes] = []

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if len(self.held) >= PICTURES_MOST:
            raise StopUpload(connection_reset=False)
        self._parts = []

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._parts.append(raw_data)

    def file_complete(self, file_size: int) -> None:
        self.held.append((self.field_name or "", b"".join(self._parts)))


def form_in(
    body: bytes, content_type: str, *, field: str = "image"
) -> tuple[dict[str, str], list[bytes]]:
    """The fields of a multipart form, and the pictures that are sent as ``field``."""
    handler = _Held()
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))}
    try:
        fields, _ = MultiPartParser(meta, BytesIO(body), [handler], "utf-8").parse()
    except (MultiPartParserError, SuspiciousOperation, ValueError):
        raise Refused("The body is no multipart form.", code="invalid_form") from None
    if other := next((name for name, _ in handler.held if not name.startswith(field)), ""):
        raise Refused(
            f"Send pictures as {field}; other files are not supported.",
            code="unsupported_parameter",
            param=other[:80],
        )
    return {name: str(fields[name]) for name in fields}, [data for _, data in handler.held]
