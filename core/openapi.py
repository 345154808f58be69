"""How the API is described (OpenAPI 3.1): what all endpoints share is said here, once.

Each endpoint names its own input and answer; refusals, headers, credentials and spelling
follow from what it is: its method, its scope, whether it is paid, whether it takes ids.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

from core import errors
from core.api import Endpoint
from core.http import STATUS, InternalError
from core.shape import Input
from core.wire import FREE_FORM, camel, snake

Node = dict[str, Any]
V = TypeVar("V", bound=Callable[..., Any])

KINDS: dict[str, type[errors.DomainError]] = {
    kind.__name__: kind for kind in (*STATUS, InternalError)
}
NAME_OF = {status: kind.__name__ for kind, status in STATUS.items()}
METHODS = ("get", "post", "put", "patch", "delete")
WITH_BODY = ("POST", "PUT", "PATCH")
EVERY_ANSWER = ("X-Request-ID",)
COUNTED = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def ref(section: str, name: str) -> Node:
    """A reference to a shared part."""
    return {"$ref": f"#/components/{section}/{name}"}


def in_markdown(docstring: str) -> str:
    """A docstring's words on one line, code in single backticks."""
    return " ".join(docstring.replace("``", "`").split())


def header_refs(*names: str) -> Node:
    """Response headers by name."""
    return {name: ref("headers", name) for name in names}


# --- One operation -----------------------------------------------------------------------
class EndpointSchema(AutoSchema):
    """drf-spectacular's description of an operation, and what every Endpoint adds."""

    def get_operation(
        self,
        path: str,
        path_regex: str,
        path_prefix: str,
        method: str,
        registry: ComponentRegistry,
    ) -> Node | None:
        """The operation with its shared parameters, headers and refusals."""
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is None or not isinstance(self.view, Endpoint):
            return operation
        added = [ref("parameters", name) for name in self._shared_parameters()]
        operation["parameters"] = [*operation.get("parameters", []), *added]
        for status, answer in operation["responses"].items():
            answer["headers"] = header_refs(*self._headers(status))
            answer["description"] = answer["description"] or self._words(status)
        for status in sorted(self._refusals(operation)):
            refusal = ref("responses", self._refusal(status))
            operation["responses"].setdefault(str(status), refusal)
        return operation

    def get_description(self) -> str:  # type: ignore[override]
        """The method's docstring."""
        return in_markdown(super().get_description())

    def get_auth(self) -> list[Node]:
        """Which credentials open it; a key names the scope that it must have."""
        usual: list[Node] = super().get_auth()
        scope = getattr(self.view, "scopes", {}).get(self.method)
        described = []
        for credential in usual:
            if "apiKey" not in credential:
                described.append(credential)
            elif scope:
                described.append({"apiKey": [scope]})
        return described

    @property
    def _endpoint(self) -> Endpoint:
        return cast(Endpoint, self.view)

    def _shared_parameters(self) -> Iterator[str]:
        if self._is_page():
            yield from ("limit", "cursor")
        if self.method == "POST" and self._endpoint.idempotent:
            yield "Idempotency-Key"
        if self._endpoint.paid:
            yield "Prefer"
        yield "X-Request-ID"

    def _is_page(self) -> bool:
        answers = self.get_response_serializers()
        shown = answers.get(200) if isinstance(answers, dict) else answers
        return "previous" in getattr(shown, "_declared_fields", {})

    def _headers(self, status: str) -> Iterator[str]:
        yield from EVERY_ANSWER
        yield from COUNTED
        if status == "202":
            yield "Location"
        if status in ("429", "503"):
            yield "Retry-After"
        yield from self._endpoint.told
        if self.method == "POST" and self._endpoint.idempotent:
            yield "Idempotency-Replayed"

    def _words(self, status: str) -> str:
        if status == "202":
            return "The job goes on in the background."
        is_result = self._endpoint.paid and status == "200"
        return "The result; the job itself where it was cancelled." if is_result else "Done."

    def _refusals(self, operation: Node) -> set[int]:
        found = {401, 403, 429, 500}
        asks = any(parameter.get("in") == "query" for parameter in operation["parameters"])
        if asks or self._is_page():
            found.add(400)
        if self.method in WITH_BODY:
            found |= {400, 413, 415}
        if "{" in self.path:
            found.add(404)
        if self.method == "POST" and self._endpoint.idempotent:
            found |= {409, 422}
        if self.method in self._endpoint.conflicts:
            found.add(409)
        if self._endpoint.paid or self._endpoint.direct:
            found |= {402, 404, 503}
        return found

    def _refusal(self, status: int) -> str:
        if status == 500 and not (self._endpoint.paid or self._endpoint.direct):
            return InternalError.__name__
        return NAME_OF[status]


class InputExtension(OpenApiSerializerExtension):
    """Our inputs as a client sends them; in a PATCH what is left out stays, null is refused."""

    target_class = "core.shape.Input"
    match_subclasses = True
    priority = 1

    def get_name(self, auto_schema: AutoSchema, direction: str) -> str:
        """The class's own name."""
        name: str = self.target.__name__
        return name

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> Node:
        """The JSON schema by pydantic, its parts as shared parts."""
        model: type[Input] = self.target
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        for name, part in schema.pop("$defs", {}).items():
            auto_schema.registry.register_on_missing(
                ResolvedComponent(
                    name=name, type=ResolvedComponent.SCHEMA, object=name, schema=_plain(part)
                )
            )
        if auto_schema.method == "PATCH":
            schema["properties"] = {
                name: _never_null(part) for name, part in schema["properties"].items()
            }
        return {**_plain(schema), "description": in_markdown(model.__doc__ or "")}


def _plain(node: Any) -> Any:
    """Without the titles that only repeat the names."""
    if isinstance(node, dict):
        return {
            key: _plain(inner)
            for key, inner in node.items()
            if key != "title" or not isinstance(inner, str)
        }
    return [_plain(inner) for inner in node] if isinstance(node, list) else node


def _never_null(schema: Node) -> Node:
    branches = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    if len(branches) != 1:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**branches[0], **rest}


# --- A view that is no DRF view ----------------------------------------------------------
def described(**operation: Any) -> Callable[[V], V]:
    """Describe a plain Django view under ``/api/``; ``refusals`` names its error statuses.

    The rest are the fields of an OpenAPI operation, for GET.
    """

    def mark(view: V) -> V:
        view.openapi = operation  # type: ignore[attr-defined]
        return view

    return mark


def _plain_views(
    patterns: list[URLPattern | URLResolver], prefix: str = "/"
) -> Iterator[tuple[str, Node]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _plain_views(pattern.url_patterns, path)
        elif operation := getattr(pattern.callback, "openapi", None):
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path), dict(operation)


def _plain_operation(operation: Node) -> Node:
    refusals = operation.pop("refusals")
    for answer in operation["responses"].values():
        answer["headers"] = header_refs(*EVERY_ANSWER)
    answers = {str(status): ref("responses", NAME_OF[status]) for status in refusals}
    shared = [ref("parameters", "X-Request-ID")]
    return {
        **operation,
        "parameters": [*operation.get("parameters", []), *shared],
        "responses": {**operation["responses"], **answers},
    }


# --- The whole description ---------------------------------------------------------------
def camel_properties(result: Node, **_: Any) -> Node:
    """Property names as they are really sent: camelCase, free-form data untouched.

    Schemas marked ``x-spelled-exactly`` belong to another API's format and stay as they are.
    """
    for schema in result["components"]["schemas"].values():
        _camelise(schema)
    return result


def _camelise(schema: Any) -> None:
    if isinstance(schema, list):
        for inner in schema:
            _camelise(inner)
    if not isinstance(schema, dict):
        return
    schema.pop("x-spec-enum-id", None)
    if isinstance(schema.get("description"), str):
        schema["description"] = in_markdown(schema["description"])
    if schema.pop("x-spelled-exactly", False):
        return
    if isinstance(properties := schema.get("properties"), dict):
        schema["properties"] = {camel(name): inner for name, inner in properties.items()}
        if "required" in schema:
            schema["required"] = [camel(name) for name in schema["required"]]
        for name, inner in schema["properties"].items():
            if snake(name) not in FREE_FORM:
                _camelise(inner)
    for key in ("items", "anyOf", "allOf", "oneOf", "additionalProperties"):
        _camelise(schema.get(key))


def shared_parts(result: Node, **_: Any) -> Node:
    """The error envelope, the refusals, headers and parameters; then the plain views."""
    parts = result["components"]
    parts["schemas"] = dict(sorted({**parts["schemas"], "Error": ERROR}.items()))
    parts["responses"] = {name: _response(kind) for name, kind in sorted(KINDS.items())}
    parts["headers"] = {name: _header(name, text) for name, text in HEADERS.items()}
    parts["parameters"] = PARAMETERS
    for path, operation in _plain_views(get_resolver().url_patterns):
        result["paths"].setdefault(path, {})["get"] = _plain_operation(operation)
    result["paths"] = dict(sorted(result["paths"].items()))
    return result


def _response(kind: type[errors.DomainError]) -> Node:
    names = [*EVERY_ANSWER, *REFUSAL_HEADERS.get(kind.__name__, ())]
    return {
        "description": REFUSAL_WORDS.get(kind.__name__) or in_markdown(kind.__doc__ or ""),
        "headers": header_refs(*names),
        "content": {
            "application/json": {
                "schema": {
                    "allOf": [
                        ref("schemas", "Error"),
                        {"properties": {"error": {"properties": {"type": {"const": kind.type}}}}},
                    ]
                }
            }
        },
    }


def _header(name: str, text: str) -> Node:
    number = name.startswith("RateLimit-") or name == "Retry-After"
    return {"description": text, "schema": {"type": "integer" if number else "string"}}


REFUSAL_WORDS = {
    "RateLimited": "Too many requests or waiting jobs; `Retry-After` says when to come back.",
    "InternalError": "The fault is ours. Nothing was charged.",
}
REFUSAL_HEADERS: Mapping[str, tuple[str, ...]] = {
    "RateLimited": ("Retry-After", *COUNTED),
    "ProviderUnavailable": ("Retry-After",),
    "Unauthenticated": ("WWW-Authenticate",),
}
HEADERS = {
    "Idempotency-Replayed": "`true` where the answer was given before.",
    "Location": "Where the job is read: `/api/jobs/{id}`.",
    "RateLimit-Limit": "Requests a minute.",
    "RateLimit-Remaining": "Requests left in this minute.",
    "RateLimit-Reset": "Seconds until the count starts again.",
    "Retry-After": "Seconds to wait.",
    "WWW-Authenticate": "`Bearer`",
    "X-Credit-Warning": "What to know about the credits, in words.",
    "X-Credits-Remaining": "Credits that are free after this, a decimal number.",
    "X-Credits-Used": "What this cost, a decimal number of credits; not in streams.",
    "X-Max-Tokens-Adjusted": "`4096->1024` where the limit was lowered to what credits cover.",
    "X-Request-ID": "The request's id, as in errors and logs.",
}
_TEXTS: Node = {"type": "array", "items": {"type": "string"}}
ERROR: Node = {
    "type": "object",
    "description": "What every refusal and failure answers.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": [
                "type",
                "code",
                "status",
                "message",
                "detail",
                "suggestions",
                "context",
                "request_id",
            ],
            "properties": {
                "type": {"type": "string", "enum": sorted(kind.type for kind in KINDS.values())},
                "code": {"type": "string", "description": "the specific code, upper case"},
                "status": {"type": "integer"},
                "message": {"type": "string", "description": "what happened"},
                "detail": {"type": "string", "description": "in full"},
                "suggestions": {**_TEXTS, "description": "what to do"},
                "context": {"type": "object", "additionalProperties": True},
                "fields": {
                    "type": "object",
                    "description": "what was wrong in the input, by path",
                    "additionalProperties": _TEXTS,
                },
                "request_id": {"type": "string"},
            },
        }
    },
}
PARAMETERS: Node = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key and body within 48 hours give the same answer, once done.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
    "Prefer": {
        "name": "Prefer",
        "in": "header",
        "description": "`wait=N` waits up to N seconds, 0 to 60, for the job; usually 25. "
        "`respond-async` does not wait.",
        "schema": {"type": "string"},
        "example": "wait=10",
    },
    "X-Request-ID": {
        "name": "X-Request-ID",
        "in": "header",
        "description": "Taken over when it is at most 64 letters, digits, dots, dashes.",
        "schema": {"type": "string", "maxLength": 64},
    },
    "cursor": {
        "name": "cursor",
        "in": "query",
        "description": "From the `next` or `previous` address of a page.",
        "schema": {"type": "string"},
    },
    "limit": {
        "name": "limit",
        "in": "query",
        "description": "Rows a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 50},
    },
}
