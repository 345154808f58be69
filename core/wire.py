"""JSON over HTTP: camelCase outside, snake_case inside, strict on the way in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import IO, Any

from django.db.models import QuerySet
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

from core import strict_json
from core.errors import InvalidRequest
from core.streams import MB, read_limited

LARGEST_BODY = MB

# Their insides are stored data (or the error envelope), so their keys are nobody's to rename.
FREE_FORM = frozenset(
    {"analysis_data", "callouts", "measurements", "shot_metadata", "context", "error"}
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_UNDERSCORE = re.compile(r"(?<=[A-Za-z0-9])_([a-z0-9])")


def snake(name: str) -> str:
    """``viewType`` and ``view_type`` → ``view_type``; what is no plain name stays as it is."""
    return _HUMP.sub("_", name).lower() if _NAME.fullmatch(name) else name


def camel(name: str) -> str:
    """``view_type`` → ``viewType``; what is no plain name stays as it is."""
    if not _NAME.fullmatch(name):
        return name
    return _UNDERSCORE.sub(lambda match: match[1].upper(), name)


def to_snake(node: Any) -> Any:
    """The tree with its keys in snake_case, free-form data untouched.

    Raises InvalidRequest where one object holds both spellings of a key.
    """
    return _renamed(node, snake)


def to_camel(node: Any) -> Any:
    """The tree with its keys in camelCase, free-form data untouched."""
    return _renamed(node, camel)


def _renamed(node: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(node, Mapping):
        found: dict[Any, Any] = {}
        for key, inner in node.items():
            name = rename(key) if isinstance(key, str) else key
            if name in found:
                why = "This key is given twice, in two spellings."
                raise InvalidRequest("The body is not valid.", fields={str(key): [why]})
            is_free = isinstance(key, str) and snake(key) in FREE_FORM
            found[name] = inner if is_free else _renamed(inner, rename)
        return found
    if isinstance(node, list | tuple | QuerySet):
        return [_renamed(item, rename) for item in node]
    return node


class StrictJSONParser(BaseParser):
    """A JSON object of at most 1 MB, keys in either spelling, as snake_case.

    Raises PayloadTooLarge, and InvalidRequest with the path of what was refused.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The request's body as a dict."""
        found: dict[str, Any] = to_snake(_object_in(stream))
        return found


class ExactJSONParser(BaseParser):
    """The same with keys as they are spelled, for addresses that speak another API's format."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The request's body as a dict."""
        return _object_in(stream)


def _object_in(stream: IO[bytes]) -> dict[str, Any]:
    tree = strict_json.loads(read_limited(stream, LARGEST_BODY, what="The body"))
    if not isinstance(tree, dict):
        why = "Send a JSON object, as in {…}."
        raise InvalidRequest("The body is not valid.", fields={strict_json.WHOLE_BODY: [why]})
    return tree


class CamelJSONRenderer(JSONRenderer):
    """JSON with camelCase keys; a response with ``exact_keys`` goes out as it is."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The answer's body as UTF-8 bytes."""
        response = (renderer_context or {}).get("response")
        if not getattr(response, "exact_keys", False):
            data = to_camel(data)
        body: bytes = super().render(data, accepted_media_type, renderer_context)
        return body
